/**
 * Conditions: the operators, compiled once. Keys are joined by and, values of a key by or; a negated operator holds
 * when none of the values matches. Semantics are IAM's, which AWS IoT policies share as far as AWS documents them.
 * AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */

import { BlockList, isIP } from 'node:net'
import type { ConditionSource } from './document.ts'
import { compilePattern, matches, type Pattern, substitute, unresolvedIn } from './pattern.ts'
import { type Context, parseVariable, type Variable, valuesOf } from './variables.ts'

type Kind = 'address' | 'arn' | 'bool' | 'equals' | 'ignoreCase' | 'like' | 'null' | Ordered
type Ordered = 'date' | 'number'
type Compare = (asked: number, wanted: number) => boolean

export type Condition = {
  source: ConditionSource
  key: Variable
  kind: Kind
  set: 'ForAllValues' | 'ForAnyValue' | undefined
  ifExists: boolean
  negated: boolean
  /** Of dates and numbers. */
  compare: Compare | undefined
  /** One per value of the document, in order. */
  values: { patterns: Pattern[]; range: BlockList | undefined }[]
}

type Operator = { kind: Kind; negated: boolean; confirmed: boolean; compare?: Compare }

const comparisons: [suffix: string, negated: boolean, compare: Compare][] = [
  ['Equals', false, (asked, wanted) => asked === wanted],
  ['NotEquals', true, (asked, wanted) => asked === wanted],
  ['LessThan', false, (asked, wanted) => asked < wanted],
  ['LessThanEquals', false, (asked, wanted) => asked <= wanted],
  ['GreaterThan', false, (asked, wanted) => asked > wanted],
  ['GreaterThanEquals', false, (asked, wanted) => asked >= wanted],
]

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
  ...ordered('Numeric', 'number'),
  ...ordered('Date', 'date'),
])

/** Takes `ForAllValues:StringEqualsIfExists` apart. `operator` is undefined where nothing here implements it. */
export function parseOperator(written: string) {
  const parts = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/s.exec(written)
  const name = parts?.[2] ?? written
  const set = parts?.[1] as Condition['set']
  const ifExists = parts?.[3] !== undefined
  // IAM: every operator may end in IfExists but Null, which asks for just that.
  const operator = ifExists && name === 'Null' ? undefined : operators.get(name)
  return { name, set, ifExists, operator }
}

/** @returns undefined where the operator is unknown; the document's parser reports that as an error */
export function compileCondition(source: ConditionSource): Condition | undefined {
  const { set, ifExists, operator } = parseOperator(source.operator)
  if (!operator) return undefined
  const { compare, kind, negated } = operator
  const values = source.values.map(value => ({
    patterns:
      kind === 'arn'
        ? arnParts(value).map(part => compilePattern(part))
        : [compilePattern(value, kind === 'like')],
    range: kind === 'address' ? addressRange(value) : undefined,
  }))
  return { source, key: parseVariable(source.key), kind, set, ifExists, negated, compare, values }
}

/** What a value of the document must be for its operator, where it is not that; variables are not looked into. */
export function wrongValue(kind: Kind, text: string): string | undefined {
  if (text.includes('${')) return undefined
  if (kind === 'address' && !addressRange(text)) return 'no address and no range'
  if (kind === 'number' && numberOf(text) === undefined) return 'no number'
  if (kind === 'date' && dateOf(text) === undefined) return 'no date'
  if ((kind === 'bool' || kind === 'null') && !/^(?:true|false)$/i.test(text))
    return 'neither `true` nor `false`'
  return undefined
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
function addressRange(text: string): BlockList | undefined {
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

function anyMatches(condition: Condition, asked: string, context: Context): boolean {
  const { kind, values } = condition
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
    case 'number':
    case 'date':
      return inOrder(condition, kind === 'number' ? numberOf : dateOf, asked, context)
    case 'null':
      return false
    default:
      return kind satisfies never
  }
}

function inOrder(
  { compare, values }: Condition,
  read: (text: string) => number | undefined,
  text: string,
  context: Context,
): boolean {
  const asked = read(text)
  if (asked === undefined) return false
  return values.some(({ patterns }) => {
    if (unresolvedIn(patterns[0]!, context).length > 0) return false
    const wanted = read(substitute(patterns[0]!, context).literal ?? '')
    return wanted !== undefined && compare?.(asked, wanted) === true
  })
}

function numberOf(text: string): number | undefined {
  return /^[+-]?\d{1,30}(?:\.\d{1,30})?$/.test(text) ? Number(text) : undefined
}

// IAM: ISO 8601 as the W3C's note narrows it, or seconds since 1970. A date without a time begins at midnight UTC.
function dateOf(text: string): number | undefined {
  if (/^\d{5,12}$/.test(text)) return Number(text) * 1000
  const iso =
    /^\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?)?)?$/
  const at = iso.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

function ordered(prefix: string, kind: Ordered): [string, Operator][] {
  return comparisons.map(([suffix, negated, compare]) => [
    prefix + suffix,
    { kind, negated, confirmed: false, compare },
  ])
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
