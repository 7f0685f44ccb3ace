/**
 * The values of a template: literals, `Ref` and the six functions, read into a tree. A function with a wrong shape is told
 * at once, with its line; what depends on parameters is found out by `evaluate.ts`.
 */

import { quote } from '../diagnosis/words.ts'
import { didYouMean, meant } from '../policy/did-you-mean.ts'
import type { JsonNode } from '../policy/json.ts'
import type { TemplateProblem } from './template.ts'

type Place = { line?: number }

export type Expression = Place &
  (
    | { kind: 'value'; value: string | number | boolean | null }
    | { kind: 'list'; items: Expression[] }
    | { kind: 'object'; members: [key: string, value: Expression][] }
    | { kind: 'ref'; name: string }
    | { kind: 'join'; separator: string; parts: Expression }
    | { kind: 'select'; index: Expression; list: Expression }
    | { kind: 'find'; map: Expression; first: Expression; second: Expression }
    | { kind: 'split'; separator: string; text: Expression }
    | { kind: 'sub'; text: string; values: [name: string, value: Expression][] }
  )

/** How a problem is told from inside a resource or section: where it is, is known there. */
export type Tell = (problem: Pick<TemplateProblem, 'severity' | 'line' | 'says' | 'hint'>) => void

/** Undefined where it has an error, which was told. */
export function readExpression(node: JsonNode, tell: Tell): Expression | undefined {
  const { line } = node
  if (node.kind === 'string' || node.kind === 'scalar') {
    return { kind: 'value', line, value: node.value }
  }
  if (node.kind === 'array') {
    const items = all(node.items, tell)
    return items && { kind: 'list', line, items }
  }
  const call = node.members.find(({ key }) => key === 'Ref' || key.startsWith('Fn:'))
  if (call && node.members.length > 1) {
    const says = `${quote(call.key)} stands beside other keys`
    return wrong(tell, call.line, says, 'an object with a function has no other key')
  }
  if (call) return readCall(call.key, call.value, call.line, tell)
  const members: [string, Expression][] = []
  let good = true
  for (const { key, value } of node.members) {
    const read = readExpression(value, tell)
    if (read) members.push([key, read])
    else good = false
  }
  return good ? { kind: 'object', line, members } : undefined
}

/** The names of parameters in it, each with its line. */
export function refsOf(expression: Expression): { name: string; line?: number }[] {
  const at = expression.line === undefined ? {} : { line: expression.line }
  switch (expression.kind) {
    case 'value':
      return []
    case 'ref':
      return [{ name: expression.name, ...at }]
    case 'list':
      return expression.items.flatMap(refsOf)
    case 'object':
      return expression.members.flatMap(([, value]) => refsOf(value))
    case 'join':
      return refsOf(expression.parts)
    case 'select':
      return [...refsOf(expression.index), ...refsOf(expression.list)]
    case 'find':
      return [expression.map, expression.first, expression.second].flatMap(refsOf)
    case 'split':
      return refsOf(expression.text)
    case 'sub': {
      const own = new Set(expression.values.map(([name]) => name))
      const named = variablesOf(expression.text).filter(name => !own.has(name))
      return [
        ...named.map(name => ({ name, ...at })),
        ...expression.values.flatMap(([, value]) => refsOf(value)),
      ]
    }
  }
}

/** Whether it has a function in it: AWS documents those for fleet templates. */
export function hasFunction(expression: Expression): boolean {
  if (expression.kind === 'list') return expression.items.some(hasFunction)
  if (expression.kind === 'object') return expression.members.some(([, v]) => hasFunction(v))
  return expression.kind !== 'value' && expression.kind !== 'ref'
}

/** `${name}` in the text of Fn::Sub; `${!name}` stands for a plain `${name}`. Groups: the `!`, the name. */
export const variable = /\$\{(!?)([^{}]*)\}/g

function variablesOf(text: string): string[] {
  return [...text.matchAll(variable)].flatMap(([, plain, name]) => (plain === '' ? [name!] : []))
}

function readCall(
  name: string,
  argument: JsonNode,
  line: number,
  tell: Tell,
): Expression | undefined {
  const fail = (takes: string) => wrong(tell, line, `\`${name}\` takes ${takes}`)
  const list = argument.kind === 'array' ? argument.items : []
  switch (name) {
    case 'Ref':
      if (argument.kind !== 'string') return fail('the name of a parameter')
      return { kind: 'ref', line, name: argument.value }
    case 'Fn::Join': {
      const [separator, parts] = list
      if (list.length !== 2 || separator?.kind !== 'string') return fail(JOIN)
      const read = readExpression(parts!, tell)
      if (read?.kind === 'value') return fail(JOIN)
      return read && { kind: 'join', line, separator: separator.value, parts: read }
    }
    case 'Fn::Select': {
      if (list.length !== 2) return fail('an index, from 0, and a list')
      const [index, from] = all(list, tell) ?? []
      if (from?.kind === 'value') return fail('an index, from 0, and a list')
      return index && from && { kind: 'select', line, index, list: from }
    }
    case 'Fn::FindInMap': {
      if (list.length !== 3) return fail('the name of a map and two keys')
      const [map, first, second] = all(list, tell) ?? []
      return map && first && second && { kind: 'find', line, map, first, second }
    }
    case 'Fn::Split': {
      const [separator, text] = list
      if (list.length !== 2 || separator?.kind !== 'string') return fail('a separator and a string')
      const read = readExpression(text!, tell)
      if (read?.kind === 'list') return fail('a separator and a string')
      return read && { kind: 'split', line, separator: separator.value, text: read }
    }
    case 'Fn::Sub':
      return readSub(argument, line, tell)
    default: {
      const { hint } = meant(didYouMean(name, functions))
      return wrong(tell, line, `\`${escaped(name)}\` is not a function of these templates`, hint)
    }
  }
}

function readSub(argument: JsonNode, line: number, tell: Tell): Expression | undefined {
  const [text, own] = argument.kind === 'array' ? argument.items : [argument]
  const tooMany = argument.kind === 'array' && argument.items.length > 2
  if (text?.kind !== 'string' || tooMany || (own && own.kind !== 'object')) {
    return wrong(tell, line, '`Fn::Sub` takes a string, or a list of a string and an object')
  }
  const values: [string, Expression][] = []
  for (const { key, value } of own?.kind === 'object' ? own.members : []) {
    const read = readExpression(value, tell)
    if (!read) return undefined
    values.push([key, read])
  }
  return { kind: 'sub', line, text: text.value, values }
}

function all(nodes: JsonNode[], tell: Tell): Expression[] | undefined {
  const read = nodes.map(node => readExpression(node, tell))
  return read.every(one => one !== undefined) ? read : undefined
}

function wrong(tell: Tell, line: number, says: string, hint?: string): undefined {
  tell({ severity: 'error', line, says, ...(hint === undefined ? {} : { hint }) })
}

/** Without the backticks that `quote` sets. */
function escaped(text: string): string {
  return quote(text).slice(1, -1)
}

const JOIN = 'a separator and a list of strings'

const functions = [
  'Ref',
  'Fn::Join',
  'Fn::Select',
  'Fn::FindInMap',
  'Fn::Split',
  'Fn::Sub',
] as const
