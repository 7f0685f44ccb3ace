import t from 'tap'
import type { ConnectPacket, PublishPacket, SubscribePacket } from '../../broker/mqtt/packet.ts'
import {
  connectRule,
  effectiveKeepAlive,
  publishRule,
  subscribeRule,
} from '../../broker/mqtt/rules.ts'

t.test('keep-alive is clamped as AWS clamps it', async t => {
  const table = [
    [0, 1200],
    [1, 30],
    [29, 30],
    [30, 30],
    [60, 60],
    [1200, 1200],
    [1201, 1200],
    [65535, 1200],
  ] as const
  for (const [asked, effective] of table) t.equal(effectiveKeepAlive(asked), effective, `${asked}`)
})

t.test('client ids and wills', async t => {
  const connect = (given: Partial<ConnectPacket>): ConnectPacket => ({
    cmd: 'connect',
    protocolVersion: 4,
    clientId: 'a',
    clean: true,
    keepalive: 30,
    ...given,
  })
  const will = (topic: string, qos: 0 | 1 | 2 = 0) =>
    connect({ will: { topic, qos, payload: Buffer.from('x'), retain: false } })
  const table: [string, ConnectPacket, string | undefined][] = [
    ['an ordinary id', connect({}), undefined],
    ['128 bytes', connect({ clientId: 'x'.repeat(128) }), undefined],
    ['129 bytes', connect({ clientId: 'x'.repeat(129) }), 'CONNECT_CLIENT_ID_INVALID'],
    ['65 two-byte letters', connect({ clientId: 'é'.repeat(65) }), 'CONNECT_CLIENT_ID_INVALID'],
    ['a reserved id', connect({ clientId: '$x' }), 'CONNECT_CLIENT_ID_INVALID'],
    ['an ordinary will', will('a/b'), undefined],
    ['a will with QoS 2', will('a/b', 2), 'CONNECT_WILL_INVALID'],
    ['a will with a wildcard', will('a/#'), 'CONNECT_WILL_INVALID'],
    ['a will on a reserved topic', will('$aws/x'), 'CONNECT_WILL_INVALID'],
    ['a will without a topic', will(''), 'CONNECT_WILL_INVALID'],
  ]
  for (const [name, packet, code] of table) t.equal(connectRule(packet)?.code, code, name)
})

t.test('topics to publish to', async t => {
  const table: [string, string | undefined][] = [
    ['a', undefined],
    ['a/b/c/d/e/f/g/h', undefined],
    ['a/b/c/d/e/f/g/h/i', 'TRAFFIC_TOPIC_INVALID'],
    ['x'.repeat(256), undefined],
    ['x'.repeat(257), 'TRAFFIC_TOPIC_INVALID'],
    ['', 'TRAFFIC_TOPIC_INVALID'],
    ['a/+', 'TRAFFIC_TOPIC_INVALID'],
    ['a/#', 'TRAFFIC_TOPIC_INVALID'],
    ['a\u0000b', 'TRAFFIC_TOPIC_INVALID'],
    ['$aws/things/x/shadow/update', undefined],
    ['$aws/events/presence/connected/x', 'TRAFFIC_TOPIC_RESERVED'],
    ['$aws/events', 'TRAFFIC_TOPIC_RESERVED'],
    ['$aws/eventsource', undefined],
    ['$SYS/x', 'TRAFFIC_TOPIC_RESERVED'],
    ['$own/x', 'TRAFFIC_TOPIC_RESERVED'],
  ]
  for (const [topic, code] of table) {
    const packet: PublishPacket = {
      cmd: 'publish',
      topic,
      payload: Buffer.alloc(0),
      qos: 0,
      dup: false,
      retain: false,
    }
    t.equal(publishRule(packet)?.code, code, JSON.stringify(topic.slice(0, 20)))
  }
})

t.test('filters to subscribe to', async t => {
  const table: [string[], 0 | 1 | 2, string | undefined][] = [
    [['a/+/b', 'a/#', '#', '+', '+/+'], 1, undefined],
    [['a/b#'], 0, 'TRAFFIC_TOPIC_INVALID'],
    [['a/#/b'], 0, 'TRAFFIC_TOPIC_INVALID'],
    [['a+/b'], 0, 'TRAFFIC_TOPIC_INVALID'],
    [['a'], 2, 'TRAFFIC_QOS2'],
    [['$SYS/#'], 0, 'TRAFFIC_TOPIC_RESERVED'],
    [['$aws/events/#'], 0, undefined],
    [Array.from({ length: 8 }, (_, index) => `${index}`), 0, undefined],
    [Array.from({ length: 9 }, (_, index) => `${index}`), 0, 'TRAFFIC_TOO_MANY_FILTERS'],
  ]
  for (const [topics, qos, code] of table) {
    const packet: SubscribePacket = {
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: topics.map(topic => ({ topic, qos, nl: false, rap: false, rh: 0 })),
    }
    t.equal(subscribeRule(packet)?.code, code, topics.join(' '))
  }
})
