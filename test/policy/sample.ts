/** Short ways to write policies and requests, shared by the tests of the policy engine. */

import { type AuthorizationRequest, type Policy, readPolicy } from '../../broker/policy/policy.ts'
import type { Context } from '../../broker/policy/variables.ts'

export const head = 'arn:aws:iot:us-east-1:123456789012:'
export const thingName = 'iot:Connection.Thing.ThingName'

export type Loose = { [element: string]: unknown }

/** A policy of these statements; `Effect` is Allow unless they say otherwise. Throws where it doesn't load. */
export function policy(name: string, ...statements: Loose[]): Policy {
  const text = JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map(statement => ({ Effect: 'Allow', ...statement })),
  })
  const { policy: read, problems } = readPolicy(name, text)
  if (!read) throw new Error(`sample policy is broken: ${JSON.stringify(problems)}`)
  return read
}

/** @param resource without its head: `topic/a` */
export function request(
  action: string,
  resource: string,
  context: Context = {},
  reasons: Record<string, string> = {},
): AuthorizationRequest {
  return {
    action,
    resource: resource.startsWith('arn:') ? resource : head + resource,
    context,
    reasons,
  }
}
