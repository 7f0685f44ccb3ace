/** Thing groups and thing types as config.yaml declares them, and what is wrong between them. */

import type { Config } from '../../config/shape.ts'
import { nearest, shown } from '../../config/words.ts'
import type { ThingGroup } from '../../policy/groups.ts'
import type { Site } from './declared-files.ts'
import type { DeclaredGroup, DeclaredThingType } from './declared-shape.ts'

/**
 * Reports what can't be: twins, a parent that isn't there or that leads in a circle, policies that nobody has written.
 * A group stays for what is good of it.
 */
export function readGroups({ groups }: Config, policies: string[], site: Site): DeclaredGroup[] {
  const read = new Map<string, DeclaredGroup>()
  const lines = new Map(groups.map(({ line, name }) => [name, line]))
  const complain = (line: number, says: string, hint?: string) =>
    site.report({
      file: site.configFile,
      line,
      severity: 'error',
      says,
      ...(hint === undefined ? {} : { hint }),
    })
  const names = groups.map(({ name }) => name)
  for (const { line, name, parent, policies: wanted, things } of groups) {
    if (read.has(name)) {
      complain(line, `thing group ${shown(name)} is declared twice`, 'take one of the two out')
      continue
    }
    for (const policy of wanted) {
      if (policies.includes(policy)) continue
      const near = nearest(policy, policies)
      complain(line, `unknown policy ${shown(policy)}`, near && `did you mean \`${near}\`?`)
    }
    const known = parent === undefined || names.includes(parent)
    if (!known) {
      const near = nearest(parent, names)
      complain(line, `unknown thing group ${shown(parent)}`, near && `did you mean \`${near}\`?`)
    }
    const above = known && parent !== undefined ? { parent } : {}
    read.set(name, {
      groupName: name,
      ...above,
      policyNames: wanted,
      things,
      file: site.configFile,
    })
  }
  for (const group of read.values())
    if (leadsBack(group, read)) {
      const says = `thing group ${shown(group.groupName)} is above itself`
      complain(lines.get(group.groupName) ?? 1, says, 'take one `parent` out')
    }
  checkMembers([...read.values()], lines, complain)
  return [...read.values()]
}

/** Reports twins: the first one counts. */
export function readThingTypes({ thingTypes }: Config, site: Site): DeclaredThingType[] {
  const read = new Map<string, DeclaredThingType>()
  for (const { line, ...type } of thingTypes) {
    if (!read.has(type.name)) {
      read.set(type.name, { ...type, file: site.configFile })
      continue
    }
    const says = `thing type ${shown(type.name)} is declared twice`
    const hint = 'take one of the two out'
    site.report({ file: site.configFile, line, severity: 'error', says, hint })
  }
  return [...read.values()]
}

/** AWS: a thing is in 10 groups at most, and in one group of a hierarchy; 7 groups stand one below the other. */
function checkMembers(
  groups: DeclaredGroup[],
  lines: ReadonlyMap<string, number>,
  complain: (line: number, says: string, hint?: string) => void,
): void {
  const parents = new Map(groups.map(({ groupName, parent }) => [groupName, parent]))
  const roots = new Map<string, string>()
  for (const { groupName } of groups) {
    const above = new Set([groupName])
    for (let name = parents.get(groupName); name !== undefined && !above.has(name); ) {
      above.add(name)
      name = parents.get(name)
    }
    roots.set(groupName, [...above].at(-1) ?? groupName)
    if (above.size === 8) {
      const says = `thing group ${shown(groupName)} stands below 7 others`
      complain(lines.get(groupName) ?? 1, says, 'AWS has hierarchies of 7 groups at most')
    }
  }
  const places = new Map<string, DeclaredGroup[]>()
  for (const group of groups) {
    for (const thing of group.things) {
      const before = places.get(thing) ?? []
      places.set(thing, [...before, group])
      const line = lines.get(group.groupName) ?? 1
      const near = before.find(one => roots.get(one.groupName) === roots.get(group.groupName))
      if (near) {
        const says = `thing ${shown(thing)} is in ${shown(near.groupName)} of the same hierarchy`
        complain(line, says, 'AWS takes a thing into one group of a hierarchy only')
      } else if (before.length === 10) {
        complain(line, `thing ${shown(thing)} is in 10 groups already`, 'AWS takes 10 at most')
      }
    }
  }
}

function leadsBack(group: ThingGroup, groups: ReadonlyMap<string, ThingGroup>): boolean {
  let above = group.parent
  for (let steps = 0; above !== undefined && steps < groups.size; steps += 1) {
    if (above === group.groupName) return true
    above = groups.get(above)?.parent
  }
  return false
}
