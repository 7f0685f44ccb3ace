/**
 * Policies on certificates and on thing groups: AttachPolicy, DetachPolicy, and the deprecated AttachPrincipalPolicy and
 * DetachPrincipalPolicy, which take certificates only.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_AttachPolicy.html and its neighbours
 */

import { quote } from '../../diagnosis/words.ts'
import { type Answer, answer, refuse } from '../answer.ts'
import { nameInArn } from '../arn.ts'
import { changing, type Desk, ifDeclared } from '../desk.ts'
import type { PolicyTarget } from '../records.ts'
import { notFound, principalNamed } from './named.ts'
import { noPolicy, type PolicyNamed } from './policies.ts'
import { arnRule, policyName } from './rules.ts'

export type PolicyTargetInput = PolicyNamed & {
  /** The ARN of a certificate or of a thing group. */
  target: string
}

export type PrincipalPolicyInput = PolicyNamed & {
  /** The ARN of a certificate. */
  principal: string
}

/** AWS: policies on one certificate, and on one thing group. */
const MOST = { cert: 10, thinggroup: 2 }

export function policyTargetOperations(desk: Desk) {
  return {
    /** Where it is attached already nothing happens. LimitExceededException beyond ten on a certificate, two on a group. */
    attachPolicy: changing(
      desk,
      { policyName, target: arnRule },
      ({ policyName: name, target }: PolicyTargetInput) => {
        const named = targetNamed(desk, target)
        return named.ok ? attach(desk, name, named.value, 'AttachPolicy') : named
      },
    ),
    /** AWS: what is not attached, or not there, is no mistake. */
    detachPolicy: changing(
      desk,
      { policyName, target: arnRule },
      ({ policyName: name, target }: PolicyTargetInput) => {
        const written = targetOf(desk, target)
        return written.ok ? detach(desk, name, written.value) : written
      },
    ),
    attachPrincipalPolicy: changing(
      desk,
      { policyName, principal: arnRule },
      ({ policyName: name, principal }: PrincipalPolicyInput) => {
        const named = principalNamed(desk, principal)
        if (!named.ok) return named
        return attach(desk, name, `cert/${named.value.certificateId}`, 'AttachPrincipalPolicy')
      },
    ),
    /** AWS: ResourceNotFoundException where there is no such policy or certificate. */
    detachPrincipalPolicy: changing(
      desk,
      { policyName, principal: arnRule },
      ({ policyName: name, principal }: PrincipalPolicyInput) => {
        const named = principalNamed(desk, principal)
        if (!named.ok) return named
        if (!desk.view.policies.has(name)) return noPolicy(name)
        return detach(desk, name, `cert/${named.value.certificateId}`)
      },
    ),
  }
}

/** The certificate or the thing group of this ARN, which must be there. */
export function targetNamed(desk: Desk, target: string): Answer<PolicyTarget> {
  const written = targetOf(desk, target)
  if (!written.ok) return written
  const group = groupIn(desk, target)
  if (group === undefined) {
    const named = principalNamed(desk, target)
    return named.ok ? answer<PolicyTarget>(`cert/${named.value.certificateId}`) : named
  }
  return desk.view.thingGroups.has(group) ? written : notFound('Thing group', group)
}

export function targetArn(desk: Desk, target: PolicyTarget): string {
  const slash = target.indexOf('/')
  return desk.arn(target.slice(0, slash) as 'cert' | 'thinggroup', target.slice(slash + 1))
}

/** What an ARN means, whether it is there or not. */
function targetOf(desk: Desk, target: string): Answer<PolicyTarget> {
  const group = groupIn(desk, target)
  if (group !== undefined) return answer<PolicyTarget>(`thinggroup/${group}`)
  const certificateId = nameInArn(desk.account(), 'cert', target)
  if (certificateId !== undefined)
    return answer<PolicyTarget>(`cert/${certificateId.toLowerCase()}`)
  return refuse(
    'InvalidRequestException',
    `Invalid target: ${target.slice(0, 200)}`,
    hintFor(desk, target),
  )
}

function groupIn(desk: Desk, target: string): string | undefined {
  return nameInArn(desk.account(), 'thinggroup', target)
}

function hintFor(desk: Desk, target: string): { hint: string } {
  if (/^arn:[^:]*:iot:[^:]*:[^:]*:thing\//.test(target)) {
    return { hint: 'a thing carries no policy: attach it to the certificate of the thing' }
  }
  if (/^[\w-]+:[0-9a-f-]{36}$/i.test(target)) {
    return { hint: 'identities of Amazon Cognito are not there: attach it to a certificate' }
  }
  return { hint: `it is ${desk.arn('cert', 'ID')} or ${desk.arn('thinggroup', 'NAME')} here` }
}

function attach(
  desk: Desk,
  policy: string,
  target: PolicyTarget,
  how: string,
): Answer<Record<string, never>> {
  const { view, tables } = desk
  if (!view.policies.has(policy)) return noPolicy(policy)
  const key = `${policy}/${target}`
  if (view.policyTargets.has(key)) return answer({})
  const most = target.startsWith('cert/') ? MOST.cert : MOST.thinggroup
  if (view.targetsByTarget.keys(target).length >= most) {
    const what = target.startsWith('cert/') ? 'certificate' : 'thing group'
    return refuse(
      'LimitExceededException',
      `Cannot attach policy ${policy}: the ${what} has the maximum number of policies (${most}) already`,
      { hint: 'detach one of them first, or put the statements into one policy' },
    )
  }
  tables.policyTargets.put(key, { policyName: policy, target, source: { kind: 'learned', how } })
  return answer({})
}

function detach(desk: Desk, policy: string, target: PolicyTarget): Answer<Record<string, never>> {
  const key = `${policy}/${target}`
  const record = desk.view.policyTargets.get(key)
  if (record === undefined) return answer({})
  const wrong = ifDeclared(record, `that policy ${quote(policy)} is attached`)
  if (wrong) return wrong
  desk.tables.policyTargets.remove(key)
  return answer({})
}
