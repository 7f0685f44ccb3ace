/**
 * Changes one value in a YAML file of the user's and leaves every other byte as it is: comments, quotes, order. What is
 * written in a way that this can't follow (anchors, several documents) is left to the user.
 */

import { isDeepStrictEqual } from 'node:util'
import { isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml'

/** The whole file is the item, or it is the one at this place of a list. */
export type ItemPlace = { list: string; index: number } | 'file'

export type Edit =
  | { kind: 'set'; key: string; value: string }
  /** To a list of words; nothing happens where it is there. */
  | { kind: 'add'; key: string; value: string }
  | { kind: 'take'; key: string; value: string }
  /** The item itself: not for a whole file. */
  | { kind: 'remove' }

/** @returns the new text; nothing where the user has to do it */
export function editItem(text: string, place: ItemPlace, edit: Edit): string | undefined {
  const document = parseDocument(text)
  if (document.errors.length > 0) return undefined
  const list = place === 'file' ? undefined : document.get(place.list, true)
  const item = place === 'file' ? document.contents : isSeq(list) && list.items[place.index]
  if (!isMap(item)) return undefined
  const edited =
    edit.kind === 'remove'
      ? isSeq(list) && place !== 'file' && without(text, list, place.index)
      : change(text, item, edit)
  if (typeof edited !== 'string') return undefined
  // INVARIANT: the file then says what was asked for and, besides that, what it said before.
  return isDeepStrictEqual(readAgain(edited), expected(document.toJS(), place, edit))
    ? edited
    : undefined
}

/** One value of each item in a list, as far as it is a word. */
export function valuesIn(text: string, list: string, key: string): (string | undefined)[] {
  const items = parseDocument(text).get(list, true)
  if (!isSeq(items)) return []
  return items.items.map(item => {
    const value = isMap(item) ? item.get(key) : undefined
    return typeof value === 'string' ? value : undefined
  })
}

function change(text: string, item: YAMLMap, edit: Exclude<Edit, { kind: 'remove' }>) {
  const { key, value } = edit
  const there = item.get(key, true) as Node | undefined
  const word = written(value)
  if (edit.kind === 'set') {
    if (there === undefined) return inserted(text, item, `${key}: ${word}`)
    return isScalar(there) ? splice(text, there, word) : undefined
  }
  if (there === undefined || (isScalar(there) && there.value === null)) {
    if (edit.kind === 'take') return text
    return there === undefined ? inserted(text, item, `${key}: [${word}]`) : undefined
  }
  if (!isSeq(there)) return undefined
  const index = there.items.findIndex(one => isScalar(one) && String(one.value) === value)
  if (edit.kind === 'add') return index >= 0 ? text : withMore(text, there, word)
  return index < 0 ? text : without(text, there, index)
}

function withMore(text: string, list: YAMLSeq, word: string): string | undefined {
  const last = list.items.at(-1) as Node | undefined
  if (last === undefined) return splice(text, list, `[${word}]`)
  const [, end] = rangeOf(last)
  if (list.flow) return `${text.slice(0, end)}, ${word}${text.slice(end)}`
  const line = endOfLine(text, end)
  return `${text.slice(0, line)}\n${' '.repeat(column(text, rangeOf(list)[0]))}- ${word}${text.slice(line)}`
}

function without(text: string, list: YAMLSeq, index: number): string | undefined {
  const items = list.items as Node[]
  if (list.flow) {
    const kept = items.filter((_, at) => at !== index).map(one => text.slice(...rangeOf(one)))
    return splice(text, list, `[${kept.join(', ')}]`)
  }
  const item = items[index]
  if (item === undefined) return undefined
  const [from] = rangeOf(item)
  const start = text.lastIndexOf('\n', from - 1) + 1
  if (items.length > 1) return text.slice(0, start) + text.slice(endOfItem(text, item))
  // An empty list has another form: it stands behind its key. Comments between the two stay.
  const key = /:(?:[ \t]*(?:#[^\n]*)?\r?\n)+$/.exec(text.slice(0, start))
  if (!key) return undefined
  const at = key.index + 1
  return `${text.slice(0, at)} []${text.slice(at, start)}${text.slice(endOfItem(text, item))}`
}

/** Behind the last line of a block item, comments that follow it left out. */
function endOfItem(text: string, item: Node): number {
  const [, end] = rangeOf(item)
  const last = end > 0 && text[end - 1] === '\n' ? end - 1 : end
  return Math.min(text.length, endOfLine(text, last) + 1)
}

/** As the first key of a map. */
function inserted(text: string, item: YAMLMap, pair: string): string | undefined {
  const key = item.items[0]?.key as Node | undefined
  if (key === undefined) return undefined
  const [at] = rangeOf(key)
  const gap = item.flow ? ', ' : `\n${' '.repeat(column(text, at))}`
  return text.slice(0, at) + pair + gap + text.slice(at)
}

function splice(text: string, node: Node, by: string): string {
  const [from, to] = rangeOf(node)
  return text.slice(0, from) + by + text.slice(to)
}

function rangeOf(node: Node): [from: number, to: number] {
  const [from, to] = node.range ?? [0, 0]
  return [from, to]
}

function column(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1)
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

/** A name as YAML reads it as text: `12` and `true` need quotes. */
function written(value: string): string {
  return /^[A-Z][A-Z_]+$/.test(value) ? value : JSON.stringify(value)
}

function readAgain(text: string): unknown {
  const document = parseDocument(text)
  return document.errors.length > 0 ? undefined : document.toJS()
}

function expected(before: unknown, place: ItemPlace, edit: Edit): unknown {
  if (place !== 'file') {
    const whole = before as { [list: string]: unknown[] }
    const items = whole[place.list] ?? []
    const changed =
      edit.kind === 'remove'
        ? items.toSpliced(place.index, 1)
        : items.with(place.index, edited(items[place.index], edit))
    return { ...whole, [place.list]: changed }
  }
  return edit.kind === 'remove' ? undefined : edited(before, edit)
}

function edited(item: unknown, { kind, key, value }: Exclude<Edit, { kind: 'remove' }>): unknown {
  const before = item as { [key: string]: unknown }
  if (kind === 'set') return { ...before, [key]: value }
  const there = before[key]
  const list = Array.isArray(there) ? there : []
  if (kind === 'take') {
    return there === undefined ? before : { ...before, [key]: list.filter(one => one !== value) }
  }
  return list.includes(value) ? before : { ...before, [key]: [...list, value] }
}
