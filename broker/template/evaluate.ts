/**
 * Values of a template for given parameters. The first failure is kept in the scope and ends nothing: an undefined value
 * is one that failed, or a parameter that is absent where that is allowed.
 */

import { count, quote } from '../diagnosis/words.ts'
import { didYouMean } from '../policy/did-you-mean.ts'
import { type Expression, variable } from './expression.ts'
import type { Mappings, TemplateFailure } from './template.ts'

export type Scope = {
  parameters: ReadonlyMap<string, string>
  /** Declared, without a value: AWS says of RegisterThing that they are not replaced. */
  absent: ReadonlySet<string>
  mappings: Mappings
  /** The resource that is worked at. */
  resource?: string
  failure?: TemplateFailure
  /** Characters that functions have made so far. */
  made: number
}

/** Names may stand in a text many times, and texts in texts: what comes of 10,240 characters has a limit of its own. */
const MOST = 512 * 1024

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value }

/** Keeps the first failure. */
export function fail(scope: Scope, why: string, parameter?: string): undefined {
  scope.failure ??= {
    ...(scope.resource === undefined ? {} : { resource: scope.resource }),
    ...(parameter === undefined ? {} : { parameter }),
    why,
  }
}

export function evaluate(expression: Expression, scope: Scope): Value | undefined {
  switch (expression.kind) {
    case 'value':
      return expression.value
    case 'ref':
      return reference(expression.name, scope)
    case 'list':
      return list(expression.items, scope)
    case 'object': {
      const members: [string, Value][] = []
      for (const [key, part] of expression.members) {
        const value = evaluate(part, scope)
        if (value !== undefined) members.push([key, value])
      }
      return Object.fromEntries(members)
    }
    case 'join':
      return join(expression, scope)
    case 'select':
      return select(expression, scope)
    case 'find':
      return find(expression, scope)
    case 'split': {
      const text = needed(expression.text, scope, '`Fn::Split`')
      if (text === undefined) return undefined
      if (expression.separator === '') return fail(scope, '`Fn::Split` has an empty separator')
      return text.split(expression.separator)
    }
    case 'sub':
      return substitute(expression, scope)
  }
}

/** A text that a function can't do without. */
function needed(expression: Expression, scope: Scope, by: string): string | undefined {
  const value = present(expression, scope)
  if (value === undefined || typeof value === 'string') return value
  return fail(scope, `${by} needs a string, and gets ${kindOf(value)}`)
}

/** The value, or the failure that names the absent parameter. */
function present(expression: Expression, scope: Scope): Value | undefined {
  const value = evaluate(expression, scope)
  if (value === undefined && expression.kind === 'ref') failAbsent(expression.name, scope)
  return value
}

export function failAbsent(name: string, scope: Scope): undefined {
  return fail(scope, 'it has no value, and no Default', name)
}

function reference(name: string, scope: Scope): string | undefined {
  const value = scope.parameters.get(name)
  if (value !== undefined) return spend(value, scope)
  if (scope.absent.has(name)) return undefined
  const near = didYouMean(name, scope.parameters.keys())
  const instead = near === undefined ? '' : `; there is ${quote(near)}`
  return fail(scope, `\`Ref\` names a parameter that has no value${instead}`, name)
}

function list(items: Expression[], scope: Scope): Value[] {
  return items.flatMap(item => {
    const value = evaluate(item, scope)
    return value === undefined ? [] : [value]
  })
}

function join({ parts, separator }: Of<'join'>, scope: Scope): string | undefined {
  const texts =
    parts.kind === 'list'
      ? parts.items.map(item => present(item, scope))
      : (evaluate(parts, scope) ?? [])
  if (scope.failure) return undefined
  if (!Array.isArray(texts)) return fail(scope, `\`Fn::Join\` gets ${kindOf(texts)}, and no list`)
  const wrong = texts.find(part => typeof part !== 'string')
  if (wrong !== undefined) return fail(scope, `\`Fn::Join\` gets ${kindOf(wrong)} in its list`)
  const length = texts.reduce<number>((sum, part) => sum + String(part).length, 0)
  const whole = length + separator.length * Math.max(0, texts.length - 1)
  return pay(whole, scope) ? texts.join(separator) : undefined
}

function select({ index, list: from }: Of<'select'>, scope: Scope): Value | undefined {
  const at = present(index, scope)
  const values = evaluate(from, scope)
  if (at === undefined || values === undefined) return undefined
  const number = typeof at === 'string' && /^\d{1,6}$/.test(at) ? Number(at) : at
  if (!Number.isSafeInteger(number)) {
    return fail(scope, `\`Fn::Select\` takes a number from 0, and gets ${kindOf(at)}`)
  }
  if (!Array.isArray(values))
    return fail(scope, `\`Fn::Select\` gets ${kindOf(values)}, and no list`)
  const value = values[number as number]
  if (value !== undefined && value !== null) return value
  const found = `the list has ${count(values.length, 'item')}`
  return fail(scope, `\`Fn::Select\` finds nothing at index ${number}: ${found}, counted from 0`)
}

function find({ map, first, second }: Of<'find'>, scope: Scope): Value | undefined {
  const keys = [map, first, second].map(part => needed(part, scope, '`Fn::FindInMap`'))
  const [name, one, two] = keys
  if (name === undefined || one === undefined || two === undefined) return undefined
  const found = scope.mappings.get(name)
  if (!found) return fail(scope, `\`Fn::FindInMap\` finds no map ${quote(name)} in \`Mappings\``)
  const row = found.get(one)
  if (!row) return fail(scope, `map ${quote(name)} has no key ${quote(one)}`)
  const value = row.get(two)
  if (value !== undefined) return value
  return fail(scope, `map ${quote(name)} has no key ${quote(two)} under ${quote(one)}`)
}

function substitute({ text, values }: Of<'sub'>, scope: Scope): string | undefined {
  const own = new Map<string, string>()
  for (const [name, expression] of values) {
    const value = needed(expression, scope, '`Fn::Sub`')
    if (value === undefined) return undefined
    own.set(name, value)
  }
  let made = ''
  let from = 0
  for (const match of text.matchAll(variable)) {
    const [whole, plain, name = ''] = match
    const value = plain === '!' ? `\${${name}}` : (own.get(name) ?? variableOf(name, scope))
    if (value === undefined) return undefined
    const piece = text.slice(from, match.index)
    if (!pay(piece.length + value.length, scope)) return undefined
    made += piece + value
    from = match.index + whole.length
  }
  return made + text.slice(from)
}

function variableOf(name: string, scope: Scope): string | undefined {
  // A policy's own variable inside of Fn::Sub.
  if (/^(iot|aws):[A-Za-z]/.test(name) && !scope.parameters.has(name)) {
    const says = `\`Fn::Sub\` takes ${quote(`\${${name}}`)} for a parameter; a variable of the policy is written`
    return fail(scope, `${says} ${quote(`\${!${name}}`)} in it`)
  }
  const value = reference(name, scope)
  if (value === undefined) failAbsent(name, scope)
  return value
}

function spend(value: string, scope: Scope): string | undefined {
  return pay(value.length, scope) ? value : undefined
}

function pay(length: number, scope: Scope): boolean {
  scope.made += length
  if (scope.made <= MOST) return true
  fail(scope, `it comes to more than ${count(MOST, 'character')}`)
  return false
}

export function kindOf(value: Value): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : quote(String(value))
}

type Of<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>
