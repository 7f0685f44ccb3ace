/**
 * Conditions: the operators, compiled once. Keys are joined by and, values of a key by or; a negated operator holds
 * when none of the values matches. Semantics are IAM's, which AWS IoT policies share as far as AWS documents them.
 * AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */

import { BlockList, isIP } from 'node:net'
import type { ConditionSource } from './document.ts'
import { compilePattern, matches, type Pattern, substitute, unresolvedIn } from './pattern.ts'
import { type Context, parseVariable, type Variable, valuesOf } from './variables.ts'

type Kind = 'address' | 'arn' | 'bool' | 'equals' | 'ignoreCase' | 'like' | 'null'

export type Condition = {
  source: ConditionSource
  key: Variable
  kind: Kind
  set: 'ForAllValues' | 'ForAnyValue' | undefined
  ifExists: boolean
  negated: boolean
  /** One per value of the document, in order. */
  values: { patterns: Pattern[]; range: BlockList | undefined }[]
}

type Operator = { kind: Kind; negated: boolean; confirmed: boolean }

/** Operators by name. `confirmed`: AWS uses it in its examples of IoT policies; the others are IAM's. */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['StringEquals', { kind: 'equals', negated: false, confirmed: true }],
  ['StringNotEquals', { kind: 'equals', negated: true, confirmed: true }],
  ['StringEqualsIgnoreCase', { kind: 'ignoreCase', negated: false, confirmed: false }],
  ['StringNotEqualsIgnoreCase', { kind: 'ignoreCase', negated: true, confirmed: false }],
  ['StringLike', { kind: 'like', negated: false, confirmed: false }],
  ['StringNotLike', { kind: 'like', negated: true, confirmed: false }],
  ['ArnEquals', { kind: 'arn', negated: false, confirmed: true }],
  ['ArnNotEquals', { kind: 'arn', negated: true, confirmed: false }],
  ['ArnLike', { kind: 'arn', negated: false, confirmed: false }],
  ['ArnNotLike', { kind: 'arn', negated: true, confirmed: false }],
  ['Bool', { kind: 'bool', negated: false, confirmed: true }],
  ['IpAddress', { kind: 'address', negated: false, confirmed: true }],
  ['NotIpAddress', { kind: 'address', negated: true, confirmed: true }],
  ['Null', { kind: 'null', negated: false, confirmed: false }],
])

/** Takes `ForAllValues:StringEqualsIfExists` apart. `operator` is undefined where nothing here implements it. */
export function parseOperator(written: string) {
  const parts = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/s.exec(written)
  const name = parts?.[2] ?? written
  const set = parts?.[1] as Condition['set']
  return { name, set, ifExists: parts?.[3] !== undefined, operator: operators.get(name) }
}

/** @returns undefined where the operator is unknown; the document's parser reports that as an error */
export function compileCondition(source: ConditionSource): Condition | undefined {
  const { set, ifExists, operator } = parseOperator(source.operator)
  if (!operator) return undefined
  const { kind, negated } = operator
  const values = source.values.map(value => ({
    patterns:
      kind === 'arn'
        ? arnParts(value).map(part => compilePattern(part))
        : [compilePattern(value, kind === 'like')],
    range: kind === 'address' ? addressRange(value) : undefined,
  }))
  return { source, key: parseVariable(source.key), kind, set, ifExists, negated, values }
}

/** Whether the request meets the condition. A value whose variable can't be resolved never lets it hold. */
export function holds(condition: Condition, context: Context): boolean {
  const { negated, set } = condition
  const asked = valuesOf(condition.key, context)
  if (condition.kind === 'null') return nullHolds(condition, asked.length === 0)
  // AWS: ForAllValues is true of an empty or missing set, ForAnyValue false; a negated operator holds without its key.
  if (asked.length === 0)
    return set === 'ForAllValues' || (set !== 'ForAnyValue' && (condition.ifExists || negated))
  const one = (value: string) => holdsFor(condition, value, context)
  const every = set === 'ForAllValues' || (set === undefined && negated)
  return every ? asked.every(one) : asked.some(one)
}

/** The variables in the values of a condition that have no value in this request. */
export function unresolvedInCondition(condition: Condition, context: Context): Variable[] {
  return condition.values.flatMap(value =>
    value.patterns.flatMap(pattern => unresolvedIn(pattern, context)),
  )
}

/**
 * A range of addresses: `192.0.2.0/24`, `2001:db8::/32`, or one address.
 * @returns undefined where it is none
 */
export function addressRange(text: string): BlockList | undefined {
  const [address = '', length, ...more] = text.split('/')
  const version = isIP(address)
  const bits = version === 4 ? 32 : 128
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : -1
  if (version === 0 || more.length > 0 || prefix < 0 || prefix > bits) return undefined
  const range = new BlockList()
  range.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6')
  return range
}

function holdsFor(condition: Condition, asked: string, context: Context): boolean {
  if (!condition.negated) return anyMatches(condition, asked, context)
  if (unresolvedInCondition(condition, context).length > 0) return false
  return !anyMatches(condition, asked, context)
}

function anyMatches({ kind, values }: Condition, asked: string, context: Context): boolean {
  switch (kind) {
    case 'equals':
    case 'like':
      return values.some(({ patterns }) => matches(patterns[0]!, asked, context))
    case 'bool':
    case 'ignoreCase':
      return values.some(({ patterns }) => {
        if (unresolvedIn(patterns[0]!, context).length > 0) return false
        const want = substitute(patterns[0]!, context).literal
        return want?.toLowerCase() === asked.toLowerCase()
      })
    case 'arn': {
      const parts = arnParts(asked)
      return values.some(
        ({ patterns }) =>
          patterns.length === parts.length &&
          patterns.every((pattern, index) => matches(pattern, parts[index]!, context)),
      )
    }
    case 'address': {
      const version = isIP(asked)
      if (version === 0) return false
      return values.some(({ range }) => range?.check(asked, version === 4 ? 'ipv4' : 'ipv6'))
    }
    case 'null':
      return false
    default:
      return kind satisfies never
  }
}

function nullHolds({ values }: Condition, missing: boolean): boolean {
  return values.some(({ patterns }) => patterns[0]!.text.toLowerCase() === String(missing))
}

// AWS: each of the six parts of an ARN is compared on its own. A colon inside `${...}` parts nothing.
function arnParts(text: string): string[] {
  const parts: string[] = []
  let start = 0
  let at = 0
  while (at < text.length && parts.length < 5) {
    const close = text.startsWith('${', at) ? text.indexOf('}', at) : -1
    if (close > 0) at = close
    else if (text[at] === ':') {
      parts.push(text.slice(start, at))
      start = at + 1
    }
    at += 1
  }
  return [...parts, text.slice(start)]
}
