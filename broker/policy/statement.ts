/** One statement, compiled: what the hot path asks of it, in the order in which the answers are cheap. */

import { resourceTypes, spellings } from './actions.ts'
import { type Condition, compileCondition, holds } from './condition.ts'
import type { AuthorizationRequest, StatementRef } from './decision.ts'
import type { Statement } from './document.ts'
import { compilePattern, matches, type Pattern, unresolvedIn } from './pattern.ts'

export type CompiledStatement = {
  ref: StatementRef
  source: Statement
  action: { not: boolean; patterns: Pattern[] }
  /** The actions of the data plane that this statement is about, with NotAction already turned round. */
  actions: Set<string>
  resource: { not: boolean; patterns: Pattern[] }
  conditions: Condition[]
}

/**
 * @param policy the policy's name
 * @param index the statement's place in its document, counted from 1
 */
export function compileStatement(
  policy: string,
  index: number,
  source: Statement,
): CompiledStatement {
  const { conditions, effect, resource, sid } = source
  const action = {
    not: source.action.not,
    patterns: source.action.values.map(({ text }) => compilePattern(text.toLowerCase())),
  }
  const compiled = conditions.map(compileCondition)
  return {
    ref: { policy, index, ...(sid === undefined ? {} : { sid }), effect },
    source,
    action,
    actions: new Set([...resourceTypes.keys()].filter(name => covers(action, name))),
    resource: {
      not: resource.not,
      patterns: resource.values.map(({ text }) => compilePattern(text)),
    },
    // INVARIANT: parsePolicy lets no unknown operator through. One in a document made by hand refuses everything.
    conditions: compiled.map((condition, at) => condition ?? neverHolds(conditions[at]!)),
  }
}

/** Whether the statement matches the request as a whole. */
export function applies(statement: CompiledStatement, request: AuthorizationRequest): boolean {
  return (
    actionMatches(statement, request.action) &&
    resourceMatches(statement, request) &&
    conditionsHold(statement, request)
  )
}

/** Actions are compared without regard to case. */
export function actionMatches({ action, actions }: CompiledStatement, asked: string): boolean {
  if (resourceTypes.has(asked)) return actions.has(asked)
  return covers(action, asked)
}

/** A pattern whose variable has no value matches nothing; under NotResource the whole statement then doesn't. */
export function resourceMatches(
  { resource }: CompiledStatement,
  { context, resource: asked }: AuthorizationRequest,
): boolean {
  for (const pattern of resource.patterns)
    if (matches(pattern, asked, context)) return !resource.not
  return resource.not && !resource.patterns.some(pattern => lacksValue(pattern, context))
}

function conditionsHold({ conditions }: CompiledStatement, { context }: AuthorizationRequest) {
  for (const condition of conditions) if (!holds(condition, context)) return false
  return true
}

function covers({ not, patterns }: CompiledStatement['action'], asked: string): boolean {
  const names = spellings(asked).map(name => name.toLowerCase())
  const hit = patterns.some(pattern => names.some(name => matches(pattern, name, {})))
  return hit !== not
}

function lacksValue(pattern: Pattern, context: AuthorizationRequest['context']): boolean {
  return unresolvedIn(pattern, context).length > 0
}

function neverHolds(source: Statement['conditions'][number]): Condition {
  const condition = compileCondition({ operator: 'StringEquals', key: source.key, values: [] })
  return { ...condition!, source, ifExists: false }
}
