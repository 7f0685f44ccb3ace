/** Which registered CA comes next to the device's certificate, when none has signed it. */

import type { Certificate } from './certificate.ts'
import { type SignedBy, type Step, same, sentSigner } from './climb.ts'
import type { Anchor } from './judge.ts'
import { LIMITS } from './limits.ts'
import { type ChainProblem, type IssuerUnknown, summaryOf } from './problem.ts'

/** No registered CA signed the leaf: either none has its issuer's name, or one has and its key is another. */
export function noAnchor(
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
    .slice(0, LIMITS.looked)
    .find(({ certificate }) => signed(leaf, certificate))
  const evidence: IssuerUnknown = {
    issuer: leaf.issuer,
    ...(leaf.authorityKeyId !== undefined && { authorityKeyId: leaf.authorityKeyId }),
    registered: anchors
      .slice(0, LIMITS.looked)
      .map(({ certificate: { subject, sha256 } }) => ({ subject, sha256 })),
    ...nearestOf(anchors, leaf),
    ...(chain.length === 1 && !leaf.selfIssued && { sentAlone: true }),
    ...(leaf.selfIssued && signed(leaf, leaf) && { selfSigned: true }),
    ...(signer && { sentSigner: summaryOf(signer) }),
    ...(above && { sentPathReaches: summaryOf(above) }),
    ...(renamed && { signedUnderOtherName: summaryOf(renamed.certificate) }),
  }
  return { code: 'CERTIFICATE_ISSUER_UNKNOWN', refuses: true, evidence }
}

/** Sorts CAs of one name: first the one that was sent, then the one that the leaf's key identifier names. */
export function likeliestFirst(named: Anchor[], leaf: Certificate, chain: Certificate[]): void {
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

/** The one that has the key identifier of the issuer, else the one whose name has most parts of the issuer's. */
function nearestOf(anchors: Anchor[], leaf: Certificate): Pick<IssuerUnknown, 'nearest'> {
  const others = anchors.map(({ certificate }) => certificate).filter(one => !same(one, leaf))
  const ofKey =
    leaf.authorityKeyId === undefined
      ? undefined
      : others.find(({ subjectKeyId }) => subjectKeyId === leaf.authorityKeyId)
  if (ofKey) return { nearest: { ...identityOf(ofKey), by: 'key identifier' } }
  if (leaf.selfIssued) return {}
  const wanted = new Set(partsOf(leaf.issuer))
  let best: { certificate: Certificate; shared: number } | undefined
  for (const certificate of others.slice(0, COMPARED)) {
    const shared = partsOf(certificate.subject).filter(part => wanted.has(part)).length
    if (shared > (best?.shared ?? 0)) best = { certificate, shared }
  }
  return best ? { nearest: { ...identityOf(best.certificate), by: 'name' } } : {}
}

function identityOf({ subject, sha256 }: Certificate): { subject: string; sha256: string } {
  return { subject, sha256 }
}

/** Of a name as text. A comma inside a value is escaped, but then its two halves are as good for comparing. */
function partsOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(', ')
    .filter(part => !part.startsWith('c='))
}

const COMPARED = 100
