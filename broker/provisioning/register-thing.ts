/**
 * RegisterThing over MQTT: the last step of fleet provisioning. Template, token and hook are asked in this order; then thing,
 * policies, attachments and the certificate's status are made as one change, or nothing is.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/fleet-provision-api.html#register-thing
 */

import { answer, refuse } from '../registry/answer.ts'
import type { CertificateRecord } from '../registry/records.ts'
import type { Registry } from '../registry/registry.ts'
import type { ServiceRequest } from '../service/service.ts'
import { certificateIdParameter } from '../template/template.ts'
import { toPem } from '../x509/pem.ts'
import { type Application, type ApplyFailure, provisionFrom } from './apply.ts'
import type { ClaimDesk } from './claim.ts'
import { askHook } from './hook.ts'
import { ownedBy, redeem } from './ownership.ts'
import type { Body, Value } from './payload.ts'
import { no, type Outcome } from './rejection.ts'

type TemplateRecord = NonNullable<ReturnType<Registry['template']>>['record']
type Given = Map<string, string>

export async function registerThing(
  body: Body,
  asked: ServiceRequest,
  desk: ClaimDesk,
): Promise<Outcome> {
  const { registry } = desk
  const name = asked.parts['templateName'] ?? ''
  const parameters = parametersOf(body['parameters'])
  if (parameters === undefined) {
    const why = '`parameters` is no object whose values are strings'
    return no('InvalidRequest', why, 'send every parameter as a string')
  }
  const found = templateOf(name, registry)
  if (!found.ok) return found
  const token = body['certificateOwnershipToken']
  if (token === undefined || token === null || token === '') {
    return no(
      'InvalidCertificateOwnershipToken',
      'the request has no `certificateOwnershipToken`',
      'send the token that came with the certificate',
      'device',
      { message: 'Certificate ownership token cannot be empty.', template: name },
    )
  }
  const record = typeof token === 'string' ? ownedBy(token, registry.desk) : undefined
  if (record === undefined) return unknownToken(name)
  const asking = await hooked(found.template, record, parameters, asked, desk)
  if (!asking.ok) return asking
  // While the hook was asked, the template and the claim may have been taken away.
  const still = templateOf(name, registry)
  if (!still.ok) return still
  const { certificateId: claim } = asked.asker
  if (registry.certificate(claim)?.status !== 'ACTIVE') {
    const why = 'the claim certificate is not ACTIVE any more'
    return no('ACCESS_DENIED', why, 'activate it', 'setup', { template: name })
  }
  // AWS: always there, and nobody else's to say.
  asking.parameters.set(certificateIdParameter, record.certificateId)
  return provision(still.template, token as string, asking.parameters, asked, desk)
}

function parametersOf(value: Value | undefined): Given | undefined {
  if (value === undefined || value === null) return new Map()
  if (typeof value !== 'object' || Array.isArray(value)) return undefined
  const given: Given = new Map()
  for (const [name, one] of Object.entries(value)) {
    if (typeof one !== 'string') return undefined
    given.set(name, one)
  }
  return given
}

type Found = { ok: true; template: TemplateRecord } | Extract<Outcome, { ok: false }>

function templateOf(name: string, registry: Registry): Found {
  const record = registry.template(name)?.record
  const about = { template: name }
  if (record === undefined) {
    const why = `there is no provisioning template \`${name}\``
    const remedy = `write it to policies/templates/${name}.json, or use the name of one that is there`
    return no('ResourceNotFound', why, remedy, 'setup', about)
  }
  if (record.type === 'JITP') {
    const why = `the template \`${name}\` is for just-in-time provisioning`
    const remedy =
      'use a template of the type FLEET_PROVISIONING: one without attributes of a certificate'
    return no('InvalidRequest', why, remedy, 'setup', about)
  }
  if (!record.enabled) {
    const why = `the template \`${name}\` is disabled`
    return no('InvalidRequest', why, 'enable it (UpdateProvisioningTemplate)', 'setup', about)
  }
  return { ok: true, template: record }
}

