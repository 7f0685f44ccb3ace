import t from 'tap'
import type { Broker, Device } from '../../broker/main.ts'
import { answer } from '../../broker/registry/answer.ts'
import { allow, connect, running } from '../helpers/device.ts'
import { directly } from '../helpers/directly.ts'

const AT = '2026-01-01T00:00:00.000Z'

t.test('a session that a change of its certificate ends says which change it was', async t => {
  const broker = await running(t, { clock: AT })
  const by = 'candid cert deactivate'
  for (const [status, code] of [
    ['INACTIVE', 'REGISTRATION_INACTIVE'],
    ['REVOKED', 'REGISTRATION_REVOKED'],
    ['PENDING_TRANSFER', 'REGISTRATION_PENDING_TRANSFER'],
  ] as const) {
    const device = await broker.createDevice(`device-${status}`)
    const { closed, seen } = await connect(t, broker, device)
    broker.registry.desk.during({ by, operation: 'UpdateCertificate' }, () =>
      directly(broker.registry).setStatus(device.certificateId, status),
    )
    await closed
    t.equal(seen.connack, 0)
    t.match(await broker.closed({ clientId: device.thingName }), {
      code,
      verdict: 'refused',
      side: 'we',
      says: `was set to ${status} by \`UpdateCertificate\` (asked for by \`${by}\`) while it was connected`,
      evidence: { status, change: { at: AT, by, operation: 'UpdateCertificate' } },
    })
    await connect(t, broker, device)
    const again = await broker.closed({ clientId: device.thingName })
    t.match(again, { code, evidence: { change: undefined } }, 'and refused from then on')
  }
})

t.test('all sessions of the certificate end, and no other', async t => {
  const broker = await running(t)
  const device = await broker.createDevice('device')
  const other = await broker.createDevice('other')
  const both = await Promise.all(
    ['one', 'two'].map(clientId => connect(t, broker, device, { clientId })),
  )
  const { client } = await connect(t, broker, other)
  directly(broker.registry).setStatus(device.certificateId, 'INACTIVE')
  await Promise.all(both.map(({ closed }) => closed))
  await client.publishAsync('a/b', 'still here', { qos: 1 })
  t.equal(broker.registry.certificate(other.certificateId)?.status, 'ACTIVE')
})

t.test('the will of a device that is deactivated is published', async t => {
  const broker = await running(t)
  const watcher = await connect(t, broker, await broker.createDevice('watcher'))
  await watcher.client.subscribeAsync('wills/#')
  const heard = new Promise(resolve => watcher.client.once('message', resolve))
  const device = await broker.createDevice('device')
  const will = { topic: 'wills/x', payload: Buffer.from('gone'), qos: 0 as const, retain: false }
  await connect(t, broker, device, { will })
  directly(broker.registry).setStatus(device.certificateId, 'REVOKED')
  await heard
  t.same(watcher.seen.messages, [['wills/x', 'gone', false]])
})

t.test(
  'a permission that is taken away acts on the next packet, and the record says how',
  async t => {
    const broker = await running(t, { clock: AT })
    const device = await broker.createDevice('device')
    const { client, closed } = await connect(t, broker, device)
    await client.publishAsync('a/b', 'x', { qos: 1 })
    detachPolicy(broker, device)
    // What has nothing to do with it changes in between.
    directly(broker.registry).putThing({ thingName: 'somebody', attributes: {} })
    broker.registry.desk.during({ operation: 'UpdateThing' }, () =>
      directly(broker.registry).putThing({ thingName: 'device', attributes: {} }),
    )
    t.ok(client.connected, 'AWS closes nothing for a policy')
    client.publish('a/b', 'y', { qos: 1 })
    await closed
    t.match(await broker.closed(), {
      code: 'TRAFFIC_PUBLISH_DENIED',
      says: 'could until `DetachPolicy` or `UpdateThing` on `thing device` while it was connected: no policy',
      evidence: {
        policies: [],
        allowedUntil: [
          { at: AT, operation: 'DetachPolicy' },
          { at: AT, operation: 'UpdateThing', what: 'thing device' },
        ],
      },
      principal: { policies: [] },
    })
  },
)

t.test('what was never allowed is not put down to a change', async t => {
  const broker = await running(t)
  const policy = allow(['iot:Connect', 'client/*'], ['iot:Publish', 'topic/ok'])
  const device = await broker.createDevice('device', { policy })
  const { client, closed } = await connect(t, broker, device)
  await client.publishAsync('ok', 'x', { qos: 1 })
  detachPolicy(broker, device)
  client.publish('secret', 'x', { qos: 1 })
  await closed
  t.equal((await broker.closed()).evidence['allowedUntil'], undefined)
})

t.test('a message on its way is judged by the policies of the moment of its delivery', async t => {
  const denied: unknown[] = []
  const broker = await running(t, {
    log: event => event.event === 'traffic.denied' && denied.push(event),
  })
  const [device, speaker] = [
    await broker.createDevice('device'),
    await broker.createDevice('speaker'),
  ]
  const { client, seen } = await connect(t, broker, device)
  await client.subscribeAsync('news/#', { qos: 1 })
  const { client: other } = await connect(t, broker, speaker)
  await other.publishAsync('news/1', 'x', { qos: 1 })
  const deny = { Effect: 'Deny', Action: 'iot:Receive', Resource: '*/news/2' }
  const all = { Effect: 'Allow', Action: 'iot:*', Resource: '*' }
  const document = { Version: '2012-10-17', Statement: [all, deny] }
  broker.registry.desk.during({ operation: 'CreatePolicyVersion' }, () =>
    directly(broker.registry).putPolicy('device-policy', JSON.stringify(document)),
  )
  await other.publishAsync('news/2', 'y', { qos: 1 })
  await other.publishAsync('news/3', 'z', { qos: 1 })
  while (seen.messages.length < 2) await new Promise(resolve => client.once('message', resolve))
  t.same(
    seen.messages.map(([topic]) => topic),
    ['news/1', 'news/3'],
    'and the session stays',
  )
  t.match(denied, [
    {
      code: 'TRAFFIC_RECEIVE_DENIED',
      evidence: {
        topic: 'news/2',
        allowedUntil: [{ operation: 'CreatePolicyVersion', what: 'policy device-policy' }],
      },
    },
  ])
})

