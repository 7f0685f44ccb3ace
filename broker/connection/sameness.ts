/**
 * Who a connection's device is, for counting, and when two endings of it are the same one again. Both are short strings: they
 * are made for every connection, and thousands of them are kept.
 */

import { createHash } from 'node:crypto'
import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import type { ClosingRecord } from '../journal/dossier.ts'
import { isGrease } from '../tls/names.ts'
import type { Principal, Visit } from './visit.ts'

/**
 * By the certificate that it showed, else by a client id that it gave, else by its address and its hello. Two devices that
 * take a client id from each other are one case, whatever their certificates are.
 */
export function deviceOf(
  visit: Visit,
  { code, evidence }: Diagnosis,
  certificateId: string | undefined,
): string {
  const clientId = visit.mqtt?.connect.clientId
  if (code === 'CLOSE_DUPLICATE_CLIENT_ID') return short(`shared client id ${clientId}`)
  if (certificateId !== undefined) return certificateId
  const named = clientId ?? evidence['clientId']
  return named === undefined ? unnamed(visit) : short(`client id ${named}`)
}

/** All that a device may have been counted by before it got in. */
export function namesOf(visit: Visit & Principal): string[] {
  return [visit.principal.registered.certificateId, unnamed(visit)]
}

/** Its address and what its TLS stack offers. */
function unnamed({ wire, hello }: Visit): string {
  const offer = hello?.parsed.cipherSuites.filter(id => !isGrease(id)).join(' ') ?? ''
  return short(`${wire.remote.address} ${offer}`)
}

/** What must not have changed for an ending to be the same again: neither times nor counters. */
export function samenessOf(record: Omit<ClosingRecord, 'repeat'>): string {
  const { evidence, sent, hello, tls, chain, decision, clientId, side, phase } = record
  const parts = [
    clientId,
    side,
    phase.client,
    hello?.ja4,
    tls?.alerts.map(({ from, number }) => `${from} ${number}`).join(),
    sent.connack,
    chain?.map(({ sha256 }) => sha256).join(),
    decision?.resource,
    ...TELLING.map(key => evidence[key]),
  ]
  return short(parts.join('|'))
}

/** Keys of evidence that hold a cause, in any code; lists are put together by `join`. */
const TELLING = [
  'accepted',
  'cause',
  'certificateId',
  'error',
  'firstBytes',
  'narration',
  'openssl',
  'parameter',
  'protocol',
  'status',
  'topic',
  'usable',
  'why',
]

/** A hash would cost more than all the counting; but whoever sends 15,000 suites would have us keep 100 KB for each offer. */
function short(key: string): string {
  return key.length <= LONGEST ? key : createHash('sha256').update(key).digest('hex')
}

const LONGEST = 256
