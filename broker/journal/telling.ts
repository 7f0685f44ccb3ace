/**
 * The most telling evidence of a diagnosis: at most three lines, chosen by its code. It is what a person would look up
 * first in the record; the rest stays in the JSON.
 */

import { escapeText } from '../diagnosis/escape.ts'
import { list } from '../diagnosis/words.ts'
import type { NearMiss } from '../policy/decision.ts'
import { pointerOf } from '../policy/narrate.ts'

/** A label, and a text that is safe to show. */
export type TellingLine = [label: string, text: string]

/** @returns what to show under the sentence; empty where the sentence says it all */
export function tellingLines(code: string, evidence: Record<string, unknown>): TellingLine[] {
  const choose = CHOICES[code] ?? (code.endsWith('_DENIED') ? asked : undefined)
  return choose === undefined ? [] : choose(evidence).slice(0, 3)
}

type Choice = (evidence: Record<string, unknown>) => TellingLine[]

const CHOICES: Record<string, Choice> = {
  HELLO_VERSION_UNSUPPORTED: sides,
  HELLO_NO_SHARED_CIPHER: evidence => [
    ...sides(evidence),
    ...several('our keys', evidence['serverKeys']),
  ],
  HELLO_NO_SHARED_GROUP: sides,
  HELLO_NO_SHARED_SIGNATURE_ALGORITHM: sides,
  HELLO_ALPN_UNKNOWN: sides,
  HELLO_ALPN_CUSTOM_AUTHORIZER: sides,
  HANDSHAKE_SERVER_CERTIFICATE_REJECTED: candidates,
  HANDSHAKE_ABANDONED: others,
  CONNECT_ABANDONED: others,
  HANDSHAKE_KEY_MISMATCH: evidence => single('certificate', evidence['sha256']),
  CERTIFICATE_MISSING: evidence => [
    ...several('we take', evidence['signatureAlgorithmsAsked']),
    ...single('CAs named', evidence['caNamesAsked'] === 0 ? 'none' : evidence['caNamesAsked']),
  ],
  CERTIFICATE_ISSUER_UNKNOWN: evidence => [
    ...single('issuer', evidence['issuer']),
    ['registered', subjects(evidence['registered'])],
  ],
  CERTIFICATE_SIGNER_MISMATCH: signers,
  CHAIN_SIGNER_DIFFERS: signers,
  CHAIN_ORDER: evidence => [
    ...several('sent', evidence['sent']),
    ...several('expected', evidence['expected']),
  ],
  REGISTRATION_NOT_REGISTERED: registered,
  REGISTRATION_INACTIVE: registered,
  REGISTRATION_REVOKED: registered,
  REGISTRATION_PENDING_ACTIVATION: registered,
  REGISTRATION_PENDING_TRANSFER: registered,
  REGISTRATION_CA_INACTIVE: registered,
  REGISTRATION_AUTO_DISABLED: registered,
}

function sides(evidence: Record<string, unknown>): TellingLine[] {
  return [
    ...several('offered', evidence['offered']),
    ...several('accepted', evidence['accepted'] ?? evidence['usable']),
  ]
}

/** What an alert can mean, where it can mean more than one thing. */
function candidates(evidence: Record<string, unknown>): TellingLine[] {
  const ranked = reasons(evidence)
  if (ranked.length < 2) return []
  return ranked.map((why, index) => [index === 0 ? 'perhaps' : 'or', why])
}

/** The sentence names the first already. */
function others(evidence: Record<string, unknown>): TellingLine[] {
  return reasons(evidence)
    .slice(1)
    .map(why => ['or perhaps', why])
}

function reasons(evidence: Record<string, unknown>): string[] {
  return items(evidence['candidates']).map(item => show(field(item, 'why')))
}

function signers(evidence: Record<string, unknown>): TellingLine[] {
  return ['registered', 'sent'].flatMap((name): TellingLine[] => {
    const one = evidence[name]
    if (one === undefined) return []
    const texts = [
      show(field(one, 'subject')),
      `key id ${shortened(field(one, 'subjectKeyId'))}`,
      `issuer's key id ${shortened(field(one, 'authorityKeyId'))}`,
      `SHA-256 ${shortened(field(one, 'sha256'))}`,
    ]
    return [[name, texts.join('  ')]]
  })
}

function asked(evidence: Record<string, unknown>): TellingLine[] {
  const [near] = items(evidence['nearMisses'])
  const pointer = isPlaced(near) ? pointerOf(near, 60) : undefined
  if (pointer !== undefined) {
    return [
      ['allowed', pointer.allowed],
      ['asked', pointer.asked],
      ['', `${'-'.repeat(pointer.column)}^`],
    ]
  }
  return [
    ['asked', `${show(evidence['action'])} on ${show(evidence['resource'])}`],
    ['policies', list(strings(evidence['policies']))],
  ]
}

/** A near miss of the policy engine that knows where the texts part. */
function isPlaced(near: unknown): near is NearMiss {
  const is = (name: string, type: string) => typeof field(near, name) === type
  return is('differsAt', 'number') && is('asked', 'string') && is('pattern', 'string')
}

function registered(evidence: Record<string, unknown>): TellingLine[] {
  return [
    ...single('certificate', evidence['certificateId']),
    ...single('CA', evidence['caCertificateId']),
  ]
}

function single(label: string, value: unknown): TellingLine[] {
  return value === undefined ? [] : [[label, show(value)]]
}

function several(label: string, value: unknown): TellingLine[] {
  return Array.isArray(value) ? [[label, list(strings(value), 8)]] : []
}

function subjects(value: unknown): string {
  return list(items(value).map(item => show(field(item, 'subject'))))
}

function items(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function strings(value: unknown): string[] {
  return items(value).map(show)
}

function field(value: unknown, name: string): unknown {
  // Any object may be asked for any name; the answer is checked by whoever shows it.
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined
}

/** Enough to tell two apart; the record has all of it. */
function shortened(id: unknown): string {
  return id === undefined ? 'none' : show(id).slice(0, 16)
}

function show(value: unknown): string {
  if (typeof value === 'string') return escapeText(value)
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '?'
}
