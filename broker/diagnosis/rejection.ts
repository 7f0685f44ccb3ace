/**
 * What an alert against our certificate means. The number alone says little: 42 is a host name from mbedTLS, a clock from
 * OpenSSL and anything at all from Go. So the table is alert by client stack, as measured with the real stacks, and the
 * facts of the case then move candidates up or down.
 */

import type { Certainty } from './entry.ts'
import { covers } from './host-name.ts'
import { list, quote, quotes } from './words.ts'

/** `outdated`: by our own clock our certificate is not valid now, so the device's clock is not to blame. */
export type Cause = 'trust' | 'name' | 'clock' | 'weak' | 'outdated'

export type RejectionCandidate = { cause: Cause; why: string }

export type RejectionFacts = {
  /** Names and addresses in our certificate. */
  names: string[]
  sni?: string
  /** ISO, of our certificate. */
  notBefore: string
  notAfter: string
  serverKey: 'RSA' | 'ECDSA'
  /** ISO: the device's clock, where its hello shows it. */
  deviceClock?: string
  /** ISO: our clock, where it shows the real time. */
  now?: string
}

/** @returns what can be behind the alert, most likely first; never empty */
export function rejectionCandidates(
  alert: number,
  stack: string | undefined,
  facts: RejectionFacts,
): RejectionCandidate[] {
  return rank(causesOf(alert, stack), facts)
}

/** What this alert means when this stack sends it, in a few words; undefined where it tells nothing more than its name. */
export function rejectionMeaning(alert: number, stack: string | undefined): string | undefined {
  const causes = causesOf(alert, stack)
  if (stack === undefined || !(stack in TABLE)) return GENERAL_MEANING[alert]
  if (causes.length === ANY.length) return `${stack} sends it for any fault of a certificate`
  return `${stack} sends it for ${list(causes.map(cause => CAUSE_WORDS[cause]))}`
}

/** How much the alert alone carries: only 48, and only from a stack that keeps it for one fault, is proof. */
export function rejectionCertainty(alert: number, stack: string | undefined): Certainty {
  const causes = causesOf(alert, stack)
  if (causes.length > 1) return 'guess'
  return alert === UNKNOWN_CA && stack !== undefined && stack in TABLE ? 'proof' : 'likely'
}

/** Facts first: a fact that proves a candidate moves it to the front, one that speaks against it to the back. */
export function rank(
  causes: readonly Cause[],
  facts: Partial<RejectionFacts>,
): RejectionCandidate[] {
  const weighed = causes
    .map(cause => (cause === 'clock' && isOutdated(facts) ? 'outdated' : cause))
    .map((cause, index) => ({ cause, index, ...weigh(cause, facts) }))
  weighed.sort((a, b) => b.weight - a.weight || a.index - b.index)
  return weighed.map(({ cause, why }) => ({ cause, why }))
}

function causesOf(alert: number, stack: string | undefined): readonly Cause[] {
  const known = stack === undefined ? undefined : TABLE[stack]?.[alert]
  return known ?? GENERAL[alert] ?? ANY
}

function weigh(cause: Cause, facts: Partial<RejectionFacts>): { weight: number; why: string } {
  switch (cause) {
    case 'trust':
      return {
        weight: 0,
        why: 'it does not have the CA of our certificate, or reads another CA file',
      }
    case 'name':
      return weighName(facts)
    case 'clock':
      return weighClock(facts)
    case 'outdated':
      return { weight: 3, why: datesNow(facts) }
    case 'weak':
      return {
        weight: 0,
        why: `it does not take this kind of certificate (${facts.serverKey ?? 'its kind is not known'}): key, hash or key usage`,
      }
    default:
      return cause satisfies never
  }
}

function weighName({ sni, names = [] }: Partial<RejectionFacts>): { weight: number; why: string } {
  if (names.length === 0) return { weight: 0, why: 'it expects another host name' }
  const ours = `our certificate has ${quotes(names)}`
  if (sni === undefined) {
    return { weight: 0, why: `it named no host (dialled by address?), and ${ours}` }
  }
  if (names.some(name => covers(name, sni))) {
    return { weight: -1, why: `it asked for ${quote(sni)}, which our certificate does have` }
  }
  return { weight: 1, why: `it asked for ${quote(sni)}, and ${ours}` }
}

function weighClock(facts: Partial<RejectionFacts>): { weight: number; why: string } {
  const { deviceClock } = facts
  if (!facts.notBefore || !facts.notAfter) return { weight: 0, why: 'its clock may be wrong' }
  const valid = `our certificate is valid from ${facts.notBefore} to ${facts.notAfter}`
  if (deviceClock === undefined) return { weight: 0, why: `its clock may be wrong: ${valid}` }
  return outside(deviceClock, facts)
    ? { weight: 2, why: `its own clock says ${deviceClock}, and ${valid}` }
    : { weight: -1, why: `its own clock says ${deviceClock}, which is within our dates` }
}

function isOutdated(facts: Partial<RejectionFacts>): boolean {
  return facts.now !== undefined && outside(facts.now, facts)
}

function datesNow({ now = '', notBefore = '', notAfter = '' }: Partial<RejectionFacts>): string {
  return Date.parse(now) > Date.parse(notAfter)
    ? `our certificate ran out on ${notAfter}`
    : `our certificate is valid only from ${notBefore}, by our own clock too`
}

function outside(
  time: string,
  { notBefore = '', notAfter = '' }: Partial<RejectionFacts>,
): boolean {
  const at = Date.parse(time)
  return at < Date.parse(notBefore) || at > Date.parse(notAfter)
}

/** What helps where our certificate is `outdated`. */
export const OUTDATED_REMEDY =
  'give this broker a server certificate that is valid now; it renews its own one, in certs/server/, when it starts'

const UNKNOWN_CA = 48

const CAUSE_WORDS: Record<Cause, string> = {
  trust: 'a CA that it does not have',
  name: 'a wrong host name',
  clock: 'dates that its clock contradicts',
  outdated: 'dates that its clock contradicts',
  weak: 'a kind of certificate that it does not take',
}

const ANY: readonly Cause[] = ['trust', 'name', 'clock', 'weak']

/** What each stack was seen to send, per fault, on TLS 1.2 and 1.3. Stacks that send no alert are not here. */
const TABLE: Record<string, Record<number, readonly Cause[]>> = {
  mbedTLS: {
    42: ['name'],
    43: ['weak'],
    45: ['clock'],
    46: ['clock', 'weak'],
    48: ['trust'],
  },
  wolfSSL: { 42: ['name', 'weak'], 45: ['clock'], 48: ['trust'] },
  // 42 covers a clock that is behind; 80 is what libmosquitto sends for a host name.
  OpenSSL: {
    42: ['name', 'clock', 'weak'],
    43: ['weak'],
    45: ['clock'],
    48: ['trust'],
    80: ['name'],
  },
  Go: { 42: ANY },
  Java: { 42: ['clock'], 45: ['clock'], 46: ANY },
  GnuTLS: { 42: ANY },
}

/** By the words of RFC 5246 7.2.2 and RFC 8446 6.2, for stacks that were not measured. */
const GENERAL: Record<number, readonly Cause[]> = {
  43: ['weak'],
  45: ['clock'],
  48: ['trust'],
}

const GENERAL_MEANING: Record<number, string> = {
  43: 'it does not take this kind of certificate',
  44: 'it holds our certificate for revoked',
  45: 'by its clock our certificate is not valid now',
  48: 'it does not have the CA of our certificate',
}
