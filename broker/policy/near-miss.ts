/**
 * Near misses: for each Allow statement the first element that kept it from matching, nearest first. Runs only after a
 * denial, so it may take its time: a pattern that failed is tried again with each common mistake mended.
 */

import { quote } from '../diagnosis/words.ts'
import { type Condition, holds, unresolvedInCondition } from './condition.ts'
import type { AuthorizationRequest, NearMiss } from './decision.ts'
import { commonMistake } from './mistakes.ts'
import { firstDifference, matches, type Pattern, substitute, unresolvedIn } from './pattern.ts'
import { actionMatches, type CompiledStatement, resourceMatches } from './statement.ts'
import { type Variable, valuesOf, whyUnresolved } from './variables.ts'

type Miss = { rank: number; at: number; miss: NearMiss }

/** The five nearest of the Allow statements, none of which matched, and the names that the request lacked. */
export function nearest(
  statements: CompiledStatement[],
  request: AuthorizationRequest,
): { nearMisses: NearMiss[]; missingContextValues: string[] } {
  const misses: Miss[] = []
  const missing = new Set<string>()
  for (const statement of statements) {
    if (actionMatches(statement, request.action)) addMissing(statement, request, missing)
    const miss = judge(statement, request)
    if (miss) misses.push(miss)
  }
  misses.sort((a, b) => b.rank - a.rank || b.at - a.at)
  return {
    nearMisses: misses.slice(0, 5).map(({ miss }) => miss),
    missingContextValues: [...missing].sort(),
  }
}

function judge(statement: CompiledStatement, request: AuthorizationRequest): Miss | undefined {
  if (!actionMatches(statement, request.action)) return judgeAction(statement, request)
  if (!resourceMatches(statement, request))
    return statement.resource.not
      ? judgeNotResource(statement, request)
      : judgeResource(statement, request)
  return judgeConditions(statement, request)
}

function judgeAction(statement: CompiledStatement, request: AuthorizationRequest) {
  const { not, values } = statement.source.action
  const pattern = shorten(values.map(({ text }) => text).join(', '))
  const found = (rank: number, why: string): Miss => {
    const element = not ? 'NotAction' : 'Action'
    return { rank, at: 0, miss: { ...statement.ref, element, asked: request.action, pattern, why } }
  }
  const says = not ? 'it leaves out' : 'it is for'
  if (resourceMatches(statement, request))
    return found(
      ranks.action,
      `${says} ${quote(pattern)}${not ? '' : `, not for ${quote(request.action)}`}`,
    )
  if (statement.resource.not) return undefined
  const other = statement.resource.patterns.find(resource =>
    isOfOtherType(substitute(resource, request.context), request),
  )
  if (!other) return undefined
  return found(
    ranks.actionAndType,
    `it is for ${quote(pattern)}; ${quote(request.action)} needs a statement of its own`,
  )
}

function isOfOtherType(pattern: Pattern, request: AuthorizationRequest): boolean {
  return commonMistake(pattern, request)?.kind === 'type'
}

function judgeResource(statement: CompiledStatement, request: AuthorizationRequest) {
  let best: Miss | undefined
  for (const pattern of statement.resource.patterns) {
    const miss = probe(statement, pattern, request)
    if (!best || miss.rank > best.rank || (miss.rank === best.rank && miss.at > best.at))
      best = miss
  }
  return best
}

function probe(
  statement: CompiledStatement,
  pattern: Pattern,
  request: AuthorizationRequest,
): Miss {
  const { context, resource: asked } = request
  const unresolved = unresolvedIn(pattern, context)
  const seen = substitute(pattern, context)
  const miss: NearMiss = {
    ...statement.ref,
    element: 'Resource',
    asked,
    pattern: pattern.text,
    ...(unresolved.length === 0 && seen.text !== pattern.text ? { resolved: seen.text } : {}),
    ...unresolvedKeys(unresolved, request),
  }
  if (unresolved.length > 0 && matches(seen, asked, {}))
    return { rank: ranks.unresolved, at: asked.length, miss }
  const differsAt = firstDifference(seen, asked) ?? asked.length
  const mistake = commonMistake(seen, request)
  if (mistake)
    return { rank: ranks.mistake, at: differsAt, miss: { ...miss, differsAt, why: mistake.why } }
  return { rank: ranks.resource, at: differsAt, miss: { ...miss, differsAt } }
}

function judgeNotResource(statement: CompiledStatement, request: AuthorizationRequest) {
  const { context, resource: asked } = request
  const excluding = statement.resource.patterns.find(pattern => matches(pattern, asked, context))
  const lacking = statement.resource.patterns.find(
    pattern => unresolvedIn(pattern, context).length > 0,
  )
  const pattern = excluding ?? lacking
  if (!pattern) return undefined
  const seen = substitute(pattern, context)
  const miss: NearMiss = {
    ...statement.ref,
    element: 'NotResource',
    asked,
    pattern: pattern.text,
    ...(excluding && seen.text !== pattern.text ? { resolved: seen.text } : {}),
    ...(excluding ? { why: 'it leaves this resource out' } : {}),
    ...unresolvedKeys(unresolvedIn(pattern, context), request),
  }
  return { rank: excluding ? ranks.resource : ranks.unresolved, at: asked.length, miss }
}

function judgeConditions(statement: CompiledStatement, request: AuthorizationRequest) {
  const { context } = request
  const failed = statement.conditions.find(condition => !holds(condition, context))
  if (!failed) return undefined
  const asked = valuesOf(failed.key, context)
  const miss: NearMiss = {
    ...statement.ref,
    element: 'Condition',
    asked: shorten(asked.join(', ')),
    pattern: shortCondition(failed.source),
    ...(asked.length === 0
      ? {
          unresolved: [failed.key.written],
          why: whyUnresolved(failed.key, context, request.reasons),
        }
      : unresolvedKeys(unresolvedInCondition(failed, context), request)),
  }
  return { rank: ranks.condition, at: 0, miss }
}

function addMissing(
  { conditions, resource }: CompiledStatement,
  { context }: AuthorizationRequest,
  missing: Set<string>,
): void {
  for (const pattern of resource.patterns)
    for (const variable of unresolvedIn(pattern, context)) missing.add(variable.written)
  for (const condition of conditions) {
    // A set that is there and empty is a value: a connect without any attribute.
    const { name } = condition.key
    if (!Object.hasOwn(context, name) || context[name] === undefined)
      missing.add(condition.key.written)
    for (const variable of unresolvedInCondition(condition, context)) missing.add(variable.written)
  }
}

function unresolvedKeys(unresolved: Variable[], { context, reasons }: AuthorizationRequest) {
  if (unresolved.length === 0) return {}
  const whys = unresolved.map(variable => whyUnresolved(variable, context, reasons))
  return {
    unresolved: [...new Set(unresolved.map(variable => variable.written))],
    why: [...new Set(whys)].join('; '),
  }
}

/** One condition in few words: `Bool iot:Connection.Thing.IsAttached [true]`. */
export function shortCondition({ key, operator, values }: Condition['source']): string {
  return shorten(`${operator} ${key} [${values.join(', ')}]`)
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}...` : text
}

const ranks = {
  condition: 7,
  unresolved: 6,
  mistake: 5,
  resource: 4,
  action: 3,
  actionAndType: 2,
}
