/** AWS's answers as lines for people. */

import type { Output } from '../control/reach.ts'
import type { Declared } from '../registry/declared/declared-shape.ts'
import { table } from './say.ts'

/** One thing, a line for each of its values; what is long (a PEM) is left to `--json`. */
export function describeLines(output: Output, from: string): string[] {
  return table([...rowsOf(output, ''), ['from', from]])
}

/** A list as a table, or the words for an empty one. */
export function listLines(head: string[], rows: string[][], none: string): string[] {
  return rows.length === 0 ? [none] : table([head, ...rows])
}

/** A value in a table. */
export function cell(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-'
  if (typeof value === 'object') {
    const entries = Object.entries(value)
    if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(cell).join(', ')
    return entries.length === 0 ? '-' : entries.map(([k, v]) => `${k}=${cell(v)}`).join(', ')
  }
  return String(value)
}

/** AWS's times are seconds since 1970. */
export function day(value: unknown): string {
  return typeof value === 'number' ? new Date(value * 1000).toISOString().slice(0, 10) : '-'
}

/** Where things come from, by their kind and name: the files that declare them. */
export type Sources = {
  of(kind: SourceKind, name: unknown): string
}

export type SourceKind = 'thing' | 'type' | 'cert' | 'cacert' | 'policy' | 'template' | 'group'

export function sourcesOf(declared: Declared): Sources {
  const files = new Map<string, string>()
  for (const { thingName, certificateId, file } of declared.devices) {
    if (thingName !== undefined) files.set(`thing ${thingName}`, file)
    files.set(`cert ${certificateId}`, file)
  }
  for (const { id, file } of declared.authorities) files.set(`cacert ${id}`, file)
  for (const { name, file } of declared.policies) files.set(`policy ${name}`, file)
  for (const { name, file } of declared.templates) files.set(`template ${name}`, file)
  for (const { name, file } of declared.thingTypes) files.set(`type ${name}`, file)
  for (const { groupName, file } of declared.groups) files.set(`group ${groupName}`, file)
  return { of: (kind, name) => files.get(`${kind} ${String(name)}`) ?? LEARNED }
}

/** Made by an operation or by provisioning: it is kept in the state folder. */
const LEARNED = 'learned'

function rowsOf(output: object, path: string): string[][] {
  return Object.entries(output).flatMap(([key, value]) => {
    const name = path === '' ? key : `${path}.${key}`
    if (typeof value === 'string' && value.includes('-----BEGIN')) return []
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.keys(value).length === 0 ? [] : rowsOf(value, name)
    }
    if (typeof value === 'number' && /(Date|notBefore|notAfter|At)$/.test(key)) {
      return [[name, new Date(value * 1000).toISOString()]]
    }
    return [[name, cell(value)]]
  })
}
