/** The record of a certificate, from what stands in the certificate. Its status is for others to say. */

import type { Certificate } from '../x509/certificate.ts'
import { sha256 } from './desk.ts'
import type { AuthorityRecord, CertificateRecord, Source } from './records.ts'

type About = {
  /** An account. */
  ownedBy: string
  /** ms since 1970. */
  now: number
  generationId: string
  source: Source
}

/** INACTIVE, in mode DEFAULT, until somebody says otherwise. */
export function recordOfCertificate(certificate: Certificate, about: About): CertificateRecord {
  return {
    certificateId: certificate.sha256,
    status: 'INACTIVE',
    publicKeySha256: certificate.publicKeySha256,
    issuerSha256: sha256(certificate.issuerDer),
    ...common(certificate, about),
  }
}

/** INACTIVE and without auto-registration, as AWS registers it, until somebody says otherwise. */
export function recordOfAuthority(certificate: Certificate, about: About): AuthorityRecord {
  return {
    caCertificateId: certificate.sha256,
    status: 'INACTIVE',
    autoRegistrationStatus: 'DISABLE',
    subjectSha256: sha256(certificate.subjectDer),
    name: certificate.subject,
    ...common(certificate, about),
  }
}

function common({ der, notBefore, notAfter }: Certificate, about: About) {
  return {
    der: der.toString('base64'),
    certificateMode: 'DEFAULT' as const,
    notBefore,
    notAfter,
    customerVersion: 1,
    generationId: about.generationId,
    ownedBy: about.ownedBy,
    creationDate: about.now,
    lastModifiedDate: about.now,
    source: about.source,
  }
}
