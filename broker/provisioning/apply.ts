/**
 * Makes what a template's plan says, as one change: thing, policies, attachments and the certificate's status, or nothing.
 * JITP, fleet provisioning and RegisterThing all stand on it.
 * AWS: DG/provision-template, "Resources" and "Override settings".
 */

import { createHash } from 'node:crypto'
import { quote } from '../diagnosis/words.ts'
import { type Answer, answer, type Refusal, refuse } from '../registry/answer.ts'
import type { ThingRecord } from '../registry/records.ts'
import type { Registry } from '../registry/registry.ts'
import {
  type Plan,
  type PlannedCertificate,
  type PlannedPolicy,
  type PlannedThing,
  planFrom,
} from '../template/plan.ts'
import { failureOf, readTemplate } from '../template/read.ts'
import type { TemplateFailure, TemplateKind } from '../template/template.ts'

/** Why nothing was made. With a call: AWS's operation that was refused, and its exception. */
export type ApplyFailure = TemplateFailure & { refusal?: Refusal }

export type Provisioned = {
  certificateId: string
  status: string
  thingName?: string
  policies: string[]
  /** What existed and was left as it is although the template says otherwise: `AttributePayload`, `Status`, ... */
  kept: string[]
  deviceConfiguration: Plan['deviceConfiguration']
  /** AWS: of RegisterThing; policies under their logical names. */
  resourceArns: Record<string, string>
}

export type Application =
  | { ok: true; provisioned: Provisioned }
  | { ok: false; failure: ApplyFailure }

/**
 * Reads the template, works out what it makes, and makes it. Synchronous; whoever tells of it awaits `registry.durable()`.
 * May be called inside of a transaction: then that one's end decides.
 * @param body the template as JSON text
 * @param certificateId of a registered certificate, which it names as `AWS::IoT::Certificate::Id`
 */
export function provisionFrom(
  body: string,
  kind: TemplateKind,
  parameters: ReadonlyMap<string, string>,
  certificateId: string,
  registry: Registry,
): Application {
  const read = readTemplate(body)
  if (!read.template) return { ok: false, failure: failureOf(read.problems) }
  const planned = planFrom(read.template, kind, parameters)
  return planned.ok ? apply(planned.plan, certificateId, registry) : planned
}

/** @param certificateId of a registered certificate: the one that the plan is for */
export function apply(plan: Plan, certificateId: string, registry: Registry): Application {
  let failure: ApplyFailure | undefined
  const kept: string[] = []
  const step: Step = (resource, call, done) => {
    if (done.ok) return done
    failure ??= failureOfCall(resource, call, done.refusal)
    return done
  }
  const done = registry.desk.transact((): Answer<Provisioned> => {
    const { thing, certificate } = plan
    const made = thing ? putThing(thing, kept, registry, step) : answer(undefined)
    if (!made.ok) return made
    const policies: string[] = []
    const arns: [string, string][] = []
    const principal = registry.desk.arn('cert', certificateId)
    for (const wanted of plan.policies) {
      const policy = putPolicy(wanted, registry, step)
      if (!policy.ok) return policy
      policies.push(policy.value)
      arns.push([wanted.resource, registry.desk.arn('policy', policy.value)])
      const input = { policyName: policy.value, target: principal }
      const attached = registry.operations.attachPolicy(input)
      const tied = step(wanted.resource, 'AttachPolicy', attached)
      if (!tied.ok) return tied
    }
    if (thing) {
      const { thingName } = thing
      const { thingPrincipalType } = certificate
      const input = { thingName, principal, thingPrincipalType }
      const attached = registry.operations.attachThingPrincipal(input)
      const on = step(certificate.resource, 'AttachThingPrincipal', attached)
      if (!on.ok) return on
    }
    const status = putStatus(certificate, certificateId, kept, registry, step)
    if (!status.ok) return status
    return answer({
      certificateId,
      status: status.value,
      ...(thing && { thingName: thing.thingName }),
      policies,
      kept,
      deviceConfiguration: plan.deviceConfiguration,
      resourceArns: {
        ...Object.fromEntries(arns),
        certificate: principal,
        ...(thing && { thing: registry.desk.arn('thing', thing.thingName) }),
      },
    })
  })
  if (done.ok) return { ok: true, provisioned: done.value }
  // Without a failure of a step, the registry itself takes no change any more.
  return { ok: false, failure: failure ?? { why: done.refusal.message, refusal: done.refusal } }
}

type Step = <T>(resource: string, call: string, done: Answer<T>) => Answer<T>

function failureOfCall(resource: string, call: string, refusal: Refusal): ApplyFailure {
  const { exception, hint, message } = refusal
  const because = hint === undefined ? '' : ` (${hint})`
  const told = `${message.replace(/\.$/, '')}${because}`
  const why = call === '' ? told : `${call} is refused with ${exception}: ${told}`
  return { resource, why, refusal }
}

function putThing(
  thing: PlannedThing,
  kept: string[],
  registry: Registry,
  step: Step,
): Answer<unknown> {
  const { resource, thingName, attributes, thingTypeName, thingGroups = [], billingGroup } = thing
  const there = registry.desk.view.things.get(thingName)
  if (there) return changeThing(thing, there, kept, registry, step)
  const made = registry.operations.createThing({
    thingName,
    ...(attributes && { attributePayload: { attributes } }),
    ...(thingTypeName !== undefined && { thingTypeName }),
    ...(billingGroup !== undefined && { billingGroupName: billingGroup }),
  })
  const done = step(resource, 'CreateThing', made)
  return done.ok ? putGroups(thing, [], thingGroups, registry, step) : done
}

