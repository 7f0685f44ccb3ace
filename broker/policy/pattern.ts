/**
 * Patterns of resources and condition values: `*` any run of characters (across `/` too), `?` one character, `${...}` a
 * variable whose value is taken literally, `${*}` `${?}` `${$}` the plain characters. `+` and `#` are ordinary.
 * A pattern is compiled once into the segments between its stars; each is then found at its leftmost place and never
 * moved again, so that no pattern backtracks.
 */

import { findInBits } from './find-in-bits.ts'
import { type Context, parseVariable, resolve, type Variable } from './variables.ts'

export type Token =
  | { kind: 'one' }
  | { kind: 'star' }
  | { kind: 'text'; text: string }
  | { kind: 'variable'; variable: Variable }

export type Atom = Exclude<Token, { kind: 'star' }>

export type Pattern = {
  /** As written in the document. */
  text: string
  tokens: Token[]
  /** What stands between the stars: one segment more than there are stars. */
  segments: Atom[][]
  /** No text shorter than this matches. */
  least: number
  /** The whole pattern, where it is plain text. */
  literal: string | undefined
  /** What comes before the star, where the pattern is plain text and one star at its end. */
  prefix: string | undefined
}

/**
 * Compiles a pattern. Total: a `${` that is never closed is plain text (the document's parser has reported it).
 * @param wildcards false where `*` and `?` are plain characters, as in StringEquals
 */
export function compilePattern(text: string, wildcards = true): Pattern {
  return fromTokens(text, tokenize(text, wildcards))
}

export function fromTokens(text: string, tokens: Token[]): Pattern {
  const segments: Atom[][] = [[]]
  let least = 0
  for (const token of tokens) {
    const segment = segments[segments.length - 1]!
    if (token.kind !== 'star') segment.push(token)
    else if (segments.length === 1 || segment.length > 0) segments.push([])
    if (token.kind === 'text') least += token.text.length
    else if (token.kind !== 'star') least += 1
  }
  const only = tokens.length === 1 ? tokens[0] : undefined
  const literal = tokens.length === 0 ? '' : only?.kind === 'text' ? only.text : undefined
  return { text, tokens, segments, least, literal, prefix: prefixOf(tokens) }
}

/** Whether the whole of `asked` matches. A variable without a value matches nothing. Allocates nothing. */
export function matches(pattern: Pattern, asked: string, context: Context): boolean {
  if (pattern.literal !== undefined) return pattern.literal === asked
  if (pattern.prefix !== undefined) return asked.startsWith(pattern.prefix)
  if (pattern.least > asked.length) return false
  const { segments } = pattern
  let at = matchForward(segments[0]!, asked, 0, context)
  if (segments.length === 1 || at < 0) return at === asked.length
  const end = matchBackward(segments[segments.length - 1]!, asked, context)
  if (end < at) return false
  for (let index = 1; index < segments.length - 1; index += 1) {
    at = find(segments[index]!, asked, at, context)
    if (at < 0 || at > end) return false
  }
  return true
}

/** The variables of a pattern that have no value in this request. */
export function unresolvedIn(pattern: Pattern, context: Context): Variable[] {
  return pattern.tokens.flatMap(token =>
    token.kind === 'variable' && resolve(token.variable, context) === undefined
      ? [token.variable]
      : [],
  )
}

/**
 * The pattern as this request sees it: values in place of variables, stars in place of those without a value. Plain
 * `*` and `?` that come from values are written as escapes, so that the text says what matches.
 */
export function substitute(pattern: Pattern, context: Context): Pattern {
  const tokens = pattern.tokens.map((token): Token => {
    if (token.kind !== 'variable') return token
    const value = resolve(token.variable, context)
    return value === undefined ? { kind: 'star' } : { kind: 'text', text: value }
  })
  return fromTokens(tokens.map(write).join(''), merge(tokens))
}

/** The place in `asked` from which on a pattern without variables no longer fits, or undefined if it matches. */
export function firstDifference(pattern: Pattern, asked: string): number | undefined {
  if (matches(pattern, asked, {})) return undefined
  const { segments } = pattern
  let at = agreeForward(segments[0]!, asked)
  if (segments.length === 1 || matchForward(segments[0]!, asked, 0, {}) < 0) return at
  for (let index = 1; index < segments.length - 1; index += 1) {
    const next = find(segments[index]!, asked, at, {})
    if (next < 0) return at
    at = next
  }
  return Math.max(at, agreeBackward(segments[segments.length - 1]!, asked))
}

function prefixOf(tokens: Token[]): string | undefined {
  if (tokens.at(-1)?.kind !== 'star') return undefined
  const [first, ...rest] = tokens
  if (first?.kind === 'text')
    return rest.every(({ kind }) => kind === 'star') ? first.text : undefined
  return tokens.every(({ kind }) => kind === 'star') ? '' : undefined
}

