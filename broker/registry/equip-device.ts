/** What a device needs besides its certificate, for the library's `createDevice`: made by AWS's operations. */

import { type Answer, answer } from './answer.ts'
import type { Registry } from './registry.ts'

/** Thing, policy and attachments of a device, in a transaction. A policy of its name gets this document. */
export function equipDevice(
  thingName: string,
  certificateId: string,
  policyDocument: string,
  { desk, operations }: Registry,
): Answer<unknown> {
  if (!desk.view.things.has(thingName)) {
    const made = operations.createThing({ thingName })
    if (!made.ok) return made
  }
  // AWS: a policy's name takes no colon, and a thing's no `=`.
  const policyName = `${thingName.replaceAll(':', '=')}-policy`
  const policy = putPolicy(policyName, policyDocument, desk, operations)
  if (!policy.ok) return policy
  const principal = desk.arn('cert', certificateId)
  const attached = operations.attachPolicy({ policyName, target: principal })
  return attached.ok ? operations.attachThingPrincipal({ thingName, principal }) : attached
}

function putPolicy(
  policyName: string,
  policyDocument: string,
  { view }: Registry['desk'],
  operations: Registry['operations'],
): Answer<unknown> {
  const before = view.policies.get(policyName)
  if (before === undefined) return operations.createPolicy({ policyName, policyDocument })
  const { defaultVersionId, versions } = before
  if (versions[defaultVersionId]?.policyDocument === policyDocument) return answer(undefined)
  const input = { policyName, policyDocument, setAsDefault: true }
  const version = operations.createPolicyVersion(input)
  if (version.ok) return version
  // AWS: five versions at most.
  const [oldest] = Object.keys(versions).filter(id => id !== defaultVersionId)
  if (oldest === undefined) return version
  operations.deletePolicyVersion({ policyName, policyVersionId: oldest })
  return operations.createPolicyVersion(input)
}
