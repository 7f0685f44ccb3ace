/** Who hears `$aws/events/certificates/registered/...`, and that nobody but the broker says it. */

import type { MqttClient } from 'mqtt'
import t, { type Test } from 'tap'
import type { Broker } from '../../broker/main.ts'
import { allow, connect, running } from '../helpers/device.ts'
import { minted, mintedDevice } from '../helpers/pki.ts'

const NOW = Date.UTC(2026, 0, 1)
const HEAD = '$aws/events/certificates/registered'

t.test('the event reaches who subscribed, once for each contact', async t => {
  const broker = await running(t, { clock: NOW })
  const factory = authority(broker)
  const filters = [`${HEAD}/${factory.id}`, `${HEAD}/#`, `${HEAD}/+`]
  const policy = allow(
    ['iot:Connect', 'client/*'],
    ['iot:Subscribe', `topicfilter/${HEAD}/*`],
    ['iot:Receive', `topic/${HEAD}/*`],
  )
  const watchers = await Promise.all(
    filters.map(async (filter, index) => {
      const watcher = await connect(t, broker, await broker.createDevice(`w${index}`, { policy }))
      await watcher.client.subscribeAsync(filter, { qos: 1 })
      return watcher
    }),
  )
  await contact(t, broker, factory)
  await contact(t, broker, factory)
  const payload = {
    certificateId: factory.device.certificate.sha256,
    caCertificateId: factory.id,
    timestamp: NOW,
    certificateStatus: 'PENDING_ACTIVATION',
    awsAccountId: '123456789012',
  }
  for (const { client, seen } of watchers) {
    while (seen.messages.length < 2) await message(client)
    t.same(
      seen.messages.map(([topic]) => topic),
      [`${HEAD}/${factory.id}`, `${HEAD}/${factory.id}`],
    )
    for (const [, text] of seen.messages) t.match(JSON.parse(text), payload)
  }
})

t.test(
  'without iot:Subscribe the subscription is refused, without iot:Receive nothing comes',
  async t => {
    const broker = await running(t)
    const factory = authority(broker)
    const may = (...rules: Parameters<typeof allow>) =>
      allow(['iot:Connect', 'client/*'], ['iot:Publish', 'topic/*'], ...rules)
    const deaf = await broker.createDevice('deaf', {
      policy: may(['iot:Subscribe', 'topicfilter/*'], ['iot:Receive', 'topic/own']),
    })
    const { client, seen } = await connect(t, broker, deaf)
    await client.subscribeAsync(`${HEAD}/#`, { qos: 1 })
    await contact(t, broker, factory)
    await client.publishAsync('after', 'x', { qos: 1 })
    t.same(seen.messages, [])
    const stranger = await broker.createDevice('stranger', {
      policy: may(['iot:Subscribe', 'topicfilter/own/*'], ['iot:Receive', 'topic/*']),
    })
    const refused = await connect(t, broker, stranger)
    refused.client.subscribe(`${HEAD}/#`, () => undefined)
    await refused.closed
    t.match(await broker.closed({ clientId: 'stranger' }), {
      code: 'TRAFFIC_SUBSCRIBE_DENIED',
      evidence: { topic: `${HEAD}/#` },
    })
  },
)

t.test('a certificate that an operation registers, with a CA or without, is no event', async t => {
  const broker = await running(t)
  const factory = authority(broker)
  const { client, seen } = await connect(t, broker, await broker.createDevice('all'))
  await client.subscribeAsync([`${HEAD}/#`, 'own'], { qos: 1 })
  const { registerCertificate, registerCertificateWithoutCA } = broker.operations
  for (const register of [registerCertificate, registerCertificateWithoutCA]) {
    for (const status of ['ACTIVE', 'INACTIVE', 'REVOKED'] as const) {
      const { pem } = mintedDevice(status, factory.issuer)
      t.ok((await register({ certificatePem: pem, status })).ok)
    }
  }
  await said(client)
  t.same(seen.messages, [['own', 'x', false]])
})

t.test('a subscription to # gets no event: topics with $ are not among it', async t => {
  const broker = await running(t)
  const factory = authority(broker)
  const { client, seen } = await connect(t, broker, await broker.createDevice('all'))
  await client.subscribeAsync('#', { qos: 1 })
  await contact(t, broker, factory)
  await said(client)
  t.same(seen.messages, [['own', 'x', false]])
})

t.test('no client may publish an event, whatever its policy allows', async t => {
  const broker = await running(t)
  const factory = authority(broker)
  const { client, closed } = await connect(t, broker, await broker.createDevice('forger'))
  const topic = `${HEAD}/${factory.id}`
  client.publish(topic, '{}', { qos: 0 })
  await closed
  t.match(await broker.closed(), { code: 'TRAFFIC_TOPIC_RESERVED', evidence: { topic } })
})

/** Publishes to its own subscription: all that was published before comes before it. */
async function said(client: MqttClient): Promise<void> {
  const heard = message(client)
  client.publish('own', 'x')
  await heard
}

function message(client: MqttClient): Promise<void> {
  return new Promise(resolve => client.once('message', () => resolve()))
}

/** A CA that registers its devices, and one of them. */
function authority(broker: Broker) {
  const issuer = minted({ subject: [['CN', 'Factory']], isCa: true })
  const device = mintedDevice('newcomer', issuer)
  return { id: broker.registerAuthority(issuer.pem), issuer, device }
}

async function contact(t: Test, broker: Broker, { device }: ReturnType<typeof authority>) {
  const { closed } = await connect(t, broker, {
    thingName: 'newcomer',
    certificateId: device.certificate.sha256,
    certificate: device.pem,
    privateKey: device.keyPem,
    ca: broker.ca,
  })
  await closed
  await broker.closed({ clientId: 'newcomer' })
}
