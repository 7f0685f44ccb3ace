/** From a decision to one line of words. Made from the trace and from nothing else. */

import { plain, quote } from '../diagnosis/words.ts'
import type { Decision, NearMiss, StatementRef } from './decision.ts'

/** One line, lower case, no full stop, names in backticks. */
export function narrate(decision: Decision): string {
  const { action, nearMisses, outcome, policyCount, resource, statement } = decision
  const what = `${quote(action)} on ${quote(withoutHead(resource), 300)}`
  if (outcome === 'ALLOWED') return `${what} is allowed${statement ? ` by ${name(statement)}` : ''}`
  const near = nearMisses[0]
  const nearest = near ? `nearest is ${name(near)}: ${reason(near)}` : undefined
  if (outcome === 'EXPLICIT_DENY') {
    const denied = `${what} is denied${statement ? ` by ${name(statement)}${because(decision)}` : ''}`
    return nearest ? `${denied}, and no statement allows it: ${nearest}` : denied
  }
  if (policyCount === 0) return `no statement allows ${what}: no policy is attached`
  return `no statement allows ${what}; ${nearest ?? 'none comes near'}`
}

/** What of the statement that denied it met the request. */
function because({ matched, resource: asked }: Decision): string {
  if (!matched) return ''
  const { conditions, element, pattern, resolved } = matched
  const text = shownPattern({ asked, pattern, ...(resolved === undefined ? {} : { resolved }) })
  const what =
    element === 'Resource' ? `its resource ${text} covers it` : `all but ${text} is meant`
  return conditions ? `: ${what}, and its conditions hold` : `: ${what}`
}

/** One near miss in words. */
export function narrateMiss(miss: NearMiss): string {
  return `${name(miss)}: ${reason(miss)}`
}

/**
 * The nearest allowed text, the asked one, and the column of the latter from which on it doesn't fit; undefined where that
 * place is not known.
 * @param width columns for each text
 */
export function pointerOf(
  miss: NearMiss,
  width = 80,
): { allowed: string; asked: string; column: number } | undefined {
  const { asked, differsAt, resolved, pattern } = miss
  if (differsAt === undefined) return undefined
  const head = asked.length - withoutHead(asked).length
  // The head of the ARN is left out, unless it is what differs; of a long name only the surroundings are shown.
  const start = differsAt < head ? 0 : head
  const from = Math.max(start, differsAt - Math.floor(width / 2))
  const lead = from > start ? '...' : ''
  const cut = (text: string) => lead + [...text.slice(from, from + width)].map(visible).join('')
  const column = lead.length + [...asked.slice(from, differsAt)].length
  return { allowed: cut(resolved ?? pattern), asked: cut(asked), column }
}

/** The same as three lines for a terminal, the last with a mark under the place. */
export function pointerLines(miss: NearMiss): string[] {
  const pointer = pointerOf(miss)
  if (!pointer) return []
  const { allowed, asked, column } = pointer
  return [`allowed  ${allowed}`, `asked    ${asked}`, `         ${' '.repeat(column)}^`]
}

function visible(character: string): string {
  return plain(character, 10) === character ? character : '\u00b7'
}

function name({ index, policy, sid }: StatementRef): string {
  const called = sid === undefined ? '' : ` (${quote(sid)})`
  return `statement ${index}${called} of policy ${quote(policy)}`
}

function reason(miss: NearMiss): string {
  const { asked, element, pattern, resolved, unresolved } = miss
  const why = miss.why === undefined ? undefined : plain(miss.why, 400)
  const text = shownPattern(miss)
  if (element === 'Action' || element === 'NotAction') return why ?? `it is for ${quote(pattern)}`
  if (element === 'Condition') {
    const lacking = unresolved
      ? `${unresolved.map(variable => quote(variable)).join(' and ')} has no value: ${why}`
      : undefined
    return `its condition ${quote(pattern)} ${lacking ? `doesn't hold, ${lacking}` : `doesn't hold for ${quote(asked)}`}`
  }
  if (unresolved && miss.differsAt === undefined)
    return `its resource ${text} needs ${unresolved.map(variable => quote(variable)).join(' and ')}, which has no value: ${why}`
  const what = `its resource is ${text}${resolved === undefined ? '' : ' for this device'}`
  if (why !== undefined && !unresolved) return `${what}: ${why}`
  return `${what} and differs ${place(miss)}`
}

function place({ asked, differsAt = 0 }: NearMiss): string {
  const rest = asked.slice(differsAt)
  if (rest === '') return 'at the end: it asks for more'
  return `from ${quote(rest, 40)} on`
}

// The head of an ARN only tires the reader, unless it is what differs.
function shownPattern({
  asked,
  pattern,
  resolved,
}: Pick<NearMiss, 'asked' | 'pattern' | 'resolved'>): string {
  const text = resolved ?? pattern
  const shared = withoutHead(asked)
  const head = asked.slice(0, asked.length - shared.length)
  return quote(head !== '' && text.startsWith(head) ? text.slice(head.length) : text, 300)
}

function withoutHead(resource: string): string {
  return /^(?:[^:]*:){5}(.*)$/s.exec(resource)?.[1] ?? resource
}
