/**
 * The policy engine's front door, also as `candid-broker/policy`: documents are compiled once, decisions are made many
 * times. Union of all policies, explicit deny first, and what nothing allows is denied.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/iot-authorization.html
 */

import type { AuthorizationRequest, Decision } from './decision.ts'
import { type PolicyDocument, type PolicyProblem, parsePolicy } from './document.ts'
import { nearest } from './near-miss.ts'
import { applies, type CompiledStatement, compileStatement } from './statement.ts'

export type { AuthorizationRequest, Decision, NearMiss, StatementRef } from './decision.ts'
export type { PolicyDocument, PolicyProblem } from './document.ts'
export type { Context } from './variables.ts'

export type Policy = {
  name: string
  compiled: { allow: CompiledStatement[]; deny: CompiledStatement[] }
}

/** Parses and compiles a document. The policy is there if there is no error; warnings may come with it. */
export function readPolicy(
  name: string,
  text: string,
): { policy?: Policy; problems: PolicyProblem[] } {
  const { document, problems } = parsePolicy(text)
  return document ? { policy: compilePolicy(name, document), problems } : { problems }
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
  if (allowing) {
    const statement = denying?.ref ?? allowing.ref
    const outcome = denying ? 'EXPLICIT_DENY' : 'ALLOWED'
    return {
      action,
      resource,
      outcome,
      statement,
      nearMisses: [],
      missingContextValues: [],
      policyCount,
    }
  }
  const trace = nearest(
    policies.flatMap(policy => policy.compiled.allow),
    request,
  )
  return denying
    ? { action, resource, outcome: 'EXPLICIT_DENY', statement: denying.ref, ...trace, policyCount }
    : { action, resource, outcome: 'IMPLICIT_DENY', ...trace, policyCount }
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
