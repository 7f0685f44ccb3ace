/**
 * What a broker that starts again still has: sessions, what they are owed, retained messages. The first one is not stopped:
 * the second finds what was on the disk at that moment, as after a crash.
 */

import mqtt, { type IClientOptions, type IPublishPacket } from 'mqtt'
import t, { type Test } from 'tap'
import { createPki, type Device, type ManualBroker, start } from '../../broker/main.ts'
import type { Duration } from '../../broker/manual-clock.ts'
import { type MemoryStore, memoryStore } from '../helpers/memory-store.ts'

const pki = await createPki()
const limits = {
  connectsPerSecondPerClientId: 'off',
  replayPerSecond: 'off',
  retainedPerSecondPerTopic: 'off',
} as const

type Life = { broker: ManualBroker; store: MemoryStore }

async function live(t: Test, store = memoryStore(), at = Date.UTC(2026, 0, 1)): Promise<Life> {
  const broker = await start({ pki, state: store, limits, clock: { manual: at } })
  t.teardown(() => broker.stop())
  return { broker, store }
}

/** The next life, on what is on the disk now. */
function crashed(t: Test, { broker, store }: Life, laterMs = 0): Promise<Life> {
  return live(t, memoryStore(store.kept), broker.clock.now() + laterMs)
}

type Seen = { client: mqtt.MqttClient; present: boolean; got: IPublishPacket[] }

async function come(
  t: Test,
  { broker }: Life,
  device: Device,
  options: IClientOptions = {},
): Promise<Seen> {
  const client = mqtt.connect({
    protocol: 'mqtts',
    host: broker.host,
    port: broker.port,
    ca: pki.ca.pem,
    cert: device.certificate,
    key: device.privateKey,
    clientId: device.thingName,
    reconnectPeriod: 0,
    ...options,
  })
  t.teardown(() => client.end(true))
  const got: IPublishPacket[] = []
  client.on('message', (_topic, _payload, packet) => got.push(packet))
  client.on('error', () => undefined)
  const present = await new Promise<boolean>((resolve, reject) => {
    client.once('connect', ({ sessionPresent }) => resolve(sessionPresent))
    client.once('close', () => reject(new Error('not let in')))
  })
  return { client, present, got }
}

/** What the client has got when a message of its own has come back: the ones before it are there too. */
async function all({ client, got }: Seen): Promise<string[]> {
  await client.subscribeAsync('last', { qos: 1 })
  const last = new Promise<void>(resolve =>
    client.on('message', topic => topic === 'last' && resolve()),
  )
  await client.publishAsync('last', '', { qos: 1 })
  await last
  return got.filter(({ topic }) => topic !== 'last').map(one => `${one.topic} ${one.payload}`)
}

const kept4 = { protocolVersion: 4, clean: false } as const
const kept5 = {
  protocolVersion: 5,
  clean: false,
  properties: { sessionExpiryInterval: 3600 },
} as const
const versions = [
  ['3.1.1', kept4],
  ['5', kept5],
] as const

for (const [name, options] of versions) {
  t.test(`MQTT ${name}: a session, its subscriptions and what it is owed`, async t => {
    const first = await live(t)
    const device = await first.broker.createDevice('device')
    const other = await first.broker.createDevice('other')
    const before = await come(t, first, device, options)
    await before.client.subscribeAsync(['a/#', 'b'], { qos: 1 })
    await before.client.unsubscribeAsync('b')
    await before.client.endAsync()
    const speaker = await come(t, first, other, { protocolVersion: 4 })
    for (const number of [1, 2, 3]) {
      await speaker.client.publishAsync('a/x', String(number), { qos: 1 })
    }
    await speaker.client.publishAsync('a/x', 'qos 0')
    await speaker.client.publishAsync('b', 'nobody', { qos: 1 })

    const second = await crashed(t, first)
    const again = await come(t, second, device, options)
    t.equal(again.present, true)
    t.same(await all(again), ['a/x 1', 'a/x 2', 'a/x 3'])
    await again.client.publishAsync('a/y', '4', { qos: 1 })
    await again.client.endAsync()

    const third = await crashed(t, second)
    const last = await come(t, third, device, options)
    t.same(await all(last), [], 'nothing twice')
    await last.client.endAsync()
    await third.broker.closed()
    await third.broker.clock.advance(0)
    t.same(
      [...third.store.kept.keys()].filter(key => key.startsWith('messages/')),
      [],
    )
  })

  t.test(`MQTT ${name}: a session whose connection the crash has ended`, async t => {
    const first = await live(t)
    const device = await first.broker.createDevice('device')
    const { client } = await come(t, first, device, options)
    await client.subscribeAsync('a', { qos: 1 })
    const second = await crashed(t, first)
    await second.broker.clock.advance('59m')
    const third = await crashed(t, second)
    await third.broker.clock.advance('59m')
    t.equal((await come(t, third, device, options)).present, true, 'it counts from the start')
  })
}

