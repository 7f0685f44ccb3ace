/** The certificate that a declaration names: one file, PEM or DER. */

import { type Certificate, readCertificate } from '../../x509/certificate.ts'
import { readPemOrDer, toPem } from '../../x509/pem.ts'
import { readBytes, type Unreadable } from './declared-files.ts'

export type CertificateOnDisk = {
  ok: true
  certificate: Certificate
  pem: string
  /** How many certificates the file holds; the first one counts. */
  count: number
  /** How many private keys stand beside them. */
  keys: number
}

/** @param path absolute. Never throws */
export async function readDeclaredCertificate(
  path: string,
): Promise<CertificateOnDisk | Unreadable> {
  const read = await readBytes(path)
  if (!read.ok) return read
  const { certificates, keys, problem } = readPemOrDer(read.bytes)
  const [der] = certificates
  if (!der) {
    if (keys > 0) {
      const says = 'this is a private key, where a certificate is wanted'
      return { ok: false, says, hint: 'name the certificate: `certificate.pem.crt` or the like' }
    }
    return {
      ok: false,
      says: problem ?? 'holds no certificate',
      hint: 'name a certificate, PEM or DER',
    }
  }
  const reading = readCertificate(der)
  if (!reading.ok) return { ok: false, says: `not a certificate: ${reading.says}` }
  const pem = toPem('CERTIFICATE', der)
  return { ok: true, certificate: reading.certificate, pem, count: certificates.length, keys }
}
