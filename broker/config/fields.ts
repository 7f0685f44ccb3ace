/**
 * What may stand at a place in a YAML file: small readers that turn a node into a typed value, or
 * say what is wrong with it and where. A reader never stops at its first problem, so that one look
 * at a file shows all of them.
 */

import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Scalar } from 'yaml'
import { nearest, oneOfWords, shown } from './words.ts'

/** `line` is 1-based; `path` is the key path, as `tls.groups[2]`, empty for the file as a whole. */
export type ConfigProblem = { line: number; path: string; says: string; hint?: string }

export type Reading = {
  document: Document.Parsed
  lines: LineCounter
  problems: ConfigProblem[]
  /** Every key path of the file's shape: an unknown key may stand in the wrong group. */
  known: readonly string[]
}

export type Spot = { path: string; line: number }

export type Field<T> = {
  /** Undefined: a problem was reported, and the default stands in its place. */
  read(node: unknown, spot: Spot, reading: Reading): T | undefined
  keys?: Fields
  /** Its keys are those of each item. */
  isList?: true
  /** No key any more: it is read in order to say what stands in its place, and offered to nobody. */
  retired?: true
}

export type Fields = { [key: string]: Field<unknown> }

export type ValuesOf<F extends Fields> = {
  [K in keyof F]?: F[K] extends Field<infer T> ? T : never
}

/**
 * A group of keys. A key without a value counts as not written, as when all its lines are comments.
 */
export function group<F extends Fields>(keys: F): Field<ValuesOf<F>> {
  return {
    keys,
    read(node, spot, reading) {
      const map = resolved(node, reading)
      if (isEmpty(map)) return {}
      if (!isMap(map)) {
        const glued = isScalar(map) ? /^([\w-]+):(\S+)$/.exec(textOf(map)) : null
        const hint = glued
          ? 'put a space after the colon'
          : `such as ${oneOfWords(offered(keys).slice(0, 3))}`
        return refuse(reading, spot, `must be a group of keys, not ${kindOf(map)}`, hint)
      }
      const values: { [key: string]: unknown } = {}
      const seen = new Map<string, number>()
      for (const pair of map.items) {
        const keyNode = resolved(pair.key, reading)
        const line = lineOf(keyNode, reading) ?? spot.line
        const key = isScalar(keyNode) ? textOf(keyNode) : undefined
        if (key === undefined) {
          refuse(reading, { path: spot.path, line }, 'a key must be one plain word')
          continue
        }
        const place = { path: join(spot.path, key), line }
        const earlier = seen.get(key)
        if (earlier !== undefined) {
          refuse(
            reading,
            place,
            `is written twice, first in line ${earlier}`,
            'keep one of the two',
          )
          continue
        }
        seen.set(key, line)
        const field = Object.hasOwn(keys, key) ? keys[key] : undefined
        if (!field) {
          refuse(reading, place, 'unknown key', hintForKey(key, offered(keys), reading.known))
          continue
        }
        const value = resolved(pair.value, reading)
        if (isEmpty(value)) continue
        const read = field.read(value, place, reading)
        if (read !== undefined) values[key] = read
      }
      // Each key holds what the field of the same name has read: that is what ValuesOf says.
      return values as ValuesOf<F>
    },
  }
}

/** A list. Items with a problem are left out. */
export function list<T>(
  item: Field<T>,
  rules: { atLeastOne?: boolean; distinct?: boolean } = {},
): Field<T[]> {
  return {
    read(node, spot, reading) {
      if (!isSeq(node)) {
        const name = spot.path.slice(spot.path.lastIndexOf('.') + 1)
        const hint = isScalar(node)
          ? `write \`${name}: [${shown(textOf(node)).slice(1, -1)}]\``
          : 'start each item with `- `'
        return refuse(reading, spot, `must be a list, not ${kindOf(node)}`, hint)
      }
      if (rules.atLeastOne && node.items.length === 0) {
        return refuse(
          reading,
          spot,
          'must hold at least one item',
          'leave the key out to get the default',
        )
      }
      const values: T[] = []
      node.items.forEach((child, index) => {
        const value = resolved(child, reading)
        const line = lineOf(child, reading) ?? spot.line
        const place = { path: `${spot.path}[${index}]`, line }
        if (isEmpty(value)) {
          refuse(reading, place, 'is empty', 'fill the item in or take it out')
          return
        }
        const read = item.read(value, place, reading)
        if (read === undefined) return
        if (rules.distinct && values.includes(read)) {
          refuse(
            reading,
            place,
            `${shown(String(read))} is in the list twice`,
            'keep one of the two',
          )
          return
        }
        values.push(read)
      })
      return values
    },
  }
}

