/**
 * Issues the certificates that AWS IoT would issue itself: CreateKeysAndCertificate, CreateCertificateFromCsr, and their
 * counterparts over MQTT. Nothing is registered here.
 */

import type { KeyObject } from 'node:crypto'
import type { World } from '../../world.ts'
import { type Certificate, readCertificate } from '../../x509/certificate.ts'
import { type Issuer, mintDevice } from '../../x509/mint.ts'
import { toPem } from '../../x509/pem.ts'
import { serialNumber } from './create-authority.ts'

export type Issued = {
  /** SHA-256 of the DER, hex, lower case. */
  certificateId: string
  certificate: Certificate
  certificatePem: string
}

/**
 * @param request `subjectDer` is the Name of a certificate signing request, taken byte by byte; without one it is AWS's own,
 *   `CN=AWS IoT Certificate`
 * @returns a new certificate each time; or one line about why this name can't be in a certificate
 */
export function issueCertificate(
  request: { publicKey: KeyObject; subjectDer?: Buffer },
  issuer: Issuer,
  world: World,
): { ok: true; issued: Issued } | { ok: false; says: string } {
  const der = mintDevice({
    publicKey: request.publicKey,
    ...(request.subjectDer && { subject: request.subjectDer }),
    issuer,
    serial: serialNumber(world),
    notBefore: world.clock.now() - BACKDATED,
  })
  // Only a name from outside can make it unreadable.
  const reading = readCertificate(der)
  if (!reading.ok) return { ok: false, says: `with its name, ${reading.says}` }
  const { certificate } = reading
  const certificateId = certificate.sha256
  return {
    ok: true,
    issued: { certificateId, certificate, certificatePem: toPem('CERTIFICATE', der) },
  }
}

/** ms: a device whose clock is a little behind can use it at once. */
const BACKDATED = 2 * 60 * 1000
