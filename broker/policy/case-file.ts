/**
 * The shape of a case file, read out of plain values with every mistake told by its path. docs/policies.md describes it for
 * users; keys that a file gives once for all its cases may be given again in a case.
 */

import { quote } from '../diagnosis/words.ts'
import { factsOf } from './case-principal.ts'
import {
  groupOf,
  isPlain,
  listOf,
  type Plain,
  type Reader,
  textOf,
  withHead,
} from './case-values.ts'
import type { Facts } from './context.ts'
import type { ThingGroup } from './groups.ts'
import type { Context } from './variables.ts'

export type CaseFile = { account: { id: string; region: string }; cases: Case[] }

export type Case = {
  name: string
  /** Name to JSON text. */
  documents: Map<string, string>
  /** Names of those that are attached to the certificate. */
  attached: string[]
  groups: Map<string, ThingGroup>
  facts: Facts
  /** Absent: only what is told as the policies are read counts. */
  request?: { action: string; resource: string }
  persistent: boolean
  /** ARN. */
  willTopic?: string
  /** ms since 1970. */
  now?: number
  /** Values set by hand, by AWS's names. */
  context: Context
  size?: 'error' | 'warning'
  expected: Expected
}

export type Expected = {
  outcome?: string
  /** `NAME INDEX`, the index counted from 1; `none`. */
  statement?: string
  /** The resource of the statement that denied, variables replaced. */
  matched?: string
  /** What the first near miss holds, or `none`. */
  nearest?: 'none' | ExpectedMiss
  /** All near misses in their order, as `NAME INDEX`. */
  misses?: string[]
  /** missingContextValues, in alphabetical order. */
  missing?: string[]
  /** A part of the words. */
  says?: string
  /** A part of each problem's line, one for each. */
  problems?: string[]
  /** What AWS's CreatePolicy would answer. */
  aws?: string
}

export type ExpectedMiss = {
  statement?: string
  element?: string
  pattern?: string
  resolved?: string
  asked?: string
  /** What is left of the asked text from the place on where it differs. */
  differsFrom?: string
  unresolved?: string[]
  /** A part of it. */
  why?: string
}

export function readCaseFile(
  value: unknown,
  fileText: (path: string) => string | undefined,
): { file: CaseFile } | { mistakes: string[] } {
  const mistakes: string[] = []
  const account = { id: '123456789012', region: 'us-east-1' }
  const reader: Reader = { mistakes, fileText, account }
  const top = groupOf(value, 'the file', [...shared, 'account', 'cases'], reader)
  const own = groupOf(top['account'] ?? {}, 'account', ['id', 'region'], reader)
  account.id = textOf(own['id'], 'account.id', reader) ?? account.id
  account.region = textOf(own['region'], 'account.region', reader) ?? account.region
  const items = top['cases']
  if (!Array.isArray(items) || items.length === 0)
    mistakes.push('`cases` must be a list of cases, with one at least')
  const cases = (Array.isArray(items) ? items : []).map((item, index) =>
    caseOf(item, top, `cases[${index}]`, reader),
  )
  return mistakes.length > 0 ? { mistakes } : { file: { account, cases } }
}

function caseOf(value: unknown, top: Plain, path: string, reader: Reader): Case {
  const own = groupOf(value, path, [...shared, 'name', 'request', 'expect'], reader)
  const name = textOf(own['name'], `${path}.name`, reader) ?? path
  const all: Plain = { ...top, ...own }
  const { documents, attachedByDefault } = documentsOf(all, path, reader)
  const groups = groupsOf(all['groups'], `${path}.groups`, reader)
  const principal = {
    ...groupOf(top['principal'] ?? {}, 'principal', principalKeys, reader),
    ...groupOf(own['principal'] ?? {}, `${path}.principal`, principalKeys, reader),
  }
  const at = `${path}.principal`
  const inGroups = new Set([...groups.values()].flatMap(group => group.policyNames))
  const attached =
    listOf(principal['policies'], `${at}.policies`, reader) ??
    attachedByDefault.filter(one => !inGroups.has(one))
  for (const one of [...attached, ...inGroups])
    if (!documents.has(one)) reader.mistakes.push(`${path}: no policy is called ${quote(one)}`)
  const facts = factsOf(principal, at, reader)
  const memberships = listOf(principal['groups'], `${at}.groups`, reader) ?? []
  for (const group of memberships) {
    const known = groups.get(group)
    if (known) known.things.push(...(facts.things ?? []).map(({ thingName }) => thingName))
    else reader.mistakes.push(`${at}.groups: no group is called ${quote(group)}`)
  }
  const will = textOf(principal['will'], `${at}.will`, reader)
  const clock = textOf(all['clock'], `${path}.clock`, reader)
  const now = clock === undefined ? undefined : Date.parse(clock)
  if (now !== undefined && Number.isNaN(now))
    reader.mistakes.push(`${path}.clock: ${quote(clock ?? '')} is no time`)
  const size = textOf(all['policySize'], `${path}.policySize`, reader)
  const request = requestOf(own['request'], `${path}.request`, reader)
  const expected = expectedOf(own['expect'], `${path}.expect`, reader)
  if (!request && expected.problems === undefined && expected.aws === undefined)
    reader.mistakes.push(`${path} has neither a \`request\` nor an expectation of problems`)
  if (request && expected.outcome === undefined)
    reader.mistakes.push(`${path}.expect has no \`outcome\``)
  return {
    name,
    documents,
    attached,
    groups,
    facts,
    ...(request && { request }),
    persistent: principal['persistent'] === true,
    ...(will !== undefined && { willTopic: withHead(`topic/${will}`, reader) }),
    ...(now !== undefined && { now }),
    context: contextValues(all['context'], `${path}.context`, reader),
    ...(size === 'warn' && { size: 'warning' as const }),
    expected,
  }
}

