import { connect as dialTls } from 'node:tls'
import t from 'tap'
import { allow, connect, running } from '../helpers/device.ts'
import {
  connectPacket,
  disconnectPacket,
  publishPacket,
  readPackets,
} from '../helpers/mqtt-bytes.ts'

t.test('the same client id again takes over: the older connection is closed', async t => {
  const broker = await running(t)
  const device = await broker.createDevice('device')
  const older = await connect(t, broker, device)
  const newer = await connect(t, broker, device)
  await older.closed
  t.match(await broker.closed(), {
    connection: 'c1',
    code: 'CLOSE_DUPLICATE_CLIENT_ID',
    verdict: 'closed',
    side: 'we',
    evidence: { clientId: 'device', by: { connection: 'c2', certificateId: device.certificateId } },
  })
  await newer.client.publishAsync('still/here', 'x', { qos: 1 })
})

t.test(
  'of twenty connections at once with one client id, one stays and each other is told so',
  async t => {
    const broker = await running(t)
    const device = await broker.createDevice('device')
    const all = await Promise.all(Array.from({ length: 20 }, () => connect(t, broker, device)))
    for (let ended = 0; ended < 19; ended++) {
      t.equal((await broker.closed()).code, 'CLOSE_DUPLICATE_CLIENT_ID')
    }
    const alive = all.filter(({ client }) => client.connected)
    t.equal(alive.length, 1)
    await alive[0]?.client.publishAsync('still/here', 'x', { qos: 1 })
  },
)

t.test('a will is published when the connection is lost, and not after DISCONNECT', async t => {
  const broker = await running(t)
  const [watcher, mortal] = [
    await broker.createDevice('watcher'),
    await broker.createDevice('mortal'),
  ]
  const sub = await connect(t, broker, watcher)
  await sub.client.subscribeAsync('wills/#', { qos: 1 })
  const will = (payload: string) => ({
    will: { topic: 'wills/mortal', payload: Buffer.from(payload), qos: 1 as const, retain: false },
  })
  const polite = await connect(t, broker, mortal, will('polite'))
  await polite.client.endAsync()
  await broker.closed({ clientId: 'mortal' })
  const message = new Promise(resolve => sub.client.once('message', resolve))
  const rude = await connect(t, broker, mortal, will('rude'))
  rude.client.stream.destroy()
  await message
  t.same(sub.seen.messages, [['wills/mortal', 'rude', false]])
  t.equal((await broker.closed({ clientId: 'mortal' })).code, 'CLOSE_CONNECTION_LOST')
})

t.test('a will on a topic that the policy does not allow is refused at CONNECT', async t => {
  const broker = await running(t)
  const policy = allow(['iot:Connect', 'client/*'], ['iot:Publish', 'topic/ok'])
  const device = await broker.createDevice('device', { policy })
  const will = { topic: 'secret', payload: Buffer.from('x'), qos: 0 as const, retain: false }
  const { seen } = await connect(t, broker, device, { will })
  t.equal(seen.connack, undefined)
  t.match(await broker.closed(), {
    code: 'PERMISSION_CONNECT_DENIED',
    decision: { action: 'iot:Publish', resource: /topic\/secret$/ },
  })
})

t.test('a persistent session keeps its subscription and its QoS 1 messages', async t => {
  const broker = await running(t)
  const [sleeper, speaker] = [
    await broker.createDevice('sleeper'),
    await broker.createDevice('speaker'),
  ]
  const first = await connect(t, broker, sleeper, { clean: false })
  await first.client.subscribeAsync('mail', { qos: 1 })
  await first.client.endAsync()
  await broker.closed({ clientId: 'sleeper' })
  const pub = await connect(t, broker, speaker)
  await pub.client.publishAsync('mail', 'while you slept', { qos: 1 })
  const again = await connect(t, broker, sleeper, { clean: false })
  if (again.seen.messages.length === 0) {
    await new Promise(resolve => again.client.once('message', resolve))
  }
  t.same(again.seen.messages, [['mail', 'while you slept', false]])
})

