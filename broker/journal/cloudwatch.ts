/**
 * The log as AWS IoT writes it to CloudWatch, one JSON object per line: what reads that log at AWS, reads this one too. What
 * AWS has no entry for (that the broker is ready, a file with a mistake) goes aside, for people.
 */

import { awsTime, type Entry, entriesOf, type Peer } from './cloudwatch-entry.ts'
import { printable } from './json.ts'
import { mayHide, redact } from './redact.ts'
import type { Level, Stamped } from './stamp.ts'

export type CloudwatchOptions = {
  /** Gets each line at once. */
  write(text: string): void
  accountId(): string
  /** The next trace id. */
  uuid(): string
  /** The least severe that is written. Absent: `info`, without the entries of single messages that went well. */
  level?: Level
}

/** @returns writes an event's entries; false where AWS has none for it */
export function cloudwatchWriter(options: CloudwatchOptions): (event: Stamped) => boolean {
  const { write, accountId, uuid, level } = options
  const peers = new Map<string, Peer>()
  const wanted = (entry: Entry): boolean => {
    if (level === undefined && MESSAGES.has(entry.eventType)) return entry.status === 'Failure'
    return SEVERITY[entry.logLevel] >= LEVELS[level ?? 'info']
  }
  return event => {
    const connection = 'connection' in event ? event.connection : undefined
    if (event.event === 'connection.connected') peers.set(event.connection, peerOf(event))
    const peer = connection === undefined ? undefined : peers.get(connection)
    if (event.event === 'connection.closed') peers.delete(event.connection)
    const entries = entriesOf(event, peer, event.time)
    if (entries.length === 0) return SILENT.has(event.event)
    const shown = entries.filter(wanted)
    if (shown.length === 0) return true
    // AWS: the same for all entries of one request.
    const head = { traceId: uuid(), accountId: accountId() }
    for (const entry of shown) write(`${lineOf(ordered(entry, awsTime(event.time), head))}\n`)
    return true
  }
}

/** One for each message. */
const MESSAGES: ReadonlySet<string> = new Set(['Publish-In', 'Publish-Out', 'Queued'])

/** No entry of AWS's, and nothing to say aside: a finding stands in the entry of the end, a refused filter in its own. */
const SILENT: ReadonlySet<string> = new Set([
  'connection.accepted',
  'connection.finding',
  'traffic.subscribed',
])

const SEVERITY = { DEBUG: 0, INFO: 1, ERROR: 3 } as const
const LEVELS = { debug: 0, info: 1, warn: 2, error: 3 } as const

function peerOf(event: Extract<Stamped, { event: 'connection.connected' }>): Peer {
  const { protocol, clientId, certificateId, remote = { address: '', port: 0 } } = event
  return { protocol, clientId, certificateId, remote }
}

function ordered(
  { logLevel, status, eventType, fields, candid }: Entry,
  timestamp: string,
  { traceId, accountId }: { traceId: string; accountId: string },
): Record<string, unknown> {
  const head = { timestamp, logLevel, traceId, accountId }
  const own = candid === undefined ? {} : { candid }
  if (eventType !== 'Queued') return { ...head, status, eventType, ...fields, ...own }
  // AWS: of this one alone the type and the status stand behind.
  const { details, ...rest } = fields
  return { ...head, ...rest, eventType, status, ...(details ? { details } : {}), ...own }
}

function lineOf(entry: Record<string, unknown>): string {
  const line = JSON.stringify(entry)
  if (!mayHide(line)) return printable(line)
  // What was hidden is seen in its place: an entry has no field for it.
  const { redacted: _, ...clean } = redact(entry)
  return printable(JSON.stringify(clean))
}