function documentsOf(all: Plain, path: string, reader: Reader) {
  const documents = new Map<string, string>()
  const given = groupOf(all['policies'] ?? {}, `${path}.policies`, undefined, reader)
  for (const [name, value] of Object.entries(given))
    documents.set(name, documentText(value, `${path}.policies.${name}`, reader))
  const { statements } = all
  if (Array.isArray(statements))
    documents.set(
      'policy',
      JSON.stringify({
        Version: '2012-10-17',
        Statement: statements.map(one => filled(one, reader)),
      }),
    )
  else if (statements !== undefined) reader.mistakes.push(`${path}.statements must be a list`)
  return { documents, attachedByDefault: [...documents.keys()] }
}

/** JSON text as it is, `{ file: PATH }`, or the document as values. */
function documentText(value: unknown, path: string, reader: Reader): string {
  if (typeof value === 'string') return value
  const file = isPlain(value) ? value['file'] : undefined
  if (typeof file !== 'string') return JSON.stringify(value) ?? ''
  const text = reader.fileText(file)
  if (text === undefined) reader.mistakes.push(`${path}: can't read the file ${quote(file)}`)
  return text ?? ''
}

/** In `statements`, and only there, resources may leave out the head of their ARN. */
function filled(value: unknown, reader: Reader): unknown {
  if (!isPlain(value)) return value
  const fill = (one: unknown): unknown =>
    Array.isArray(one) ? one.map(fill) : typeof one === 'string' ? withHead(one, reader) : one
  const change = (key: string) => (key in value ? { [key]: fill(value[key]) } : {})
  return { ...value, ...change('Resource'), ...change('NotResource') }
}

function groupsOf(value: unknown, path: string, reader: Reader): Map<string, ThingGroup> {
  const groups = new Map<string, ThingGroup>()
  for (const [groupName, given] of Object.entries(groupOf(value ?? {}, path, undefined, reader))) {
    const group = groupOf(given, `${path}.${groupName}`, ['parent', 'policies'], reader)
    const parent = textOf(group['parent'], `${path}.${groupName}.parent`, reader)
    const policyNames = listOf(group['policies'], `${path}.${groupName}.policies`, reader) ?? []
    groups.set(groupName, {
      groupName,
      ...(parent !== undefined && { parent }),
      policyNames,
      things: [],
    })
  }
  return groups
}

/** `iot:Publish topic/a`, or `{ action, resource }`; the ARN's head may be left out. */
function requestOf(value: unknown, path: string, reader: Reader): Case['request'] {
  if (value === undefined) return undefined
  const parts = typeof value === 'string' ? /^(\S+) (.+)$/s.exec(value) : undefined
  const given = parts ? { action: parts[1], resource: parts[2] } : value
  const request = groupOf(given, path, ['action', 'resource'], reader)
  const action = textOf(request['action'], `${path}.action`, reader)
  const resource = textOf(request['resource'], `${path}.resource`, reader)
  if (action === undefined || resource === undefined) {
    reader.mistakes.push(`${path} must be \`ACTION RESOURCE\``)
    return undefined
  }
  return { action, resource: withHead(resource, reader) }
}

function expectedOf(value: unknown, path: string, reader: Reader): Expected {
  // `expect: ALLOWED` is short for its outcome.
  const given = typeof value === 'string' ? { outcome: value } : value
  const expect = groupOf(given, path, expectKeys, reader)
  const expected: Expected = {}
  for (const key of ['outcome', 'statement', 'matched', 'says', 'aws'] as const) {
    const text = textOf(expect[key], `${path}.${key}`, reader)
    if (text !== undefined) expected[key] = text
  }
  for (const key of ['missing', 'misses', 'problems'] as const) {
    const list = listOf(expect[key], `${path}.${key}`, reader)
    if (list !== undefined) expected[key] = list
  }
  const { outcome } = expected
  if (outcome !== undefined && !['ALLOWED', 'EXPLICIT_DENY', 'IMPLICIT_DENY'].includes(outcome))
    reader.mistakes.push(
      `${path}.outcome: ${quote(outcome)} is none of \`ALLOWED\`, \`EXPLICIT_DENY\`, \`IMPLICIT_DENY\``,
    )
  const near = expect['nearest']
  if (near === 'none') expected.nearest = 'none'
  else if (near !== undefined) {
    const miss = groupOf(near, `${path}.nearest`, missKeys, reader)
    const nearest: ExpectedMiss = {}
    for (const key of missKeys) {
      if (key === 'unresolved') {
        const list = listOf(miss[key], `${path}.nearest.${key}`, reader)
        if (list) nearest.unresolved = list
        continue
      }
      const text = textOf(miss[key], `${path}.nearest.${key}`, reader)
      if (text !== undefined) nearest[key] = text
    }
    expected.nearest = nearest
  }
  return expected
}

function contextValues(value: unknown, path: string, reader: Reader): Context {
  const context: Context = {}
  for (const [name, given] of Object.entries(groupOf(value ?? {}, path, undefined, reader)))
    context[name] = Array.isArray(given) ? given.map(String) : String(given)
  return context
}

const shared = ['principal', 'policies', 'statements', 'groups', 'context', 'clock', 'policySize']
const principalKeys = [
  'thing',
  'clientId',
  'certificateId',
  'sourceIp',
  'domainName',
  'certificate',
  'policies',
  'groups',
  'persistent',
  'will',
]
const expectKeys = [
  'outcome',
  'statement',
  'matched',
  'nearest',
  'misses',
  'missing',
  'says',
  'problems',
  'aws',
]
const missKeys = [
  'statement',
  'element',
  'pattern',
  'resolved',
  'asked',
  'differsFrom',
  'unresolved',
  'why',
] as const
