/**
 * AWS IoT's control plane as functions: each takes AWS's input in one object and answers with AWS's output, or with AWS's
 * exception. The command line, the management door and provisioning all stand on these.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_Operations.html
 */

import type { Desk } from '../desk.ts'
import { authorityOperations } from './authorities.ts'
import { billingGroupOperations } from './billing-groups.ts'
import { certificateListOperations } from './certificate-lists.ts'
import { registrationOperations } from './certificate-registration.ts'
import { transferOperations } from './certificate-transfer.ts'
import { certificateOperations } from './certificates.ts'
import { groupThingOperations } from './group-things.ts'
import { policyOperations } from './policies.ts'
import { policyListOperations } from './policy-lists.ts'
import { policyTargetOperations } from './policy-targets.ts'
import { policyVersionOperations } from './policy-versions.ts'
import { registrationCodeOperations } from './registration-code.ts'
import { templateVersionOperations } from './template-versions.ts'
import { templateOperations } from './templates.ts'
import { testAuthorizationOperations } from './test-authorization.ts'
import { thingGroupOperations } from './thing-groups.ts'
import { thingPrincipalOperations } from './thing-principals.ts'
import { thingTypeOperations } from './thing-types.ts'
import { thingOperations } from './things.ts'

export type Operations = ReturnType<typeof createOperations>

export function createOperations(desk: Desk) {
  return {
    ...authorityOperations(desk),
    ...certificateListOperations(desk),
    ...certificateOperations(desk),
    ...registrationCodeOperations(desk),
    ...registrationOperations(desk),
    ...policyOperations(desk),
    ...policyVersionOperations(desk),
    ...policyTargetOperations(desk),
    ...policyListOperations(desk),
    ...testAuthorizationOperations(desk),
    ...templateOperations(desk),
    ...templateVersionOperations(desk),
    ...thingOperations(desk),
    ...thingTypeOperations(desk),
    ...thingGroupOperations(desk),
    ...groupThingOperations(desk),
    ...billingGroupOperations(desk),
    ...thingPrincipalOperations(desk),
    ...transferOperations(desk),
  }
}

/** The same operations; what they change is told with AWS's name of the operation. */
export function named(operations: Operations, desk: Desk): Operations {
  return Object.fromEntries(
    Object.entries(operations).map(([name, act]) => {
      const operation = name[0]?.toUpperCase() + name.slice(1)
      return [name, (input: never) => desk.during({ operation }, () => act(input))]
    }),
  ) as Operations
}
