/**
 * Judges a chain as a client sent it, against the registered CAs. The answer is data: which registered CA signed the
 * device's certificate, how the certificates hang together, and every problem with its evidence. Words are made elsewhere.
 *
 * AWS: what counts is the registered CA that directly signed the device's certificate; what else the client sends, and in
 * which order, changes nothing there (DG/manage-your-CA-certs, DG/auto-register-device-cert). It is reported all the same.
 */

import { ACCEPTED_KEYS, ACCEPTED_SIGNATURES, keyAccepted } from './algorithms.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { signedBy } from './path.ts'
import { type ChainProblem, type IssuerUnknown, summaryOf } from './problem.ts'

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
  const readings = ders.slice(0, CHAIN_LIMIT).map(der => read(der))
  const chain = readings.flatMap(reading => (reading.ok ? [reading.certificate] : []))
  const problems: ChainProblem[] = readings.flatMap((reading, position) =>
    reading.ok ? [] : [unreadable(position, reading.says)],
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
  return {
    leaf,
    chain,
    ...(anchor && { anchor }),
    links: steps.map(({ child, issuer, registered }) => {
      return `${child.subject} <- ${issuer.subject} (${registered ? 'registered' : 'sent'})`
    }),
    problems,
  }
}

/** One link of the path, proven by a signature. A certificate that was sent and is registered too counts as both. */
type Step = { child: Certificate; issuer: Certificate; registered: boolean; sent: boolean }

type SignedBy = typeof signedBy

/** Walks from the leaf to its issuer, the issuer's issuer, and so on, as far as sent and registered certificates lead. */
function climb(
  leaf: Certificate,
  chain: Certificate[],
  anchors: Anchor[],
  anchor: Anchor | undefined,
  signed: SignedBy,
): Step[] {
  const steps: Step[] = []
  const visited = [leaf]
  for (let child = leaf; steps.length < CHAIN_LIMIT; ) {
    const parent: Certificate = child
    const fits = (issuer: Certificate) =>
      issuer.subjectDer.equals(parent.issuerDer) &&
      !visited.some(seen => same(seen, issuer)) &&
      signed(parent, issuer)
    const known = child === leaf ? anchor : anchors.find(({ certificate }) => fits(certificate))
    const issuer = known?.certificate ?? chain.find(fits)
    if (issuer === undefined) return steps
    const sent = chain.some(other => same(other, issuer))
    steps.push({ child, issuer, registered: known !== undefined, sent })
    visited.push(issuer)
    if (issuer.selfIssued) return steps
    child = issuer
  }
  return steps
}

function leafProblems(leaf: Certificate, now: number): ChainProblem[] {
  const problems: ChainProblem[] = []
  const { subject, key, signature } = leaf
  if (now > leaf.notAfter) {
    const evidence = { notAfter: iso(leaf.notAfter), now: iso(now), subject }
    problems.push({ code: 'CERTIFICATE_EXPIRED', refuses: true, evidence })
  }
  if (now < leaf.notBefore) {
    const evidence = { notBefore: iso(leaf.notBefore), now: iso(now), subject }
    problems.push({ code: 'CERTIFICATE_NOT_YET_VALID', refuses: true, evidence })
  }
  if (!keyAccepted(key)) {
    const evidence = { key, accepted: [...ACCEPTED_KEYS] }
    problems.push({ code: 'CERTIFICATE_KEY_UNSUPPORTED', refuses: true, evidence })
  }
  if (!ACCEPTED_SIGNATURES.includes(signature)) {
    const evidence = { signature, accepted: [...ACCEPTED_SIGNATURES] }
    problems.push({ code: 'CERTIFICATE_SIGNATURE_UNSUPPORTED', refuses: true, evidence })
  }
  return problems
}

/** No registered CA signed the leaf: either none has its issuer's name, or one has and its key is another. */
function noAnchor(
  leaf: Certificate,
  chain: Certificate[],
  anchors: Anchor[],
  named: Anchor[],
  steps: Step[],
  signed: SignedBy,
): ChainProblem {
  const registered = named[0]
  if (registered) {
    const sent = sentSigner(leaf, chain, signed)
    const evidence = {
      leaf: summaryOf(leaf),
      registered: summaryOf(registered.certificate),
      ...(sent && { sent: summaryOf(sent) }),
      signedBySent: sent !== undefined && signed(leaf, sent),
    }
    return { code: 'CERTIFICATE_SIGNER_MISMATCH', refuses: true, evidence }
  }
  const above = steps.find(step => step.registered)?.issuer
  const signer = steps[0]?.issuer
  const renamed = anchors
    .filter(({ certificate }) => looksLikeSigner(certificate, leaf))
    .slice(0, CHAIN_LIMIT)
    .find(({ certificate }) => signed(leaf, certificate))
  const evidence: IssuerUnknown = {
    issuer: leaf.issuer,
    ...(leaf.authorityKeyId !== undefined && { authorityKeyId: leaf.authorityKeyId }),
    registered: anchors
      .slice(0, CHAIN_LIMIT)
      .map(({ certificate: { subject, sha256 } }) => ({ subject, sha256 })),
    ...(leaf.selfIssued && signed(leaf, leaf) && { selfSigned: true }),
    ...(signer && { sentSigner: summaryOf(signer) }),
    ...(above && { sentPathReaches: summaryOf(above) }),
    ...(renamed && { signedUnderOtherName: summaryOf(renamed.certificate) }),
  }
  return { code: 'CERTIFICATE_ISSUER_UNKNOWN', refuses: true, evidence }
}

