/**
 * What can be wrong with a chain, as data: a code of the diagnosis catalogue and typed evidence, no words. `refuses` is
 * true where AWS would not take the certificate, false where it is only worth telling.
 */

import type { CertificateEvidence, CertSummary } from '../diagnosis/certificate.ts'
import type { ChainEvidence } from '../diagnosis/chain.ts'
import type { Certificate } from './certificate.ts'

/** What the judge can find: all that the catalogue has for certificates but a missing one. */
type Judged = Omit<CertificateEvidence, 'CERTIFICATE_MISSING'> & ChainEvidence

export type ChainProblem = {
  [C in keyof Judged]: { code: C; evidence: Judged[C]; refuses: boolean }
}[keyof Judged]

export type IssuerUnknown = Judged['CERTIFICATE_ISSUER_UNKNOWN']

/** What tells `certificate` from another one of the same name. */
export function summaryOf(certificate: Certificate): CertSummary {
  const { subject, issuer, serialNumber, subjectKeyId, authorityKeyId } = certificate
  const { sha256, publicKeySha256 } = certificate
  return {
    subject,
    issuer,
    serialNumber,
    ...(subjectKeyId !== undefined && { subjectKeyId }),
    ...(authorityKeyId !== undefined && { authorityKeyId }),
    sha256,
    publicKeySha256,
  }
}
