/**
 * AWS's control plane whole: the operations of the registry, and RegisterThing, which provisions from a template that comes
 * with the call. The management door, the command line and `broker.operations` stand on this table.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterThing.html
 */

import { quote } from '../diagnosis/words.ts'
import { type Answer, answer, refuse } from '../registry/answer.ts'
import { checkInput, type Rules } from '../registry/operations/input.ts'
import { issueFromRequest, putIssued } from '../registry/operations/issued.ts'
import type { Operations } from '../registry/operations/operations.ts'
import { certificateIn } from '../registry/pki/certificate-pem.ts'
import type { Registry } from '../registry/registry.ts'
import { type Plan, planFrom } from '../template/plan.ts'
import { failureOf, readTemplate } from '../template/read.ts'
import { toPem } from '../x509/pem.ts'
import { type ApplyFailure, apply } from './apply.ts'

export type ControlPlane = Operations & ReturnType<typeof provisioningOperations>

/** Every operation that there is. */
export function controlPlane(registry: Registry): ControlPlane {
  return { ...registry.operations, ...provisioningOperations(registry) }
}

export type RegisterThingInput = {
  /** JSON text. */
  templateBody: string
  parameters?: { [name: string]: string }
}

export type RegisteredThing = {
  certificatePem: string
  /** ARNs under `certificate`, `thing`, and the logical names of the policies. */
  resourceArns: { [resource: string]: string }
}

function provisioningOperations(registry: Registry) {
  return {
    /**
     * Makes thing, certificate, policies and attachments, or nothing. ResourceRegistrationFailureException with the parameter
     * or resource at fault; ConflictingResourceUpdateException where `OverrideSettings` has FAIL.
     */
    async registerThing(input: RegisterThingInput): Promise<Answer<RegisteredThing>> {
      const checked = checkInput(input, rules)
      if (!checked.ok) return checked
      const { templateBody, parameters = {} } = checked.value as RegisterThingInput
      const read = readTemplate(templateBody)
      if (!read.template) return failed(failureOf(read.problems))
      const given = new Map(Object.entries(parameters))
      const planned = planFrom(read.template, 'REGISTER_THING', given)
      if (!planned.ok) return failed(planned.failure)
      const found = await certificateFor(planned.plan, registry)
      if (!found.ok) return found
      return registry.desk.during({ operation: 'RegisterThing' }, () =>
        make(planned.plan, found.value, registry),
      )
    },
  }
}

const text = { kind: 'string' } as const
const rules: Rules = {
  templateBody: { ...text, max: 10_240, required: true },
  parameters: { kind: 'map', key: text, value: text },
}

/** `register` puts a new certificate into the registry, in a transaction; without it, it is there. */
type Found = { certificateId: string; register?(): Answer<unknown> }

async function certificateFor(plan: Plan, registry: Registry): Promise<Answer<Found>> {
  const { resource, source, status } = plan.certificate
  const { desk, operations } = registry
  if ('certificateId' in source) {
    const certificateId = source.certificateId.toLowerCase()
    if (desk.view.certificates.has(certificateId)) return answer({ certificateId })
    return failed({ resource, why: `there is no certificate ${quote(source.certificateId)}` })
  }
  if ('certificateSigningRequest' in source) {
    const issued = await issueFromRequest(desk, source.certificateSigningRequest)
    if (!issued.ok) {
      const { refusal } = issued
      return failed({ resource, why: refusal.message, refusal })
    }
    return answer({
      certificateId: issued.value.certificateId,
      register: () => answer(putIssued(desk, issued.value, { status, how: 'RegisterThing' })),
    })
  }
  const read = certificateIn(source.certificatePem, 'CertificatePem')
  if (!read.ok) return failed({ resource, why: read.refusal.message, refusal: read.refusal })
  const certificateId = read.value.sha256
  if (desk.view.certificates.has(certificateId)) return answer({ certificateId })
  // AWS: CACertificatePem tells which one, where registered CAs share the subject.
  return answer({
    certificateId,
    register: () => operations.registerCertificate({ ...source, status }),
  })
}

/** All of it or nothing. */
function make(
  plan: Plan,
  { certificateId, register }: Found,
  registry: Registry,
): Answer<RegisteredThing> {
  const { desk } = registry
  return desk.transact(() => {
    const registered = register?.()
    if (registered && !registered.ok) {
      const { refusal } = registered
      const why = `RegisterCertificate is refused with ${refusal.exception}: ${refusal.message}`
      return failed({ resource: plan.certificate.resource, why, refusal })
    }
    const made = apply(registered ? withNew(plan) : plan, certificateId, registry)
    if (!made.ok) return failed(made.failure)
    const { der = '' } = desk.view.certificates.get(certificateId) ?? {}
    const certificatePem = toPem('CERTIFICATE', Buffer.from(der, 'base64'))
    return answer({ certificatePem, resourceArns: made.provisioned.resourceArns })
  })
}

/** What is new overrides nothing. */
function withNew(plan: Plan): Plan {
  return { ...plan, certificate: { ...plan.certificate, override: { Status: 'REPLACE' } } }
}

/** DIFFERS: AWS's texts are not known; ours name what is at fault. */
function failed({ parameter, resource, why, refusal }: ApplyFailure) {
  const exception = refusal?.exception
  const hint = refusal?.hint === undefined ? {} : { hint: refusal.hint }
  // What is no fault of the template's keeps its name.
  if (refusal && exception && OURS.has(exception)) return refuse(exception, refusal.message, hint)
  const name =
    exception === 'ConflictingResourceUpdateException'
      ? exception
      : 'ResourceRegistrationFailureException'
  if (parameter !== undefined) return refuse(name, `parameter ${quote(parameter)}: ${why}`, hint)
  return refuse(name, resource === undefined ? why : `resource ${quote(resource)}: ${why}`, hint)
}

const OURS = new Set(['InternalFailureException', 'ServiceUnavailableException'])
