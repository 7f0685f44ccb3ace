/** Plain values out of a file, read against what they should be: each mistake is told with its path, and reading goes on. */

import { quote } from '../diagnosis/words.ts'
import { didYouMean } from './did-you-mean.ts'

export type Plain = { [key: string]: unknown }
export type Reader = {
  mistakes: string[]
  fileText: (path: string) => string | undefined
  account: { id: string; region: string }
}

export function groupOf(
  value: unknown,
  path: string,
  keys: readonly string[] | undefined,
  { mistakes }: Reader,
): Plain {
  if (!isPlain(value)) {
    mistakes.push(`${path} must be a group of keys`)
    return {}
  }
  for (const key of Object.keys(value)) {
    if (!keys || keys.includes(key)) continue
    const near = didYouMean(key, keys)
    mistakes.push(
      `${path}: unknown key ${quote(key)}${near === undefined ? '' : `, did you mean ${quote(near)}?`}`,
    )
  }
  return value
}

export function textOf(value: unknown, path: string, { mistakes }: Reader): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  mistakes.push(`${path} must be a text`)
  return undefined
}

/** One text counts as a list of one. */
export function listOf(value: unknown, path: string, reader: Reader): string[] | undefined {
  if (value === undefined || value === null) return undefined
  const items: unknown[] = Array.isArray(value) ? value : [value]
  return items.flatMap((item, index) => textOf(item, `${path}[${index}]`, reader) ?? [])
}

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function withHead(resource: string, { account }: Reader): string {
  const bare = /^(?:client|topic|topicfilter|thing|rolealias)\//.test(resource)
  return bare ? `arn:aws:iot:${account.region}:${account.id}:${resource}` : resource
}
