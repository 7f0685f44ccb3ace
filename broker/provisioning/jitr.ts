/**
 * Just-in-time registration: a certificate of a registered CA without a template is registered as PENDING_ACTIVATION, and
 * whoever listens is told, so that they can activate it.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/auto-register-device-cert.html
 */

import type { Answer } from '../registry/answer.ts'
import { answer } from '../registry/answer.ts'
import { enroll } from '../registry/operations/certificate-registration.ts'
import type { RegisteredAuthority, Registry } from '../registry/registry.ts'
import type { Certificate } from '../x509/certificate.ts'

export type RegisteredEvent = { topic: string; payload: Buffer }

/**
 * Registers the certificate unless it is pending already, and gives the event to publish: AWS repeats it each time.
 * Synchronous: whoever tells of it awaits `registry.durable()` first.
 */
export function registerPending(
  certificate: Certificate,
  authority: RegisteredAuthority,
  registry: Registry,
): Answer<RegisteredEvent> {
  const { desk } = registry
  const { caCertificateId } = authority
  const certificateId = certificate.sha256
  const before = desk.view.certificates.get(certificateId)
  if (!before) {
    const done = desk.transact(() => enroll(desk, certificate, caCertificateId, 'jitr'))
    if (!done.ok) return done
  }
  const payload = {
    certificateId,
    caCertificateId,
    timestamp: desk.now(),
    certificateStatus: 'PENDING_ACTIVATION',
    awsAccountId: desk.account().id,
    // AWS: null in the first event, as seen on the real service; its pages show a string of ms, which is in later ones.
    certificateRegistrationTimestamp: before ? String(before.creationDate) : null,
  }
  return answer({
    topic: `$aws/events/certificates/registered/${caCertificateId}`,
    payload: Buffer.from(JSON.stringify(payload)),
  })
}
