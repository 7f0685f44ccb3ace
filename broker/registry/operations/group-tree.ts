/** Thing groups above and below one another. Files may declare a circle, which is told: every walk ends all the same. */

import { type Answer, answer } from '../answer.ts'
import type { Desk } from '../desk.ts'
import type { ThingGroupRecord } from '../records.ts'
import { notFound } from './named.ts'

export type GroupSummary = { groupName: string; groupArn: string }

export function groupNamed({ view }: Desk, name: string): Answer<ThingGroupRecord> {
  const group = view.thingGroups.get(name)
  return group ? answer(group) : notFound('Thing group', name)
}

export function groupSummary(desk: Desk, groupName: string): GroupSummary {
  return { groupName, groupArn: desk.arn('thinggroup', groupName) }
}

/** Names of the groups above one that are there, the nearest first. */
export function groupsAbove({ view }: Desk, group: ThingGroupRecord): string[] {
  const above = new Set<string>()
  for (let name = group.parentGroupName; name !== undefined && !above.has(name); ) {
    const next = view.thingGroups.get(name)
    if (next === undefined) break
    above.add(name)
    name = next.parentGroupName
  }
  return [...above]
}

/** Names of all groups below one, in order. */
export function groupsBelow({ view }: Desk, name: string): string[] {
  const below = new Set<string>()
  const open = [name]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of view.groupsByParent.keys(next)) {
      // An index may lead to a learned group that a declared one of its name hides.
      if (below.has(child) || view.thingGroups.get(child)?.parentGroupName !== next) continue
      below.add(child)
      open.push(child)
    }
  }
  return [...below].sort()
}
