/**
 * The policy engine's front door, also as `candid-broker/policy`: documents are compiled once, decisions are made many
 * times. Union of all policies, explicit deny first, and what nothing allows is denied.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/iot-authorization.html
 */

import type { AuthorizationRequest, Decision, Matched, StatementRef } from './decision.ts'
import {
  type ParseOptions,
  type PolicyDocument,
  type PolicyProblem,
  parsePolicy,
} from './document.ts'
import type { AwsRefusal } from './malformed.ts'
import { whatMatched } from './matched.ts'
import { narrate } from './narrate.ts'
import { nearest } from './near-miss.ts'
import { applies, type CompiledStatement, compileStatement } from './statement.ts'

export type { AuthorizationRequest, Decision, Matched, NearMiss, StatementRef } from './decision.ts'
export type { ParseOptions, PolicyDocument, PolicyProblem } from './document.ts'
export type { AwsRefusal } from './malformed.ts'
export type { Context } from './variables.ts'

export type Policy = {
  name: string
  compiled: { allow: CompiledStatement[]; deny: CompiledStatement[] }
}

/** Parses and compiles a document. The policy is there if there is no error; warnings may come with it. */
export function readPolicy(
  name: string,
  text: string,
  options?: ParseOptions,
): { policy?: Policy; problems: PolicyProblem[]; aws?: AwsRefusal } {
  const { document, ...told } = parsePolicy(text, options)
  return document ? { policy: compilePolicy(name, document), ...told } : told
}

export function compilePolicy(name: string, document: PolicyDocument): Policy {
  const compiled = document.statements.map((statement, index) =>
    compileStatement(name, index + 1, statement),
  )
  return {
    name,
    compiled: {
      allow: compiled.filter(statement => statement.ref.effect === 'Allow'),
      deny: compiled.filter(statement => statement.ref.effect === 'Deny'),
    },
  }
}

/** Decides one request under the union of `policies`. Near misses are looked for only on a denial. */
export function decide(policies: Policy[], request: AuthorizationRequest): Decision {
  const { action, resource } = request
  const policyCount = policies.length
  const denying = firstThatApplies(policies, 'deny', request)
  const allowing = firstThatApplies(policies, 'allow', request)
  if (allowing && !denying) return allowed(action, resource, allowing.ref, policyCount)
  const trace = allowing
    ? { nearMisses: [], missingContextValues: [] }
    : nearest(
        policies.flatMap(policy => policy.compiled.allow),
        request,
      )
  if (!denying) return { action, resource, outcome: 'IMPLICIT_DENY', ...trace, policyCount }
  const matched = whatMatched(denying, request)
  const outcome = 'EXPLICIT_DENY'
  return { action, resource, outcome, statement: denying.ref, matched, ...trace, policyCount }
}

/** A decision in one line of words. */
export function inWords(decision: Decision): string {
  return narrate(decision)
}

/** What in the statement that allowed it met the request; a denial carries it already. */
export function matchedOf(
  policies: Policy[],
  request: AuthorizationRequest,
  { statement: ref, matched }: Decision,
): Matched | undefined {
  if (matched || !ref) return matched
  const statement = policies
    .flatMap(({ compiled }) => compiled.allow)
    .find(one => one.ref.policy === ref.policy && one.ref.index === ref.index)
  return statement && whatMatched(statement, request)
}

export function allowed(
  action: string,
  resource: string,
  statement: StatementRef,
  policyCount: number,
): Decision {
  const outcome = 'ALLOWED'
  const none = { nearMisses: [], missingContextValues: [] }
  return { action, resource, outcome, statement, ...none, policyCount }
}

function firstThatApplies(
  policies: Policy[],
  effect: 'allow' | 'deny',
  request: AuthorizationRequest,
): CompiledStatement | undefined {
  for (const policy of policies)
    for (const statement of policy.compiled[effect])
      if (applies(statement, request)) return statement
  return undefined
}