/** AWS: what becomes of each property of a thing that exists, `OverrideSettings` says. */
function changeThing(
  thing: PlannedThing,
  there: ThingRecord,
  kept: string[],
  registry: Registry,
  step: Step,
): Answer<unknown> {
  const { resource, thingName, override } = thing
  for (const [setting, value] of Object.entries(override)) {
    if (value === 'FAIL') return exists(`thing ${quote(thingName)}`, setting, resource, step)
  }
  const { attributes, thingTypeName } = thing
  const payload = attributes && { attributes, merge: override.AttributePayload === 'MERGE' }
  const newAttributes = payload && !holds(there.attributes, payload) ? payload : undefined
  const newType = thingTypeName === there.thingTypeName ? undefined : thingTypeName
  const setAttributes = newAttributes && override.AttributePayload !== 'DO_NOTHING'
  const setType = newType !== undefined && override.ThingTypeName === 'REPLACE'
  if (newAttributes && !setAttributes) kept.push('AttributePayload')
  if (newType !== undefined && !setType) kept.push('ThingTypeName')
  if (setAttributes || setType) {
    const updated = registry.operations.updateThing({
      thingName,
      ...(setAttributes && { attributePayload: newAttributes }),
      ...(setType && { thingTypeName: newType }),
    })
    const done = step(resource, 'UpdateThing', updated)
    if (!done.ok) return done
  }
  const billed = changeBilling(thing, there, kept, registry, step)
  return billed.ok ? changeGroups(thing, kept, registry, step) : billed
}

/** There is no setting for it: a thing that is in a billing group stays there. */
function changeBilling(
  { billingGroup, resource, thingName }: PlannedThing,
  { billingGroupName }: ThingRecord,
  kept: string[],
  { operations }: Registry,
  step: Step,
): Answer<unknown> {
  if (billingGroup === undefined || billingGroup === billingGroupName) return answer(undefined)
  if (billingGroupName !== undefined) {
    kept.push('BillingGroup')
    return answer(undefined)
  }
  const added = operations.addThingToBillingGroup({ thingName, billingGroupName: billingGroup })
  return step(resource, 'AddThingToBillingGroup', added)
}

function changeGroups(
  thing: PlannedThing,
  kept: string[],
  registry: Registry,
  step: Step,
): Answer<unknown> {
  const { override, thingGroups, thingName } = thing
  if (!thingGroups) return answer(undefined)
  const now = registry.desk.view.groupThingsByThing
    .keys(thingName)
    .map(key => key.slice(0, key.indexOf('/')))
  const toAdd = thingGroups.filter(name => !now.includes(name))
  const toRemove =
    override.ThingGroups === 'REPLACE' ? now.filter(name => !thingGroups.includes(name)) : []
  if (override.ThingGroups === 'DO_NOTHING') {
    if (toAdd.length > 0) kept.push('ThingGroups')
    return answer(undefined)
  }
  return putGroups(thing, toRemove, toAdd, registry, step)
}

function putGroups(
  { resource, thingName }: PlannedThing,
  thingGroupsToRemove: string[],
  thingGroupsToAdd: string[],
  { operations }: Registry,
  step: Step,
): Answer<unknown> {
  if (thingGroupsToAdd.length + thingGroupsToRemove.length === 0) return answer(undefined)
  const input = { thingName, thingGroupsToAdd, thingGroupsToRemove }
  return step(resource, 'UpdateThingGroupsForThing', operations.updateThingGroupsForThing(input))
}

/** AWS: a policy given as a document gets a hash of it as its name; its example shows 40 upper-case hex digits. */
function putPolicy(wanted: PlannedPolicy, registry: Registry, step: Step): Answer<string> {
  if ('name' in wanted) {
    const { name, resource } = wanted
    if (registry.desk.view.policies.has(name)) return answer(name)
    const says = `there is no policy ${quote(name)}`
    return step(resource, '', refuse('ResourceNotFoundException', says))
  }
  const { document, resource } = wanted
  const name = createHash('sha1').update(document).digest('hex').toUpperCase()
  // DIFFERS: whether AWS takes the one that is there is not known; its document may have been changed since.
  if (registry.desk.view.policies.has(name)) return answer(name)
  const input = { policyName: name, policyDocument: document }
  const made = step(resource, 'CreatePolicy', registry.operations.createPolicy(input))
  return made.ok ? answer(name) : made
}

/** AWS: the last step. A certificate that waits for its activation gets the status of the template in any case. */
function putStatus(
  { override, resource, status }: PlannedCertificate,
  certificateId: string,
  kept: string[],
  { desk, operations }: Registry,
  step: Step,
): Answer<string> {
  const before = desk.view.certificates.get(certificateId)?.status
  if (before !== undefined && before !== 'PENDING_ACTIVATION') {
    if (override.Status === 'FAIL') return exists('the certificate', 'Status', resource, step)
    if (before === status || override.Status === 'DO_NOTHING') {
      if (before !== status) kept.push('Status')
      return answer(before)
    }
  }
  const done = operations.updateCertificate({ certificateId, newStatus: status })
  const updated = step(resource, 'UpdateCertificate', done)
  return updated.ok ? answer(status) : updated
}

/** AWS: with FAIL the request fails with a ResourceConflictsException; RegisterThing declares this name for it. */
function exists(what: string, setting: string, resource: string, step: Step): Answer<never> {
  const says = `${what} exists, and \`OverrideSettings\` has FAIL for \`${setting}\``
  const refusal = refuse('ConflictingResourceUpdateException', says)
  return step<never>(resource, '', refusal)
}

function holds(
  there: Record<string, string>,
  { attributes, merge }: { attributes: Record<string, string>; merge: boolean },
): boolean {
  const same = Object.entries(attributes).every(
    ([name, value]) => Object.hasOwn(there, name) && there[name] === value,
  )
  return same && (merge || Object.keys(there).length === Object.keys(attributes).length)
}
