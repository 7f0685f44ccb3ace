/**
 * Between the ledger and the store: what was committed is written in order, and what is committed while a write runs goes
 * into the next one, together (group commit). After a write that failed nothing more is written and nothing more may
 * change: what stands on disk is then a state that once was, never a mixture.
 */

import type { Change, Store } from '../store/store.ts'
import type { Changed, Ledger } from './ledger.ts'

export type Keeper = {
  /** Resolves when all that was committed before is durable; rejects when it could not be written. */
  durable(): Promise<void>
  /** The DER of a certificate whose record came from the store, base64. */
  der(certificateId: string): string | undefined
}

/**
 * The DER of a certificate is two thirds of its record and seldom asked for. So it is a record of its own, written once, and
 * read when somebody asks: with 100,000 devices that halves what a start takes, and a good part of the memory.
 */
const CERTIFICATES = 'certificates'
const DERS = 'certificateDers'

/** Reads everything that the store holds into the tables of the ledger. Gives the keys that no table wants. */
export async function restoreFrom(store: Store, ledger: Ledger): Promise<string[]> {
  const strange: string[] = []
  const ders = new Map<string, string>()
  const share = sharing()
  for await (const some of store.records()) {
    for (const [key, value] of some) {
      const slash = key.indexOf('/')
      const table = key.slice(0, slash)
      const name = key.slice(slash + 1)
      // In the order of keys they come before the certificates.
      if (table === DERS) {
        if (!store.read) ders.set(name, JSON.parse(value))
        continue
      }
      const record = share(JSON.parse(value))
      if (ders.has(name) && table === CERTIFICATES) record['der'] = ders.get(name)
      // The name in the record is the same text: one of the two is enough.
      const own = record['certificateId'] === name ? (record['certificateId'] as string) : name
      if (!ledger.restore(table, own, record)) strange.push(key)
    }
  }
  return strange
}

type Parsed = { [name: string]: unknown }

/** Values that many records have, once for all of them. */
const SHARED = ['certificateId', 'caCertificateId', 'issuerSha256', 'ownedBy', 'policyName']

function sharing(): (record: Parsed) => Parsed {
  const texts = new Map<unknown, unknown>()
  const once = (text: unknown): unknown => {
    const known = texts.get(text)
    if (known === undefined) texts.set(text, text)
    return known ?? text
  }
  const sources = new Map<unknown, unknown>()
  return record => {
    if (typeof record !== 'object' || record === null) return record
    for (const name of SHARED) {
      if (typeof record[name] === 'string') record[name] = once(record[name])
    }
    const how = (record['source'] as { how?: unknown } | undefined)?.how
    if (how === undefined) return record
    const known = sources.get(how)
    if (known === undefined) sources.set(how, record['source'])
    else record['source'] = known
    return record
  }
}

/** @param failed told once, when a write failed */
export function keepIn(store: Store, ledger: Ledger, failed: (error: Error) => void): Keeper {
  let waiting: Change[] = []
  let writing: Promise<void> = Promise.resolve()
  let running = false
  let broken: Error | undefined

  async function write(): Promise<void> {
    // One turn of the event loop is waited for: what is committed in it goes along.
    await new Promise(resolve => setImmediate(resolve))
    const changes = waiting
    waiting = []
    running = false
    if (broken) throw broken
    try {
      await store.write(changes)
    } catch (error) {
      if (broken === undefined) {
        broken = error instanceof Error ? error : new Error(String(error))
        ledger.seal(`the store could not be written: ${broken.message}`)
        failed(broken)
      }
      throw broken
    }
  }

  ledger.onCommit(changes => {
    for (const one of changes) waiting.push(...recordsOf(one))
    if (running) return
    running = true
    writing = writing.then(write, write)
    // Whoever needs to know asks by `durable`.
    writing.catch(() => undefined)
  })
  return {
    durable: () => writing,
    der(certificateId) {
      const kept = store.read?.(`${DERS}/${certificateId}`)
      return kept === undefined ? undefined : JSON.parse(kept)
    },
  }
}

function recordsOf({ table, key, after }: Changed): Change[] {
  const put = (of: string, record: unknown): Change => ({
    key: `${of}/${key}`,
    value: record === undefined ? undefined : JSON.stringify(record),
  })
  if (table !== CERTIFICATES) return [put(table, after)]
  if (after === undefined) return [put(table, after), put(DERS, after)]
  const { der, ...rest } = after as { der?: string }
  return der === undefined ? [put(table, rest)] : [put(table, rest), put(DERS, der)]
}
