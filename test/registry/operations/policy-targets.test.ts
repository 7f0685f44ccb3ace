/** Policies on certificates and on thing groups: attached, detached, listed, and which decide in the end. */

import t from 'tap'
import {
  call,
  okay,
  opened,
  play,
  refused,
  reopened,
  type Setting,
  type Step,
} from '../../helpers/operations.ts'
import { pki } from '../../helpers/pki.ts'

const head = 'arn:aws:iot:us-east-1:123456789012:'
const policyDocument = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:Connect', Resource: '*' }],
})
const { pem: certificatePem, certificate } = pki().device
const cert = `${head}cert/${certificate.sha256}`
const group = `${head}thinggroup/hall`
const of = (policyName: string) => ({ policyName, policyArn: `${head}policy/${policyName}` })
const attach = (policyName: string, target: string): Step => [
  'attachPolicy',
  { policyName, target },
  {},
]
const detach = (policyName: string, target: string): Step => [
  'detachPolicy',
  { policyName, target },
  {},
]
const attached = (target: string, ...names: string[]): Step => [
  'listAttachedPolicies',
  { target },
  { policies: names.map(of) },
]

/** A certificate, a thing `lamp` in the group `hall` below `house`, and policies `p0` to `p11`. */
async function setting(): Promise<Setting> {
  const made = await opened()
  const { operations } = made.registry
  okay(operations.registerCertificateWithoutCA({ certificatePem, status: 'ACTIVE' }))
  okay(operations.createThing({ thingName: 'lamp' }))
  okay(operations.createThingGroup({ thingGroupName: 'house' }))
  okay(operations.createThingGroup({ thingGroupName: 'hall', parentGroupName: 'house' }))
  okay(operations.addThingToThingGroup({ thingGroupName: 'hall', thingName: 'lamp' }))
  for (let number = 0; number < 12; number++)
    okay(operations.createPolicy({ policyName: `p${number}`, policyDocument }))
  return made
}

t.test('attached, again, listed from both sides, and detached; a restart keeps it', async t => {
  const first = await setting()
  await play(t, first, [
    attached(cert),
    attach('p1', cert),
    attach('p1', cert),
    attach('p1', group),
    attach('p0', cert),
  ])
  const after = await reopened(first)
  await play(t, after, [
    attached(cert, 'p0', 'p1'),
    attached(group, 'p1'),
    ['listTargetsForPolicy', { policyName: 'p1' }, { targets: [cert, group] }],
    ['listTargetsForPolicy', { policyName: 'p2' }, { targets: [] }],
    ['listPrincipalPolicies', { principal: cert }, { policies: [of('p0'), of('p1')] }],
    [
      'listPrincipalPolicies',
      { principal: cert, ascendingOrder: false },
      { policies: [of('p1'), of('p0')] },
    ],
    ['listPolicyPrincipals', { policyName: 'p1' }, { principals: [cert] }],
    [
      'deletePolicy',
      { policyName: 'p1' },
      refused(
        'DeleteConflictException',
        'The policy cannot be deleted as the policy is attached to one or more principals (name=p1)',
      ),
    ],
    detach('p1', cert),
    // AWS: what is not attached is detached already.
    detach('p1', cert),
    detach('nobody', cert),
    attached(cert, 'p0'),
    detach('p1', group),
    ['deletePolicy', { policyName: 'p1' }, {}],
    ['attachPrincipalPolicy', { policyName: 'p2', principal: cert }, {}],
    attached(cert, 'p0', 'p2'),
    ['detachPrincipalPolicy', { policyName: 'p2', principal: cert }, {}],
    attached(cert, 'p0'),
  ])
})

