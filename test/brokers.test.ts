/** Brokers as neighbours and as successors: two in one process, and one that is started again under its clients. */

import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import t, { type Test } from 'tap'
import { type Broker, createPki, type Device, start } from '../broker/main.ts'
import { memoryStore } from './helpers/memory-store.ts'

const pki = await createPki()
const LIFTED = { connectsPerSecondPerClientId: 'off' } as const

t.test('two brokers in one process know nothing of each other', async t => {
  const [one, other] = await Promise.all([0, 0].map(port => start({ port, pki })))
  if (!one || !other) throw new Error('two were started')
  t.teardown(() => other.stop())
  const heard: string[] = []
  const hears = await join(t, one, await one.createDevice('twin'))
  hears.on('message', (_topic, payload) => heard.push(`one: ${payload}`))
  const alsoHears = await join(t, other, await other.createDevice('twin'))
  alsoHears.on('message', (_topic, payload) => heard.push(`other: ${payload}`))
  await hears.subscribeAsync('news', { qos: 1 })
  await alsoHears.subscribeAsync('news', { qos: 1 })

  await hears.publishAsync('news', 'from one', { qos: 1, retain: true })
  await alsoHears.publishAsync('news', 'from the other', { qos: 1 })
  const late = await join(t, other, await other.createDevice('late'))
  await late.subscribeAsync('news', { qos: 1 })
  const marker = next(late)
  await alsoHears.publishAsync('news', 'end', { qos: 1 })
  t.equal(await marker, 'end', 'nothing retained came over')
  t.same(heard.toSorted(), ['one: from one', 'other: end', 'other: from the other'])

  await one.stop()
  t.match(await one.closed({ clientId: 'twin' }), { code: 'CLOSE_BY_BROKER' })
  await alsoHears.publishAsync('news', 'still here', { qos: 1 })
  t.ok(alsoHears.connected, 'one of them stopped; the other one did not')
})

for (const protocolVersion of [4, 5] as const) {
  t.test(
    `MQTT ${protocolVersion}: clients find the broker again that was started anew`,
    async t => {
      const kept = memoryStore()
      const first = await start({ pki, state: kept, limits: LIFTED })
      const device = await first.createDevice('device')
      const client = await join(t, first, device, { protocolVersion, reconnectPeriod: 50 })
      // Expected while nobody listens.
      client.on('error', () => undefined)
      let told: number | undefined
      client.on('disconnect', packet => {
        told = packet.reasonCode
      })
      await client.subscribeAsync('news', { qos: 1 })
      const closed = new Promise<void>(resolve => client.once('close', () => resolve()))
      await first.stop()
      await closed
      t.match(await first.closed({ clientId: 'device' }), { code: 'CLOSE_BY_BROKER' })
      t.equal(told, protocolVersion === 5 ? 0x8b : undefined, 'server shutting down')

      const again = new Promise<void>(resolve => client.once('connect', () => resolve()))
      const { port } = first
      const second = await start({ port, pki, state: memoryStore(kept.kept), limits: LIFTED })
      t.teardown(() => second.stop())
      await again
      const message = next(client)
      await client.publishAsync('news', 'back', { qos: 1 })
      t.equal(await message, 'back')
    },
  )
}

function next(client: MqttClient): Promise<string> {
  return new Promise(resolve =>
    client.once('message', (_topic, payload) => resolve(payload.toString())),
  )
}

async function join(
  t: Test,
  broker: Broker,
  device: Device,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const client = await mqtt.connectAsync({
    protocol: 'mqtts',
    host: broker.host,
    port: broker.port,
    ca: device.ca,
    cert: device.certificate,
    key: device.privateKey,
    clientId: device.thingName,
    reconnectPeriod: 0,
    ...options,
  })
  t.teardown(() => client.endAsync(true))
  return client
}
