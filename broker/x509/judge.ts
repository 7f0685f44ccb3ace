/**
 * Judges a chain as a client sent it, against the registered CAs. The answer is data: which registered CA signed the
 * device's certificate, how the certificates hang together, and every problem with its evidence. Words are made elsewhere.
 *
 * AWS: what counts is the registered CA that directly signed the device's certificate; what else the client sends, and in
 * which order, changes nothing there (DG/manage-your-CA-certs, DG/auto-register-device-cert). It is reported all the same.
 */

import { ACCEPTED_KEYS } from './algorithms.ts'
import { likeliestFirst, noAnchor } from './anchor-problems.ts'
import { type Certificate, type CertificateReading, readCertificate } from './certificate.ts'
import { chainProblems } from './chain-problems.ts'
import { climb, remembering, same } from './climb.ts'
import { leafProblems } from './leaf-problems.ts'
import { LIMITS } from './limits.ts'
import { linkProblems } from './link-problems.ts'
import { signedBy } from './path.ts'
import type { ChainProblem } from './problem.ts'

/** A registered CA: `id` is its caCertificateId. */
export type Anchor = { id: string; certificate: Certificate }

export type Judgement = {
  /** The first certificate sent: the one whose key the client has to prove (RFC 8446 4.4.2). */
  leaf?: Certificate
  /** As sent, in order, those that could be read; ten at most. */
  chain: Certificate[]
  /** The registered CA that directly signed the leaf. */
  anchor?: Anchor
  /** From the leaf upwards, each proven by its signature: `CN=dev <- CN=signer (registered)`. */
  links: string[]
  /** Those that refuse first. */
  problems: ChainProblem[]
}

/**
 * Never throws, whatever the bytes. An empty chain has no leaf and no problems: that is for the caller to name.
 * A leaf that is itself registered needs no CA: the caller then ignores CERTIFICATE_ISSUER_UNKNOWN and _SIGNER_MISMATCH.
 * @param ders the certificates as sent, the device's own first
 * @param anchors all registered CAs, active or not
 * @param now ms since 1970
 * @param read how to read one certificate, and `check` one signature: a cache's save the work for known ones
 */
export function judgeChain(
  ders: Buffer[],
  anchors: Anchor[],
  now: number,
  read: typeof readCertificate = readCertificate,
  check: typeof signedBy = signedBy,
): Judgement {
  const tooLong = chainTooLong(ders)
  if (tooLong) return { chain: [], links: [], problems: [tooLong] }
  const readings = ders.slice(0, LIMITS.looked).map(der => read(der))
  const chain = readings.flatMap(reading => (reading.ok ? [reading.certificate] : []))
  const problems: ChainProblem[] = readings.flatMap((reading, position) =>
    reading.ok ? [] : [unreadable(position, reading)],
  )
  const first = readings[0]
  if (!first?.ok) return { chain, links: [], problems }

  const leaf = first.certificate
  const signed = remembering(check)
  const named = anchors.filter(
    ({ certificate }) => certificate.subjectDer.equals(leaf.issuerDer) && !same(certificate, leaf),
  )
  likeliestFirst(named, leaf, chain)
  const anchor = named.find(({ certificate }) => signed(leaf, certificate))
  const steps = climb(leaf, chain, anchors, anchor, signed)

  problems.push(...leafProblems(leaf, now))
  if (anchor === undefined) problems.push(noAnchor(leaf, chain, anchors, named, steps, signed))
  problems.push(...chainProblems(leaf, chain, (anchor ?? named[0])?.certificate, steps, signed))
  problems.push(...linkProblems(steps, now))
  if (ders.length > LIMITS.looked) {
    const evidence = { certificates: ders.length, lookedAt: LIMITS.looked }
    problems.push({ code: 'CHAIN_LONG', refuses: false, evidence })
  }
  return {
    leaf,
    chain,
    ...(anchor && { anchor }),
    links: steps.map(({ child, issuer, registered }) => {
      return `${child.subject} <- ${issuer.subject} (${registered ? 'registered' : 'sent'})`
    }),
    problems: [...problems.filter(one => one.refuses), ...problems.filter(one => !one.refuses)],
  }
}

/** More than OpenSSL takes: it would end the handshake with words of its own. */
function chainTooLong(ders: Buffer[]): ChainProblem | undefined {
  const bytes = ders.reduce((sum, der) => sum + der.length, 0)
  const sizes = [
    ['certificates', ders.length, LIMITS.chainCertificates],
    ['bytes of the chain', bytes, LIMITS.chainBytes],
  ] as const
  for (const [what, amount, limit] of sizes) {
    if (amount > limit) {
      return { code: 'CERTIFICATE_TOO_COMPLEX', refuses: true, evidence: { what, amount, limit } }
    }
  }
  return undefined
}

function unreadable(
  position: number,
  { says, tooComplex, key }: Exclude<CertificateReading, { ok: true }>,
): ChainProblem {
  if (tooComplex) {
    const evidence = { position, ...tooComplex }
    return { code: 'CERTIFICATE_TOO_COMPLEX', refuses: true, evidence }
  }
  if (key !== undefined && position === 0) {
    const evidence = { key, accepted: [...ACCEPTED_KEYS] }
    return { code: 'CERTIFICATE_KEY_UNSUPPORTED', refuses: true, evidence }
  }
  return { code: 'CERTIFICATE_UNREADABLE', refuses: true, evidence: { position, says } }
}
