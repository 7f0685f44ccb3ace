/** Lifecycle events as a watcher gets them over MQTT, provoked by other clients. */

import { once } from 'node:events'
import { connect as dial } from 'node:tls'
import t, { type Test } from 'tap'
import type { Broker, Device } from '../../broker/main.ts'
import { createPki, start } from '../../broker/main.ts'
import { allow, type Connected, connect, running } from '../helpers/device.ts'
import { manualClock } from '../helpers/manual-clock.ts'
import { connectPacket, publishPacket } from '../helpers/mqtt-bytes.ts'

const NOW = Date.UTC(2026, 0, 1)
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

type Event = Record<string, unknown> & { sessionIdentifier: string }

/** Events of one client, in the order in which they came, with the last part of their topics. */
async function watch(t: Test, broker: Broker, clientId = '#') {
  const watcher = await connect(t, broker, await broker.createDevice('watcher'))
  const events: [kind: string, event: Event][] = []
  const waiting: (() => void)[] = []
  watcher.client.on('message', (topic, payload) => {
    if (!topic.startsWith('$aws/') || topic.endsWith('/watcher')) return
    events.push([topic.split('/').slice(2, 4).join('/'), JSON.parse(payload.toString())])
    for (const tell of waiting.splice(0)) tell()
  })
  await watcher.client.subscribeAsync([
    `$aws/events/presence/+/${clientId}`,
    `$aws/events/subscriptions/+/${clientId}`,
  ])
  return {
    watcher,
    /** The next one. */
    async next(): Promise<[kind: string, event: Event]> {
      while (events.length === 0) await new Promise<void>(tell => waiting.push(tell))
      return events.shift() as [string, Event]
    },
  }
}

t.test('the life of a connection', async t => {
  const broker = await running(t, { clock: NOW })
  const { next } = await watch(t, broker)
  const device = await broker.createDevice('sensor-1')
  const who = { clientId: 'sensor-1', timestamp: NOW, principalIdentifier: device.certificateId }
  const { client } = await connect(t, broker, device)
  const [kind, connected] = await next()
  const { sessionIdentifier } = connected
  t.match(sessionIdentifier, UUID)
  t.equal(kind, 'presence/connected')
  const eventType = 'connected'
  t.strictSame(connected, {
    ...who,
    eventType,
    sessionIdentifier,
    ipAddress: '127.0.0.1',
    versionNumber: 0,
  })
  await client.subscribeAsync(['a/b', 'a/#'])
  const topics = ['a/b', 'a/#']
  t.strictSame(await next(), [
    'subscriptions/subscribed',
    { ...who, eventType: 'subscribed', sessionIdentifier, topics },
  ])
  await client.unsubscribeAsync('a/b')
  t.strictSame(await next(), [
    'subscriptions/unsubscribed',
    { ...who, eventType: 'unsubscribed', sessionIdentifier, topics: ['a/b'] },
  ])
  await client.endAsync()
  t.strictSame(await next(), [
    'presence/disconnected',
    {
      ...who,
      eventType: 'disconnected',
      sessionIdentifier,
      clientInitiatedDisconnect: true,
      disconnectReason: 'CLIENT_INITIATED_DISCONNECT',
      versionNumber: 0,
    },
  ])
  await connect(t, broker, device)
  const [, again] = await next()
  t.match(again, { eventType: 'connected', versionNumber: 1 })
  t.not(again.sessionIdentifier, sessionIdentifier)
})

type End = {
  name: string
  reason: string
  code: string
  /** Whether the will comes. */
  will?: false
  end(connected: Connected, broker: Broker, device: Device, t: Test): unknown
}

const ends: End[] = [
  {
    name: 'DISCONNECT',
    reason: 'CLIENT_INITIATED_DISCONNECT',
    code: 'CLOSE_BY_CLIENT',
    will: false,
    end: ({ client }) => client.endAsync(),
  },
  {
    name: 'a lost link',
    reason: 'CONNECTION_LOST',
    code: 'CLOSE_CONNECTION_LOST',
    end: ({ client }) => client.stream.destroy(),
  },
  {
    name: 'a takeover',
    reason: 'DUPLICATE_CLIENTID',
    code: 'CLOSE_DUPLICATE_CLIENT_ID',
    end: (_connected, broker, device, t) => connect(t, broker, device),
  },
  {
    name: 'a publish that is denied',
    reason: 'AUTH_ERROR',
    code: 'TRAFFIC_PUBLISH_DENIED',
    end: ({ client }) => void client.publish('denied/x', ''),
  },
  {
    name: 'a payload over the limit',
    reason: 'CLIENT_ERROR',
    code: 'TRAFFIC_PAYLOAD_TOO_LARGE',
    end: ({ client }) => void client.publish('own/x', Buffer.alloc(131_073)),
  },
  {
    name: 'a certificate that is deactivated',
    reason: 'AUTH_ERROR',
    code: 'REGISTRATION_INACTIVE',
    end: (_connected, { operations }, { certificateId }) =>
      operations.updateCertificate({ certificateId, newStatus: 'INACTIVE' }),
  },
]

