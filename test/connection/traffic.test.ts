import t from 'tap'
import { allow, connect, running } from '../helpers/device.ts'
import { directly } from '../helpers/directly.ts'

const OWN = allow(
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
  ['iot:Connect', 'client/${iot:ClientId}'],
  ['iot:Publish', 'topic/ok/*'],
  ['iot:Subscribe', 'topicfilter/ok/*'],
  ['iot:Receive', 'topic/ok/*'],
)

t.test('a message goes from one device to another, under their policies', async t => {
  const broker = await running(t)
  const [a, b] = await Promise.all(
    ['a', 'b'].map(async name => broker.createDevice(name, { policy: OWN })),
  )
  const sub = await connect(t, broker, b!)
  const pub = await connect(t, broker, a!)
  await sub.client.subscribeAsync('ok/x', { qos: 1 })
  const message = new Promise(resolve => sub.client.once('message', resolve))
  await pub.client.publishAsync('ok/x', 'hello', { qos: 1 })
  t.equal(await message, 'ok/x')
  t.same(sub.seen.messages, [['ok/x', 'hello', false]])
  await pub.client.endAsync()
  const record = await broker.closed({ clientId: 'a' })
  t.match(record, {
    verdict: 'closed',
    side: 'client',
    code: 'CLOSE_BY_CLIENT',
    certainty: 'proof',
    sent: { connack: 0, close: 'fin' },
    principal: { certificateId: a!.certificateId, status: 'ACTIVE', thingName: 'a' },
    decision: { action: 'iot:Connect', outcome: 'ALLOWED' },
    mqtt: { protocol: '3.1.1', clientId: 'a', packets: { in: 3 } },
  })
})

t.test('messages that nobody subscribes to, of both kinds, are taken and counted', async t => {
  const broker = await running(t)
  const { client } = await connect(t, broker, await broker.createDevice('a', { policy: OWN }))
  for (let count = 0; count < 20; count++) client.publish('ok/x', 'p')
  await client.publishAsync('ok/x', 'p', { qos: 1 })
  await client.endAsync()
  const record = await broker.closed({ clientId: 'a' })
  t.match(record, { code: 'CLOSE_BY_CLIENT', mqtt: { packets: { in: 23, out: 2 } } })
})

type Act = (client: Awaited<ReturnType<typeof connect>>['client']) => void

const refused: [name: string, act: Act, code: string, evidence: object][] = [
  [
    'a publish that the policy does not allow',
    client => client.publish('secret/x', 'p'),
    'TRAFFIC_PUBLISH_DENIED',
    { action: 'iot:Publish', outcome: 'IMPLICIT_DENY', topic: 'secret/x' },
  ],
  [
    'a subscription that the policy does not allow',
    client => client.subscribe('secret/#', { qos: 1 }),
    'TRAFFIC_SUBSCRIBE_DENIED',
    { action: 'iot:Subscribe', topic: 'secret/#' },
  ],
  [
    'retain without iot:RetainPublish',
    client => client.publish('ok/x', 'p', { retain: true }),
    'TRAFFIC_RETAIN_DENIED',
    { action: 'iot:RetainPublish', topic: 'ok/x' },
  ],
  [
    'a payload over 128 KB',
    client => client.publish('ok/x', Buffer.alloc(131_073)),
    'TRAFFIC_PAYLOAD_TOO_LARGE',
    { bytes: 131_073, limit: 131_072 },
  ],
  [
    'a packet over every limit, of which only the header is read',
    client => client.publish('ok/x', Buffer.alloc(400_000)),
    'TRAFFIC_PACKET_TOO_LARGE',
    { bytes: 400_006, limit: 149_504 },
  ],
  [
    'nine filters in one SUBSCRIBE',
    client => client.subscribe(Array.from({ length: 9 }, (_, index) => `ok/${index}`)),
    'TRAFFIC_TOO_MANY_FILTERS',
    { filters: 9, limit: 8 },
  ],
  [
    'a topic with eight slashes',
    client => client.publish('ok/2/3/4/5/6/7/8/9', 'p'),
    'TRAFFIC_TOPIC_INVALID',
    { topic: 'ok/2/3/4/5/6/7/8/9' },
  ],
  [
    'a topic of the broker itself',
    client => client.publish('$SYS/x', 'p'),
    'TRAFFIC_TOPIC_RESERVED',
    { topic: '$SYS/x' },
  ],
]

for (const [name, act, code, evidence] of refused) {
  t.test(`${name} closes the connection`, async t => {
    const broker = await running(t)
    const device = await broker.createDevice('device', { policy: OWN })
    const { client, closed, seen } = await connect(t, broker, device)
    t.equal(seen.connack, 0)
    act(client)
    await closed
    const record = await broker.closed()
    t.match(record, {
      verdict: 'refused',
      side: 'we',
      room: 'traffic',
      code,
      evidence,
      sent: { connack: 0 },
    })
    t.notOk(record.sent.alert)
  })
}