function tokenize(text: string, wildcards: boolean): Token[] {
  const tokens: Token[] = []
  // Known beforehand, so that many a `${` that is never closed doesn't search to the end each time.
  const lastClose = text.lastIndexOf('}')
  let at = 0
  while (at < text.length) {
    const next = text[at]
    const opens = next === '$' && text[at + 1] === '{' && at < lastClose
    const close = opens ? text.indexOf('}', at + 2) : -1
    if (next === '*' && wildcards) tokens.push({ kind: 'star' })
    else if (next === '?' && wildcards) tokens.push({ kind: 'one' })
    else if (close > 0) {
      const name = text.slice(at + 2, close)
      if (name === '*' || name === '?' || name === '$') tokens.push({ kind: 'text', text: name })
      else tokens.push({ kind: 'variable', variable: parseVariable(name) })
      at = close
    } else {
      const end = plainEnd(text, at + 1, wildcards)
      tokens.push({ kind: 'text', text: text.slice(at, end) })
      at = end - 1
    }
    at += 1
  }
  return merge(tokens)
}

function plainEnd(text: string, from: number, wildcards: boolean): number {
  let end = from
  while (end < text.length) {
    const next = text[end]
    if (next === '$' || (wildcards && (next === '*' || next === '?'))) break
    end += 1
  }
  return end
}

// Neighbouring texts become one, so that a pattern without wildcards is one literal. Parts are joined once, at the end.
function merge(tokens: Token[]): Token[] {
  const merged: Token[] = []
  let texts: string[] = []
  for (const token of tokens) {
    if (token.kind === 'text') {
      texts.push(token.text)
      continue
    }
    if (texts.length > 0) merged.push({ kind: 'text', text: texts.join('') })
    texts = []
    merged.push(token)
  }
  if (texts.length > 0) merged.push({ kind: 'text', text: texts.join('') })
  return merged
}

function write(token: Token): string {
  if (token.kind === 'star') return '*'
  if (token.kind === 'one') return '?'
  if (token.kind === 'variable') return `\${${token.variable.written}}`
  return token.text.replace(/[*?]/g, plain => `\${${plain}}`)
}

// Where the segment ends when it begins at `at`, or -1.
function matchForward(segment: Atom[], asked: string, at: number, context: Context): number {
  let end = at
  for (const atom of segment) {
    if (atom.kind === 'one') {
      if (end >= asked.length) return -1
      end += asked.codePointAt(end)! > 0xffff ? 2 : 1
      continue
    }
    const text = atom.kind === 'text' ? atom.text : resolve(atom.variable, context)
    if (text === undefined || !asked.startsWith(text, end)) return -1
    end += text.length
  }
  return end
}

// Where the segment begins when it ends at the end, or -1.
function matchBackward(segment: Atom[], asked: string, context: Context): number {
  let start = asked.length
  for (let index = segment.length - 1; index >= 0; index -= 1) {
    const atom = segment[index]!
    if (atom.kind === 'one') {
      if (start === 0) return -1
      start -= isPair(asked, start - 2) ? 2 : 1
      continue
    }
    const text = atom.kind === 'text' ? atom.text : resolve(atom.variable, context)
    if (text === undefined || text.length > start) return -1
    start -= text.length
    if (!asked.startsWith(text, start)) return -1
  }
  return start
}

// Where the leftmost place of the segment at or after `from` ends, or -1.
function find(segment: Atom[], asked: string, from: number, context: Context): number {
  const first = segment[0]!
  if (segment.length > 1 && (asked.length - from) * lengthOf(segment) > slowest)
    return findInBits(segment, asked, from, context)
  for (let at = from; at <= asked.length; at += 1) {
    if (first.kind === 'text') {
      at = asked.indexOf(first.text, at)
      if (at < 0) return -1
    }
    const end = matchForward(segment, asked, at, context)
    if (end >= 0) return end
  }
  return -1
}

function agreeForward(segment: Atom[], asked: string): number {
  let at = 0
  for (const atom of segment) {
    if (atom.kind === 'one' && at < asked.length) at += asked.codePointAt(at)! > 0xffff ? 2 : 1
    if (atom.kind !== 'text') continue
    for (let index = 0; index < atom.text.length; index += 1) {
      if (atom.text[index] !== asked[at]) return at
      at += 1
    }
  }
  return at
}

function agreeBackward(segment: Atom[], asked: string): number {
  let at = asked.length
  for (const atom of segment.toReversed()) {
    if (atom.kind === 'one' && at > 0) at -= isPair(asked, at - 2) ? 2 : 1
    if (atom.kind !== 'text') continue
    for (let index = atom.text.length - 1; index >= 0; index -= 1) {
      if (at === 0 || atom.text[index] !== asked[at - 1]) return Math.max(0, at - 1)
      at -= 1
    }
  }
  return at
}

function lengthOf(segment: Atom[]): number {
  return segment.reduce((sum, atom) => sum + (atom.kind === 'text' ? atom.text.length : 1), 0)
}

/** Comparisons that may be made one by one; beyond, the time must not grow with the product of two lengths. */
const slowest = 1_000_000

function isPair(text: string, at: number): boolean {
  return at >= 0 && text.codePointAt(at)! > 0xffff
}