t.test('a detached thing takes its variables with it', async t => {
  const broker = await running(t)
  const thing = `\${iot:Connection.Thing.ThingName}`
  const policy = allow(['iot:Connect', 'client/*'], ['iot:Publish', `topic/dt/${thing}`])
  const device = await broker.createDevice('device', { policy })
  const { client, closed } = await connect(t, broker, device)
  await client.publishAsync('dt/device', 'x', { qos: 1 })
  const { desk } = broker.registry
  desk.during({ operation: 'DetachThingPrincipal' }, () =>
    desk.transact(() =>
      answer(desk.tables.thingPrincipals.remove(`${device.certificateId}/device`)),
    ),
  )
  client.publish('dt/device', 'y', { qos: 1 })
  await closed
  t.match(await broker.closed(), {
    code: 'TRAFFIC_PUBLISH_DENIED',
    evidence: { allowedUntil: [{ operation: 'DetachThingPrincipal' }] },
  })
})

t.test('a group above the group of the thing: its policies come and go', async t => {
  const broker = await running(t)
  const policy = allow(['iot:Connect', 'client/*'])
  const device = await broker.createDevice('device', { policy })
  const { registry } = broker
  directly(registry).putPolicy('fleet', JSON.stringify(allow(['iot:Publish', 'topic/*'])))
  directly(registry).putGroup({ groupName: 'all', policyNames: [], things: [] })
  directly(registry).putGroup({
    groupName: 'hall',
    parent: 'all',
    policyNames: [],
    things: ['device'],
  })
  const { client, closed } = await connect(t, broker, device)
  directly(registry).putGroup({ groupName: 'all', policyNames: ['fleet'], things: [] })
  await client.publishAsync('a/b', 'x', { qos: 1 })
  const { desk } = registry
  desk.during({ operation: 'DetachPolicy' }, () =>
    desk.transact(() => answer(desk.tables.policyTargets.remove('fleet/thinggroup/all'))),
  )
  client.publish('a/b', 'y', { qos: 1 })
  await closed
  t.match(await broker.closed(), {
    code: 'TRAFFIC_PUBLISH_DENIED',
    evidence: {
      allowedUntil: [{ operation: 'DetachPolicy', what: 'group all' }],
      policies: ['device-policy'],
    },
  })
})

t.test(
  'a CA that is deactivated, or gone, ends nothing and keeps no registered device out',
  async t => {
    const { minted, mintedDevice } = await import('../helpers/pki.ts')
    const broker = await running(t)
    const issuer = minted({ subject: [['CN', 'Factory']], isCa: true })
    const id = broker.registerAuthority(issuer.pem)
    const { certificate, privateKey, ...made } = await broker.createDevice('device')
    const own = mintedDevice('factory-made', issuer)
    directly(broker.registry).registerCertificate({
      certificate: own.certificate,
      status: 'ACTIVE',
      caCertificateId: id,
      source: { kind: 'learned', how: 'test' },
    })
    directly(broker.registry).attachPolicy(own.certificate.sha256, 'device-policy')
    const device = {
      ...made,
      thingName: 'factory-made',
      certificate: own.pem,
      privateKey: own.keyPem,
    }
    const { client } = await connect(t, broker, device)
    const { desk } = broker.registry
    const record = desk.tables.authorities.get(id)
    desk.transact(() => answer(desk.tables.authorities.put(id, { ...record!, status: 'INACTIVE' })))
    await client.publishAsync('a/b', 'x', { qos: 1 })
    desk.transact(() => answer(desk.tables.authorities.remove(id)))
    await client.publishAsync('a/b', 'x', { qos: 1 })
    const second = await connect(t, broker, device, { clientId: 'again' })
    t.equal(second.seen.connack, 0)
  },
)

t.test('a fleet that is provisioned costs the connected devices no decision', async t => {
  const broker = await running(t)
  const device = await broker.createDevice('device')
  const { client } = await connect(t, broker, device)
  await client.publishAsync('a/b', 'x', { qos: 1 })
  let asked = 0
  const { policiesOf } = broker.registry
  broker.registry.policiesOf = (...of) => {
    asked++
    return policiesOf(...of)
  }
  for (let index = 0; index < 20; index++) await broker.createDevice(`newcomer-${index}`)
  await client.publishAsync('a/b', 'x', { qos: 1 })
  t.equal(asked, 0)
  directly(broker.registry).putPolicy('device-policy', JSON.stringify(allow(['iot:*', '*'])))
  await client.publishAsync('a/b', 'x', { qos: 1 })
  t.equal(asked, 1)
})

function detachPolicy(broker: Broker, { certificateId, thingName }: Device): void {
  const { desk } = broker.registry
  desk.during({ operation: 'DetachPolicy' }, () =>
    desk.transact(() =>
      answer(desk.tables.policyTargets.remove(`${thingName}-policy/cert/${certificateId}`)),
    ),
  )
}
