/**
 * Who stands above whom, proven by signatures: the walk from the device's certificate upwards, and down from a certificate
 * that was sent first and isn't the device's. Bounded, because strangers choose what they send.
 */

import type { Certificate } from './certificate.ts'
import type { Anchor } from './judge.ts'
import { LIMITS } from './limits.ts'
import type { signedBy } from './path.ts'

export type SignedBy = typeof signedBy

/** One link of the path, proven by a signature. A certificate that was sent and is registered too counts as both. */
export type Step = { child: Certificate; issuer: Certificate; registered: boolean; sent: boolean }

/** Walks from the leaf to its issuer, the issuer's issuer, and so on, as far as sent and registered certificates lead. */
export function climb(
  leaf: Certificate,
  chain: Certificate[],
  anchors: Anchor[],
  anchor: Anchor | undefined,
  signed: SignedBy,
): Step[] {
  const steps: Step[] = []
  const visited = [leaf]
  for (let child = leaf; steps.length < LIMITS.looked; ) {
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

/** The sent certificate with the issuer's name; the one that signed the leaf, where there are several. */
export function sentSigner(
  leaf: Certificate,
  chain: Certificate[],
  signed: SignedBy,
): Certificate | undefined {
  const named = chain.filter(one => one.subjectDer.equals(leaf.issuerDer) && !same(one, leaf))
  return named.find(one => signed(leaf, one)) ?? named[0]
}

/** Certificates that the first one signed, and those that these signed: then the first one isn't the device's. */
export function descendants(
  leaf: Certificate,
  chain: Certificate[],
  signed: SignedBy,
): Certificate[] {
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

/**
 * Checks each pair once and no more than `LIMITS.signatures` pairs in all: a stranger may send ten certificates of one name,
 * and each check of a signature costs 0.1 ms and more.
 */
export function remembering(check: SignedBy): SignedBy {
  const known = new Map<Certificate, Map<Certificate, boolean>>()
  let checked = 0
  return (child, issuer) => {
    const ofChild = known.get(child) ?? new Map<Certificate, boolean>()
    known.set(child, ofChild)
    const answer = ofChild.get(issuer)
    if (answer !== undefined) return answer
    if (checked === LIMITS.signatures) return false
    checked++
    const fresh = check(child, issuer)
    ofChild.set(issuer, fresh)
    return fresh
  }
}

/** One certificate: the same bytes. */
export function same(a: Certificate, b: Certificate): boolean {
  return a === b || a.der.equals(b.der)
}