const ages: [name: string, laterMs: number, advance: Duration, present: boolean][] = [
  ['that has time left', 3_000_000, '9m', true],
  ['that expires after the start', 3_000_000, '10m', false],
  ['that has expired before the start', 3_600_000, 0, false],
]
for (const [name, laterMs, advance, present] of ages) {
  t.test(`a session ${name}`, async t => {
    const first = await live(t)
    const device = await first.broker.createDevice('device')
    const { client } = await come(t, first, device, kept5)
    await client.subscribeAsync('a', { qos: 1 })
    await client.publishAsync('a', '', { qos: 1 })
    await client.endAsync()
    await first.broker.closed()
    const second = await crashed(t, first, laterMs)
    await second.broker.clock.advance(advance)
    await second.broker.clock.advance(1)
    t.equal((await come(t, second, device, kept5)).present, present)
    if (!present) {
      const left = [...second.store.kept.keys()].filter(key => key.startsWith('messages/'))
      t.same(left, [], 'and nothing of it is left')
    }
  })
}

t.test('a message with all its properties, and the rest of its time', async t => {
  const first = await live(t)
  const device = await first.broker.createDevice('device')
  const other = await first.broker.createDevice('other')
  const { client } = await come(t, first, device, kept5)
  await client.subscribeAsync('a', { qos: 1 })
  await client.endAsync()
  const properties = {
    payloadFormatIndicator: true,
    contentType: 'text/plain',
    responseTopic: 'answers',
    correlationData: Buffer.from([0, 255, 1]),
    userProperties: { one: ['1', '2'], ä: '3' },
  }
  const speaker = await come(t, first, other, { protocolVersion: 5 })
  const payload = Buffer.from([0xff, 0, 0xc0])
  await speaker.client.publishAsync('a', payload, {
    qos: 1,
    properties: { ...properties, messageExpiryInterval: 100 },
  })
  await speaker.client.publishAsync('a', 'late', {
    qos: 1,
    properties: { messageExpiryInterval: 39 },
  })
  await first.broker.clock.advance('10s')
  const second = await crashed(t, first, 30_000)
  const again = await come(t, second, device, kept5)
  t.same(await all(again), [`a ${payload}`])
  t.same(again.got[0]?.payload, payload)
  t.match(again.got[0]?.properties, { ...properties, messageExpiryInterval: 60 })
})