/** What is worth telling about the certificates that were sent along. */
function chainProblems(
  leaf: Certificate,
  chain: Certificate[],
  registered: Certificate | undefined,
  steps: Step[],
  signed: SignedBy,
): ChainProblem[] {
  const problems: ChainProblem[] = []
  const sent = sentSigner(leaf, chain, signed)
  const differs = registered && sent && !same(registered, sent) ? sent : undefined
  if (registered && differs) {
    const evidence = {
      registered: summaryOf(registered),
      sent: summaryOf(differs),
      sameKey: registered.publicKeySha256 === differs.publicKeySha256,
      leafSignedBy: whoSigned(signed(leaf, registered), signed(leaf, differs)),
    }
    problems.push({ code: 'CHAIN_SIGNER_DIFFERS', refuses: false, evidence })
  }

  const expected = [leaf, ...steps.filter(step => step.sent).map(step => step.issuer)]
  const inPath = chain.filter(
    (one, at) =>
      expected.some(other => same(one, other)) &&
      !chain.slice(0, at).some(other => same(one, other)),
  )
  const ordered = expected.every((one, i) => inPath[i] && same(inPath[i], one))
  const below = descendants(leaf, chain, signed)
  if (!ordered || below.length > 0) {
    const evidence = {
      sent: chain.map(one => one.subject),
      expected: [...below.toReversed(), ...expected].map(one => one.subject),
      leafFirst: below.length === 0,
    }
    problems.push({ code: 'CHAIN_ORDER', refuses: false, evidence })
  }

  const gap = steps.findIndex(step => !step.sent)
  // A signer that differs is told of already, and what stands above it came along with it.
  const told =
    registered && sent
      ? [sent, ...climb(sent, chain, [], undefined, signed).map(step => step.issuer)]
      : []
  const placed = [...expected, ...below, ...told]
  const rest = chain.filter(one => !placed.some(other => same(one, other)))
  const skipped = gap !== -1 && steps.slice(gap).some(step => step.sent)
  const noIssuer = steps.length === 0 && !leaf.selfIssued && !sent && rest.length > 0
  if ((skipped && !differs) || noIssuer) {
    const missing = skipped ? steps[gap]!.issuer.subject : leaf.issuer
    const evidence = { missing, sent: chain.map(one => one.subject) }
    problems.push({ code: 'CHAIN_INCOMPLETE', refuses: false, evidence })
  }
  // With the issuer missing nobody can tell whether the rest would have hung together.
  if (rest.length > 0 && !noIssuer) {
    const evidence = { subjects: rest.map(one => one.subject) }
    problems.push({ code: 'CHAIN_UNRELATED', refuses: false, evidence })
  }
  return problems
}

/** The sent certificate with the issuer's name; the one that signed the leaf, where there are several. */
function sentSigner(
  leaf: Certificate,
  chain: Certificate[],
  signed: SignedBy,
): Certificate | undefined {
  const named = chain.filter(one => one.subjectDer.equals(leaf.issuerDer) && !same(one, leaf))
  return named.find(one => signed(leaf, one)) ?? named[0]
}

/** Certificates that the first one signed, and those that these signed: then the first one isn't the device's. */
function descendants(leaf: Certificate, chain: Certificate[], signed: SignedBy): Certificate[] {
  const found: Certificate[] = []
  for (let grown = true; grown; ) {
    const issuers = [leaf, ...found]
    const next = chain.find(
      one =>
        !issuers.some(other => same(one, other)) &&
        issuers.some(issuer => one.issuerDer.equals(issuer.subjectDer) && signed(one, issuer)),
    )
    if (next) found.push(next)
    grown = next !== undefined
  }
  return found
}

function whoSigned(registered: boolean, sent: boolean): 'registered' | 'sent' | 'both' | 'neither' {
  if (registered) return sent ? 'both' : 'registered'
  return sent ? 'sent' : 'neither'
}

/** Sorts CAs of one name: first the one that was sent, then the one that the leaf's key identifier names. */
function likeliestFirst(named: Anchor[], leaf: Certificate, chain: Certificate[]): void {
  if (named.length < 2) return
  const score = ({ certificate }: Anchor) =>
    (chain.some(one => same(one, certificate)) ? 2 : 0) +
    (certificate.subjectKeyId !== undefined && certificate.subjectKeyId === leaf.authorityKeyId
      ? 1
      : 0)
  named.sort((a, b) => score(b) - score(a))
}

/** A cheap guess before a signature is checked: the key identifier fits, or the name reads the same. */
function looksLikeSigner(anchor: Certificate, leaf: Certificate): boolean {
  if (same(anchor, leaf)) return false
  if (anchor.subjectKeyId !== undefined && anchor.subjectKeyId === leaf.authorityKeyId) return true
  return anchor.subject.toLowerCase() === leaf.issuer.toLowerCase()
}

/**
 * Checks each pair once and no more than `SIGNATURE_LIMIT` pairs in all: a stranger may send ten certificates of one name,
 * and each check of a signature costs 0.1 ms and more.
 */
function remembering(check: SignedBy): SignedBy {
  const known = new Map<Certificate, Map<Certificate, boolean>>()
  let checked = 0
  return (child, issuer) => {
    const ofChild = known.get(child) ?? new Map<Certificate, boolean>()
    known.set(child, ofChild)
    const answer = ofChild.get(issuer)
    if (answer !== undefined) return answer
    if (checked === SIGNATURE_LIMIT) return false
    checked++
    const fresh = check(child, issuer)
    ofChild.set(issuer, fresh)
    return fresh
  }
}

function same(a: Certificate, b: Certificate): boolean {
  return a === b || a.der.equals(b.der)
}

function unreadable(position: number, says: string): ChainProblem {
  return { code: 'CERTIFICATE_UNREADABLE', refuses: true, evidence: { position, says } }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

const CHAIN_LIMIT = 10
const SIGNATURE_LIMIT = 40