t.test('ten policies on a certificate, two on a group', async t => {
  const made = await setting()
  const ten = Array.from({ length: 10 }, (_, number) => `p${number}`)
  const full = (policyName: string, what: string, most: number) =>
    refused(
      'LimitExceededException',
      `Cannot attach policy ${policyName}: the ${what} has the maximum number of policies (${most}) already`,
    )
  await play(t, made, [
    ...ten.map(name => attach(name, cert)),
    ['attachPolicy', { policyName: 'p10', target: cert }, full('p10', 'certificate', 10)],
    [
      'attachPrincipalPolicy',
      { policyName: 'p10', principal: cert },
      full('p10', 'certificate', 10),
    ],
    // One of the ten is there already: that is no eleventh.
    attach('p3', cert),
    detach('p3', cert),
    attach('p10', cert),
    attach('p0', group),
    attach('p1', group),
    ['attachPolicy', { policyName: 'p2', target: group }, full('p2', 'thing group', 2)],
  ])
})

t.test('what is no target is refused, and says what would be one', async t => {
  const made = await setting()
  const invalid = (hint: RegExp) => refused('InvalidRequestException', /^Invalid target: /, hint)
  const attaching = (target: unknown, expected: Step[2]): Step => [
    'attachPolicy',
    { policyName: 'p1', target },
    expected,
  ]
  const nowhere = `${head}cert/${'0'.repeat(64)}`
  await play(t, made, [
    attaching(`${head}thing/lamp`, invalid(/^a thing carries no policy: .* certificate/)),
    attaching('us-east-1:01234567-89ab-cdef-0123-456789abcdef', invalid(/Cognito/)),
    attaching('lamp', invalid(/arn:aws:iot:us-east-1:123456789012:cert\/ID/)),
    attaching(cert.replace('123456789012', '000000000000'), invalid(/123456789012/)),
    attaching(`${head}thinggroup/`, invalid(/./)),
    attaching(nowhere, refused('ResourceNotFoundException', /^Certificate 0+ cannot be found/)),
    attaching(
      `${head}thinggroup/none`,
      refused('ResourceNotFoundException', 'Thing group none cannot be found.'),
    ),
    attaching(undefined, refused('InvalidRequestException', /'target'/)),
    [
      'attachPolicy',
      { policyName: 'none', target: cert },
      refused('ResourceNotFoundException', 'Policy not found (name=none)'),
    ],
    [
      'attachPrincipalPolicy',
      { policyName: 'p1', principal: group },
      refused('InvalidRequestException', 'The given ARN does not represent a cert'),
    ],
    [
      'detachPolicy',
      { policyName: 'p1', target: 'lamp' },
      refused('InvalidRequestException', /^Invalid target/),
    ],
    [
      'detachPrincipalPolicy',
      { policyName: 'none', principal: cert },
      refused('ResourceNotFoundException', 'Policy not found (name=none)'),
    ],
    [
      'detachPrincipalPolicy',
      { policyName: 'p1', principal: nowhere },
      refused('ResourceNotFoundException', /cannot be found/),
    ],
    ...(['listTargetsForPolicy', 'listPolicyPrincipals'] as const).map(
      (operation): Step => [
        operation,
        { policyName: 'none' },
        refused('ResourceNotFoundException', 'Policy not found (name=none)'),
      ],
    ),
    [
      'listAttachedPolicies',
      { target: nowhere },
      refused('ResourceNotFoundException', /cannot be found/),
    ],
    [
      'listPrincipalPolicies',
      { principal: group },
      refused('InvalidRequestException', 'The given ARN does not represent a cert'),
    ],
  ])
})

