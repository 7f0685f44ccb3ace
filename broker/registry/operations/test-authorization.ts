/**
 * TestAuthorization: what the policy engine would say to a device, before it connects. The same engine, the same context as
 * on a connection; what only a connection has (its address, its host name) has no value here.
 * AWS: https://docs.aws.amazon.com/iot/latest/apireference/API_TestAuthorization.html
 */

import {
  connectContext,
  contextOf,
  type Facts,
  thingOf,
  timeContext,
} from '../../policy/context.ts'
import { type AuthorizationRequest, decide, type Policy } from '../../policy/policy.ts'
import { type Answer, answer, refuse } from '../answer.ts'
import { type Desk, reading } from '../desk.ts'
import { attachedThings, certificateFacts } from '../policy-facts.ts'
import { exclusiveThingOf, thingsOf } from '../principals.ts'
import type { PolicyRecord } from '../records.ts'
import type { Rule } from './input.ts'
import { noPolicy, policySummary } from './policies.ts'
import { effectiveNames } from './policy-lists.ts'
import { targetNamed } from './policy-targets.ts'
import { policyName } from './rules.ts'

export type ActionType = keyof typeof actions
export type AuthInfo = { actionType: ActionType; resources: string[] }
export type AuthDecision = 'ALLOWED' | 'EXPLICIT_DENY' | 'IMPLICIT_DENY'

export type TestAuthorizationInput = {
  clientId?: string
  /** The ARN of a certificate or of a thing group. */
  principal?: string
  cognitoIdentityPoolId?: string
  authInfos: AuthInfo[]
  policyNamesToAdd?: string[]
  policyNamesToSkip?: string[]
}

type Policies = { policies: { policyName: string; policyArn: string }[] }

export type AuthResult = {
  authInfo: AuthInfo
  allowed: Policies
  denied: { implicitDeny: Policies; explicitDeny: Policies }
  authDecision: AuthDecision
  missingContextValues: string[]
}

const actions = {
  CONNECT: 'iot:Connect',
  PUBLISH: 'iot:Publish',
  RECEIVE: 'iot:Receive',
  SUBSCRIBE: 'iot:Subscribe',
} as const

/** AWS: of one request. */
const MOST = 10

const names: Rule = { kind: 'list', of: { ...policyName, required: true }, max: 100 }

export function testAuthorizationOperations(desk: Desk) {
  return {
    testAuthorization: reading(
      {
        clientId: { kind: 'string', max: 65_535 },
        principal: { kind: 'string', max: 2048 },
        cognitoIdentityPoolId: { kind: 'string', max: 2048 },
        authInfos: {
          kind: 'list',
          min: 1,
          max: MOST,
          required: true,
          of: {
            kind: 'object',
            of: {
              actionType: { kind: 'string', oneOf: Object.keys(actions), required: true },
              resources: {
                kind: 'list',
                of: { kind: 'string', max: 2048 },
                min: 1,
                max: 100,
                required: true,
              },
            },
          },
        },
        policyNamesToAdd: names,
        policyNamesToSkip: names,
      },
      (input: TestAuthorizationInput): Answer<{ authResults: AuthResult[] }> => {
        const facts = factsOf(desk, input)
        if (!facts.ok) return facts
        const asked = policiesOf(desk, input, facts.value)
        if (!asked.ok) return asked
        const policies = asked.value.map(record => desk.policyOf(record))
        return answer({
          authResults: input.authInfos.map(info => resultOf(desk, info, policies, facts.value)),
        })
      },
    ),
  }
}

/** Those that decide for the principal, with those to add and without those to skip. */
function policiesOf(
  desk: Desk,
  input: TestAuthorizationInput,
  facts: Facts,
): Answer<PolicyRecord[]> {
  const { principal, cognitoIdentityPoolId, policyNamesToAdd = [], policyNamesToSkip = [] } = input
  if (principal === undefined && policyNamesToAdd.length === 0) {
    const message = 'Either principal or policyNamesToAdd must be provided'
    return refuse('InvalidRequestException', message)
  }
  const wanted = new Set<string>()
  if (principal !== undefined) {
    const thingName = thingOf(facts)?.thingName
    const effective = effectiveNames(desk, {
      principal,
      ...(thingName === undefined ? {} : { thingName }),
      ...(cognitoIdentityPoolId === undefined ? {} : { cognitoIdentityPoolId }),
    })
    if (!effective.ok) return effective
    for (const name of effective.value) wanted.add(name)
  }
  for (const name of policyNamesToAdd) {
    if (!desk.view.policies.has(name)) return noPolicy(name)
    wanted.add(name)
  }
  for (const name of policyNamesToSkip) wanted.delete(name)
  return answer([...wanted].flatMap(name => desk.view.policies.get(name) ?? []))
}

function factsOf(desk: Desk, { clientId, principal }: TestAuthorizationInput): Answer<Facts> {
  const own = clientId === undefined ? {} : { clientId }
  if (principal === undefined) return answer(own)
  const named = targetNamed(desk, principal)
  if (!named.ok) return named
  const { view } = desk
  const certificateId = named.value.slice(named.value.indexOf('/') + 1)
  const record = named.value.startsWith('cert/') ? view.certificates.get(certificateId) : undefined
  if (record === undefined) return answer(own)
  return answer({
    ...own,
    certificateId,
    things: attachedThings(certificateId, {
      thingsOf: id => thingsOf(view, id),
      exclusiveThingOf: id => exclusiveThingOf(view, id),
      thing: name => view.things.get(name),
    }),
    certificate: certificateFacts(desk.certificateOf(record)),
  })
}

/** All resources of one request together: denied is what one of them is denied, allowed what all are. */
function resultOf(
  desk: Desk,
  { actionType, resources }: AuthInfo,
  policies: Policy[],
  facts: Facts,
): AuthResult {
  const { context, reasons } = contextOf(facts)
  const requests = resources.map(
    (resource): AuthorizationRequest => ({
      action: actions[actionType],
      resource,
      context: {
        ...context,
        ...timeContext(desk.now()),
        ...(actionType === 'CONNECT' ? connectContext(false, undefined) : {}),
      },
      reasons,
    }),
  )
  const outcomeOf = (of: Policy[]): AuthDecision => {
    const outcomes = requests.map(request => decide(of, request).outcome)
    return worst.find(one => outcomes.includes(one)) ?? 'IMPLICIT_DENY'
  }
  const those = (wanted: AuthDecision): Policies => ({
    policies: policies
      .filter(policy => outcomeOf([policy]) === wanted)
      .map(({ name }) => policySummary(name, desk)),
  })
  const missing = requests.flatMap(request => decide(policies, request).missingContextValues)
  return {
    authInfo: { actionType, resources },
    allowed: those('ALLOWED'),
    denied: { implicitDeny: those('IMPLICIT_DENY'), explicitDeny: those('EXPLICIT_DENY') },
    authDecision: outcomeOf(policies),
    missingContextValues: [...new Set(missing)],
  }
}

const worst = ['EXPLICIT_DENY', 'IMPLICIT_DENY', 'ALLOWED'] as const
