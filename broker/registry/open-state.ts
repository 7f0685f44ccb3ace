/** A registry together with the place that keeps it: a folder, memory, or a store of another kind. */

import { quote } from '../diagnosis/words.ts'
import { readPolicy } from '../policy/policy.ts'
import { MQTT_KINDS } from '../store/kinds.ts'
import { openLevelStore } from '../store/level.ts'
import { problemIn, type StoreProblem } from '../store/problem.ts'
import type { Entry, Store } from '../store/store.ts'
import { createRegistry, openRegistry, type Registry, type RegistryParts } from './registry.ts'

/** An absolute path; `memory` keeps nothing. */
export type StatePlace = { folder: string } | 'memory' | Store

export type State = {
  registry: Registry
  /** For the other side of the broker, which keeps its own kinds of records there. Absent where nothing is kept. */
  mqtt?: { store: Store; found: Entry[]; failed(error: Error): void }
  /** Worth telling, in the way of nothing. */
  remarks: StoreProblem[]
  /** Writes what is still to be written, and lets go of the folder. Nothing may be changed afterwards. Never rejects. */
  close(): Promise<void>
}

/**
 * @param failed told once when a change could not be written: every later one is refused
 * @returns what is in the way where there is no state to be had, with nothing left open
 */
export async function openState(
  place: StatePlace,
  parts: RegistryParts,
  failed: (problem: StoreProblem) => void,
): Promise<State | { problem: StoreProblem }> {
  if (place === 'memory') {
    return { registry: createRegistry(parts), remarks: [], close: () => Promise.resolve() }
  }
  const opened = await storeAt(place, parts.world.clock.now())
  if ('problem' in opened) return opened
  const { store, remarks, what } = opened
  const found: Entry[] = []
  try {
    const own = without(MQTT_KINDS, store, entry => found.push(entry))
    const { registry, strange } = await openRegistry(parts, own, error => failed(lost(error, what)))
    return {
      registry,
      mqtt: { store, found, failed: error => failed(notKept(error, what)) },
      remarks: [...remarks, ...strangeRemark(strange, what), ...policyRemarks(registry, what)],
      async close() {
        await registry.durable().catch(() => undefined)
        await store.close().catch(error => failed(lost(error, what)))
      },
    }
  } catch (error) {
    await store.close()
    const problem = problemIn(error)
    if (!problem) throw error
    return { problem }
  }
}

type Opened = { store: Store; remarks: StoreProblem[]; what: string }

async function storeAt(
  place: Exclude<StatePlace, 'memory'>,
  now: number,
): Promise<Opened | { problem: StoreProblem }> {
  if (!('folder' in place)) return { store: place, remarks: [], what: 'the store' }
  const opened = await openLevelStore(place.folder, { now })
  return 'problem' in opened ? opened : { ...opened, what: `\`${place.folder}\`` }
}

/** The store as who doesn't know some kinds of records sees it. */
function without(kinds: readonly string[], store: Store, other: (entry: Entry) => void): Store {
  return {
    write: changes => store.write(changes),
    close: () => store.close(),
    ...(store.read && { read: key => store.read?.(key) }),
    async *records() {
      for await (const some of store.records()) {
        const own: Entry[] = []
        for (const entry of some) {
          const [key] = entry
          if (kinds.includes(key.slice(0, key.indexOf('/')))) other(entry)
          else own.push(entry)
        }
        yield own
      }
    },
  }
}

function notKept(error: Error, what: string): StoreProblem {
  return {
    says: `a message or session could not be written to ${what}: ${error.message}; until the next start none is kept, and no message confirmed that should be`,
    hint: 'look at the disk (is it full?), then start the broker again: it has all that was confirmed',
  }
}

function lost(error: Error, what: string): StoreProblem {
  return {
    says: `a change could not be written to ${what}: ${error.message}; until the next start no change is taken`,
    hint: 'look at the disk (is it full?), then start the broker again: it has all that was confirmed',
  }
}

function strangeRemark(strange: string[], what: string): StoreProblem[] {
  const [first] = strange
  if (first === undefined) return []
  const all = strange.length === 1 ? 'a record' : `${strange.length} records`
  return [
    {
      says: `${what} holds ${all} that this version doesn't know: \`${first}\``,
      hint: 'nothing of it is lost; was it written by a newer version of candid?',
    },
  ]
}

/** Different documents that are judged at the start: one each for a hundred thousand devices would take 20 s. */
const JUDGED = 1000
const SHOWN = 10

/** Policies that were good when they were made, or were written by another hand: they allow nothing. */
function policyRemarks({ desk }: Registry, what: string): StoreProblem[] {
  const judged = new Map<string, string | undefined>()
  const remarks: StoreProblem[] = []
  let more = 0
  for (const { policyName, versions, defaultVersionId } of desk.tables.policies.values()) {
    const text = versions[defaultVersionId]?.policyDocument ?? ''
    // A fleet that was provisioned has one document under many names.
    if (!judged.has(text) && judged.size < JUDGED) judged.set(text, complaint(text))
    const why = judged.get(text)
    if (why === undefined) continue
    const says = `${what} holds a policy that can't be read, so it allows nothing: ${quote(policyName)}: ${why}`
    const hint = 'give it a new version: CreatePolicyVersion with setAsDefault; or delete it'
    if (remarks.length < SHOWN) remarks.push({ says, hint })
    else more++
  }
  if (more === 0) return remarks
  const says = `${what} holds ${more} more policies, at least, that can't be read`
  return [...remarks, { says, hint: 'mend those first, then start again' }]
}

function complaint(text: string): string | undefined {
  const { policy, problems } = readPolicy('policy', text, { size: 'warning' })
  return policy ? undefined : (problems[0]?.says ?? 'it is no policy')
}
