/** One diagnosis of the catalogue, told on a page: what it means, how it looks, what to do, what AWS IoT shows. */

import { type Code, catalogue } from './catalogue.ts'
import type { AwsView, Blame, Certainty, Entry, Severity, Side } from './entry.ts'
import { reasonCodeWords } from './reason-codes.ts'

/**
 * For `candid explain CODE`.
 * @returns several lines, ended by a line end; the sentences are made from the entry's example
 */
export function explainCode(code: Code): string {
  // Seen through a variable code the evidence type is lost; the example fits its own entry.
  const entry = catalogue[code] as unknown as Entry<unknown>
  const rows: [string, string][] = [
    ['for example', entry.says(entry.example)],
    ['what to do', entry.remedy(entry.example)],
    ['who ends it', ENDED[sideOf(entry)]],
    ['who acts', BLAMED[blameOf(entry)]],
    ['certainty', CLAIMED[certaintyOf(entry)]],
    ['we send', sentWords(entry)],
    ...awsLines(entry.aws).map(line => ['aws iot', line] as [string, string]),
    ['see', entry.references.join('; ')],
  ]
  const body = rows.map(([name, text], index) => {
    const label = rows[index - 1]?.[0] === name ? '' : name
    return `  ${label.padEnd(12)} ${text}`
  })
  return `${[`${code}  (${entry.room})`, `  ${entry.title}`, '', ...body].join('\n')}\n`
}

/** By the example, where the entry decides from its evidence. */
export function blameOf(entry: Entry<unknown>): Blame {
  return typeof entry.blame === 'function' ? entry.blame(entry.example) : entry.blame
}

/** By the example, where the entry decides from its evidence. */
export function sideOf({ side = 'we', example }: Entry<unknown>): Side {
  return typeof side === 'function' ? side(example) : side
}

/** By the example, where the entry decides from its evidence. */
export function certaintyOf(entry: Entry<unknown>): Certainty {
  return typeof entry.certainty === 'function' ? entry.certainty(entry.example) : entry.certainty
}

/** What AWS IoT shows, one line per sign. */
export function awsLines(aws: AwsView): string[] {
  const { alert, connack, reasonCode, disconnectReason, logReason, note } = aws
  const lines: string[] = []
  if (alert !== undefined) lines.push(`TLS alert ${alert}`)
  if (connack !== undefined) lines.push(`CONNACK ${connack}`)
  if (reasonCode !== undefined) lines.push(`MQTT 5: ${reasonCodeWords(reasonCode)}`)
  if (disconnectReason !== undefined) lines.push(`disconnectReason ${disconnectReason}`)
  if (logReason !== undefined) lines.push(`log reason ${logReason}`)
  if (note !== undefined) lines.push(note)
  return lines.length > 0 ? lines : ['has no such case']
}

/** By the example, where the entry decides from its evidence. */
export function severityOf(entry: Entry<unknown>): Severity {
  return typeof entry.severity === 'function' ? entry.severity(entry.example) : entry.severity
}

/** By the example, where the entry decides from its evidence. */
export function alertOf({ alert, example }: Entry<unknown>): number | undefined {
  return typeof alert === 'function' ? alert(example) : alert
}

function sentWords(entry: Entry<unknown>): string {
  const { room } = entry
  const alert = alertOf(entry)
  if (alert !== undefined) return `TLS alert ${alert}, when it refuses before the handshake is done`
  return room === 'hello' || room === 'handshake'
    ? 'nothing of our own: the connection ends'
    : 'no alert'
}

const ENDED: Record<Side, string> = {
  we: 'this broker, where it is not only a finding',
  client: 'the client: it refuses us, or leaves',
}

const BLAMED: Record<Blame, string> = {
  broker: 'we, the makers of this broker',
  device: 'the device: its firmware or its files',
  setup: 'the set-up of this broker: config, policies, registered certificates',
}

const CLAIMED: Record<Certainty, string> = {
  guess: 'a guess: the evidence ranks candidates',
  likely: 'likely: the evidence points there',
  proof: 'proof: the evidence admits nothing else',
}
