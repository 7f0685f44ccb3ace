/** The small change of the sentences: quoting, lists, durations. All of it pure, and safe for text from strangers. */

import { escapeText } from './escape.ts'

/** User-supplied text in backticks, on one line, cut to a length that can be read. */
export function quote(text: string, limit = 120): string {
  const safe = escapeText(text).replaceAll('`', "'")
  return `\`${safe.length > limit ? `${safe.slice(0, limit)}...` : safe}\``
}

/** Words of our own, which may hold a piece of a stranger's text: safe and on one line, without backticks. */
export function plain(text: string, limit = 200): string {
  const safe = escapeText(text)
  return safe.length > limit ? `${safe.slice(0, limit)}...` : safe
}

/** `a, b and c`; `a, b, c and 4 more` beyond the limit; `nothing` for none. */
export function list(items: readonly string[], limit = 6, joint: 'and' | 'or' = 'and'): string {
  if (items.length === 0) return 'nothing'
  const shown = items.slice(0, limit).map(escapeText)
  const more = items.length - shown.length
  const last = more > 0 ? `${more} more` : shown.pop()
  return shown.length === 0 ? `${last}` : `${shown.join(', ')} ${joint} ${last}`
}

/** `a or b`. */
export function either(items: readonly string[], limit = 6): string {
  return list(items, limit, 'or')
}

/** As `list`, each item in backticks. */
export function quotes(items: readonly string[], limit = 6): string {
  return list(
    items.map(item => quote(item)),
    limit,
  )
}

/** `8 ms`, `1.5 s`, `12 s`, `3 min`. */
export function duration(ms: number): string {
  if (!(ms >= 1)) return '0 ms'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1).replace('.0', '')} s`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} days`
}

/** How far apart two ISO dates are, as `duration`; empty where one can't be read. */
export function between(from: string, to: string): string {
  const ms = Date.parse(to) - Date.parse(from)
  return Number.isNaN(ms) ? '' : duration(Math.abs(ms))
}

/** `1 byte`, `2,048 bytes`. */
export function count(amount: number, noun: string): string {
  return `${group(amount)} ${noun}${amount === 1 ? '' : 's'}`
}

/** The start of a long hex identifier: enough to find it by. */
export function short(id: string): string {
  return quote(id.length > 16 ? `${id.slice(0, 16)}...` : id)
}

/** How to live without one of AWS's limits. @param name in `limits` of config.yaml */
export function lift(name: string, value = 'off'): string {
  return `to go on without this limit here, write \`limits: { ${name}: ${value} }\` in config.yaml`
}

/** Grouped by hand: the locale of the machine must not change a log. */
function group(amount: number): string {
  return String(amount).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** What helps a device without any policy, at its CONNECT and later. */
export const NO_POLICY =
  'attach a policy to its certificate: `candid cert attach CERT POLICY`; of a declared device `candid device attach THING POLICY`'
