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

/**
 * Names of the policies that come to a thing through its groups, each once, the nearest group's first.
 * @param own the groups that hold the thing itself
 */
export function groupPolicies(
  own: Iterable<string>,
  groupOf: (name: string) => { parent?: string; policyNames: string[] } | undefined,
): string[] {
  const seen = new Set<string>()
  const names = new Set<string>()
  for (const first of own) {
    for (let name: string | undefined = first; name !== undefined && !seen.has(name); ) {
      seen.add(name)
      const group = groupOf(name)
      for (const policy of group?.policyNames ?? []) names.add(policy)
      name = group?.parent
    }
  }
  return [...names]
}
