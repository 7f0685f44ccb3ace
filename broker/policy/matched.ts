/** What in a statement met a request: a denial names it, so that nobody has to search a long document. */

import { spellings } from './actions.ts'
import type { AuthorizationRequest, Matched } from './decision.ts'
import { shortCondition } from './near-miss.ts'
import { compilePattern, matches, substitute } from './pattern.ts'
import type { CompiledStatement } from './statement.ts'

/** @param statement matches the request */
export function whatMatched(
  { action, conditions, resource, source }: CompiledStatement,
  { action: asked, context, resource: name }: AuthorizationRequest,
): Matched {
  const names = spellings(asked).map(spelling => spelling.toLowerCase())
  const covering = source.action.values.find(({ text }) =>
    names.some(spelling => matches(compilePattern(text.toLowerCase()), spelling, {})),
  )
  const said = source.action.values.map(({ text }) => text).join(', ')
  const pattern = resource.patterns.find(one => matches(one, name, context))
  const seen = pattern && substitute(pattern, context).text
  return {
    action: covering && !action.not ? covering.text : `not ${said}`,
    element: resource.not ? 'NotResource' : 'Resource',
    pattern: pattern?.text ?? source.resource.values.map(({ text }) => text).join(', '),
    ...(pattern && seen !== undefined && seen !== pattern.text ? { resolved: seen } : {}),
    ...(conditions.length > 0
      ? { conditions: conditions.map(condition => shortCondition(condition.source)) }
      : {}),
  }
}
