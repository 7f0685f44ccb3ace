/**
 * The last look before anything is written: private keys and passwords never reach a log, whoever put them into an event.
 * What was hidden is said, by its path, so that nobody wonders.
 */

/** @returns the event itself where nothing had to be hidden, else a copy with `redacted` naming the places */
export function redact<T extends object>(event: T): T & { redacted?: string[] } {
  if (!suspicious(event, 0)) return event
  const hidden: string[] = []
  const clean = look(event, '', hidden, 0)
  // `look` keeps the shape: it replaces strings by strings.
  return hidden.length === 0 ? event : { ...(clean as T), redacted: hidden }
}

/** Events are flat by design; deeper than this is a mistake, and is cut rather than followed (a cycle would never end). */
const DEPTH = 12

/** Nearly every event is clean: this says so without building a path or a copy. True where a closer look is due. */
function suspicious(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return mayHide(value)
  if (typeof value !== 'object' || value === null) return false
  if (depth > DEPTH) return true
  if (Array.isArray(value)) return value.some(item => suspicious(item, depth + 1))
  const fields = value as Record<string, unknown>
  return Object.keys(fields).some(key => SECRET_KEY.test(key) || suspicious(fields[key], depth + 1))
}

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
  if (!mayHide(value)) return value
  const clean = value
    .replace(PRIVATE_KEY, '[private key removed]')
    .replace(SECRET_PARAMETER, '$1[removed]')
  if (clean !== value) hidden.push(path)
  return clean
}

/**
 * What the patterns below can't do without.
 * @param text a value of an event, or a whole event as JSON
 */
export function mayHide(text: string): boolean {
  return (
    text.includes('PRIVATE KEY') ||
    (text.includes('=') && (text.includes('?') || text.includes('&'))) ||
    SECRET_FIELD.test(text)
  )
}

const SECRET_FIELD = /"(?:password|passphrase|privateKey|secret)":/i

const SECRET_KEY = /^(password|passphrase|privateKey|secret)$/i

/** To its end line, or to the end of the text where that was cut off. */
const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g

/** AWS: user names carry a query string, with the password or token of a custom authorizer among it. */
const SECRET_PARAMETER =
  /([?&](?:[\w-]{0,60}(?:password|secret|signature|token))=)(?!\[removed\])[^&\s`"]+/gi
