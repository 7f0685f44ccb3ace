/**
 * What can be wrong with a chain, as data: a code of the diagnosis catalogue and typed evidence, no words. `refuses` is
 * true where AWS would not take the certificate, false where it is only worth telling.
 */

import type { Certificate } from './certificate.ts'

/** What tells one certificate from another of the same name. */
export type CertSummary = {
  subject: string
  issuer: string
  /** Hex, lower case. */
  serialNumber: string
  subjectKeyId?: string
  authorityKeyId?: string
  /** SHA-256 of the DER, hex: the certificateId. */
  sha256: string
  /** SHA-256 of the SubjectPublicKeyInfo, hex: equal for two certificates of one key. */
  publicKeySha256: string
}

export type ChainProblem = { refuses: boolean } & (
  | { code: 'CERTIFICATE_UNREADABLE'; evidence: { position: number; says: string } }
  | { code: 'CERTIFICATE_EXPIRED'; evidence: { notAfter: string; now: string; subject: string } }
  | {
      code: 'CERTIFICATE_NOT_YET_VALID'
      evidence: { notBefore: string; now: string; subject: string }
    }
  | { code: 'CERTIFICATE_KEY_UNSUPPORTED'; evidence: { key: string; accepted: string[] } }
  | {
      code: 'CERTIFICATE_SIGNATURE_UNSUPPORTED'
      evidence: { signature: string; accepted: string[] }
    }
  | { code: 'CERTIFICATE_ISSUER_UNKNOWN'; evidence: IssuerUnknown }
  | { code: 'CERTIFICATE_SIGNER_MISMATCH'; evidence: SignerMismatch }
  | { code: 'CHAIN_SIGNER_DIFFERS'; evidence: SignerDiffers }
  /** `sent` and `expected` are subjects; `leafFirst` is false when the first one signed another one of the chain. */
  | { code: 'CHAIN_ORDER'; evidence: { sent: string[]; expected: string[]; leafFirst: boolean } }
  /** `missing` is the subject of the certificate that should stand between the leaf and the rest. */
  | { code: 'CHAIN_INCOMPLETE'; evidence: { missing: string; sent: string[] } }
  | { code: 'CHAIN_UNRELATED'; evidence: { subjects: string[] } }
)

export type IssuerUnknown = {
  issuer: string
  authorityKeyId?: string
  /** Registered CAs, ten at most. */
  registered: { subject: string; sha256: string }[]
  /** The certificate is its own issuer: its own key signed it. */
  selfSigned?: true
  /** The sent certificate that did sign the leaf: this is the one to register. */
  sentSigner?: CertSummary
  /** A registered CA that isn't the signer but stands above it in the sent chain: the root was registered. */
  sentPathReaches?: CertSummary
  /** A registered CA whose key did sign the leaf, but whose subject is not, byte for byte, the leaf's issuer. */
  signedUnderOtherName?: CertSummary
}

export type SignerMismatch = {
  leaf: CertSummary
  /** Has the issuer's name, but its key didn't sign the leaf. */
  registered: CertSummary
  /** The certificate of that name in the sent chain. */
  sent?: CertSummary
  signedBySent: boolean
}

export type SignerDiffers = {
  registered: CertSummary
  sent: CertSummary
  sameKey: boolean
  leafSignedBy: 'registered' | 'sent' | 'both' | 'neither'
}

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