t.test('clients of MQTT 3.1.1 and 5 talk to each other', async t => {
  const broker = await running(t)
  const [three, five] = [await broker.createDevice('three'), await broker.createDevice('five')]
  const old = await connect(t, broker, three)
  const young = await connect(t, broker, five, { protocolVersion: 5 })
  for (const { client } of [old, young]) await client.subscribeAsync('talk/#', { qos: 1 })
  await old.client.publishAsync('talk/3', 'from 3.1.1', { qos: 1 })
  await young.client.publishAsync('talk/5', 'from 5', { qos: 1 })
  const both = [
    ['talk/3', 'from 3.1.1', false],
    ['talk/5', 'from 5', false],
  ]
  for (const { client, seen } of [old, young]) {
    while (seen.messages.length < 2) await new Promise(resolve => client.once('message', resolve))
    t.same(seen.messages, both)
  }
  await young.client.endAsync()
  t.match(await broker.closed({ clientId: 'five' }), {
    code: 'CLOSE_BY_CLIENT',
    mqtt: { protocol: '5' },
  })
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(
    `${version}: a device that says all at once and leaves is heard, and answered`,
    async t => {
      const broker = await running(t)
      const listener = await broker.createDevice('listener')
      const sub = await connect(t, broker, listener)
      await sub.client.subscribeAsync('a/b', { qos: 1 })
      const message = new Promise(resolve => sub.client.once('message', resolve))
      const { certificate, privateKey, ca } = await broker.createDevice('hasty')
      const hasty = dialTls({
        port: broker.port,
        host: '127.0.0.1',
        servername: broker.host,
        cert: certificate,
        key: privateKey,
        ca,
        minVersion: version,
        maxVersion: version,
      })
      const answers: Buffer[] = []
      hasty.on('data', (bytes: Buffer) => answers.push(bytes))
      hasty.end(
        Buffer.concat([
          connectPacket({ clientId: 'hasty' }),
          publishPacket({ topic: 'a/b', payload: 'x', qos: 1 }),
          disconnectPacket(),
        ]),
      )
      await new Promise(resolve => hasty.once('close', resolve))
      await message
      t.match(await broker.closed({ clientId: 'hasty' }), {
        code: 'CLOSE_BY_CLIENT',
        verdict: 'closed',
        sent: { connack: 0 },
        mqtt: { packets: { in: 3 } },
      })
      t.same(sub.seen.messages, [['a/b', 'x', false]])
      const commands = readPackets(Buffer.concat(answers)).map(({ cmd }) => cmd)
      t.same(commands, ['connack', 'puback'])
    },
  )
}

t.test('an empty client id is given one, as AWS does', async t => {
  const broker = await running(t)
  const policy = allow(['iot:Connect', 'client/$GEN/*'])
  const device = await broker.createDevice('device', { policy })
  const { seen, client } = await connect(t, broker, device, { clientId: '', clean: true })
  t.equal(seen.connack, 0)
  await client.endAsync()
  t.match((await broker.closed()).clientId, /^\$GEN\//)
})

t.test('stopping ends every connection with a record each', async t => {
  const { start } = await import('../../broker/main.ts')
  const events: { event: string; code?: string }[] = []
  const broker = await start({ log: event => events.push(event) })
  const device = await broker.createDevice('device')
  const { closed } = await connect(t, broker, device)
  await broker.stop()
  await closed
  t.match(events.at(-1), { event: 'broker.stopped' })
  t.match(events.at(-2), { event: 'connection.closed', code: 'CLOSE_BY_BROKER' })
})

t.test('two runs write the same log but for ports and durations', async t => {
  const run = async (): Promise<string> => {
    const { start } = await import('../../broker/main.ts')
    const lines: string[] = []
    const broker = await start({
      clock: '2026-01-01T00:00:00Z',
      log: event => lines.push(JSON.stringify(event, hide)),
    })
    const device = await broker.createDevice('device')
    const { client } = await connect(t, broker, device)
    await client.publishAsync('a/b', 'x', { qos: 1 })
    await client.endAsync()
    await broker.closed()
    await broker.stop()
    return lines.join('\n')
  }
  t.equal(await run(), await run())
})

/** Ports and durations differ by nature; keys and certificates are made anew by each run of this test. */
function hide(key: string, value: unknown): unknown {
  const varying = ['afterMs', 'certificateId', 'chain', 'durationMs', 'port', 'says', 'ja3', 'ja4']
  return varying.includes(key) ? undefined : value
}
