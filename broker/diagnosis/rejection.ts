/**
 * What an alert against our certificate means. The number alone says little: 42 is a host name from mbedTLS, a clock from
 * OpenSSL and anything at all from Go. So the table is alert by client stack, as measured with the real stacks, and the
 * facts of the case then move candidates up or down.
 */

import type { Certainty } from './entry.ts'
import { covers } from './host-name.ts'
import { duration, list, quote, quotes } from './words.ts'

/** `outdated`: by our own clock our certificate is not valid now, so the device's clock is not to blame. */
export type Cause = 'trust' | 'name' | 'clock' | 'weak' | 'outdated'

export type RejectionCandidate = {
  cause: Cause
  why: string
  /** A fact of this very connection speaks for it: the name it asked for, its clock, our dates. */
  evident?: true
}

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
  /** `TLSv1.2` or `TLSv1.3`: Java tells less on the newer one. */
  tlsVersion?: string
}

/** @returns what can be behind the alert, most likely first; never empty */
export function rejectionCandidates(
  alert: number,
  stack: string | undefined,
  facts: RejectionFacts,
): RejectionCandidate[] {
  return rank(signsOf(alert, stack, facts.tlsVersion), facts)
}

/** What this alert means when this stack sends it, in a few words; undefined where it tells nothing more than its name. */
export function rejectionMeaning(
  alert: number,
  stack: string | undefined,
  tlsVersion?: string,
): string | undefined {
  const signs = signsOf(alert, stack, tlsVersion)
  if (stack === undefined || !(stack in TABLE)) return GENERAL_MEANING[alert]
  if (signs.length === ANY.length) return `${stack} sends it for any fault of a certificate`
  return `${stack} sends it for ${list(
    signs.map(sign => SIGN_WORDS[sign]),
    6,
    'or',
  )}`
}

/**
 * How much the alert carries: only 48, and only from a stack that keeps it for one fault, is proof. Where it can mean several
 * faults, a fact of the connection that speaks for the first candidate makes it likely.
 */
export function rejectionCertainty(
  alert: number,
  stack: string | undefined,
  tlsVersion?: string,
  [first]: readonly { evident?: true }[] = [],
): Certainty {
  const signs = signsOf(alert, stack, tlsVersion)
  if (signs.length > 1) return first?.evident ? 'likely' : 'guess'
  return alert === UNKNOWN_CA && stack !== undefined && stack in TABLE ? 'proof' : 'likely'
}

/**
 * Whether this alert, sent after our certificate, is a verdict on it. 80 is so from libmosquitto alone, which says it of a
 * host name (measured); from all others it is a fault of their own.
 */
export function isAboutOurCertificate(alert: number, stack: string | undefined): boolean {
  return ABOUT_OUR_CERTIFICATE.has(alert) || (alert === INTERNAL_ERROR && stack === 'OpenSSL')
}

const ABOUT_OUR_CERTIFICATE = new Set([42, 43, 44, 45, 46, 48, 49, 113, 114])
const INTERNAL_ERROR = 80

/** Facts first: a fact that proves a candidate moves it to the front, one that speaks against it to the back. */
export function rank(signs: readonly Sign[], facts: Partial<RejectionFacts>): RejectionCandidate[] {
  const weighed = signs
    .map(sign => (causeOf(sign) === 'clock' && isOutdated(facts) ? 'outdated' : sign))
    .map((sign, index) => ({ cause: causeOf(sign), index, ...weigh(sign, facts) }))
  weighed.sort((a, b) => b.weight - a.weight || a.index - b.index)
  return weighed.map(({ cause, why, weight }) => ({
    cause,
    why,
    ...(weight > 0 ? { evident: true as const } : {}),
  }))
}

function signsOf(alert: number, stack: string | undefined, tlsVersion?: string): readonly Sign[] {
  const known = stack === undefined ? undefined : TABLE[stack]
  const newer = tlsVersion === 'TLSv1.2' ? undefined : known?.tls13?.[alert]
  const older = tlsVersion === 'TLSv1.3' && known?.tls13 ? undefined : known?.alerts[alert]
  return newer ?? older ?? GENERAL[alert] ?? ANY
}

function causeOf(sign: Sign): Cause {
  return sign === 'clock-ahead' || sign === 'clock-behind' ? 'clock' : sign
}

