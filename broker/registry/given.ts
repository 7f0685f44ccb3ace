/**
 * What a test gives to its broker and AWS takes from nobody: a certificate that has any status from the start, a CA in mode
 * DEFAULT without a proof that its key is here, and a template that may be broken. For `createDevice` and `registerAuthority`
 * of the library. All inside a transaction.
 */

import type { AuthorityStatus, AutoRegistration, DeviceStatus } from '../config/shape.ts'
import type { Certificate } from '../x509/certificate.ts'
import { recordOfAuthority, recordOfCertificate } from './certificate-record.ts'
import type { Desk } from './desk.ts'

/** AWS lets nobody register one as PENDING_ACTIVATION or PENDING_TRANSFER: how a device fares then is to be tested too. */
export function putGivenCertificate(
  desk: Desk,
  certificate: Certificate,
  { status, how }: { status: DeviceStatus; how: string },
): void {
  const record = recordOfCertificate(certificate, about(desk, how))
  desk.tables.certificates.put(certificate.sha256, { ...record, status })
}

/** A CA that is there is replaced. AWS: mode DEFAULT needs a verification certificate, which a test has no key for. */
export function putGivenAuthority(
  desk: Desk,
  certificate: Certificate,
  given: {
    status: AuthorityStatus
    autoRegistration: AutoRegistration
    templateName?: string
    how: string
  },
): void {
  const { status, autoRegistration, templateName, how } = given
  desk.tables.authorities.put(certificate.sha256, {
    ...recordOfAuthority(certificate, about(desk, how)),
    status,
    autoRegistrationStatus: autoRegistration,
    ...(templateName === undefined ? {} : { registrationConfig: { templateName } }),
  })
}

/** Of the type JITP and enabled. AWS refuses a broken one; here the device's record is to say what is wrong with it. */
export function putGivenTemplate(desk: Desk, name: string, body: string, how: string): void {
  const now = desk.now()
  desk.tables.templates.put(name, {
    templateName: name,
    type: 'JITP',
    enabled: true,
    provisioningRoleArn: '',
    defaultVersionId: 1,
    lastVersionId: 1,
    versions: { 1: { templateBody: body, creationDate: now } },
    creationDate: now,
    lastModifiedDate: now,
    source: { kind: 'learned', how },
  })
}

function about(desk: Desk, how: string) {
  return {
    ownedBy: desk.account().id,
    now: desk.now(),
    generationId: desk.uuid(),
    source: { kind: 'learned', how } as const,
  }
}
