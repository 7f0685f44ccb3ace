/** What fleet provisioning rejects, and that nothing is made then; tokens, their hour, and who hears the answers. */

import t from 'tap'
import { start } from '../../broker/main.ts'
import { allow, connect } from '../helpers/device.ts'
import { directly } from '../helpers/directly.ts'
import {
  CLAIM_POLICY,
  type Claimant,
  claimant,
  FLEET_TEMPLATE,
  fleet,
  putFleetTemplate,
} from '../helpers/fleet.ts'
import { manualClock } from '../helpers/manual-clock.ts'
import { memoryStore } from '../helpers/memory-store.ts'
import { ecKeys, rsaKeys } from '../helpers/pki.ts'
import { ALGORITHMS, requestPem } from '../helpers/request.ts'

async function certificateOf(device: Claimant): Promise<{ certificateId: string; token: string }> {
  const { body } = await device.ask('create-from-csr', { certificateSigningRequest: requestPem() })
  return {
    certificateId: `${body['certificateId']}`,
    token: `${body['certificateOwnershipToken']}`,
  }
}

type Case = [
  name: string,
  operation: 'create' | 'create-from-csr' | 'provision',
  body: unknown,
  statusCode: number,
  errorCode: string,
  message: RegExp,
]

const weak = requestPem({ keys: rsaKeys(1024), algorithm: ALGORITHMS.rsaSha256 })
const stolen = requestPem({ signer: ecKeys().privateKey })
const noToken = /^Certificate ownership token cannot be empty\.$/
const [csr, token] = ['InvalidCertificateSigningRequest', 'InvalidCertificateOwnershipToken']
const given = { certificateOwnershipToken: 'x'.repeat(464) }

const cases: Case[] = [
  ['no request', 'create-from-csr', {}, 400, 'InvalidRequest', /certificateSigningRequest/],
  [
    'a number',
    'create-from-csr',
    { certificateSigningRequest: 1 },
    400,
    'InvalidRequest',
    /string/,
  ],
  ['rubbish', 'create-from-csr', { certificateSigningRequest: 'x' }, 400, csr, /not PEM/],
  ['a weak key', 'create-from-csr', { certificateSigningRequest: weak }, 400, csr, /RSA 1024/],
  ['a wrong proof', 'create-from-csr', { certificateSigningRequest: stolen }, 400, csr, /verify/],
  ['a list', 'create', [], 400, 'InvalidRequest', /not a (JSON object|CBOR map)/],
  ['no token', 'provision', {}, 400, token, noToken],
  ['an empty token', 'provision', { certificateOwnershipToken: '' }, 400, token, noToken],
  [
    'a token that is none',
    'provision',
    { certificateOwnershipToken: 'x' },
    400,
    token,
    /none that holds/,
  ],
  ['a token of nobody', 'provision', given, 400, token, /none that holds/],
  [
    'a token that is a number',
    'provision',
    { certificateOwnershipToken: 7 },
    400,
    token,
    /none that/,
  ],
  [
    'parameters that are none',
    'provision',
    { ...given, parameters: { a: 1 } },
    400,
    'InvalidRequest',
    /parameters/,
  ],
]

for (const format of ['json', 'cbor'] as const) {
  t.test(`requests that are rejected (${format})`, async t => {
    const { broker, claim, events } = await fleet(t)
    const device = await claimant(t, broker, claim, { format })
    const before = broker.registry.certificates().length
    for (const [name, operation, body, statusCode, errorCode, message] of cases) {
      const answered = await device.ask(operation, body)
      t.match(answered.topic, /\/rejected$/, name)
      t.match(answered.body, { statusCode, errorCode, errorMessage: message }, name)
      const keys = Object.keys(answered.body).sort()
      t.same(keys, ['errorCode', 'errorMessage', 'statusCode'], name)
    }
    t.equal(broker.registry.certificates().length, before, 'nothing was made')
    const told = events.filter(({ event }) => event === 'provisioning.failed')
    t.equal(told.length, cases.length)
    t.match(told[0], { code: 'TRAFFIC_REQUEST_REJECTED', clientId: 'claim' })
  })
}

