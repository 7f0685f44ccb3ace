/**
 * What can be behind a close without a word. It is the ordinary way of some stacks to reject a certificate (Node, BearSSL,
 * and s2n after a long silence), and elsewhere rather a sign of memory, a timer or a person. Ranked, never claimed; likely at
 * the most, where a fact of the connection speaks for the first.
 */

import type { Candidate } from './candidate.ts'
import { type RejectionFacts, rank } from './rejection.ts'
import { count, duration } from './words.ts'

export type AbandonFacts = {
  /** Our certificate was on its way to the client before it closed. */
  certificateShown: boolean
  /** Since our last bytes. */
  afterMs: number
  stack?: string
  /** The program on top of the stack, where it is known. */
  variant?: string
  reset: boolean
  closeNotify: boolean
  /** `TLSv1.2` or `TLSv1.3`, where it was settled. */
  tlsVersion?: string
  /** Bytes of our first flight, its largest record, and the largest that the client said it can take. */
  flightBytes?: number
  largestRecord?: number
  fragmentLimit?: number
  /** It had answered with its Certificate, which it does after it has looked at ours. */
  answered?: 'empty' | 'certificate'
  /** What there is to say about our certificate; it ranks trust, name and clock. */
  certificate?: Partial<RejectionFacts>
}

/** @returns what can be behind it, most likely first; never empty */
export function abandonCandidates(facts: AbandonFacts): Candidate[] {
  if (!facts.certificateShown) return beforeOurCertificate(facts)
  if (facts.answered !== undefined) return afterItsCertificate(facts, facts.answered)
  const rejected = rejection(facts)
  const big = tooBig(facts)
  const others = [...timer(facts), ...(big.length > 0 ? [] : memory(facts)), USER]
  if (big.length > 0) return [...big, ...rejected, ...others]
  return rejectsSilently(facts)
    ? [...rejected, ...others]
    : [...others.slice(0, -1), ...rejected, USER]
}

/** TLS was finished, and not one byte of MQTT came. */
export function leftWithoutConnectCandidates(facts: {
  stack?: string
  variant?: string
  tlsVersion?: string
  afterMs: number
  bytes: number
  certificate?: Partial<RejectionFacts>
}): Candidate[] {
  const seen = spokenAgainst(facts.certificate ?? {})
  const node: Candidate = {
    cause: seen?.cause ?? 'trust',
    why: `${seen?.why ?? 'it rejects our certificate (CA or host name)'}: clients built on Node leave so after the handshake on TLS 1.2`,
    ...(seen?.evident ? { evident: true } : {}),
  }
  const identity: Candidate = {
    cause: seen?.cause ?? 'trust',
    why: `it rejected our certificate after the handshake (${seen?.why ?? 'CA, host name or clock'})`,
  }
  const check: Candidate = {
    cause: 'health-check',
    why: 'it is a health check or port scan that speaks TLS and no MQTT',
  }
  const tool: Candidate = {
    cause: 'user',
    why: 'it is `openssl s_client` or another tool, ended by its user',
  }
  const user: Candidate = { cause: 'user', why: 'the program was stopped, or failed by itself' }
  const firmware: Candidate = {
    cause: 'firmware',
    why: 'its firmware failed between TLS and its CONNECT: memory, a timer or a reset',
  }
  if (facts.stack === 'OpenSSL') {
    const quick = facts.afterMs < 1000 && facts.tlsVersion !== 'TLSv1.3'
    if (facts.variant === 'Node') return quick ? [node, user, check] : [user, node, check]
    // Python and its like say it by an alert when they reject a certificate.
    if (facts.variant !== undefined) return [user, tool, check]
    return quick ? [node, tool, check] : [tool, check, node]
  }
  return facts.stack === undefined || facts.stack === 'unknown'
    ? [check, identity, firmware]
    : [firmware, identity, check]
}

/** What a fact of the case says against our certificate: its names, or its dates. Trust leaves no trace of its own. */
function spokenAgainst(facts: Partial<RejectionFacts>): Candidate | undefined {
  const [first] = rank(['trust', 'name', 'clock'], facts)
  return first?.cause === 'trust' ? undefined : first
}

