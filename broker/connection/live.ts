/**
 * Tells open connections of changes in the registry that concern them, and no others: while a fleet is provisioned, a hundred
 * changes a second must not cost each of a thousand connected devices its kept decisions.
 */

import type { ChangeEvidence } from '../diagnosis/change.ts'
import type { AttachedThing } from '../policy/context.ts'
import type { AttachedPolicies, Change, Registry } from '../registry/registry.ts'
import type { Clock } from '../world.ts'

/** A change as evidence tells it. */
export type Told = ChangeEvidence

export type Live = {
  /**
   * Tells of each change of one of these, once for each change.
   * @param names as `concern` gives them
   * @returns ends it
   */
  watch(names: Iterable<string>, tell: (change: Told) => void): () => void
}

export function createLive(registry: Registry, clock: Clock): Live {
  const watchers = new Map<string, Set<(change: Told) => void>>()
  registry.onChange(({ records, cause }) => {
    // By whom it concerns, with the first of the names that they watch.
    const concerned = new Map<(change: Told) => void, string>()
    const names = records === 'all' ? watchers.keys() : new Set(records.flatMap(concernOf))
    for (const name of names) {
      for (const tell of watchers.get(name) ?? []) {
        if (!concerned.has(tell)) concerned.set(tell, name)
      }
    }
    if (concerned.size === 0) return
    const at = new Date(clock.now()).toISOString()
    const change: Told = records === 'all' ? { at, files: true } : { at, ...cause }
    for (const [tell, name] of concerned) {
      const isOwn = records === 'all' || name.startsWith('certificate ')
      tell(isOwn ? change : { ...change, what: name })
    }
  })
  return {
    watch(names, tell) {
      const own = [...names]
      for (const name of own) {
        const there = watchers.get(name)
        if (there) there.add(tell)
        else watchers.set(name, new Set([tell]))
      }
      return () => {
        for (const name of own) {
          const there = watchers.get(name)
          there?.delete(tell)
          if (there?.size === 0) watchers.delete(name)
        }
      }
    },
  }
}

export function certificateName(certificateId: string): string {
  return `certificate ${certificateId}`
}

/** All that the decisions of a connection rest on. */
export function concern(of: {
  certificateId: string
  things: AttachedThing[]
  attached: AttachedPolicies
}): Set<string> {
  const { names, missing, groups } = of.attached
  return new Set([
    certificateName(of.certificateId),
    ...of.things.map(({ thingName }) => `thing ${thingName}`),
    ...groups.map(name => `group ${name}`),
    ...[...names, ...missing].map(name => `policy ${name}`),
  ])
}

/** What a changed record is a part of. No name but a target's holds a slash. */
function concernOf({ table, key }: Exclude<Change['records'], 'all'>[number]): string[] {
  const [first = '', second = '', third = ''] = key.split('/')
  switch (table) {
    case 'certificates':
    case 'thingPrincipals':
      return [certificateName(first)]
    case 'things':
      return [`thing ${first}`]
    case 'groupThings':
      return [`thing ${second}`]
    case 'thingGroups':
      return [`group ${first}`]
    case 'policies':
      return [`policy ${first}`]
    case 'policyTargets':
      return [second === 'cert' ? certificateName(third) : `group ${third}`]
    default:
      return []
  }
}