t.test('a denied action names the statement that came nearest', async t => {
  const broker = await running(t)
  const device = await broker.createDevice('device', { policy: OWN })
  const { client, closed } = await connect(t, broker, device)
  client.publish('okay/x', 'p')
  await closed
  const { decision, says } = await broker.closed()
  t.match(decision, {
    action: 'iot:Publish',
    resource: 'arn:aws:iot:us-east-1:123456789012:topic/okay/x',
    outcome: 'IMPLICIT_DENY',
    nearMisses: [{ policy: 'device-policy', index: 2, element: 'Resource' }],
  })
  t.match(says, /topic\/okay\/x/)
})

t.test('what iot:Receive does not allow is not delivered, and said once', async t => {
  const events: unknown[] = []
  const broker = await running(t, { log: event => events.push(event) })
  const listener = await broker.createDevice('listener', {
    policy: allow(
      ['iot:Connect', 'client/*'],
      ['iot:Subscribe', 'topicfilter/*'],
      ['iot:Receive', 'topic/open/*'],
    ),
  })
  const speaker = await broker.createDevice('speaker')
  const sub = await connect(t, broker, listener)
  const pub = await connect(t, broker, speaker)
  await sub.client.subscribeAsync('#', { qos: 1 })
  const message = new Promise(resolve => sub.client.once('message', resolve))
  await pub.client.publishAsync('closed/x', '1', { qos: 1 })
  await pub.client.publishAsync('closed/x', '2', { qos: 1 })
  await pub.client.publishAsync('open/x', '3', { qos: 1 })
  await message
  t.same(sub.seen.messages, [['open/x', '3', false]])
  const denied = events.filter(event => (event as { event: string }).event === 'traffic.denied')
  t.equal(denied.length, 1)
  t.match(denied[0], { code: 'TRAFFIC_RECEIVE_DENIED', decision: { action: 'iot:Receive' } })
})

t.test('a changed policy acts on the next packet of a live session', async t => {
  const broker = await running(t)
  const device = await broker.createDevice('device')
  const { client, closed } = await connect(t, broker, device)
  await client.publishAsync('any/thing', '1', { qos: 1 })
  directly(broker.registry).putPolicy('device-policy', JSON.stringify(OWN))
  client.publish('any/thing', '2', { qos: 1 })
  await closed
  t.equal((await broker.closed()).code, 'TRAFFIC_PUBLISH_DENIED')
})

t.test('a certificate that leaves ACTIVE ends its session', async t => {
  const broker = await running(t)
  const device = await broker.createDevice('device')
  const { closed } = await connect(t, broker, device)
  directly(broker.registry).setStatus(device.certificateId, 'INACTIVE')
  await closed
  t.match(await broker.closed(), {
    code: 'REGISTRATION_INACTIVE',
    verdict: 'refused',
    side: 'we',
    sent: { connack: 0 },
  })
})

t.test('silence for one and a half keep-alives ends the session', async t => {
  // The keep-alive is clamped to 30 s, so the clock has to be ours.
  const { keepAliveWatch } = await import('../../broker/connection/keep-alive.ts')
  let now = 0
  let timer: { at: number; act: () => void } | undefined
  const clock = {
    now: () => now,
    elapsed: () => now,
    after(ms: number, act: () => void) {
      timer = { at: now + ms, act }
      return () => {
        timer = undefined
      }
    },
  }
  const run = (to: number): void => {
    while (timer && timer.at <= to) {
      const { at, act } = timer
      timer = undefined
      now = at
      act()
    }
    now = to
  }
  const silences: number[] = []
  const watch = keepAliveWatch(clock, 30, ms => silences.push(ms))
  run(40_000)
  watch.heard()
  run(84_999)
  t.same(silences, [])
  run(85_000)
  t.same(silences, [45_000])
})

t.test(
  'MQTT 3.1.1: a SUBSCRIBE that is refused for one filter leaves none in the session',
  async t => {
    const broker = await running(t)
    const policy = allow(
      ['iot:Connect', 'client/*'],
      ['iot:Subscribe', 'topicfilter/may/*'],
      ['iot:Receive', 'topic/*'],
    )
    const device = await broker.createDevice('device', { policy })
    const first = await connect(t, broker, device, { clean: false })
    await first.client.subscribeAsync('may/1', { qos: 1 })
    first.client.subscribe(['may/1', 'may/2', 'never'], { qos: 1 })
    t.equal((await broker.closed({ clientId: 'device' })).code, 'TRAFFIC_SUBSCRIBE_DENIED')
    const speaker = await connect(t, broker, await broker.createDevice('speaker'))
    for (const topic of ['may/2', 'may/1']) {
      await speaker.client.publishAsync(topic, 'x', { qos: 1 })
    }
    const again = await connect(t, broker, device, { clean: false })
    if (again.seen.messages.length === 0) {
      await new Promise(resolve => again.client.once('message', resolve))
    }
    t.same(again.seen.messages, [['may/1', 'x', false]])
  },
)
