/** What hangs together in the registry: the things of a certificate, and the policies that come to it. */

import { groupPolicies } from '../policy/groups.ts'
import type { PolicyTarget, ThingPrincipalRecord } from './records.ts'
import type { Views } from './tables.ts'

/** Names of the things that a certificate is attached to. */
export function thingsOf(view: Views, certificateId: string): string[] {
  return attachmentsOf(view, certificateId).map(({ thingName }) => thingName)
}

/** The thing that a certificate is attached to exclusively. */
export function exclusiveThingOf(view: Views, certificateId: string): string | undefined {
  return attachmentsOf(view, certificateId).find(({ type }) => type === 'EXCLUSIVE_THING')
    ?.thingName
}

/** Names of the policies on a certificate or on a group itself, in order; there need not be a policy of that name. */
export function policyNamesOn(view: Views, target: PolicyTarget): string[] {
  return view.targetsByTarget.keys(target).map(first)
}

/**
 * Names of the policies of these groups and of all groups above them, the nearest first.
 * @param asked gets the name of each group that was looked at
 */
export function policyNamesOfGroups(
  view: Views,
  groups: Iterable<string>,
  asked: string[] = [],
): string[] {
  return groupPolicies(groups, name => {
    asked.push(name)
    const group = view.thingGroups.get(name)
    if (group === undefined) return undefined
    const policyNames = policyNamesOn(view, `thinggroup/${name}`)
    const { parentGroupName: parent } = group
    return parent === undefined ? { policyNames } : { policyNames, parent }
  })
}

/** Names of the groups that hold a thing. */
export function groupsOf(view: Views, thingName: string): string[] {
  return view.groupThingsByThing.keys(thingName).map(first)
}

/**
 * Names of the policies that decide for a client, each once: those of its certificate, then those of its thing's groups.
 * @param thingName the thing that the client is, if it is one
 * @param asked gets the name of each group that was looked at
 */
export function policyNamesOf(
  view: Views,
  certificateId: string | undefined,
  thingName: string | undefined,
  asked: string[] = [],
): string[] {
  const own = certificateId === undefined ? [] : policyNamesOn(view, `cert/${certificateId}`)
  const groups = thingName === undefined ? [] : groupsOf(view, thingName)
  return [...new Set([...own, ...policyNamesOfGroups(view, groups, asked)])]
}

function attachmentsOf(view: Views, certificateId: string): ThingPrincipalRecord[] {
  return view.principalsByCertificate
    .keys(certificateId)
    .flatMap(key => view.thingPrincipals.get(key) ?? [])
}

/** Of a key in two parts. */
function first(key: string): string {
  return key.slice(0, key.indexOf('/'))
}
