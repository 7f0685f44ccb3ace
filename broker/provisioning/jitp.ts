/**
 * Just-in-time provisioning: at a device's first CONNECT, a certificate that a registered CA has signed is registered, and
 * thing, policies and attachments are made from the CA's template.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/jit-provisioning.html
 *
 * A template that fails leaves nothing but the certificate, registered as PENDING_ACTIVATION.
 */

import { enroll } from '../registry/operations/certificate-registration.ts'
import type { RegisteredAuthority, Registry } from '../registry/registry.ts'
import { certificateParameters } from '../template/plan.ts'
import type { Certificate } from '../x509/certificate.ts'
import { type ApplyFailure, type Provisioned, provisionFrom } from './apply.ts'

export type ProvisioningResult =
  | { ok: true; template: string; provisioned: Provisioned }
  | { ok: false; template: string; failure: ApplyFailure }

/** AWS: a CA with a template provisions, one without registers only. */
export function hasTemplate(authority: RegisteredAuthority): boolean {
  return authority.templateName !== undefined || authority.templateBody !== undefined
}

/**
 * Synchronous: whoever tells of it awaits `registry.durable()` first.
 * @param authority the CA that signed the certificate; it has a template
 */
export function provision(
  certificate: Certificate,
  authority: RegisteredAuthority,
  registry: Registry,
): ProvisioningResult {
  const certificateId = certificate.sha256
  const template = authority.templateName ?? `templateBody of ${authority.name}`
  const fail = (failure: ApplyFailure) => ({ ok: false, template, failure }) as const
  if (!registry.certificate(certificateId)) {
    const enrolled = registry.desk.transact(() =>
      enroll(registry.desk, certificate, authority.caCertificateId, 'jitp'),
    )
    if (!enrolled.ok) return fail({ why: enrolled.refusal.message, refusal: enrolled.refusal })
  }
  const body = authority.templateBody ?? bodyOf(template, registry)
  if (typeof body !== 'string') return fail(body)
  const parameters = certificateParameters(certificateId, certificate.subjectAttributes)
  const result = provisionFrom(body, 'JITP', parameters, certificateId, registry)
  return { ...result, template }
}

function bodyOf(name: string, registry: Registry): string | ApplyFailure {
  const record = registry.template(name)?.record
  if (!record) return { why: `there is no good template \`${name}\` under policies/templates/` }
  if (!record.enabled) return { why: 'it is not enabled' }
  // AWS: the CA names a template of the type JITP.
  if (record.type !== 'JITP') return { why: `its type is ${record.type}, and a CA needs JITP` }
  return record.versions[record.defaultVersionId]?.templateBody ?? ''
}
