/**
 * The input of an operation, as it may come from outside: checked against rules that stand beside the operation, and refused
 * with AWS's text for it. What no rule names is left out, as AWS does.
 */

import { type Answer, answer, refuse } from '../answer.ts'

export type Rule = (
  | { kind: 'string'; pattern?: RegExp; min?: number; max?: number; oneOf?: readonly string[] }
  | { kind: 'boolean' }
  | { kind: 'integer'; min?: number; max?: number }
  | { kind: 'list'; of: Rule; min?: number; max?: number }
  | { kind: 'map'; key: Rule; value: Rule }
  | { kind: 'object'; of: Rules }
) & { required?: true }

export type Rules = { [name: string]: Rule }

/** The values that rules describe, as operations get them. */
export type Input = { [name: string]: unknown }

/** A copy that holds only what the rules name, or InvalidRequestException with everything that is wrong. Never throws. */
export function checkInput(input: unknown, rules: Rules): Answer<Input> {
  const wrong: string[] = []
  const read = objectOf(input, rules, '', wrong)
  if (wrong.length === 0) return answer(read)
  const errors = wrong.length === 1 ? '1 validation error' : `${wrong.length} validation errors`
  return refuse('InvalidRequestException', `${errors} detected: ${wrong.join('; ')}`)
}

function objectOf(input: unknown, rules: Rules, path: string, wrong: string[]): Input {
  const given = isObject(input) ? input : {}
  const read: Input = {}
  for (const [name, rule] of Object.entries(rules)) {
    const at = path === '' ? name : `${path}.${name}`
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined || value === null) {
      if (rule.required) wrong.push(`Value null at '${at}' ${CONSTRAINT} Member must not be null`)
      continue
    }
    read[name] = checked(value, rule, at, wrong)
  }
  return read
}

function checked(value: unknown, rule: Rule, at: string, wrong: string[]): unknown {
  const fail = (must: string): void => {
    wrong.push(`Value '${short(value)}' at '${at}' ${CONSTRAINT} Member must ${must}`)
  }
  switch (rule.kind) {
    case 'string':
      return stringOf(value, rule, fail)
    case 'boolean':
      if (typeof value !== 'boolean') fail('be a boolean')
      return value
    case 'integer':
      if (!Number.isSafeInteger(value)) fail('be an integer')
      else if (rule.min !== undefined && (value as number) < rule.min)
        fail(`have value greater than or equal to ${rule.min}`)
      else if (rule.max !== undefined && (value as number) > rule.max)
        fail(`have value less than or equal to ${rule.max}`)
      return value
    case 'list':
      if (!Array.isArray(value)) return fail('be a list')
      if (rule.max !== undefined && value.length > rule.max)
        return fail(`have length less than or equal to ${rule.max}`)
      if (rule.min !== undefined && value.length < rule.min)
        return fail(`have length greater than or equal to ${rule.min}`)
      return value.map((one, index) => checked(one, rule.of, `${at}.${index + 1}.member`, wrong))
    case 'map':
      if (!isObject(value)) return fail('be a map')
      return Object.fromEntries(
        Object.entries(value).map(([key, one]) => [
          checked(key, rule.key, at, wrong),
          checked(one, rule.value, `${at}.${key}.member`, wrong),
        ]),
      )
    case 'object':
      if (!isObject(value)) return fail('be an object')
      return objectOf(value, rule.of, at, wrong)
  }
}

function stringOf(
  value: unknown,
  rule: Rule & { kind: 'string' },
  fail: (must: string) => void,
): unknown {
  if (typeof value !== 'string') fail('be a string')
  else if (rule.oneOf && !rule.oneOf.includes(value))
    fail(`satisfy enum value set: [${rule.oneOf.join(', ')}]`)
  else if (rule.max !== undefined && value.length > rule.max)
    fail(`have length less than or equal to ${rule.max}`)
  else if (rule.min !== undefined && value.length < rule.min)
    fail(`have length greater than or equal to ${rule.min}`)
  else if (rule.pattern && !matchesWhole(value, rule.pattern))
    fail(`satisfy regular expression pattern: ${rule.pattern.source}`)
  return value
}

function matchesWhole(value: string, pattern: RegExp): boolean {
  return pattern.exec(value)?.[0] === value
}

function isObject(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const CONSTRAINT = 'failed to satisfy constraint:'

/** A list or an object is not spelt out: it may be nested deeper than can be written. */
function short(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[...]' : '{...}'
  const text = String(value)
  return text.length > 200 ? `${text.slice(0, 200)}...` : text
}