t.test('bytes that are neither JSON nor CBOR', async t => {
  const { broker, claim } = await fleet(t)
  const bytes: [format: 'json' | 'cbor', payload: Buffer, says: RegExp][] = [
    ['json', Buffer.from('{'), /not JSON: line 1/],
    ['json', Buffer.from('{"a":1,"a":2}'), /the key `a` twice/],
    ['json', Buffer.from([0x22, 0xff, 0x22]), /not UTF-8/],
    ['json', Buffer.from('['.repeat(60_000)), /too many nested/],
    ['json', Buffer.alloc(70_000, 0x20), /70000 bytes/],
    ['cbor', Buffer.from('a16161', 'hex'), /not CBOR/],
    ['cbor', Buffer.from('a2616101616102', 'hex'), /not CBOR as it is taken: .*repeat map key/],
    ['cbor', Buffer.from('a10102', 'hex'), /non-string keys/],
    ['cbor', Buffer.from('a16161f7', 'hex'), /undefined/],
    ['cbor', Buffer.from('a1616141ff', 'hex'), /a byte string/],
    ['cbor', Buffer.alloc(60_000, 0x81), /over 64 maps/],
    ['cbor', Buffer.from('bb00000000ffffffff', 'hex'), /not CBOR/],
  ]
  for (const format of ['json', 'cbor'] as const) {
    const device = await claimant(t, broker, claim, { format, clientId: format })
    for (const [of, payload, says] of bytes) {
      if (of !== format) continue
      const answered = await device.send('create', payload)
      t.match(answered.body, { statusCode: 400, errorCode: 'InvalidRequest', errorMessage: says })
    }
    t.match(await device.send('create-from-csr', ''), { topic: /rejected$/ }, 'empty is an object')
  }
})

t.test('templates that can not be used', async t => {
  const { broker, claim } = await fleet(t)
  putFleetTemplate(broker, 'off', FLEET_TEMPLATE, { enabled: false })
  putFleetTemplate(broker, 'jitp', FLEET_TEMPLATE, { type: 'JITP' })
  putFleetTemplate(broker, 'broken', { Resources: {} })
  const lambda = { preProvisioningHook: { targetArn: 'arn:aws:lambda:x' } }
  putFleetTemplate(broker, 'lambda', FLEET_TEMPLATE, lambda)
  const missing = { ...FLEET_TEMPLATE.Resources, policy: policyNamed('nowhere') }
  putFleetTemplate(broker, 'no-policy', { ...FLEET_TEMPLATE, Resources: missing })
  const wants: [template: string, statusCode: number, errorCode: string, message: RegExp][] = [
    ['none', 404, 'ResourceNotFound', /no provisioning template `none`/],
    ['off', 400, 'InvalidRequest', /disabled/],
    ['jitp', 400, 'InvalidRequest', /just-in-time/],
    ['broken', 400, 'ResourceRegistrationFailure', /./],
    ['no-policy', 400, 'ResourceRegistrationFailure', /nowhere/],
    ['lambda', 403, 'ACCESS_DENIED', /arn:aws:lambda:x/],
  ]
  const first = await claimant(t, broker, claim)
  const { certificateId, token } = await certificateOf(first)
  for (const [template, statusCode, errorCode, errorMessage] of wants) {
    const device = await claimant(t, broker, claim, { template, clientId: template })
    const parameters = { SerialNumber: '1' }
    const body = { certificateOwnershipToken: token, parameters }
    const answered = await device.ask('provision', body)
    t.match(answered.body, { statusCode, errorCode, errorMessage }, template)
    t.equal(broker.registry.certificate(certificateId)?.status, 'PENDING_ACTIVATION', template)
    t.equal(broker.registry.thing('fleet-1'), undefined, template)
  }
  const last = await first.ask('provision', { certificateOwnershipToken: token })
  t.match(
    last.body,
    { errorMessage: /^parameter `SerialNumber`: the device did not send it/ },
    'a parameter that is missing',
  )
  const parameters = { SerialNumber: '1' }
  const right = await first.ask('provision', { certificateOwnershipToken: token, parameters })
  t.match(right.topic, /accepted$/, 'the token still holds after all that')
})

