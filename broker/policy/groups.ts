/**
 * Policies of thing groups: those of each group that holds the thing, and of all groups above it.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/thing-groups.html
 */

export type ThingGroup = {
  groupName: string
  /** A group has one parent at most. */
  parent?: string
  policyNames: string[]
  /** Names of the things in it, not of those in groups below. */
  things: string[]
}

/** Names of the policies that come to a thing through its groups, each once, the nearest group's first. */
export function groupPolicies(
  thingName: string,
  groups: ReadonlyMap<string, ThingGroup>,
): string[] {
  const seen = new Set<string>()
  const names = new Set<string>()
  for (const group of groups.values()) {
    if (!group.things.includes(thingName)) continue
    let above: ThingGroup | undefined = group
    while (above && !seen.has(above.groupName)) {
      seen.add(above.groupName)
      for (const name of above.policyNames) names.add(name)
      above = above.parent === undefined ? undefined : groups.get(above.parent)
    }
  }
  return [...names]
}
