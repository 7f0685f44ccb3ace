/**
 * The statuses of a device certificate, and who may move from where to where by UpdateCertificate.
 * AWS: API/UpdateCertificate, API/RegisterCertificate, DG/activate-or-deactivate-device-cert, DG/revoke-ca-cert
 */

import type { DeviceStatus } from '../../config/shape.ts'
import type { Rule } from './input.ts'

/** AWS: `CertificateStatus`. The last one is deprecated, and no certificate has it here. */
export const CERTIFICATE_STATUSES = [
  'ACTIVE',
  'INACTIVE',
  'REVOKED',
  'PENDING_TRANSFER',
  'REGISTER_INACTIVE',
  'PENDING_ACTIVATION',
] as const

export type GivenStatus = (typeof CERTIFICATE_STATUSES)[number]
/** The statuses that somebody may ask for. */
export type ChosenStatus = 'ACTIVE' | 'INACTIVE' | 'REVOKED'

export const certificateStatus: Rule = { kind: 'string', oneOf: CERTIFICATE_STATUSES }

/**
 * AWS: PENDING_TRANSFER and PENDING_ACTIVATION are set by the service alone, REGISTER_INACTIVE by nobody any more.
 */
export function isChosen(status: GivenStatus): status is ChosenStatus {
  return status === 'ACTIVE' || status === 'INACTIVE' || status === 'REVOKED'
}

/**
 * Why this certificate can't get that status by UpdateCertificate; undefined where it can. To the status that it has, it
 * always can: the operation is idempotent.
 */
export function hindrance(from: DeviceStatus, to: ChosenStatus): string | undefined {
  if (from === to) return undefined
  if (from === 'REVOKED') return 'A certificate that is revoked stays revoked'
  if (from === 'PENDING_TRANSFER') return 'The certificate is being transferred'
  return undefined
}