/**
 * Text. Plain scalars count as they are written, so `id: 000000000000` keeps its zeros.
 * @param check says what is wrong with the text, or nothing
 */
export function text(
  check?: (value: string) => { says: string; hint?: string } | undefined,
): Field<string> {
  return {
    read(node, spot, reading) {
      if (!isScalar(node)) {
        const hint = isMap(node) ? 'put the text in quotes if it holds a colon' : undefined
        return refuse(reading, spot, `must be a text, not ${kindOf(node)}`, hint)
      }
      const value = textOf(node)
      const wrong = value === '' ? { says: 'is empty' } : check?.(value)
      return wrong ? refuse(reading, spot, wrong.says, wrong.hint) : value
    },
  }
}

/** One of a few words. */
export function oneOf<const V extends string>(values: readonly V[]): Field<V> {
  return {
    read(node, spot, reading) {
      const all = `it can be ${oneOfWords(values)}`
      if (!isScalar(node))
        return refuse(reading, spot, `must be one word, not ${kindOf(node)}`, all)
      const word = textOf(node)
      const value = values.find(candidate => candidate === word)
      if (value !== undefined) return value
      const meant = nearest(word, values)
      return refuse(
        reading,
        spot,
        `unknown value ${shown(word)}`,
        meant ? `did you mean \`${meant}\`?` : all,
      )
    },
  }
}

/** A whole number from `least` to `most`. `why` goes into the hint of a number out of range. */
export function wholeNumber(least: number, most: number, why?: string): Field<number> {
  return {
    read(node, spot, reading) {
      const value = isScalar(node) ? node.value : undefined
      if (typeof value !== 'number' || !Number.isInteger(value)) {
        const digits = isScalar(node) && /^\s*\d+\s*$/.test(textOf(node))
        const what = isScalar(node) ? shown(textOf(node)) : kindOf(node)
        const hint = digits ? 'write the number without quotes' : undefined
        return refuse(
          reading,
          spot,
          `must be a whole number, not ${digits ? 'a text' : what}`,
          hint,
        )
      }
      if (value >= least && value <= most) return value
      return refuse(reading, spot, `must be from ${least} to ${most}, not \`${value}\``, why)
    },
  }
}

/** Reports a problem; returns undefined, so that a reader can end with it. */
export function refuse(reading: Reading, spot: Spot, says: string, hint?: string): undefined {
  reading.problems.push({ ...spot, says, ...(hint === undefined ? {} : { hint }) })
  return undefined
}

/** Follows `*alias` to the node that it stands for. */
export function resolved(node: unknown, reading: Reading): unknown {
  if (!isAlias(node)) return node
  const target = node.resolve(reading.document)
  if (target !== undefined) return target
  const line = lineOf(node, reading) ?? 1
  const says = `\`*\` starts a reference, and nothing is named ${shown(node.source)}`
  return refuse(
    reading,
    { path: '', line },
    says,
    'put the text in quotes if the `*` belongs to it',
  )
}

/** Every key path below some fields, as `tls.groups`; what stands in most lists is not among them. */
export function keyPaths(keys: Fields, above = ''): string[] {
  return Object.entries(keys).flatMap(([key, field]) => {
    if (field.retired) return []
    const path = join(above, key)
    const inner = field.isList ? `${path}[0]` : path
    return field.keys ? [path, ...keyPaths(field.keys, inner)] : [path]
  })
}

function offered(keys: Fields): string[] {
  return Object.keys(keys).filter(key => !keys[key]?.retired)
}

function hintForKey(key: string, here: string[], known: readonly string[]): string {
  const near = nearest(key, here)
  if (near) return `did you mean \`${near}\`?`
  const elsewhere = known.filter(path => path.slice(path.lastIndexOf('.') + 1) === key)
  if (elsewhere.length > 0) return `did you mean ${oneOfWords(elsewhere)}?`
  return `the keys here are ${oneOfWords(here)}`
}

function join(above: string, key: string): string {
  const name = /^[\w-]{1,80}$/.test(key) ? key : shown(key)
  return above === '' ? name : `${above}.${name}`
}

function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null)
}

export function kindOf(node: unknown): string {
  if (isMap(node)) return 'a group of keys'
  if (isSeq(node)) return 'a list'
  return isScalar(node) ? shown(textOf(node)) : 'empty'
}

export function textOf(node: Scalar): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
}

export function lineOf(node: unknown, reading: Reading): number | undefined {
  const range =
    isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined
  return range ? reading.lines.linePos(range[0]).line : undefined
}
