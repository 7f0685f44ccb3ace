/** What a session is owed: how much of it is on its way, what follows a CONNACK and how fast, what is given up. */

import t from 'tap'
import { forgetful, type Keep } from '../../../broker/mqtt/keep.ts'
import type { Message } from '../../../broker/mqtt/message.ts'
import { hub } from '../../helpers/links.ts'

const OFF = Number.POSITIVE_INFINITY

t.test('no more without a PUBACK than the client takes, and than AWS sends', async t => {
  const { join, subscribe, publish } = await hub(t, { inflightOut: 3 })
  const narrow = join('narrow', { protocol: 5, receiveMaximum: 2 })
  const wide = join('wide', { protocol: 5, receiveMaximum: 10 })
  for (const one of [narrow, wide]) subscribe(one, 'a')
  for (let sent = 0; sent < 5; sent++) publish('a')
  t.equal(narrow.packets.length, 2)
  t.equal(wide.packets.length, 3)
  for (let acknowledged = 1; acknowledged <= 3; acknowledged++) {
    narrow.acknowledge()
    t.equal(narrow.packets.length, 2 + acknowledged, 'one for each PUBACK')
  }
  t.same(
    narrow.packets.map(({ messageId }) => messageId),
    [1, 2, 3, 4, 5],
  )
  publish('a', { qos: 0 })
  t.equal(narrow.packets.length, 6, 'QoS 0 does not wait')
})

t.test('what was stored follows the CONNACK, ten in a second, and live ones go beside', async t => {
  const { join, subscribe, publish, clock } = await hub(t)
  const first = join('one')
  subscribe(first, '#')
  first.leave()
  for (let sent = 0; sent < 25; sent++) publish(`stored/${sent}`)
  publish('zero', { qos: 0 })
  const again = join('one')
  t.equal(again.present, true)
  t.equal(again.packets.length, 10)
  publish('live')
  t.equal(again.packets.at(-1)?.topic, 'live')
  clock.advance(999)
  t.equal(again.packets.length, 11)
  clock.advance(1)
  t.equal(again.packets.length, 21)
  clock.advance(1000)
  t.equal(again.packets.length, 26)
  const stored = again.packets.filter(({ topic }) => topic !== 'live')
  t.same(
    stored.map(({ topic }) => topic),
    Array.from({ length: 25 }, (_, index) => `stored/${index}`),
    'in their order, and nothing of QoS 0',
  )
})

t.test('with the rate lifted all comes at once, and live ones stay behind', async t => {
  const { join, subscribe, publish } = await hub(t, { replayPerSecond: OFF, inflightOut: 2 })
  const first = join('one')
  subscribe(first, '#')
  first.leave()
  for (const topic of ['a', 'b', 'c']) publish(topic)
  const again = join('one')
  publish('d')
  for (let left = 4; left > 0; left--) again.acknowledge()
  t.same(
    again.packets.map(({ topic }) => topic),
    ['a', 'b', 'c', 'd'],
  )
})

t.test(
  'what has no PUBACK when the connection ends is sent again, with its identifier',
  async t => {
    const { join, subscribe, publish } = await hub(t)
    const first = join('one')
    subscribe(first, '#')
    for (const topic of ['a', 'b', 'c']) publish(topic)
    first.acknowledge()
    first.leave()
    publish('d')
    const again = join('one')
    t.same(
      again.packets.map(({ topic, messageId, dup }) => [topic, messageId, dup]),
      [
        ['b', 2, false],
        ['c', 3, false],
        ['d', 4, false],
      ],
    )
    for (let left = 3; left > 0; left--) again.acknowledge()
    t.equal(again.session.outgoing.size(), 0)
  },
)

t.test('a message is given up an hour after it was sent (3.1.1), or 16 minutes (5)', async t => {
  for (const [protocol, minutes] of [
    [4, 60],
    [5, 16],
  ] as const) {
    const { join, subscribe, publish, clock } = await hub(t, { inflightOut: 1 })
    const one = join('one', { protocol })
    subscribe(one, '#')
    publish('a')
    clock.advance(60_000)
    publish('b')
    clock.advance((minutes - 1) * 60_000 - 1)
    t.equal(one.packets.length, 1, `MQTT ${protocol}`)
    clock.advance(1)
    t.same(one.got(), ['a 1', 'b 1'])
    t.equal(one.session.outgoing.size(), 1)
    one.leave()
    clock.advance(minutes * 60_000)
    const again = join('one', { protocol })
    t.equal(again.packets.length, 0, 'not after that time either')
  }
})

t.test('the time of a message that is sent again goes on from when it was sent first', async t => {
  const { join, subscribe, publish, clock } = await hub(t)
  const first = join('one')
  subscribe(first, '#')
  publish('old')
  first.leave()
  clock.advance(50 * 60_000)
  const again = join('one')
  publish('new')
  t.equal(again.session.outgoing.size(), 2)
  clock.advance(10 * 60_000 - 1)
  t.equal(again.session.outgoing.size(), 2)
  clock.advance(1)
  t.equal(again.session.outgoing.size(), 1)
  clock.advance(50 * 60_000)
  t.equal(again.session.outgoing.size(), 0)
})

