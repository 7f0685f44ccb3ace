/**
 * A second engine, for tests only: slow, obvious, and with nothing in common with the first. It reads the document as plain
 * JSON each time and tries every way in which a pattern could match.
 */

export type PlainStatement = {
  Effect: 'Allow' | 'Deny'
  Action?: string | string[]
  NotAction?: string | string[]
  Resource?: string | string[]
  NotResource?: string | string[]
  Condition?: { [operator: string]: { [key: string]: string | string[] } }
}
export type PlainContext = { [name: string]: string | string[] | undefined }

export function outcomeOf(
  documents: PlainStatement[][],
  action: string,
  resource: string,
  context: PlainContext,
): 'ALLOWED' | 'EXPLICIT_DENY' | 'IMPLICIT_DENY' {
  const matching = documents.flat().filter(one => meets(one, action, resource, context))
  if (matching.some(({ Effect }) => Effect === 'Deny')) return 'EXPLICIT_DENY'
  return matching.some(({ Effect }) => Effect === 'Allow') ? 'ALLOWED' : 'IMPLICIT_DENY'
}

function meets(one: PlainStatement, action: string, resource: string, context: PlainContext) {
  const lower = action.toLowerCase()
  const actionHits = (patterns: string | string[]) =>
    listOf(patterns).some(pattern => matches(wild(pattern.toLowerCase()), [...lower]))
  if (one.Action !== undefined && !actionHits(one.Action)) return false
  if (one.NotAction !== undefined && actionHits(one.NotAction)) return false
  const resolved = listOf(one.Resource ?? one.NotResource ?? []).map(text => resolve(text, context))
  const hits = resolved.some(tokens => tokens !== undefined && matches(tokens, [...resource]))
  if (one.Resource !== undefined && !hits) return false
  if (one.NotResource !== undefined && (hits || resolved.includes(undefined))) return false
  for (const [operator, keys] of Object.entries(one.Condition ?? {}))
    for (const [key, values] of Object.entries(keys))
      if (!conditionHolds(operator, key, listOf(values), context)) return false
  return true
}

type Token = { any: true } | { one: true } | { is: string }

/** Every way to read the stars, one after the other. */
function matches(tokens: Token[], text: string[]): boolean {
  const [first, ...rest] = tokens
  if (!first) return text.length === 0
  if ('any' in first)
    return Array.from({ length: text.length + 1 }).some((_, skip) =>
      matches(rest, text.slice(skip)),
    )
  if (text.length === 0) return false
  return ('one' in first || first.is === text[0]) && matches(rest, text.slice(1))
}

function wild(text: string): Token[] {
  return [...text].map(letter =>
    letter === '*' ? { any: true } : letter === '?' ? { one: true } : { is: letter },
  )
}

function plain(text: string): Token[] {
  return [...text].map(is => ({ is }))
}

/** Undefined: a variable has no value. */
function resolve(text: string, context: PlainContext, read = wild): Token[] | undefined {
  const tokens: Token[] = []
  for (const part of text.split(/(\$\{[^}]*\})/)) {
    const name = /^\$\{(.*)\}$/.exec(part)?.[1]
    if (name === undefined) tokens.push(...read(part))
    else if (['*', '?', '$'].includes(name)) tokens.push({ is: name })
    else {
      const value = valueOfVariable(name, context)
      if (value === undefined) return undefined
      tokens.push(...plain(value))
    }
  }
  return tokens
}

function valueOfVariable(name: string, context: PlainContext): string | undefined {
  const [, bare = name, index = '0'] = /^(.*)\.(\d)$/.exec(name) ?? []
  const value = listOf(context[bare] ?? [])[Number(index)]
  if (value === undefined || value === '') return undefined
  if (!name.startsWith('iot:Certificate.')) return index === '0' ? value : undefined
  return /[*$+?#]/.test(value) ? undefined : escaped(value)
}

function escaped(value: string): string {
  return value.replace(/[,"\\+=<>;]/g, letter => `\\${letter}`)
}

function conditionHolds(
  written: string,
  key: string,
  wanted: string[],
  context: PlainContext,
): boolean {
  const set = /^(ForAllValues|ForAnyValue):/.exec(written)?.[1]
  const ifExists = written.endsWith('IfExists')
  const operator = written.replace(/^.*:/, '').replace(/IfExists$/, '')
  let asked = listOf(context[key] ?? [])
  if (key.startsWith('iot:Certificate.')) asked = asked.slice(0, 1).map(escaped)
  if (operator === 'Null') return wanted.includes(String(asked.length === 0))
  const negated = operator.includes('Not')
  if (asked.length === 0) {
    if (set === 'ForAllValues') return true
    if (set === 'ForAnyValue') return false
    return ifExists || negated
  }
  const compare = comparisons[operator.replace('Not', '')]
  if (!compare) throw new Error(`the reference knows no ${operator}`)
  const resolved = wanted.map(one => {
    const tokens = resolve(
      one,
      context,
      operator.endsWith('Like') || operator.startsWith('Arn') ? wild : plain,
    )
    return { tokens, text: one }
  })
  const holdsFor = (value: string): boolean => {
    const hit = resolved.some(
      ({ text, tokens }) => tokens !== undefined && compare(value, tokens, text),
    )
    if (!negated) return hit
    return !hit && resolved.every(({ tokens }) => tokens !== undefined)
  }
  if (set === 'ForAnyValue') return asked.some(holdsFor)
  if (set === 'ForAllValues' || negated) return asked.every(holdsFor)
  return asked.some(holdsFor)
}

const comparisons: {
  [operator: string]: (asked: string, tokens: Token[], text: string) => boolean
} = {
  StringEquals: (asked, tokens) => matches(tokens, [...asked]),
  StringLike: (asked, tokens) => matches(tokens, [...asked]),
  StringEqualsIgnoreCase: (asked, tokens) =>
    matches(
      tokens.map(token => ('is' in token ? { is: token.is.toLowerCase() } : token)),
      [...asked.toLowerCase()],
    ),
  NumericLessThan: (asked, _, text) => isNumber(asked) && Number(asked) < Number(text),
  NumericEquals: (asked, _, text) => isNumber(asked) && Number(asked) === Number(text),
  Bool: (asked, _, text) => asked.toLowerCase() === text,
}

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text)
}

function listOf(value: string | string[]): string[] {
  return typeof value === 'string' ? [value] : value
}
