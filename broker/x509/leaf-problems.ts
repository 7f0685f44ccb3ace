/** What can be wrong with the device's certificate itself, whoever signed it. */

import { ACCEPTED_KEYS, ACCEPTED_SIGNATURES, keyAccepted } from './algorithms.ts'
import type { Certificate } from './certificate.ts'
import type { ChainProblem } from './problem.ts'

export function leafProblems(leaf: Certificate, now: number): ChainProblem[] {
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

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