function unknownToken(template: string): Outcome {
  return no(
    'InvalidCertificateOwnershipToken',
    'the ownership token is none that holds: it is another one, or it was used, or its hour is over',
    'send the token as it came with the new certificate, within an hour and once',
    'device',
    { template },
  )
}

type Asking = { ok: true; parameters: Given } | Extract<Outcome, { ok: false }>

async function hooked(
  { templateName, preProvisioningHook }: TemplateRecord,
  certificate: CertificateRecord,
  parameters: Given,
  { asker }: ServiceRequest,
  { registry, world, hooks, over }: ClaimDesk,
): Promise<Asking> {
  const declared = hooks()
  const hook = Object.hasOwn(declared, templateName) ? declared[templateName] : undefined
  const about = { template: templateName }
  if (hook === undefined) {
    if (preProvisioningHook === undefined) return { ok: true, parameters }
    // DIFFERS: no Lambda function is run here; to go on without would hide a refusal that AWS makes.
    const why = `the template names the function \`${preProvisioningHook.targetArn}\`, which can not be called here`
    const remedy = `declare \`provisioning.hooks.${templateName}\` in config.yaml: a command or a module`
    return no('ACCESS_DENIED', why, remedy, 'setup', about)
  }
  const said = await askHook(
    hook,
    {
      claimCertificateId: asker.certificateId,
      certificateId: certificate.certificateId,
      certificatePem: toPem('CERTIFICATE', registry.desk.derOf(certificate)),
      templateArn: registry.desk.arn('provisioningtemplate', templateName),
      clientId: asker.clientId,
      parameters: Object.fromEntries(parameters),
    },
    world.clock,
    over,
  )
  if (!said.ok) return no('ACCESS_DENIED', said.why, said.remedy, 'setup', about)
  return {
    ok: true,
    parameters: new Map([...parameters, ...Object.entries(said.parameterOverrides)]),
  }
}

/** All of it or nothing. The token is looked at again: while the hook was asked, another request may have used it. */
function provision(
  { templateName: template, defaultVersionId, versions }: TemplateRecord,
  token: string,
  parameters: Given,
  { asker }: ServiceRequest,
  { registry }: ClaimDesk,
): Outcome {
  const { desk } = registry
  const record = ownedBy(token, desk)
  if (record === undefined) return unknownToken(template)
  const { certificateId } = record
  const body = versions[defaultVersionId]?.templateBody ?? ''
  let result: Application | undefined
  const done = desk.transact(() => {
    result = provisionFrom(body, 'FLEET_PROVISIONING', parameters, certificateId, registry)
    if (!result.ok) return refuse('ResourceRegistrationFailureException', result.failure.why)
    redeem(certificateId, desk)
    return answer(result.provisioned)
  })
  if (!done.ok)
    return failed(template, result?.ok === false ? result.failure : { why: done.refusal.message })
  const { thingName, policies, deviceConfiguration, kept, status } = done.value
  const about = {
    connection: asker.connection,
    clientId: asker.clientId,
    certificateId,
    claimCertificateId: asker.certificateId,
    ...(thingName === undefined ? {} : { thingName }),
  }
  return {
    ok: true,
    body: { deviceConfiguration, ...(thingName === undefined ? {} : { thingName }) },
    event: {
      event: 'provisioning.provisioned',
      ...about,
      template,
      policies,
      status,
      ...(kept.length > 0 && { kept }),
    },
  }
}

function failed(template: string, failure: ApplyFailure): Outcome {
  const { why, parameter, resource, refusal } = failure
  if (refusal?.exception === 'InternalFailureException') {
    return no('InternalFailure', why, 'look for `broker.warning` in the log', 'broker', {
      template,
    })
  }
  const about = {
    template,
    ...(parameter === undefined ? {} : { parameter }),
    ...(resource === undefined ? {} : { resource }),
  }
  const device = parameter !== undefined
  const remedy = device
    ? `let the device send \`${parameter}\`, or give it a Default in the template`
    : (refusal?.hint ?? `mend the template \`${template}\``)
  return no('ResourceRegistrationFailure', why, remedy, device ? 'device' : 'setup', about)
}
