/** Thing groups as config.yaml declares them, and what is wrong between them. */

import type { Config } from '../config/shape.ts'
import { nearest, shown } from '../config/words.ts'
import type { ThingGroup } from '../policy/groups.ts'
import type { Site } from './declared-files.ts'
import type { DeclaredGroup } from './declared-shape.ts'

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
  return [...read.values()]
}

function leadsBack(group: ThingGroup, groups: ReadonlyMap<string, ThingGroup>): boolean {
  let above = group.parent
  for (let steps = 0; above !== undefined && steps < groups.size; steps += 1) {
    if (above === group.groupName) return true
    above = groups.get(above)?.parent
  }
  return false
}
