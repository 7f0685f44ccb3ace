/**
 * What one use of a template makes: everything is worked out here, before anything is made. Pure.
 * AWS: DG/provision-template, DG/jit-provisioning.
 */

import { quote } from '../diagnosis/words.ts'
import { evaluate, fail, kindOf, type Scope, type Value } from './evaluate.ts'
import { kindFailure } from './kind.ts'
import {
  failAbsentOf,
  named,
  oneOf,
  optionalName,
  propertyOf,
  required,
  textOf,
} from './properties.ts'
import {
  certificateIdParameter,
  certificatePrefix,
  type Override,
  type Resource,
  subjectParameters,
  type Template,
  type TemplateFailure,
  type TemplateKind,
} from './template.ts'

/** `resource` is always the logical name. */
export type Plan = {
  thing?: PlannedThing
  certificate: PlannedCertificate
  policies: PlannedPolicy[]
  /** Of fleet provisioning. */
  deviceConfiguration: { [key: string]: Value }
}

export type PlannedThing = {
  resource: string
  thingName: string
  attributes?: Record<string, string>
  thingTypeName?: string
  thingGroups?: string[]
  billingGroup?: string
  override: {
    AttributePayload: Override
    ThingTypeName: Exclude<Override, 'MERGE'>
    ThingGroups: Override
  }
}

export type PlannedCertificate = {
  resource: string
  source:
    | { certificateId: string }
    | { certificateSigningRequest: string }
    | { certificatePem: string; caCertificatePem?: string }
  status: 'ACTIVE' | 'INACTIVE'
  thingPrincipalType: 'EXCLUSIVE_THING' | 'NON_EXCLUSIVE_THING'
  override: { Status: Exclude<Override, 'MERGE'> }
}

export type PlannedPolicy = { resource: string } & ({ name: string } | { document: string })

export type PlanResult = { ok: true; plan: Plan } | { ok: false; failure: TemplateFailure }

/**
 * @param parameters what is known: of JITP the certificate's subject and id, of fleet provisioning what the device sent
 *   and the id, of RegisterThing what was given
 */
export function planFrom(
  template: Template,
  kind: TemplateKind,
  parameters: ReadonlyMap<string, string>,
): PlanResult {
  const refused = kindFailure(template, kind)
  if (refused) return { ok: false, failure: refused }
  const values = new Map(parameters)
  const absent = new Set<string>()
  for (const [parameter, { fallback }] of template.parameters) {
    if (values.has(parameter)) continue
    if (fallback !== undefined) values.set(parameter, fallback)
    // AWS, of RegisterThing (2022): a parameter without a value is not replaced. Of JITP: provisioning fails.
    else if (kind === 'REGISTER_THING') absent.add(parameter)
    else return { ok: false, failure: { parameter, why: missing(parameter, kind) } }
  }
  const scope: Scope = { parameters: values, absent, mappings: template.mappings, made: 0 }
  const plan = planned(template, scope)
  return scope.failure || !plan
    ? { ok: false, failure: scope.failure ?? { why: 'it makes nothing' } }
    : { ok: true, plan }
}

function missing(parameter: string, kind: TemplateKind): string {
  if (kind !== 'JITP') return 'the device did not send it, and it has no Default'
  return parameter.startsWith(certificatePrefix)
    ? 'the certificate does not carry it, and it has no Default'
    : 'no certificate carries it, and it has no Default'
}

function planned(template: Template, scope: Scope): Plan | undefined {
  const thing = template.thing && plannedThing(template.thing, scope)
  const certificate = plannedCertificate(template.certificate, scope)
  const policies = template.policies.flatMap(policy => plannedPolicy(policy, scope) ?? [])
  delete scope.resource
  const deviceConfiguration = Object.fromEntries(
    [...template.deviceConfiguration].flatMap(([key, expression]) => {
      const value = evaluate(expression, scope)
      return value === undefined ? [] : [[key, value]]
    }),
  )
  if (!certificate) return undefined
  return { ...(thing && { thing }), certificate, policies, deviceConfiguration }
}

