/**
 * The last look before anything is written: private keys and passwords never reach a log, whoever put them into an event.
 * What was hidden is said, by its path, so that nobody wonders.
 */

import type { Stamped } from './stamp.ts'

/** @returns the event itself where nothing had to be hidden, else a copy with `redacted` naming the places */
export function redact(event: Stamped): Stamped {
  const hidden: string[] = []
  const clean = look(event, '', hidden, 0)
  // `look` keeps the shape: it replaces strings by strings.
  return hidden.length === 0 ? event : { ...(clean as Stamped), redacted: hidden }
}

/** Events are flat by design; deeper than this is a mistake, and is cut rather than followed (a cycle would never end). */
const DEPTH = 12

function look(value: unknown, path: string, hidden: string[], depth: number): unknown {
  if (typeof value === 'string') return text(value, path, hidden)
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEPTH) {
    hidden.push(path)
    return '[too deep]'
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => look(item, `${path}[${index}]`, hidden, depth + 1))
  }
  const copy: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    const here = path === '' ? key : `${path}.${key}`
    if (SECRET_KEY.test(key) && item !== undefined) {
      hidden.push(here)
      copy[key] = '[removed]'
    } else copy[key] = look(item, here, hidden, depth + 1)
  }
  return copy
}

function text(value: string, path: string, hidden: string[]): string {
  if (!value.includes('PRIVATE KEY') && !value.includes('=')) return value
  const clean = value
    .replace(PRIVATE_KEY, '[private key removed]')
    .replace(SECRET_PARAMETER, '$1[removed]')
  if (clean !== value) hidden.push(path)
  return clean
}

const SECRET_KEY = /^(password|passphrase|privateKey|secret)$/i

/** To its end line, or to the end of the text where that was cut off. */
const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g

/** AWS: user names carry a query string, with the password or token of a custom authorizer among it. */
const SECRET_PARAMETER =
  /([?&](?:[\w-]{0,60}(?:password|secret|signature|token))=)(?!\[removed\])[^&\s`"]+/gi
