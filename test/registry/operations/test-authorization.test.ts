/** TestAuthorization: each decision with the policies behind it, for certificates, groups and policies by name. */

import t from 'tap'
import { okay, opened, play, refused, type Setting } from '../../helpers/operations.ts'
import { pki } from '../../helpers/pki.ts'

const head = 'arn:aws:iot:us-east-1:123456789012:'
const { pem: certificatePem, certificate } = pki().device
const principal = `${head}cert/${certificate.sha256}`
const thing = `\${iot:Connection.Thing.ThingName}`

const documents = {
  connects: ['Allow', 'iot:Connect', `client/${thing}`],
  publishes: ['Allow', 'iot:Publish', 'topic/a/*'],
  forbids: ['Deny', 'iot:Publish', 'topic/a/secret'],
  ofGroup: ['Allow', 'iot:Subscribe', 'topicfilter/group'],
  byName: ['Allow', 'iot:Receive', 'topic/named'],
  fromHome: ['Allow', 'iot:Receive', 'topic/home', { IpAddress: { 'aws:SourceIp': '10.0.0.1' } }],
} as const

type Name = keyof typeof documents

async function setting(): Promise<Setting> {
  const made = await opened()
  const { operations } = made.registry
  okay(operations.registerCertificateWithoutCA({ certificatePem, status: 'ACTIVE' }))
  okay(operations.createThing({ thingName: 'lamp' }))
  okay(operations.createThingGroup({ thingGroupName: 'hall' }))
  okay(operations.addThingToThingGroup({ thingGroupName: 'hall', thingName: 'lamp' }))
  okay(operations.attachThingPrincipal({ thingName: 'lamp', principal }))
  for (const [policyName, [Effect, Action, resource, Condition]] of Object.entries(documents)) {
    const Statement = [
      { Effect, Action, Resource: head + resource, ...(Condition && { Condition }) },
    ]
    const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
    okay(operations.createPolicy({ policyName, policyDocument }))
  }
  for (const policyName of ['connects', 'publishes', 'forbids'])
    okay(operations.attachPolicy({ policyName, target: principal }))
  okay(operations.attachPolicy({ policyName: 'ofGroup', target: `${head}thinggroup/hall` }))
  return made
}

const list = (...names: Name[]) => ({
  policies: names.map(name => ({ policyName: name, policyArn: `${head}policy/${name}` })),
})

type Case = {
  name: string
  input?: { [field: string]: unknown }
  ask: [actionType: string, ...resources: string[]]
  decision: 'ALLOWED' | 'EXPLICIT_DENY' | 'IMPLICIT_DENY'
  allowed?: Name[]
  explicit?: Name[]
  implicit?: Name[]
  missing?: string[]
}

const lamp = { principal, clientId: 'lamp' }

