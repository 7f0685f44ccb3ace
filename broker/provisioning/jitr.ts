/**
 * Just-in-time registration: a certificate of a registered CA without a template is registered as PENDING_ACTIVATION, and
 * whoever listens is told, so that they can activate it.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/auto-register-device-cert.html
 */

import type { Account } from '../registry/arn.ts'
import type { RegisteredAuthority, Registry } from '../registry/registry.ts'
import type { World } from '../world.ts'
import type { Certificate } from '../x509/certificate.ts'

export type RegisteredEvent = { topic: string; payload: Buffer }

/** Registers the certificate unless it is pending already, and gives the event to publish: AWS repeats it each time. */
export function registerPending(
  certificate: Certificate,
  authority: RegisteredAuthority,
  registry: Registry,
  account: Account,
  world: World,
): RegisteredEvent {
  const { caCertificateId } = authority
  const certificateId = certificate.sha256
  if (!registry.certificate(certificateId)) {
    registry.registerCertificate({
      certificate,
      caCertificateId,
      status: 'PENDING_ACTIVATION',
      source: { kind: 'learned', how: 'jitr' },
    })
  }
  const payload = {
    certificateId,
    caCertificateId,
    timestamp: world.clock.now(),
    certificateStatus: 'PENDING_ACTIVATION',
    awsAccountId: account.id,
    // AWS: null in the first event, as seen on the real service.
    certificateRegistrationTimestamp: null,
  }
  return {
    topic: `$aws/events/certificates/registered/${caCertificateId}`,
    payload: Buffer.from(JSON.stringify(payload)),
  }
}
