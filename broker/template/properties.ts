/** The properties of a resource, evaluated and held against what AWS takes. Failures go to the scope. */

import { quote } from '../diagnosis/words.ts'
import { evaluate, fail, failAbsent, kindOf, type Scope, type Value } from './evaluate.ts'
import type { Resource } from './template.ts'

// AWS: thing names, and those of types and groups: [a-zA-Z0-9:_-]{1,128}.
const NAME = /^[a-zA-Z0-9:_-]{1,128}$/
const NAME_RULE = 'aws takes 1 to 128 of the characters a-z A-Z 0-9 : _ -'
/** The first of `words` where nothing is given. AWS's examples write `Active` as well as `ACTIVE`. */
export function oneOf<const Word extends string>(
  resource: Resource,
  property: string,
  words: readonly [Word, ...Word[]],
  scope: Scope,
): Word | undefined {
  const given = textOf(resource, property, scope)
  if (given === undefined) return words[0]
  const word = words.find(one => one === given.toUpperCase())
  if (word) return word
  const known = words.map(one => `\`${one}\``).join(' or ')
  return fail(scope, `\`${property}\` is ${quote(given)}; aws takes ${known}`)
}

export function optionalName(
  resource: Resource,
  property: string,
  scope: Scope,
): string | undefined {
  const given = textOf(resource, property, scope)
  return given === undefined ? undefined : named(property, given, scope)
}

export function named(property: string, given: Value, scope: Scope): string | undefined {
  if (typeof given === 'string' && NAME.test(given)) return given
  return fail(scope, `\`${property}\` gets ${kindOf(given)}; ${NAME_RULE}`)
}

export function required(resource: Resource, property: string, scope: Scope): string | undefined {
  return textOf(resource, property, scope) ?? failAbsentOf(resource, property, scope)
}

export function textOf(resource: Resource, property: string, scope: Scope): string | undefined {
  const value = propertyOf(resource, property, scope)
  if (value === undefined || typeof value === 'string') return value
  return fail(scope, `\`${property}\` gets ${kindOf(value)}, and no string`)
}

export function propertyOf(resource: Resource, property: string, scope: Scope): Value | undefined {
  const expression = resource.properties.get(property)
  return expression && evaluate(expression, scope)
}

export function failAbsentOf(resource: Resource, property: string, scope: Scope): undefined {
  const expression = resource.properties.get(property)
  if (expression?.kind === 'ref') return failAbsent(expression.name, scope)
  return fail(scope, `\`${property}\` gets no value`)
}