const cases: Case[] = [
  {
    name: 'allowed, by a variable of the thing',
    ask: ['CONNECT', 'client/lamp'],
    decision: 'ALLOWED',
    allowed: ['connects'],
    implicit: ['forbids', 'publishes', 'ofGroup'],
  },
  {
    name: 'another client id is not the thing, and has not the policies of its group',
    input: { principal, clientId: 'other' },
    ask: ['CONNECT', 'client/lamp'],
    decision: 'IMPLICIT_DENY',
    implicit: ['connects', 'forbids', 'publishes'],
    missing: ['iot:Connection.Thing.ThingName'],
  },
  {
    name: 'no client id',
    input: { principal },
    ask: ['CONNECT', 'client/lamp'],
    decision: 'IMPLICIT_DENY',
    implicit: ['connects', 'forbids', 'publishes'],
    missing: ['iot:Connection.Thing.ThingName'],
  },
  {
    name: 'by the group',
    ask: ['SUBSCRIBE', 'topicfilter/group'],
    decision: 'ALLOWED',
    allowed: ['ofGroup'],
    implicit: ['connects', 'forbids', 'publishes'],
  },
  {
    name: 'a Deny wins over an Allow',
    ask: ['PUBLISH', 'topic/a/secret'],
    decision: 'EXPLICIT_DENY',
    allowed: ['publishes'],
    explicit: ['forbids'],
    implicit: ['connects', 'ofGroup'],
  },
  {
    name: 'of two resources one is denied',
    ask: ['PUBLISH', 'topic/a/open', 'topic/a/secret'],
    decision: 'EXPLICIT_DENY',
    allowed: ['publishes'],
    explicit: ['forbids'],
    implicit: ['connects', 'ofGroup'],
  },
  {
    name: 'of two resources one is not allowed',
    ask: ['PUBLISH', 'topic/a/open', 'topic/b'],
    decision: 'IMPLICIT_DENY',
    implicit: ['connects', 'forbids', 'publishes', 'ofGroup'],
  },
  {
    name: 'the Deny left out',
    input: { ...lamp, policyNamesToSkip: ['forbids'] },
    ask: ['PUBLISH', 'topic/a/secret'],
    decision: 'ALLOWED',
    allowed: ['publishes'],
    implicit: ['connects', 'ofGroup'],
  },
  {
    name: 'one policy added',
    input: { ...lamp, policyNamesToAdd: ['byName', 'connects'] },
    ask: ['RECEIVE', 'topic/named'],
    decision: 'ALLOWED',
    allowed: ['byName'],
    implicit: ['connects', 'forbids', 'publishes', 'ofGroup'],
  },
  {
    name: 'policies alone, without a principal',
    input: { policyNamesToAdd: ['fromHome'] },
    ask: ['RECEIVE', 'topic/home'],
    decision: 'IMPLICIT_DENY',
    implicit: ['fromHome'],
    missing: ['aws:SourceIp'],
  },
  {
    name: 'a thing group as the principal',
    input: { principal: `${head}thinggroup/hall` },
    ask: ['SUBSCRIBE', 'topicfilter/group'],
    decision: 'ALLOWED',
    allowed: ['ofGroup'],
  },
  {
    name: 'a resource that is no ARN',
    ask: ['PUBLISH', '*'],
    decision: 'IMPLICIT_DENY',
    implicit: ['connects', 'forbids', 'publishes', 'ofGroup'],
  },
]

for (const { name, input = lamp, ask, decision, ...behind } of cases)
  t.test(name, async t => {
    const [actionType, ...names] = ask
    const resources = names.map(resource => (resource === '*' ? resource : head + resource))
    const { registry } = await setting()
    const request = { ...input, authInfos: [{ actionType, resources }] }
    const act = registry.operations.testAuthorization as (input: unknown) => unknown
    t.same(act(request), {
      ok: true,
      value: {
        authResults: [
          {
            authInfo: { actionType, resources },
            allowed: list(...(behind.allowed ?? [])),
            denied: {
              implicitDeny: list(...(behind.implicit ?? [])),
              explicitDeny: list(...(behind.explicit ?? [])),
            },
            authDecision: decision,
            missingContextValues: behind.missing ?? [],
          },
        ],
      },
    })
  })

t.test('what can not be asked', async t => {
  const authInfos = [{ actionType: 'CONNECT', resources: [`${head}client/lamp`] }]
  await play(t, await setting(), [
    [
      'testAuthorization',
      { authInfos },
      refused('InvalidRequestException', 'Either principal or policyNamesToAdd must be provided'),
    ],
    ['testAuthorization', { principal }, refused('InvalidRequestException', /'authInfos'/)],
    [
      'testAuthorization',
      { principal, authInfos: [] },
      refused('InvalidRequestException', /'authInfos'.*greater than or equal to 1/),
    ],
    [
      'testAuthorization',
      { principal, authInfos: [{ actionType: 'CONNECT', resources: [] }] },
      refused('InvalidRequestException', /'authInfos.1.member.resources'/),
    ],
    [
      'testAuthorization',
      { principal, authInfos: [{ actionType: 'WISH', resources: ['a'] }] },
      refused('InvalidRequestException', /\[CONNECT, PUBLISH, RECEIVE, SUBSCRIBE\]/),
    ],
    [
      'testAuthorization',
      { principal, authInfos: Array.from({ length: 11 }, () => authInfos[0]) },
      refused('InvalidRequestException', /'authInfos'/),
    ],
    [
      'testAuthorization',
      { authInfos, policyNamesToAdd: ['none'] },
      refused('ResourceNotFoundException', 'Policy not found (name=none)'),
    ],
    [
      'testAuthorization',
      { authInfos, principal: `${head}cert/${'0'.repeat(64)}` },
      refused('ResourceNotFoundException', /cannot be found/),
    ],
    [
      'testAuthorization',
      { authInfos, principal, cognitoIdentityPoolId: 'a' },
      refused('InvalidRequestException', /Cognito/),
    ],
  ])
})