function weigh(sign: Sign, facts: Partial<RejectionFacts>): { weight: number; why: string } {
  switch (sign) {
    case 'trust':
      return {
        weight: 0,
        why: 'it does not have the CA of our certificate, or reads another CA file',
      }
    case 'name':
      return weighName(facts)
    case 'clock':
    case 'clock-ahead':
    case 'clock-behind':
      return weighClock(sign, facts)
    case 'outdated':
      return { weight: 3, why: datesNow(facts) }
    case 'weak':
      return {
        weight: 0,
        why: `it does not take this kind of certificate (${facts.serverKey ?? 'its kind is not known'}): key, hash or key usage`,
      }
    default:
      return sign satisfies never
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

function weighClock(
  sign: 'clock' | 'clock-ahead' | 'clock-behind',
  facts: Partial<RejectionFacts>,
): { weight: number; why: string } {
  const { deviceClock, now } = facts
  const perhaps = CLOCK_WORDS[sign]
  if (!facts.notBefore || !facts.notAfter) return { weight: 0, why: perhaps }
  const valid = `our certificate is valid from ${facts.notBefore} to ${facts.notAfter}`
  if (deviceClock === undefined) return { weight: 0, why: `${perhaps}: ${valid}` }
  const off = now === undefined ? '' : `, ${clockOff(deviceClock, now)}`
  return outside(deviceClock, facts)
    ? { weight: 2, why: `its own clock says ${deviceClock}${off}, and ${valid}` }
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

/** How far a clock is from ours, as `20414 days behind ours`. Both are ISO. */
function clockOff(theirs: string, ours: string): string {
  const ms = Date.parse(theirs) - Date.parse(ours)
  if (Math.abs(ms) < 2000) return 'the same as ours'
  return `${duration(Math.abs(ms))} ${ms < 0 ? 'behind' : 'ahead of'} ours`
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

/** A cause as a stack tells it: some keep the two sides of a wrong clock apart. */
type Sign = Cause | 'clock-ahead' | 'clock-behind'

const SIGN_WORDS: Record<Sign, string> = {
  trust: 'a CA that it does not have',
  name: 'a wrong host name',
  clock: 'dates that its clock contradicts',
  outdated: 'dates that its clock contradicts',
  'clock-ahead': 'a certificate that is over by its clock',
  'clock-behind': 'a certificate that is not valid yet by its clock',
  weak: 'a kind of certificate that it does not take',
}

const CLOCK_WORDS = {
  clock: 'its clock may be wrong',
  'clock-ahead': 'its clock may be ahead',
  'clock-behind': 'its clock may be behind',
} as const

const ANY: readonly Sign[] = ['trust', 'name', 'clock', 'weak']

type Alerts = Record<number, readonly Sign[]>

/**
 * What each stack was seen to send, per fault. `tls13` stands where it differs there. Stacks that send no alert (s2n,
 * BearSSL, Node, Bun) are in abandonment.ts.
 */
const TABLE: Record<string, { alerts: Alerts; tls13?: Alerts }> = {
  mbedTLS: {
    alerts: {
      42: ['name'],
      43: ['weak'],
      45: ['clock-ahead'],
      46: ['clock-behind', 'weak'],
      48: ['trust'],
    },
  },
  // It says `expired` of dates in the future too.
  wolfSSL: { alerts: { 42: ['name', 'weak'], 45: ['clock'], 48: ['trust'] } },
  // 80 is what libmosquitto sends for a host name.
  OpenSSL: {
    alerts: {
      42: ['name', 'clock-behind', 'weak'],
      43: ['weak'],
      45: ['clock-ahead'],
      48: ['trust'],
      80: ['name'],
    },
  },
  Go: { alerts: { 42: ANY } },
  Java: {
    alerts: { 42: ['clock-behind'], 45: ['clock-ahead'], 46: ['trust', 'name', 'weak'] },
    tls13: { 46: ANY },
  },
  GnuTLS: { alerts: { 42: ANY } },
  NSS: { alerts: { 42: ['name'], 45: ['clock'], 48: ['trust'] } },
  rustls: { alerts: { 42: ['name'], 45: ['clock'], 48: ['trust'] } },
}

/** By the words of RFC 5246 7.2.2 and RFC 8446 6.2, for stacks that were not measured. */
const GENERAL: Alerts = {
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