t.test('retained messages, the latest of each topic, and none that was taken away', async t => {
  const first = await live(t)
  const device = await first.broker.createDevice('device')
  const { client } = await come(t, first, device, { protocolVersion: 5 })
  const put = (topic: string, payload: string, qos: 0 | 1, seconds?: number) =>
    client.publishAsync(topic, payload, {
      qos,
      retain: true,
      ...(seconds !== undefined && { properties: { messageExpiryInterval: seconds } }),
    })
  await put('a', 'old', 1)
  await put('a', 'new', 1)
  await put('b', 'gone', 1)
  await put('b', '', 1)
  await put('c', 'short', 1, 10)
  await put('d', 'qos 0', 0)
  await put('e', 'last', 1)
  const second = await crashed(t, first, 10_000)
  const again = await come(t, second, device, { protocolVersion: 4 })
  await again.client.subscribeAsync(['a', 'b', 'c', 'd', 'e'], { qos: 1 })
  t.same((await all(again)).sort(), ['a new', 'd qos 0', 'e last'])
  t.ok(again.got.every(({ topic, retain }) => retain || topic === 'last'))
  const { client: clean } = again
  await clean.publishAsync('a', '', { qos: 1, retain: true })
  const third = await crashed(t, second)
  t.same([...third.store.kept.keys()].filter(key => key.startsWith('retained/')).sort(), [
    'retained/d',
    'retained/e',
  ])
})

t.test('what waits for a group of shared subscriptions', async t => {
  const first = await live(t)
  const device = await first.broker.createDevice('device')
  const other = await first.broker.createDevice('other')
  const { client } = await come(t, first, device, kept5)
  await client.subscribeAsync('$share/g/a', { qos: 1 })
  await client.endAsync()
  await first.broker.closed()
  const speaker = await come(t, first, other)
  for (const number of [1, 2]) await speaker.client.publishAsync('a', `${number}`, { qos: 1 })
  const second = await crashed(t, first)
  const again = await come(t, second, device, kept5)
  t.same((await all(again)).sort(), ['a 1', 'a 2'])
})

t.test('a session that began clean has nothing of the one before', async t => {
  const first = await live(t)
  const device = await first.broker.createDevice('device')
  const { client } = await come(t, first, device, kept4)
  await client.subscribeAsync('a', { qos: 1 })
  await client.endAsync()
  await first.broker.closed()
  await (await come(t, first, device, { ...kept4, clean: true })).client.endAsync()
  await first.broker.clock.advance('1s')
  t.same(
    [...first.store.kept.keys()].filter(key => key.startsWith('sessions/')),
    [],
  )
  const second = await crashed(t, first)
  t.equal((await come(t, second, device, kept4)).present, false)
})

t.test(
  'where the disk is full, what can not be kept is not acknowledged; the rest goes on',
  async t => {
    const warnings: unknown[] = []
    const store = memoryStore()
    const broker = await start({
      pki,
      limits,
      state: store,
      clock: 'manual',
      log: event => event.event === 'broker.warning' && warnings.push(event.says),
    })
    t.teardown(() => broker.stop())
    const first = { broker, store }
    const devices = await Promise.all(
      ['one', 'two', 'three'].map(name => broker.createDevice(name)),
    )
    const [one, two, three] = devices as [Device, Device, Device]
    const keeper = await come(t, first, one, kept5)
    await keeper.client.subscribeAsync('kept', { qos: 1 })
    store.breakWith(new Error('no space left on device'))

    const plain = await come(t, first, two, { protocolVersion: 4 })
    await plain.client.publishAsync('other', 'x', { qos: 1 })
    plain.client.publish('kept', 'x', { qos: 1 }, () => undefined)
    t.match(await broker.closed({ clientId: 'two' }), {
      code: 'TRAFFIC_NOT_KEPT',
      verdict: 'refused',
      aws: { disconnectReason: 'SERVER_ERROR' },
    })
    const speaker5 = await come(t, first, three, { protocolVersion: 5 })
    const reason = new Promise(resolve =>
      speaker5.client.once('disconnect', packet => resolve(packet.reasonCode)),
    )
    speaker5.client.publish('kept', 'y', { qos: 1, retain: true }, () => undefined)
    t.equal(await reason, 0x83)
    keeper.client.subscribe('more', { qos: 1 }, () => undefined)
    t.match(await broker.closed({ clientId: 'one' }), { code: 'TRAFFIC_NOT_KEPT' })
    t.equal(warnings.length, 1)
    t.match(warnings, [/could not be written to the store: no space left on device/])

    store.breakWith(undefined)
    const second = await crashed(t, first)
    t.same(await all(await come(t, second, one, kept5)), [])
  },
)
