/**
 * JSON with line numbers. `JSON.parse` names no line for what it accepts and a poor one for what it refuses; a policy
 * that was pasted from a web page deserves better. Strict JSON (RFC 8259) but for a byte order mark at the start.
 */

import { quote } from '../diagnosis/words.ts'

export type JsonMember = { key: string; line: number; value: JsonNode }
export type JsonNode = { line: number } & (
  | { kind: 'object'; members: JsonMember[] }
  | { kind: 'array'; items: JsonNode[] }
  | { kind: 'string'; value: string }
  | { kind: 'scalar'; value: number | boolean | null }
)
export type JsonProblem = { line: number; says: string; hint?: string }

type Reader = { text: string; at: number; line: number; depth: number; problem?: JsonProblem }

/** A policy needs six levels; the limit keeps hostile nesting off the stack. */
const deepest = 32

/** Reads one JSON text. Total: answers the first problem (line counted from 1) where there is one. */
export function readJson(
  text: string,
): { ok: true; root: JsonNode } | { ok: false; problem: JsonProblem } {
  const reader: Reader = { text, at: text.startsWith('\ufeff') ? 1 : 0, line: 1, depth: 0 }
  const root = readValue(reader)
  if (root) {
    skipSpace(reader)
    if (reader.at === text.length) return { ok: true, root }
    fail(reader, `unexpected ${here(reader)} after the end of the document`)
  }
  return { ok: false, problem: reader.problem ?? { line: reader.line, says: 'not json' } }
}

function readValue(reader: Reader): JsonNode | undefined {
  skipSpace(reader)
  const { line } = reader
  const first = reader.text[reader.at]
  if (first === '{') return nested(reader, readObject)
  if (first === '[') return nested(reader, readArray)
  if (first === '"') {
    const value = readString(reader)
    return value === undefined ? undefined : { kind: 'string', line, value }
  }
  const scalar =
    /(?:true|false|null|-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?)(?![\w.+-])/y
  scalar.lastIndex = reader.at
  const word = scalar.exec(reader.text)?.[0]
  if (word === undefined) return fail(reader, `expected a value, found ${here(reader)}`)
  reader.at += word.length
  return { kind: 'scalar', line, value: JSON.parse(word) as number | boolean | null }
}

function nested(
  reader: Reader,
  read: (reader: Reader) => JsonNode | undefined,
): JsonNode | undefined {
  if (reader.depth === deepest) return fail(reader, 'too many nested brackets')
  reader.depth += 1
  reader.at += 1
  const node = read(reader)
  reader.depth -= 1
  return node
}

function readObject(reader: Reader): JsonNode | undefined {
  const { line } = reader
  const members: JsonMember[] = []
  if (closes(reader, '}')) return { kind: 'object', line, members }
  for (;;) {
    skipSpace(reader)
    const keyLine = reader.line
    if (reader.text[reader.at] !== '"')
      return fail(reader, `expected a key in double quotes, found ${here(reader)}`)
    const key = readString(reader)
    if (key === undefined) return undefined
    skipSpace(reader)
    if (reader.text[reader.at] !== ':')
      return fail(reader, `expected a colon after ${quote(key)}, found ${here(reader)}`)
    reader.at += 1
    const value = readValue(reader)
    if (!value) return undefined
    members.push({ key, line: keyLine, value })
    if (closes(reader, '}')) return { kind: 'object', line, members }
    if (!comma(reader, '}')) return undefined
  }
}

function readArray(reader: Reader): JsonNode | undefined {
  const { line } = reader
  const items: JsonNode[] = []
  if (closes(reader, ']')) return { kind: 'array', line, items }
  for (;;) {
    const item = readValue(reader)
    if (!item) return undefined
    items.push(item)
    if (closes(reader, ']')) return { kind: 'array', line, items }
    if (!comma(reader, ']')) return undefined
  }
}

function readString(reader: Reader): string | undefined {
  const { text } = reader
  let end = reader.at + 1
  while (end < text.length && text[end] !== '"') {
    if (text.charCodeAt(end) < 0x20)
      return fail(
        reader,
        text[end] === '\n' || text[end] === '\r'
          ? 'a string is not closed on its line'
          : 'a string holds a control character',
      )
    end += text[end] === '\\' ? 2 : 1
  }
  if (end >= text.length) return fail(reader, 'a string is not closed')
  try {
    const value = JSON.parse(text.slice(reader.at, end + 1)) as string
    reader.at = end + 1
    return value
  } catch {
    return fail(reader, 'a string holds an unknown escape', 'write a backslash as `\\\\`')
  }
}

function comma(reader: Reader, closing: string): boolean {
  if (reader.text[reader.at] !== ',') {
    fail(reader, `expected a comma or ${quote(closing)}, found ${here(reader)}`)
    return false
  }
  const { line } = reader
  reader.at += 1
  if (!closes(reader, closing)) return true
  reader.problem = { line, says: `a comma before ${quote(closing)}`, hint: 'remove the comma' }
  return false
}

function closes(reader: Reader, closing: string): boolean {
  skipSpace(reader)
  if (reader.text[reader.at] !== closing) return false
  reader.at += 1
  return true
}

function skipSpace(reader: Reader): void {
  for (;;) {
    const code = reader.text.charCodeAt(reader.at)
    if (code === 0x0a) reader.line += 1
    else if (code !== 0x20 && code !== 0x09 && code !== 0x0d) return
    reader.at += 1
  }
}

function fail(reader: Reader, says: string, hint = hintFor(reader)): undefined {
  reader.problem ??= { line: reader.line, says, ...(hint === undefined ? {} : { hint }) }
}

function hintFor(reader: Reader): string | undefined {
  const next = reader.text.slice(reader.at, reader.at + 2)
  if (next === '//' || next === '/*' || next.startsWith('#')) return 'json has no comments'
  if (/^['\u2018-\u201f]/.test(next)) return 'json wants plain double quotes'
  return undefined
}

function here(reader: Reader): string {
  const code = reader.text.codePointAt(reader.at)
  return code === undefined ? 'the end of the text' : quote(String.fromCodePoint(code))
}
