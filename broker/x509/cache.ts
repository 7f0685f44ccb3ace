/**
 * Certificates already read and signatures already checked: a fleet reconnects with the same ones. Bounded, least recently
 * used first out, because strangers may send as many different certificates as they like.
 */

import {
  type Certificate,
  type CertificateReading,
  type CertificateRecord,
  describe,
  readCertificate,
} from './certificate.ts'
import { signedBy } from './path.ts'

export type CertificateCache = {
  /** Reads like `readCertificate`, and remembers. The same bytes give the same object while they are kept. */
  read(der: Buffer): CertificateReading
  /** Answers like `signedBy`, and remembers for as long as both certificates live. */
  signedBy(child: Certificate, issuer: Certificate): boolean
  /** Answers like `describe`, and remembers for as long as the certificate lives. */
  describe(certificate: Certificate): CertificateRecord
  readonly size: number
}

/** Device certificates are below 2 KB. A stranger's may be any size, and what is kept has to be bounded in bytes too. */
const LARGEST_KEPT = 8192

/** @param limit how many certificates are kept */
export function certificateCache(limit: number): CertificateCache {
  const kept = new Map<string, CertificateReading>()
  const descriptions = new WeakMap<Certificate, CertificateRecord>()
  const signatures = new WeakMap<Certificate, WeakMap<Certificate, boolean>>()
  return {
    get size() {
      return kept.size
    },
    read(der) {
      // The bytes themselves are the key: a hash of them would cost more than it saves.
      const key = der.toString('latin1')
      const known = kept.get(key)
      // A copy, so that a kept certificate doesn't hold on to the whole record that it came in.
      const reading = known ?? readCertificate(Buffer.from(der))
      // Only what could be read is kept: the rest is cheap to refuse again, and a stranger's.
      if (known) kept.delete(key)
      if (reading.ok && der.length <= LARGEST_KEPT) kept.set(key, reading)
      if (kept.size > limit) kept.delete(kept.keys().next().value as string)
      return reading
    },
    signedBy(child, issuer) {
      const ofChild = signatures.get(child) ?? new WeakMap<Certificate, boolean>()
      signatures.set(child, ofChild)
      const answer = ofChild.get(issuer) ?? signedBy(child, issuer)
      ofChild.set(issuer, answer)
      return answer
    },
    describe(certificate) {
      const known = descriptions.get(certificate)
      if (known) return known
      const record = describe(certificate)
      descriptions.set(certificate, record)
      return record
    },
  }
}