t.test('each end has its reason, and its will by AWS’s table', async t => {
  const broker = await running(t, { pki: await createPki() })
  const { next, watcher } = await watch(t, broker)
  const wills = await connect(t, broker, await broker.createDevice('wills'))
  await wills.client.subscribeAsync('wills/#')
  t.teardown(() => watcher.client.end(true))
  await next()
  await next()
  const policy = allow(
    ['iot:Connect', 'client/*'],
    ['iot:Publish', 'topic/wills/*'],
    ['iot:Publish', 'topic/own/*'],
  )
  for (const [index, { name, reason, code, will = true, end }] of ends.entries()) {
    const device = await broker.createDevice(`d${index}`, { policy })
    const connected = await connect(t, broker, device, {
      will: { topic: `wills/d${index}`, payload: Buffer.from('gone'), qos: 0, retain: false },
    })
    const [, begun] = await next()
    await end(connected, broker, device, t)
    let [, event] = await next()
    // Of a takeover the two events may come in any order.
    if (event['eventType'] === 'connected') [, event] = await next()
    const { clientId, sessionIdentifier } = begun
    t.match(
      event,
      {
        clientId: clientId as string,
        sessionIdentifier,
        eventType: 'disconnected',
        disconnectReason: reason,
        clientInitiatedDisconnect: reason === 'CLIENT_INITIATED_DISCONNECT',
        versionNumber: 0,
      },
      name,
    )
    const record = await broker.closed({ clientId: `d${index}` })
    t.match(record, { code, aws: { disconnectReason: reason } }, name)
    await wills.client.publishAsync('wills/after', String(index), { qos: 1 })
    const heard = wills.seen.messages.some(([topic]) => topic === `wills/d${index}`)
    t.equal(heard, will, `${name}: the will`)
    if (reason === 'DUPLICATE_CLIENTID') await next()
  }
})

t.test('silence', async t => {
  const clock = manualClock(NOW)
  const broker = await running(t, { clock })
  const { next } = await watch(t, broker, 'silent')
  const device = await broker.createDevice('silent')
  const socket = dial({ ...tlsOf(broker, device) })
  socket.on('error', () => undefined)
  socket.write(connectPacket({ clientId: 'silent', keepalive: 30 }))
  await once(socket, 'data')
  await next()
  clock.advance(45_000)
  t.match((await next())[1], {
    disconnectReason: 'MQTT_KEEP_ALIVE_TIMEOUT',
    clientInitiatedDisconnect: false,
    timestamp: NOW + 45_000,
  })
  socket.destroy()
})

t.test('a stop of the broker', async t => {
  const broker = await start()
  await connect(t, broker, await broker.createDevice('last'))
  await broker.stop()
  t.match(await broker.closed({ clientId: 'last' }), {
    code: 'CLOSE_BY_BROKER',
    aws: { disconnectReason: 'SERVER_INITIATED_DISCONNECT' },
  })
})

t.test('connect_failed, for the CONNECT and for the will', async t => {
  const broker = await running(t, { clock: NOW })
  const { next } = await watch(t, broker)
  const policy = allow(['iot:Connect', 'client/sensor-1'])
  const device = await broker.createDevice('sensor-1', { policy })
  const refused = [
    { clientId: 'other' },
    { will: { topic: 'wills/x', payload: Buffer.from(''), qos: 0, retain: false } },
  ] as const
  for (const options of refused) {
    const { closed } = await connect(t, broker, device, options)
    await closed
    const [kind, event] = await next()
    t.equal(kind, 'presence/connect_failed')
    t.match(event, { sessionIdentifier: UUID })
    const { sessionIdentifier } = event
    t.strictSame(event, {
      clientId: 'clientId' in options ? options.clientId : 'sensor-1',
      timestamp: NOW,
      eventType: 'connect_failed',
      connectFailureReason: 'AUTHORIZATION_FAILED',
      principalIdentifier: device.certificateId,
      sessionIdentifier,
      ipAddress: '127.0.0.1',
    })
  }
})

t.test('a refused certificate has no events; the thing only where it is exclusive', async t => {
  const broker = await running(t, { clock: NOW })
  const { next } = await watch(t, broker)
  const inactive = await broker.createDevice('inactive', { status: 'INACTIVE' })
  await (await connect(t, broker, inactive)).closed
  const device = await broker.createDevice('sensor-1')
  const { certificateId } = device
  const principal = `arn:aws:iot:us-east-1:123456789012:cert/${certificateId}`
  await broker.operations.detachThingPrincipal({ thingName: 'sensor-1', principal })
  await broker.operations.attachThingPrincipal({
    thingName: 'sensor-1',
    principal,
    thingPrincipalType: 'EXCLUSIVE_THING',
  })
  await connect(t, broker, device, { clientId: 'of-its-own' })
  const [, event] = await next()
  t.strictSame(Object.keys(event), [
    'clientId',
    'thingName',
    'timestamp',
    'eventType',
    'sessionIdentifier',
    'principalIdentifier',
    'ipAddress',
    'versionNumber',
  ])
  t.match(event, { clientId: 'of-its-own', thingName: 'sensor-1', eventType: 'connected' })
})

t.test('connected comes before what the client publishes at once', async t => {
  const broker = await running(t)
  const { watcher, next } = await watch(t, broker, 'fast')
  await watcher.client.subscribeAsync('fast/#')
  const topics: string[] = []
  watcher.client.on('message', topic => topics.push(topic))
  const device = await broker.createDevice('fast')
  const socket = dial(tlsOf(broker, device))
  socket.on('error', () => undefined)
  socket.write(
    Buffer.concat([connectPacket({ clientId: 'fast' }), publishPacket({ topic: 'fast/hello' })]),
  )
  await next()
  const heard = (): Promise<unknown> =>
    new Promise(tell => watcher.client.once('message', () => tell(undefined)))
  while (!topics.includes('fast/hello')) await heard()
  t.strictSame(topics.slice(0, 2), ['$aws/events/presence/connected/fast', 'fast/hello'])
  socket.destroy()
})

function tlsOf(broker: Broker, device: Device) {
  return {
    host: '127.0.0.1',
    servername: 'localhost',
    port: broker.port,
    ca: device.ca,
    cert: device.certificate,
    key: device.privateKey,
  }
}
