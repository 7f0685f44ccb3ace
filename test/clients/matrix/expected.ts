/**
 * The client matrix as data: what each stack shows its user for each fault, and what Candid's record says. The tables stand in
 * expected-*.ts, one for each stack, written with the words of this file; check.ts holds them against the real stacks and
 * page.ts makes docs/client-matrix.md of them.
 */

import type { Code } from '../../../broker/diagnosis/catalogue.ts'
import type { Certainty } from '../../../broker/diagnosis/entry.ts'
import { type Fault, faults, type TlsVersion } from './stack.ts'

export type Alert = { number: number; from: 'server' | 'client' }

/** A connection that reached the broker. */
export type Outcome = {
  code: Code
  side: 'we' | 'client'
  certainty: Certainty
  /** What each side had sent last, by the record. */
  phase: { client: string; broker: string }
  /** The first candidate, where the record names some. */
  cause?: string
  /** The alert on the wire, other than close_notify, by the record. */
  alert?: Alert
  /** The alert that the client shows to its user. Where we sent one, it is ours. */
  shown?: Alert
  connected?: true
  /** What its user reads; empty where it connected. */
  words: string
}

export type Cell =
  | Outcome
  /** It never opened a connection. */
  | { refusesToStart: true; words: string }
  | { cannot: string }

type MakeCell = (fault: Fault, version: TlsVersion) => Cell

export type Row = {
  /** The version that the words were read from. */
  title: string
  /** The library, and who uses it. */
  users: string
  /** What is peculiar to it, in sentences. */
  about: string
} & Partial<Record<TlsVersion, Record<Fault, MakeCell>>>

/** The cells of a row on one TLS version, in the order of `faults`; undefined where the stack has no such version. */
export function cellsOf(row: Row, version: TlsVersion): [Fault, Cell][] | undefined {
  const cells = row[version]
  return cells && faults.map(fault => [fault, cells[fault](fault, version)])
}

// ---- the words of the tables ----

/** Its CONNECT got a CONNACK. */
export const connects: MakeCell = () => ({
  code: 'CLOSE_BY_CLIENT',
  side: 'client',
  certainty: 'proof',
  phase: { client: 'MQTT packets', broker: 'CONNACK' },
  connected: true,
  words: '',
})

/** We refuse it as `ours` says. `hidden`: it doesn't show its user the alert. */
export function told(words: string, hidden?: 'hidden'): MakeCell {
  return (fault, version) => refusal(ours[fault]?.[version], words, hidden)
}

/** We refuse it with another code than others, for a reason that the tables name beside it. */
export function toldOtherwise(
  otherwise: [Code, Certainty, client: string, alert: number],
  words: string,
  hidden?: 'hidden',
): MakeCell {
  const [code, certainty, client, alert] = otherwise
  return () => refusal({ code, certainty, client, alert }, words, hidden)
}

/** It rejects our certificate by an alert. `shows`: it tells its user which. */
export function rejects(
  alert: number,
  certainty: Certainty,
  cause: string,
  words: string,
  shows?: 'shows',
): MakeCell {
  const sent: Alert = { number: alert, from: 'client' }
  return () => ({
    code: 'HANDSHAKE_SERVER_CERTIFICATE_REJECTED',
    side: 'client',
    certainty,
    phase: { client: 'alert', broker: 'Certificate' },
    cause,
    alert: sent,
    ...(shows ? { shown: sent } : {}),
    words,
  })
}

/** It leaves without an alert, in the handshake or right after it. `client` is the last that it sent. */
export function leaves(
  code: 'HANDSHAKE_ABANDONED' | 'CONNECT_ABANDONED' | 'HELLO_ABANDONED',
  certainty: Certainty,
  [client, broker]: [client: string, broker: string],
  cause: string | undefined,
  words: string,
): MakeCell {
  const phase = { client, broker }
  return () => ({
    ...{ code, side: 'client', certainty, phase, words },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** It sends an alert that is not about our certificate. */
export function complains(
  alert: number,
  certainty: Certainty,
  [client, broker]: [client: string, broker: string],
  words: string,
  shows?: 'shows',
): MakeCell {
  const sent: Alert = { number: alert, from: 'client' }
  return () => ({
    ...{ code: 'HANDSHAKE_ALERT', side: 'client', certainty, words },
    phase: { client, broker },
    alert: sent,
    ...(shows ? { shown: sent } : {}),
  })
}

export function refusesToStart(words: string): MakeCell {
  return () => ({ refusesToStart: true, words })
}

export function cannot(why: string): MakeCell {
  return () => ({ cannot: why })
}

type Refusal = { code: Code; certainty: Certainty; client: string; alert?: number }

function refusal(refused: Refusal | undefined, words: string, hidden?: 'hidden'): Outcome {
  if (refused === undefined) throw new Error('we refuse nothing here')
  const { code, certainty, client, alert: number } = refused
  const phase = { client, broker: number === undefined ? 'Finished' : 'alert' }
  const alert: Alert | undefined = number === undefined ? undefined : { number, from: 'server' }
  return {
    ...{ code, side: 'we', certainty, phase, words },
    ...(alert ? { alert, ...(hidden ? {} : { shown: alert }) } : {}),
  }
}

/** What we say and send, whatever the stack. Without `alert`: a close after CONNECT, as AWS IoT does it. */
export const ours: Partial<Record<Fault, Record<TlsVersion, Refusal>>> = {
  'no-certificate': {
    '1.2': { code: 'CERTIFICATE_MISSING', certainty: 'proof', client: 'Finished', alert: 42 },
    '1.3': { code: 'CERTIFICATE_MISSING', certainty: 'proof', client: 'Finished', alert: 116 },
  },
  'wrong-key': both({
    ...{ code: 'HANDSHAKE_KEY_MISMATCH', certainty: 'likely', client: 'Finished', alert: 51 },
  }),
  'wrong-signer': both({
    ...{ code: 'CERTIFICATE_SIGNER_MISMATCH', certainty: 'proof', client: 'CONNECT' },
  }),
  'wrong-signer-in-handshake': both({
    ...{ code: 'CERTIFICATE_SIGNER_MISMATCH', certainty: 'proof', client: 'Finished', alert: 46 },
  }),
  'wrong-version': both({
    ...{ code: 'HELLO_VERSION_UNSUPPORTED', certainty: 'proof', client: 'ClientHello', alert: 70 },
  }),
  'wrong-suite': both({
    ...{ code: 'HELLO_NO_SHARED_CIPHER', certainty: 'proof', client: 'ClientHello', alert: 40 },
  }),
  'wrong-group': both({
    ...{ code: 'HELLO_NO_SHARED_GROUP', certainty: 'proof', client: 'ClientHello', alert: 40 },
  }),
}

function both(refused: Refusal): Record<TlsVersion, Refusal> {
  return { '1.2': refused, '1.3': refused }
}