// AWS: CreatePolicy, policyName.
const POLICY_NAME = /^[\w+=,.@-]{1,128}$/
const POLICY_RULE = 'aws takes 1 to 128 of the characters a-z A-Z 0-9 _ + = , . @ -'
// AWS: attributePayload of CreateThing.
const ATTRIBUTE_NAME = /^[a-zA-Z0-9_.,@/:#-]{1,128}$/
const ATTRIBUTE_VALUE = /^[a-zA-Z0-9_.,@/:#=[\]-]{0,800}$/

function plannedThing(resource: Resource, scope: Scope): PlannedThing | undefined {
  scope.resource = resource.name
  const thingName = required(resource, 'ThingName', scope)
  if (thingName === undefined) return undefined
  const name = named('ThingName', thingName, scope)
  const thingTypeName = optionalName(resource, 'ThingTypeName', scope)
  const billingGroup = optionalName(resource, 'BillingGroup', scope)
  const attributes = attributesOf(resource, scope)
  const thingGroups = groupsOf(resource, scope)
  if (name === undefined) return undefined
  return {
    resource: resource.name,
    thingName: name,
    ...(attributes && { attributes }),
    ...(thingTypeName !== undefined && { thingTypeName }),
    ...(thingGroups && { thingGroups }),
    ...(billingGroup !== undefined && { billingGroup }),
    override: {
      AttributePayload: overrideOf(resource, 'AttributePayload'),
      ThingTypeName: plainOverrideOf(resource, 'ThingTypeName'),
      ThingGroups: overrideOf(resource, 'ThingGroups'),
    },
  }
}

function attributesOf(resource: Resource, scope: Scope): Record<string, string> | undefined {
  const given = propertyOf(resource, 'AttributePayload', scope)
  if (given === undefined || typeof given !== 'object' || given === null) return undefined
  const attributes: [string, string][] = []
  for (const [name, value] of Object.entries(given)) {
    const at = `attribute ${quote(name)}`
    if (typeof value !== 'string') return fail(scope, `${at} gets ${kindOf(value)}, and no string`)
    if (!ATTRIBUTE_NAME.test(name))
      return fail(scope, `${quote(name)} is no attribute name that aws takes`)
    if (!ATTRIBUTE_VALUE.test(value)) {
      const rule = 'aws takes up to 800 of the characters a-z A-Z 0-9 _ . , @ / : # = [ ] -'
      return fail(scope, `${at} gets ${quote(value)}; ${rule}`)
    }
    attributes.push([name, value])
  }
  return Object.fromEntries(attributes)
}

function groupsOf(resource: Resource, scope: Scope): string[] | undefined {
  const given = propertyOf(resource, 'ThingGroups', scope)
  if (given === undefined) return undefined
  if (!Array.isArray(given))
    return fail(scope, `\`ThingGroups\` gets ${kindOf(given)}, and no list`)
  const names = new Set<string>()
  for (const value of given) {
    const name = named('ThingGroups', value, scope)
    if (name !== undefined) names.add(name)
  }
  return [...names]
}

function plannedCertificate(resource: Resource, scope: Scope): PlannedCertificate | undefined {
  scope.resource = resource.name
  const source = sourceOf(resource, scope)
  const status = oneOf(resource, 'Status', ['ACTIVE', 'INACTIVE'] as const, scope)
  const types = ['NON_EXCLUSIVE_THING', 'EXCLUSIVE_THING'] as const
  const thingPrincipalType = oneOf(resource, 'ThingPrincipalType', types, scope)
  if (!source || !status || !thingPrincipalType) return undefined
  return {
    resource: resource.name,
    source,
    status,
    thingPrincipalType,
    override: { Status: plainOverrideOf(resource, 'Status') },
  }
}

function sourceOf(resource: Resource, scope: Scope): PlannedCertificate['source'] | undefined {
  if (resource.properties.has('CertificateId')) {
    const certificateId = required(resource, 'CertificateId', scope)
    return certificateId === undefined ? undefined : { certificateId }
  }
  if (resource.properties.has('CertificateSigningRequest')) {
    const request = required(resource, 'CertificateSigningRequest', scope)
    return request === undefined ? undefined : { certificateSigningRequest: request }
  }
  const certificatePem = required(resource, 'CertificatePem', scope)
  const caCertificatePem = textOf(resource, 'CACertificatePem', scope)
  if (certificatePem === undefined) return undefined
  return { certificatePem, ...(caCertificatePem !== undefined && { caCertificatePem }) }
}

function plannedPolicy(resource: Resource, scope: Scope): PlannedPolicy | undefined {
  scope.resource = resource.name
  if (resource.properties.has('PolicyName')) {
    const name = required(resource, 'PolicyName', scope)
    if (name === undefined) return undefined
    if (POLICY_NAME.test(name)) return { resource: resource.name, name }
    return fail(scope, `\`PolicyName\` gets ${quote(name)}; ${POLICY_RULE}`)
  }
  const given = propertyOf(resource, 'PolicyDocument', scope)
  if (given === undefined) return failAbsentOf(resource, 'PolicyDocument', scope)
  const document = typeof given === 'string' ? given : JSON.stringify(given)
  return { resource: resource.name, document }
}

// DIFFERS: what AWS assumes where a setting is missing is not documented; what exists is left as it is.
function overrideOf(resource: Resource, setting: string): Override {
  return resource.override.get(setting) ?? 'DO_NOTHING'
}

function plainOverrideOf(resource: Resource, setting: string): Exclude<Override, 'MERGE'> {
  const found = overrideOf(resource, setting)
  return found === 'MERGE' ? 'DO_NOTHING' : found
}

/** The parameters of a JITP template for a certificate: the first value of each attribute of its subject, and its id. */
export function certificateParameters(
  certificateId: string,
  subject: Readonly<Record<string, string[]>>,
): Map<string, string> {
  const parameters = new Map([[certificateIdParameter, certificateId]])
  for (const name of subjectParameters) {
    const value = Object.hasOwn(subject, name) ? subject[name]?.[0] : undefined
    if (value !== undefined) parameters.set(certificatePrefix + name, value)
  }
  return parameters
}
