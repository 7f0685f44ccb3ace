/**
 * Policies bound to one connection: what its context decides beforehand is decided once, per action. Variables become
 * plain text, statements whose conditions fail or whose variables lack a value fall away, and what is left is a short list
 * of literals and prefixes for each packet. It answers as `decide` does; denials are handed to `decide` for their trace.
 */

import { holds } from './condition.ts'
import { timeKeys } from './context.ts'
import type { Decision, StatementRef } from './decision.ts'
import { matches, type Pattern, substitute, unresolvedIn } from './pattern.ts'
import { allowed, decide, type Policy } from './policy.ts'
import { actionMatches, type CompiledStatement } from './statement.ts'
import type { Context } from './variables.ts'

/** Decides one request of the connection. */
export type Bound = (action: string, resource: string) => Decision

/** @param context does not change from request to request: where `dependsOnTime` is true, `decide` must be asked anew */
export function bindPolicies(
  policies: Policy[],
  context: Context,
  reasons: Record<string, string>,
): Bound {
  const byAction = new Map<string, { allow: Simple[]; deny: Simple[] }>()
  return (action, resource) => {
    let lists = byAction.get(action)
    if (!lists) {
      const simplest = (effect: 'allow' | 'deny') =>
        policies.flatMap(({ compiled }) =>
          compiled[effect].flatMap(statement => simplify(statement, action, context) ?? []),
        )
      lists = { allow: simplest('allow'), deny: simplest('deny') }
      byAction.set(action, lists)
    }
    const { allow, deny } = lists
    for (let index = 0; index < deny.length; index += 1)
      if (meets(deny[index]!, resource))
        return decide(policies, { action, resource, context, reasons })
    for (let index = 0; index < allow.length; index += 1)
      if (meets(allow[index]!, resource))
        return allowed(action, resource, allow[index]!.ref, policies.length)
    return decide(policies, { action, resource, context, reasons })
  }
}

/** Whether a statement about this action asks for the time: then no answer may be kept. */
export function dependsOnTime(policies: Policy[], action: string): boolean {
  return policies.some(({ compiled }) =>
    [...compiled.allow, ...compiled.deny].some(
      statement => actionMatches(statement, action) && asksForTime(statement),
    ),
  )
}

/** What is left of a statement for one action in one context. */
type Simple = { ref: StatementRef; not: boolean; prefixes: string[]; patterns: Pattern[] }

function simplify(
  statement: CompiledStatement,
  action: string,
  context: Context,
): Simple | undefined {
  if (!actionMatches(statement, action)) return undefined
  if (!statement.conditions.every(condition => holds(condition, context))) return undefined
  const { not, patterns: written } = statement.resource
  const usable = written.filter(pattern => unresolvedIn(pattern, context).length === 0)
  // A pattern without a value matches nothing, and under NotResource it takes the statement with it.
  if (usable.length < written.length && (not || usable.length === 0)) return undefined
  const seen = usable.map(pattern => substitute(pattern, context))
  const prefixes = seen.flatMap(pattern => pattern.prefix ?? [])
  const patterns = seen.filter(pattern => pattern.prefix === undefined)
  return { ref: statement.ref, not, prefixes, patterns }
}

function meets({ not, patterns, prefixes }: Simple, resource: string): boolean {
  for (let index = 0; index < prefixes.length; index += 1)
    if (resource.startsWith(prefixes[index]!)) return !not
  for (let index = 0; index < patterns.length; index += 1)
    if (matches(patterns[index]!, resource, none)) return !not
  return not
}

function asksForTime({ conditions, resource }: CompiledStatement): boolean {
  const inPattern = (pattern: Pattern) =>
    pattern.tokens.some(
      token => token.kind === 'variable' && timeKeys.includes(token.variable.name),
    )
  return (
    resource.patterns.some(inPattern) ||
    conditions.some(
      ({ key, values }) =>
        timeKeys.includes(key.name) || values.some(({ patterns }) => patterns.some(inPattern)),
    )
  )
}

const none: Context = {}