t.test('a message that was kept has the RETAIN flag that its client was to see', async t => {
  const told: Message[] = []
  const keep: Keep = {
    ...forgetful,
    message: (_name, _number, one) => void (one && told.push(one)),
  }
  const before = await hub(t, {}, { keep })
  const one = before.join('one')
  before.publish('a', { retain: true })
  before.subscribe(one, 'a')
  before.publish('a', { retain: true })
  t.same(one.got(), ['a 1 retained', 'a 1'])
  const messages = told.map((message, index): [number, Message] => [index + 1, message])
  const record = { clientId: 'one', protocol: 4, expirySeconds: 60, subscriptions: [] } as const
  const after = await hub(
    t,
    {},
    { kept: { sessions: [{ record: { ...record, subscriptions: [] }, messages }], retained: [] } },
  )
  t.same(after.join('one').got(), ['a 1 retained', 'a 1'])
})

t.test('message expiry: counted down, and gone when it is over', async t => {
  const { join, subscribe, publish, clock } = await hub(t)
  const first = join('one', { protocol: 5 })
  subscribe(first, '#')
  first.leave()
  publish('short', { expiresAt: clock.elapsed() + 2000 })
  publish('long', { expiresAt: clock.elapsed() + 10_000 })
  clock.advance(2500)
  const again = join('one', { protocol: 5 })
  t.same(
    again.packets.map(({ topic, properties }) => [topic, properties?.messageExpiryInterval]),
    [['long', 8]],
  )
})

t.test('a session keeps so many, and no more', async t => {
  const { join, subscribe, publish } = await hub(t, { queuedMessages: 3, replayPerSecond: OFF })
  const first = join('one')
  subscribe(first, '#')
  first.leave()
  for (const topic of ['a', 'b', 'c', 'd']) publish(topic)
  t.same(join('one').got(), ['a 1', 'b 1', 'c 1'])
})

t.test('what has expired does not keep the place of what is new', async t => {
  const { join, subscribe, publish, clock } = await hub(t, { queuedMessages: 3 })
  const first = join('one')
  subscribe(first, '#')
  first.leave()
  publish('a')
  for (const topic of ['b', 'c']) publish(topic, { expiresAt: clock.elapsed() + 5000 })
  publish('full')
  clock.advance(5000)
  for (const topic of ['d', 'e', 'full']) publish(topic)
  t.same(join('one').got(), ['a 1', 'd 1', 'e 1'])
})

t.test('only so many are queued in a second, of all sessions; who drops is told once', async t => {
  const { join, subscribe, publish, clock, dropped } = await hub(t, {
    queuedMessagesPerSecond: 2,
    queuedMessages: 3,
  })
  const first = join('one')
  subscribe(first, '#')
  publish('live')
  first.acknowledge()
  first.leave()
  for (const topic of ['a', 'b', 'c', 'd']) publish(topic)
  t.same(dropped, ['one throttled'])
  clock.advance(1000)
  for (const topic of ['e', 'f']) publish(topic)
  const again = join('one')
  t.same(again.got(), ['a 1', 'b 1', 'e 1'])
  again.leave()
  clock.advance(1000)
  publish('g')
  t.same(dropped, ['one throttled', 'one full'], 'and once more after it was there')
})

t.test('a client that reads too slowly: QoS 0 is dropped, QoS 1 waits', async t => {
  let waiting = 0
  const { join, subscribe, publish } = await hub(t)
  const one = join('one', { waiting: () => waiting })
  subscribe(one, '#')
  waiting = 2_000_000
  publish('a', { qos: 0 })
  publish('b')
  t.same(one.told, ['dropped'])
  waiting = 0
  one.session.outgoing.pump()
  t.same(one.got(), ['b 1'])
})

t.test('a packet over what the client takes is not sent, and not owed', async t => {
  const { join, subscribe, publish } = await hub(t)
  const one = join('one', { protocol: 5, maximumPacketSize: 20 })
  subscribe(one, '#')
  for (const qos of [0, 1] as const) publish('a', { qos, payload: 'x'.repeat(20) })
  publish('b')
  t.same(one.got(), ['b 1'])
  t.same(one.told, ['too-large', 'too-large', 'delivered'])
})

t.test('over the rate of its connection, QoS 1 waits for its turn', async t => {
  let tokens = 2
  const { join, subscribe, publish, clock } = await hub(t)
  const one = join('one', { allowance: () => (tokens-- > 0 ? 0 : 10) })
  subscribe(one, '#')
  for (const topic of ['a', 'b', 'c', 'd']) publish(topic)
  t.equal(one.packets.length, 2)
  tokens = 5
  clock.advance(10)
  t.same(one.got(), ['a 1', 'b 1', 'c 1', 'd 1'])
})

t.test('65,535 packet identifiers are enough for ever: those in use are passed over', async t => {
  const { join, subscribe, publish } = await hub(t)
  const one = join('one')
  subscribe(one, '#')
  publish('kept')
  for (let sent = 0; sent < 65_535; sent++) {
    publish('a')
    one.session.outgoing.acknowledge(one.packets.at(-1)?.messageId ?? 0)
  }
  const identifiers = one.packets.slice(-2).map(({ messageId }) => messageId)
  t.same(identifiers, [65_535, 2], 'the first message still has 1')
})

t.test('topic aliases towards a client that takes two', async t => {
  const { join, subscribe, publish } = await hub(t)
  const one = join('one', { protocol: 5, topicAliasMaximum: 2 })
  subscribe(one, '#')
  for (const topic of ['a', 'b', 'c', 'a', 'b', 'c']) publish(topic, { qos: topic === 'b' ? 0 : 1 })
  t.same(
    one.packets.map(({ topic, properties }) => [topic, properties?.topicAlias]),
    [
      ['a', 1],
      ['b', 2],
      ['c', undefined],
      ['', 1],
      ['', 2],
      ['c', undefined],
    ],
  )
})