function policyNamed(PolicyName: string): object {
  return { Type: 'AWS::IoT::Policy', Properties: { PolicyName } }
}

t.test('a token works once, and only for its own certificate', async t => {
  const { broker, claim } = await fleet(t)
  const device = await claimant(t, broker, claim)
  const [a, b] = [await certificateOf(device), await certificateOf(device)]
  const register = (token: string, SerialNumber: string) =>
    device.ask('provision', { certificateOwnershipToken: token, parameters: { SerialNumber } })
  t.match(await register(a.token, 'a'), { body: { thingName: 'fleet-a' } })
  t.match(await register(a.token, 'c'), { body: { statusCode: 400 } }, 'used up')
  t.same(broker.registry.thingsOf(a.certificateId), ['fleet-a'])
  const mixed = b.token.slice(0, 60) + a.token.slice(60)
  t.match(await register(mixed, 'd'), { body: { statusCode: 400 } }, 'put together of two')
  t.match(await register(b.token, 'b'), { body: { thingName: 'fleet-b' } })
})

t.test('an hour later the token has ended, and the certificate is gone', async t => {
  const clock = manualClock()
  const { broker, claim, events } = await fleet(t, { clock })
  const device = await claimant(t, broker, claim)
  const waits = await certificateOf(device)
  const activated = await certificateOf(device)
  const attached = await certificateOf(device)
  directly(broker.registry).setStatus(activated.certificateId, 'ACTIVE')
  directly(broker.registry).attachPolicy(attached.certificateId, 'claim-policy')
  clock.advance(3_599_000)
  t.ok(broker.registry.certificate(waits.certificateId), 'a second before its end')
  clock.advance(1_000)
  t.equal(broker.registry.certificate(waits.certificateId), undefined)
  // Told when it is durable.
  await broker.registry.durable()
  t.ok(broker.registry.certificate(activated.certificateId), 'what is active stays')
  t.ok(broker.registry.certificate(attached.certificateId), 'what is attached stays')
  t.match(
    events.filter(({ event }) => event === 'provisioning.expired'),
    [{ certificateId: waits.certificateId }],
  )
  for (const { token } of [waits, activated, attached]) {
    const again = await claimant(t, broker, claim, { clientId: token.slice(50, 60) })
    const { body } = await again.ask('provision', { certificateOwnershipToken: token })
    t.match(body, { statusCode: 400, errorCode: 'InvalidCertificateOwnershipToken' })
  }
})

t.test('a restart forgets no token, and no end', async t => {
  const store = memoryStore()
  const clock = manualClock()
  const one = await start({ state: store, clock })
  putFleetTemplate(one, 'fleet')
  const claim = await one.createDevice('claim', { policy: CLAIM_POLICY })
  const device = await claimant(t, one, claim)
  const [used, forgotten] = [await certificateOf(device), await certificateOf(device)]
  await one.stop()
  clock.advance(1_800_000)
  const two = await start({ state: memoryStore(store.kept), clock })
  t.teardown(() => two.stop())
  const again = await claimant(t, two, { ...claim, ca: two.ca })
  const parameters = { SerialNumber: '1' }
  const body = { certificateOwnershipToken: used.token, parameters }
  t.match(await again.ask('provision', body), { body: { thingName: 'fleet-1' } })
  clock.advance(1_800_000)
  t.equal(two.registry.certificate(forgotten.certificateId), undefined)
  t.equal(two.registry.certificate(used.certificateId)?.status, 'ACTIVE')
})