t.test('what decides: of the certificate, of the groups of the thing, of those above', async t => {
  const made = await setting()
  const effective = (input: object, ...names: string[]): Step => [
    'getEffectivePolicies',
    input,
    { effectivePolicies: names.map(name => ({ ...of(name), policyDocument })) },
  ]
  await play(t, made, [
    attach('p1', cert),
    attach('p2', group),
    attach('p3', `${head}thinggroup/house`),
    attached(group, 'p2'),
    [
      'listAttachedPolicies',
      { target: group, recursive: true },
      { policies: [of('p2'), of('p3')] },
    ],
    ['listAttachedPolicies', { target: cert, recursive: true }, { policies: [of('p1')] }],
    effective({ principal: cert }, 'p1'),
    effective({ principal: group }, 'p2', 'p3'),
    effective({ thingName: 'lamp' }, 'p2', 'p3'),
    effective({ principal: cert, thingName: 'lamp' }, 'p1', 'p2', 'p3'),
    ['attachThingPrincipal', { thingName: 'lamp', principal: cert }, {}],
    effective({ principal: cert }, 'p1'),
    ['detachThingPrincipal', { thingName: 'lamp', principal: cert }, {}],
    [
      'attachThingPrincipal',
      { thingName: 'lamp', principal: cert, thingPrincipalType: 'EXCLUSIVE_THING' },
      {},
    ],
    effective({ principal: cert }, 'p1', 'p2', 'p3'),
    ['getEffectivePolicies', {}, refused('InvalidRequestException', /principal or thingName/)],
    [
      'getEffectivePolicies',
      { thingName: 'none' },
      refused('ResourceNotFoundException', 'Thing none cannot be found.'),
    ],
    [
      'getEffectivePolicies',
      { principal: `${head}thing/lamp` },
      refused('InvalidRequestException', /./, /certificate/),
    ],
    [
      'getEffectivePolicies',
      { cognitoIdentityPoolId: 'a', principal: cert },
      refused('InvalidRequestException', /Cognito/),
    ],
  ])
})

t.test('600 targets in pages, while some come and go', async t => {
  const { registry } = await setting()
  const name = (number: number) => `g${String(number).padStart(4, '0')}`
  const target = (number: number) => `${head}thinggroup/${name(number)}`
  const add = (number: number) => {
    okay(registry.operations.createThingGroup({ thingGroupName: name(number) }))
    okay(registry.operations.attachPolicy({ policyName: 'p0', target: target(number) }))
  }
  for (let number = 0; number < 1200; number += 2) add(number)
  const seen: string[] = []
  for (let marker: string | undefined, page = 0; page === 0 || marker !== undefined; page++) {
    const input = { policyName: 'p0', pageSize: 100, ...(marker && { marker }) }
    const list = okay(registry.operations.listTargetsForPolicy(input))
    seen.push(...list.targets)
    marker = list.nextMarker
    // Behind and before the place where the next page begins.
    add(page * 20 + 1)
    add(1199 - page * 2)
    okay(registry.operations.detachPolicy({ policyName: 'p0', target: seen.at(-1) ?? '' }))
  }
  const even = seen.filter(one => Number(one.slice(-4)) % 2 === 0)
  t.same(
    even,
    Array.from({ length: 600 }, (_, index) => target(index * 2)),
  )
  t.equal(new Set(seen).size, seen.length, 'nothing twice')
  t.ok(seen.includes(target(1199)) && seen.length > 600, 'what came ahead is there')
})

t.test('a policy on 100,000 certificates: one more costs no look at all of them', async t => {
  const { registry } = await setting()
  const { tables, transact } = registry.desk
  transact(() => {
    for (let number = 0; number < 100_000; number++) {
      const id = `cert/${String(number).padStart(64, '0')}` as const
      const source = { kind: 'learned', how: 'a test' } as const
      tables.policyTargets.put(`p0/${id}`, { policyName: 'p0', target: id, source })
    }
    return { ok: true, value: undefined }
  })
  okay(registry.operations.listTargetsForPolicy({ policyName: 'p0' }))
  const begin = performance.now()
  for (let round = 0; round < 20; round++) {
    okay(registry.operations.attachPolicy({ policyName: 'p0', target: cert }))
    t.match(await call(registry, 'deletePolicy', { policyName: 'p0' }), { ok: false })
    t.equal(okay(registry.operations.listTargetsForPolicy({ policyName: 'p0' })).targets.length, 25)
    okay(registry.operations.detachPolicy({ policyName: 'p0', target: cert }))
  }
  // A sort of all keys takes more than that for each round.
  t.ok(performance.now() - begin < 2000, `${performance.now() - begin} ms`)
})
