/** The PEM certificates that operations are given: read, and judged as AWS judges what is registered. */

import { ACCEPTED_KEYS, ACCEPTED_SIGNATURES, keyAccepted } from '../../x509/algorithms.ts'
import { type Certificate, readCertificate } from '../../x509/certificate.ts'
import { readPemOrDer } from '../../x509/pem.ts'
import { type Answer, answer, refuse } from '../answer.ts'

/**
 * @param pem text from outside, up to 65,536 characters
 * @param what how messages call it: `certificatePem`, `caCertificate`, ...
 * @returns its one certificate, or CertificateValidationException
 */
export function certificateIn(pem: string, what: string): Answer<Certificate> {
  const invalid = (says: string, hint?: string) =>
    refuse('CertificateValidationException', `${what} is not valid: ${says}`, hint ? { hint } : {})
  // A DER file read as text is spoiled already; only PEM can come this way.
  const { certificates, keys, problem, hint } = readPemOrDer(Buffer.from(pem, 'utf8'))
  if (problem !== undefined) return invalid(problem, hint)
  if (keys > 0) {
    return invalid('a private key stands beside the certificate', 'give the certificate alone')
  }
  const [der, ...others] = certificates
  if (der === undefined) return invalid('it holds no certificate')
  if (others.length > 0) {
    const says = `it holds ${certificates.length} certificates, where one is wanted`
    return invalid(
      says,
      'give the first one alone: certificates of CAs are registered by themselves',
    )
  }
  const reading = readCertificate(der)
  return reading.ok ? answer(reading.certificate) : invalid(reading.says)
}

/**
 * AWS: a certificate that has expired can't be registered, nor one whose key, or whose signature on a device's certificate,
 * is of a kind that is not taken (DG/x509-client-certs, DG/manage-your-CA-certs).
 * DIFFERS: whether one that is not valid yet can be, no page says; here it can.
 * @param now ms since 1970
 */
export function registrable(
  certificate: Certificate,
  what: 'certificatePem' | 'caCertificate' | 'verificationCertificate',
  now: number,
): Answer<Certificate> {
  const { key, signature, notAfter } = certificate
  const invalid = (says: string) =>
    refuse('CertificateValidationException', `${what} is not valid: ${says}`)
  if (now > notAfter) return invalid(`it expired at ${new Date(notAfter).toISOString()}`)
  if (!keyAccepted(key)) {
    return invalid(`its key is ${key}; taken are ${ACCEPTED_KEYS.join(', ')}`)
  }
  if (what === 'certificatePem' && !ACCEPTED_SIGNATURES.includes(signature)) {
    return invalid(`it is signed with ${signature}; taken are ${ACCEPTED_SIGNATURES.join(', ')}`)
  }
  return answer(certificate)
}
