/** What can be wrong with the device's certificate itself, whoever signed it. */

import { ACCEPTED_KEYS, ACCEPTED_SIGNATURES, keyAccepted } from './algorithms.ts'
import type { Certificate } from './certificate.ts'
import type { ChainProblem } from './problem.ts'

export function leafProblems(leaf: Certificate, now: number): ChainProblem[] {
  const problems: ChainProblem[] = []
  const { subject, key, signature, keyUsage, purposes: extendedKeyUsage, oddities } = leaf
  const never = (other: number) => (leaf.notAfter < leaf.notBefore ? { never: iso(other) } : {})
  if (now > leaf.notAfter) {
    const evidence = {
      notAfter: iso(leaf.notAfter),
      now: iso(now),
      subject,
      ...never(leaf.notBefore),
    }
    problems.push({ code: 'CERTIFICATE_EXPIRED', refuses: true, evidence })
  }
  if (now < leaf.notBefore) {
    const evidence = {
      notBefore: iso(leaf.notBefore),
      now: iso(now),
      subject,
      ...never(leaf.notAfter),
    }
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
  if (key.startsWith('RSA-PSS')) {
    problems.push({ code: 'CERTIFICATE_KEY_NEEDS_TLS13', refuses: false, evidence: { key } })
  }
  // AWS: its own device certificates have no extended key usage, so none is asked for.
  const lacks = [
    ...(keyUsage?.includes('digitalSignature') === false ? (['digitalSignature'] as const) : []),
    ...(extendedKeyUsage?.some(use => CLIENT_PURPOSES.has(use)) === false
      ? (['clientAuth'] as const)
      : []),
  ]
  if (lacks.length > 0 && !leaf.isCa) {
    const evidence = {
      subject,
      ...(keyUsage && { keyUsage }),
      ...(extendedKeyUsage && { extendedKeyUsage }),
      lacks,
    }
    problems.push({ code: 'CERTIFICATE_PURPOSE', refuses: false, evidence })
  }
  if (oddities.length > 0) {
    problems.push({ code: 'CERTIFICATE_UNUSUAL', refuses: false, evidence: { subject, oddities } })
  }
  return problems
}

const CLIENT_PURPOSES: ReadonlySet<string> = new Set(['clientAuth', 'anyExtendedKeyUsage'])

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
