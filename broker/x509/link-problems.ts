/**
 * What is wrong with the CAs above the device's certificate, on the path that signatures prove: dates, the right to sign, path
 * length, weak keys.
 *
 * AWS: it asks for the registered CA that directly signed the device's certificate. Whether it judges that CA again at a
 * connect, or what stands above it, no page says.
 * DIFFERS: nothing of this refuses here; it is told.
 */

import { ACCEPTED_SIGNATURES, keyAccepted } from './algorithms.ts'
import type { Certificate } from './certificate.ts'
import type { Step } from './climb.ts'
import type { ChainProblem } from './problem.ts'

/** @param steps from the leaf upwards */
export function linkProblems(steps: Step[], now: number): ChainProblem[] {
  return steps.flatMap(({ issuer, registered }, below) => {
    const { subject, sha256 } = issuer
    return ofIssuer(issuer, { subject, sha256, registered }, casBelow(steps, below), now)
  })
}

/** RFC 5280 4.2.1.9: certificates between it and the leaf, those that are their own issuers not counted. */
function casBelow(steps: Step[], at: number): number {
  return steps.slice(0, at).filter(({ issuer }) => !issuer.selfIssued).length
}

function ofIssuer(
  issuer: Certificate,
  link: { subject: string; sha256: string; registered: boolean },
  below: number,
  now: number,
): ChainProblem[] {
  const { notBefore, notAfter, version, pathLength, key, signature } = issuer
  const problems: ChainProblem[] = []
  const found = (problem: ChainProblem): void => void problems.push(problem)
  if (now > notAfter) {
    const evidence = { ...link, notAfter: iso(notAfter), now: iso(now) }
    found({ code: 'CHAIN_EXPIRED', refuses: false, evidence })
  }
  if (now < notBefore) {
    const evidence = { ...link, notBefore: iso(notBefore), now: iso(now) }
    found({ code: 'CHAIN_NOT_YET_VALID', refuses: false, evidence })
  }
  const lacks = lacksRight(issuer)
  if (lacks) {
    found({ code: 'CHAIN_ISSUER_NOT_CA', refuses: false, evidence: { ...link, lacks, version } })
  }
  if (pathLength !== undefined && below > pathLength) {
    const evidence = { ...link, allowed: pathLength, below }
    found({ code: 'CHAIN_PATH_LENGTH', refuses: false, evidence })
  }
  // Nobody checks the signature that a root has made on itself.
  const weak = [
    ...(keyAccepted(key) ? [] : (['key'] as const)),
    ...(issuer.selfIssued || ACCEPTED_SIGNATURES.includes(signature)
      ? []
      : (['signature'] as const)),
  ]
  if (weak.length > 0) {
    found({ code: 'CHAIN_WEAK', refuses: false, evidence: { ...link, key, signature, weak } })
  }
  return problems
}

function lacksRight({ isCa, keyUsage }: Certificate): 'CA:TRUE' | 'keyCertSign' | undefined {
  if (!isCa) return 'CA:TRUE'
  return keyUsage?.includes('keyCertSign') === false ? 'keyCertSign' : undefined
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
