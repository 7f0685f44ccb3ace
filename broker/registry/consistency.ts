/**
 * References between records that lead nowhere. Operations never leave one; a repaired store may, and a file that declared
 * something may be gone.
 */

import type { Views } from './tables.ts'

/** @returns one line each, without a full stop */
export function danglingReferences(view: Views): string[] {
  const { certificates, things, policies, thingGroups, thingTypes, billingGroups } = view
  const found: string[] = []
  const wants = (there: boolean, who: string, what: string): void => {
    if (!there) found.push(`${who}, which is not there: ${what}`)
  }
  for (const { certificateId, thingName } of view.thingPrincipals.values()) {
    const what = `attachment of \`${certificateId}\` to \`${thingName}\``
    wants(certificates.has(certificateId), 'a thing is attached to a certificate', what)
    wants(things.has(thingName), 'a certificate is attached to a thing', what)
  }
  for (const { policyName, target } of view.policyTargets.values()) {
    const what = `policy \`${policyName}\` on \`${target}\``
    const [kind, name = ''] = [
      target.slice(0, target.indexOf('/')),
      target.slice(target.indexOf('/') + 1),
    ]
    wants(policies.has(policyName), 'a policy is attached', what)
    const there = kind === 'cert' ? certificates.has(name) : thingGroups.has(name)
    wants(there, 'a policy is attached to a target', what)
  }
  for (const { thingGroupName, thingName } of view.groupThings.values()) {
    const what = `\`${thingName}\` in \`${thingGroupName}\``
    wants(thingGroups.has(thingGroupName), 'a thing is in a group', what)
    wants(things.has(thingName), 'a group has a thing', what)
  }
  for (const { thingName, thingTypeName, billingGroupName } of view.things.values()) {
    const what = `thing \`${thingName}\``
    if (thingTypeName !== undefined)
      wants(thingTypes.has(thingTypeName), `a thing has the type \`${thingTypeName}\``, what)
    if (billingGroupName !== undefined)
      wants(
        billingGroups.has(billingGroupName),
        `a thing has the billing group \`${billingGroupName}\``,
        what,
      )
  }
  for (const { thingGroupName, parentGroupName: parent } of view.thingGroups.values()) {
    if (parent !== undefined)
      wants(
        thingGroups.has(parent),
        `a group has the parent \`${parent}\``,
        `group \`${thingGroupName}\``,
      )
  }
  return found
}
