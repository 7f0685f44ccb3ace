/** One JSON object per line, for programs. */

import { pino } from 'pino'
import type { ClosingRecord } from './dossier.ts'
import { mayHide, redact } from './redact.ts'
import type { Stamped } from './stamp.ts'

/** The line of a closing record that says nothing new: `repeat.sameAs` names the connection that has the rest. */
export type ShortRecord = Omit<
  ClosingRecord,
  | ('remedy' | 'blame' | 'certainty' | 'evidence' | 'also' | 'aws' | 'sent' | 'hello')
  | ('tls' | 'chain' | 'path' | 'principal' | 'decision')
>

/**
 * A device that fails in a loop has its evidence written once, and again from time to time.
 * @returns the event itself, or a closing record without what stands in an earlier line
 */
export function shortened(event: Stamped): Stamped | ShortRecord {
  if (event.event !== 'connection.closed') return event
  const { count, sameAs } = event.repeat
  if (sameAs === undefined || count % IN_FULL === 0) return event
  // `mqtt` stays: its counters are this connection's own.
  const { remedy, blame, certainty, evidence, also, aws, sent, hello, ...more } = event
  const { tls, chain, path, principal, decision, ...short } = more
  return short
}

/** Whoever reads only the end of a log finds a whole record there. */
const IN_FULL = 100

/**
 * @param write gets each line at once, synchronously
 * @returns writes an event, without what must stay hidden; keys as in docs/log.md, `level` and `time` first
 */
export function jsonWriter(write: (text: string) => void): (event: Stamped | ShortRecord) => void {
  let made = ''
  const logger = pino(
    {
      // No pid and no host name: two runs of a test give the same log.
      base: null,
      level: 'debug',
      // The time comes with the event, from the broker's clock.
      timestamp: false,
      formatters: { level: label => ({ level: label }) },
    },
    {
      write(line) {
        made = line
      },
    },
  )
  function lineOf({ level, time, ...rest }: Stamped | ShortRecord): string {
    logger[level]({ time, ...rest })
    return made
  }
  return event => {
    const line = lineOf(event)
    // One look at the finished line costs a tenth of a walk through the event, and nearly every line is clean.
    write(printable(mayHide(line) || CIRCULAR.test(line) ? lineOf(redact(event)) : line))
  }
}

/** What pino writes where an event contains itself. */
const CIRCULAR = /"\[Circular\]"/

/**
 * JSON leaves C1 controls, direction marks and line separators as they are; a terminal that shows the log would obey them.
 * Outside strings JSON has none of them but the final line end, so escaping them all is still the same JSON.
 */
export function printable(line: string): string {
  // The usual line is all ASCII, and this test is many times cheaper.
  if (!BEYOND_ASCII.test(line)) return line
  return line.replace(UNSAFE, mark => {
    let escaped = ''
    for (let at = 0; at < mark.length; at++) {
      escaped += `\\u${mark.charCodeAt(at).toString(16).padStart(4, '0')}`
    }
    return escaped
  })
}

const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const BEYOND_ASCII = /[^\n -~]/