t.test('what is not on disk is not accepted', async t => {
  const store = memoryStore()
  const { broker, claim } = await fleet(t, { state: store })
  const device = await claimant(t, broker, claim)
  store.breakWith(new Error('disk full'))
  const certificateSigningRequest = requestPem()
  for (const again of ['the first', 'the next']) {
    const { body } = await device.ask('create-from-csr', { certificateSigningRequest })
    t.match(body, { statusCode: 500, errorCode: 'InternalFailure' }, again)
  }
})

t.test('answers come to the connection that asked, and to no other', async t => {
  const { broker, claim } = await fleet(t)
  const one = await claimant(t, broker, claim, { clientId: 'one' })
  const two = await claimant(t, broker, claim, { clientId: 'two' })
  await two.client.subscribeAsync(['$aws/certificates/#', '$aws/certificates/+/json/+'])
  const [a, b] = await Promise.all([one.ask('create'), two.ask('create')])
  t.not(a.body['certificateId'], b.body['certificateId'])
  t.match(one.seen.messages, [[a.topic, /./, false]])
  t.equal(one.seen.messages.length, 1)
  t.equal(
    two.seen.messages.length,
    1,
    'once, though two of its subscriptions take it; no request of others',
  )
})

t.test('who has not subscribed hears nothing, and is told so in the log', async t => {
  const { broker, claim, events } = await fleet(t)
  const { client, seen } = await connect(t, broker, claim)
  await client.publishAsync('$aws/certificates/create-from-csr/json', '{}', { qos: 1 })
  await client.subscribeAsync('$aws/certificates/create/json/rejected')
  client.publish('$aws/certificates/create/json', 'no json')
  await new Promise(resolve => client.once('message', resolve))
  t.equal(seen.messages.length, 1)
  t.match(
    events.filter(({ event }) => event === 'connection.finding'),
    [
      {
        code: 'TRAFFIC_ANSWER_UNHEARD',
        evidence: { topic: '$aws/certificates/create-from-csr/json' },
      },
    ],
  )
})

t.test('a policy without iot:Receive keeps the answer away', async t => {
  const { broker, events } = await fleet(t)
  const policy = allow(['iot:Connect', '*'], ['iot:Publish', '*'], ['iot:Subscribe', '*'])
  const device = await connect(t, broker, await broker.createDevice('deaf', { policy }))
  await device.client.subscribeAsync('$aws/certificates/create/json/rejected')
  device.client.publish('$aws/certificates/create/json', 'no json')
  // Its PUBACK comes after the answer was judged.
  await device.client.publishAsync('later', '', { qos: 1 })
  await device.client.endAsync()
  await broker.closed({ clientId: 'deaf' })
  t.same(device.seen.messages, [])
  t.match(
    events.filter(({ event }) => event === 'traffic.denied'),
    [{ code: 'TRAFFIC_RECEIVE_DENIED' }],
  )
})

t.test('nobody can publish in the place of the service', async t => {
  const { broker, claim } = await fleet(t)
  for (const topic of [
    '$aws/certificates/create/json/accepted',
    '$aws/certificates/create/xml',
    '$aws/provisioning-templates/fleet/provision/json/rejected',
  ]) {
    const { client, closed } = await connect(t, broker, claim)
    client.publish(topic, '{}')
    await closed
    const record = await broker.closed({ clientId: 'claim' })
    t.match(record, { code: 'TRAFFIC_TOPIC_RESERVED', evidence: { topic } })
  }
})

t.test('who asks too often at once is told to wait', async t => {
  const { broker, claim } = await fleet(t)
  const device = await claimant(t, broker, claim)
  for (let count = 0; count < 30; count++)
    device.client.publish('$aws/certificates/create/json', '')
  while (device.seen.messages.length < 30) {
    await new Promise(resolve => device.client.once('message', resolve))
  }
  const rejected = device.seen.messages.filter(([topic]) => topic.endsWith('rejected'))
  t.ok(rejected.length > 0 && rejected.length <= 20, `${rejected.length} were rejected`)
  t.match(JSON.parse(rejected[0]?.[1] ?? ''), { statusCode: 429, errorCode: 'Throttling' })
})
