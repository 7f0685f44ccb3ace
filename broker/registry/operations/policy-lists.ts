/**
 * Who has which policy: ListAttachedPolicies, ListTargetsForPolicy, GetEffectivePolicies, and the deprecated
 * ListPrincipalPolicies and ListPolicyPrincipals, which know certificates only.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_ListAttachedPolicies.html and its neighbours
 */

import { type Answer, answer, refuse } from '../answer.ts'
import { type Desk, reading } from '../desk.ts'
import { exclusiveThingOf, groupsOf, policyNamesOfGroups, policyNamesOn } from '../principals.ts'
import type { PolicyTarget } from '../records.ts'
import { principalNamed, thingNamed } from './named.ts'
import { byText, type MarkerPage, type Page, pageOf, withMarker } from './page.ts'
import { noPolicy, type PolicyNamed, policySummary } from './policies.ts'
import { targetArn, targetNamed } from './policy-targets.ts'
import { arnRule, flag, markerPage, policyName, resourceName } from './rules.ts'

export type EffectiveInput = {
  thingName?: string
  /** The ARN of a certificate or of a thing group. */
  principal?: string
  cognitoIdentityPoolId?: string
}

const { ascendingOrder: _, ...plainPage } = markerPage

export function policyListOperations(desk: Desk) {
  const { view } = desk
  return {
    /** By name. With `recursive` those of the groups above a thing group too. */
    listAttachedPolicies: reading(
      { ...plainPage, target: arnRule, recursive: flag },
      ({ target, recursive = false, ...page }: MarkerPage & Attached) => {
        const named = targetNamed(desk, target)
        if (!named.ok) return named
        const names = recursive ? inherited(desk, named.value) : policyNamesOn(view, named.value)
        return withMarker('policies', pageOfNames(desk, names, page))
      },
    ),
    listTargetsForPolicy: reading({ ...plainPage, policyName }, (input: MarkerPage & PolicyNamed) =>
      withMarker('targets', pageOfTargets(desk, input, '')),
    ),
    /** DIFFERS: the order is that of the names; AWS orders by time. */
    listPrincipalPolicies: reading(
      { ...markerPage, principal: arnRule },
      ({ principal, ...page }: MarkerPage & { principal: string }) => {
        const named = principalNamed(desk, principal)
        if (!named.ok) return named
        const names = policyNamesOn(view, `cert/${named.value.certificateId}`)
        return withMarker('policies', pageOfNames(desk, names, page))
      },
    ),
    listPolicyPrincipals: reading(
      { ...markerPage, policyName },
      (input: MarkerPage & PolicyNamed) =>
        withMarker('principals', pageOfTargets(desk, input, 'cert/')),
    ),
    /**
     * The policies that decide for a device: those of the principal, and those of the thing's groups and of the groups above
     * them. InvalidRequestException where neither is given.
     */
    getEffectivePolicies: reading(
      {
        thingName: resourceName,
        principal: { kind: 'string', max: 2048 },
        cognitoIdentityPoolId: { kind: 'string', max: 2048 },
      },
      (input: EffectiveInput) => {
        const names = effectiveNames(desk, input)
        if (!names.ok) return names
        const effectivePolicies = names.value.flatMap(name => {
          const policy = view.policies.get(name)
          if (policy === undefined) return []
          const { versions, defaultVersionId } = policy
          const { policyDocument = '' } = versions[defaultVersionId] ?? {}
          return { ...policySummary(name, desk), policyDocument }
        })
        return answer({ effectivePolicies })
      },
    ),
  }
}

/** Names of the policies that decide for a principal, for a thing, or for both, each once. */
export function effectiveNames(
  desk: Desk,
  { principal, thingName, cognitoIdentityPoolId }: EffectiveInput,
): Answer<string[]> {
  if (cognitoIdentityPoolId !== undefined) {
    return refuse('InvalidRequestException', 'Identities of Amazon Cognito are not supported', {
      hint: 'name a certificate as the principal',
    })
  }
  if (principal === undefined && thingName === undefined) {
    const message = 'Either principal or thingName must be provided'
    return refuse('InvalidRequestException', message)
  }
  const names = new Set<string>()
  let thing = thingName
  if (principal !== undefined) {
    const named = targetNamed(desk, principal)
    if (!named.ok) return named
    for (const name of inherited(desk, named.value)) names.add(name)
    // AWS: on an exclusive attachment the thing is found from the certificate.
    thing ??= exclusiveThingOf(desk.view, named.value.slice(named.value.indexOf('/') + 1))
  }
  if (thing !== undefined) {
    const there = thingNamed(desk, thing)
    if (!there.ok) return there
    for (const name of policyNamesOfGroups(desk.view, groupsOf(desk.view, thing))) names.add(name)
  }
  return answer([...names])
}

type Attached = { target: string; recursive?: boolean }

/** Names of the policies on a target, and where it is a group, on the groups above. */
function inherited({ view }: Desk, target: PolicyTarget): string[] {
  if (target.startsWith('cert/')) return policyNamesOn(view, target)
  return policyNamesOfGroups(view, [target.slice('thinggroup/'.length)])
}

function pageOfNames(
  desk: Desk,
  names: readonly string[],
  { marker, pageSize, ascendingOrder = true }: MarkerPage,
): Answer<Page<{ policyName: string; policyArn: string }>> {
  const order = ascendingOrder ? byText : byTextDown
  return pageOf(
    [...names].sort(order),
    // A file may attach what nobody has written.
    name => (desk.view.policies.has(name) ? policySummary(name, desk) : undefined),
    { size: pageSize, token: marker },
    order,
  )
}

function pageOfTargets(
  desk: Desk,
  { policyName: name, marker, pageSize, ascendingOrder = true }: MarkerPage & PolicyNamed,
  kind: 'cert/' | '',
): Answer<Page<string>> {
  const { view } = desk
  if (!view.policies.has(name)) return noPolicy(name)
  const keys = view.targetsByPolicy.keys(name)
  return pageOf(
    ascendingOrder ? keys : [...keys].reverse(),
    key => {
      const target = key.slice(name.length + 1) as PolicyTarget
      return target.startsWith(kind) ? targetArn(desk, target) : undefined
    },
    { size: pageSize, token: marker },
    ascendingOrder ? byText : byTextDown,
  )
}

function byTextDown(a: string, b: string): number {
  return byText(b, a)
}