function rejection(facts: AbandonFacts): Candidate[] {
  const manner = silentManner(facts)
  const ranked: Candidate[] = rank(['trust', 'name', 'clock'], facts.certificate ?? {})
  const [first, ...rest] = ranked
  if (first === undefined) return []
  // A stack that says it by an alert has not said it here, whatever the facts would explain.
  if (manner === undefined) return ranked.map(({ cause, why }) => ({ cause, why }))
  return [{ ...first, why: `${first.why} (${manner})` }, ...rest]
}

function rejectsSilently(facts: AbandonFacts): boolean {
  return silentManner(facts) !== undefined
}

/** How this stack was seen to reject a certificate, where that is without an alert. */
function silentManner({
  stack,
  variant,
  afterMs,
  closeNotify,
  tlsVersion,
}: AbandonFacts): string | undefined {
  switch (stack) {
    case 's2n':
      return closeNotify || afterMs >= 8000
        ? 's2n rejects a certificate by 10 to 30 s of silence and a polite close'
        : undefined
    case 'BearSSL':
      return 'BearSSL rejects a certificate by closing without an alert'
    case 'BoringSSL':
      return 'programs such as Bun reject a certificate by closing without an alert'
    case 'OpenSSL':
      // On TLS 1.2 Node finishes the handshake first; Python and others send an alert.
      if (tlsVersion === 'TLSv1.2' || (variant !== undefined && variant !== 'Node'))
        return undefined
      return variant === 'Node'
        ? 'Node rejects a certificate by closing without an alert'
        : 'clients built on Node reject a certificate by closing without an alert'
    case undefined:
    case 'unknown':
      return 'some stacks reject a certificate silently'
    default:
      return undefined
  }
}

/** Most stacks look at our certificate before they send their own: what is left is their key, their time, the link. */
function afterItsCertificate(facts: AbandonFacts, answered: 'empty' | 'certificate'): Candidate[] {
  const own: Candidate =
    answered === 'empty'
      ? { cause: 'certificate', why: 'it has no certificate: its Certificate message was empty' }
      : {
          cause: 'key',
          why: 'it could not prove its private key after it had sent its certificate: the key file, or its secure element',
        }
  return [own, ...timer(facts), NETWORK, USER]
}

/** From three seconds on the client's own timer is a candidate; s2n's silence is something else. */
function timer({ stack, afterMs }: AbandonFacts): Candidate[] {
  if (stack === 's2n' || afterMs < 3000) return []
  return [
    {
      cause: 'timer',
      why: `it gave up after ${duration(afterMs)}: a timer of its own, or a slow device`,
    },
  ]
}

function memory(facts: AbandonFacts): Candidate[] {
  if (facts.stack !== undefined && ON_COMPUTERS.has(facts.stack)) return []
  const flight = facts.flightBytes === undefined ? '' : ` of ${count(facts.flightBytes, 'byte')}`
  return [
    {
      cause: 'memory',
      why: `our certificate flight${flight} was too large for its memory or record buffer`,
    },
  ]
}

/** Sizes that speak for themselves: a record above what the client asked for, or a flight that modems are known to drop. */
function tooBig({
  stack,
  flightBytes = 0,
  largestRecord = 0,
  fragmentLimit,
}: AbandonFacts): Candidate[] {
  if (fragmentLimit !== undefined && largestRecord > fragmentLimit) {
    const why = `it asked for records of ${count(fragmentLimit, 'byte')} at the most, and our largest has ${count(largestRecord, 'byte')}`
    return [{ cause: 'memory', why }]
  }
  const known = stack !== undefined && stack !== 'unknown'
  if (known || flightBytes <= MODEM_BYTES) return []
  const why = `our certificate flight has ${count(flightBytes, 'byte')}, and some modems take no more than 4 kB`
  return [{ cause: 'memory', why }]
}

/** What the modem of an nRF9160 takes; TLS stacks in software say by an alert when their buffer is too small, or reset. */
const MODEM_BYTES = 4096

/** Stacks of machines that have memory enough. */
const ON_COMPUTERS: ReadonlySet<string> = new Set([
  's2n',
  'OpenSSL',
  'Go',
  'Java',
  'GnuTLS',
  'NSS',
  'BoringSSL',
  'rustls',
  'SChannel',
])

function beforeOurCertificate(facts: AbandonFacts): Candidate[] {
  return [...timer(facts), NETWORK, USER]
}

const NETWORK: Candidate = { cause: 'network', why: 'the link broke, or the device restarted' }

const USER: Candidate = { cause: 'user', why: 'the program was stopped' }
