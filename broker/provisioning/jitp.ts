/**
 * Just-in-time provisioning: at a device's first CONNECT, a certificate that a registered CA has signed is registered, and
 * thing, policy and attachments are made from the CA's template.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/jit-provisioning.html
 *
 * Atomic: all is worked out before anything is made. A template that fails leaves nothing but the certificate, registered
 * as PENDING_ACTIVATION.
 */

import { createHash } from 'node:crypto'
import { parsePolicy } from '../policy/document.ts'
import type { TemplateRecord } from '../registry/records.ts'
import type { RegisteredAuthority, Registry } from '../registry/registry.ts'
import { certificateParameters, planFrom } from '../template/plan.ts'
import { failureOf, readTemplate } from '../template/read.ts'
import type { TemplateFailure } from '../template/template.ts'
import type { Certificate } from '../x509/certificate.ts'

export type Provisioned = { thingName?: string; policies: string[]; template: string }

export type ProvisioningResult =
  | { ok: true; provisioned: Provisioned }
  | { ok: false; template: string; failure: TemplateFailure }

/** @param authority the CA that signed the certificate; it has a template */
export function provision(
  certificate: Certificate,
  authority: RegisteredAuthority,
  registry: Registry,
): ProvisioningResult {
  const template = authority.templateName ?? ''
  const certificateId = certificate.sha256
  const fail = (failure: TemplateFailure): ProvisioningResult => {
    if (!registry.certificate(certificateId)) {
      registry.registerCertificate({ ...registration(), status: 'PENDING_ACTIVATION' })
    }
    return { ok: false, template, failure }
  }
  const registration = () => ({
    certificate,
    caCertificateId: authority.caCertificateId,
    source: { kind: 'learned', how: 'jitp' } as const,
  })

  const found = registry.template(template)
  if (found === undefined) {
    return fail({ why: `there is no good template \`${template}\` under policies/templates/` })
  }
  const read = readTemplate(bodyOf(found.record))
  if (!read.template) return fail(failureOf(read.problems))
  const parameters = certificateParameters(certificateId, certificate.subjectAttributes)
  const result = planFrom(read.template, 'JITP', parameters)
  if (!result.ok) return fail(result.failure)
  const { plan } = result
  const policies: { name: string; text?: string }[] = []
  for (const wanted of plan.policies) {
    const policy = 'name' in wanted ? named(wanted.name, registry) : documented(wanted.document)
    if (!policy.ok) return fail(policy.failure)
    policies.push(policy.policy)
  }

  if (plan.thing) {
    const { thingName, attributes = {} } = plan.thing
    registry.putThing({ thingName, attributes })
  }
  for (const policy of policies) {
    const { name, text } = policy
    if (text !== undefined && !registry.policy(name)) registry.putPolicy(name, text)
    registry.attachPolicy(certificateId, policy.name)
  }
  if (plan.thing) registry.attachThing(certificateId, plan.thing.thingName)
  registry.registerCertificate({ ...registration(), status: plan.certificate.status })
  return {
    ok: true,
    provisioned: {
      ...(plan.thing ? { thingName: plan.thing.thingName } : {}),
      policies: policies.map(policy => policy.name),
      template,
    },
  }
}

function bodyOf({ defaultVersionId, versions }: TemplateRecord): string {
  return versions[defaultVersionId]?.templateBody ?? ''
}

type PolicyResult =
  | { ok: true; policy: { name: string; text?: string } }
  | { ok: false; failure: TemplateFailure }

function named(name: string, registry: Registry): PolicyResult {
  if (registry.policy(name)) return { ok: true, policy: { name } }
  return { ok: false, failure: { why: `it names the policy \`${name}\`, which does not exist` } }
}

/** AWS: a policy given as a document gets a hash of it as its name; its example shows 40 upper-case hex digits. */
function documented(text: string): PolicyResult {
  const { document, problems } = parsePolicy(text)
  if (document === undefined) {
    const [first] = problems
    return { ok: false, failure: { why: `its policy document is refused: ${first?.says ?? ''}` } }
  }
  const name = createHash('sha1').update(text).digest('hex').toUpperCase()
  return { ok: true, policy: { name, text } }
}
