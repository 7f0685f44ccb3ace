import t, { type Test } from 'tap'
import { awsLimits, noLimits } from '../../broker/config/limits.ts'
import {
  type AskedConnect,
  type AskedPublish,
  type AskedSubscribe,
  type Broken,
  connectRule,
  effectiveKeepAlive,
  filterRule,
  publishRule,
  subscribeRule,
} from '../../broker/mqtt/rules.ts'

const limits = awsLimits

/** [what it is, the packet, the code and evidence of the rule that it breaks] */
type Case<P> = [name: string, packet: P, code?: string, evidence?: object]

function check(test: Test, broken: Broken | undefined, [name, , code, evidence]: Case<unknown>) {
  test.equal(broken?.code, code, name)
  if (evidence) test.match(broken?.evidence, evidence, name)
}

t.test('keep-alive is clamped as AWS clamps it', async t => {
  const table = [
    [0, 1200],
    [1, 30],
    [29, 30],
    [30, 30],
    [60, 60],
    [1200, 1200],
    [1201, 1200],
    [65_535, 1200],
  ] as const
  for (const [asked, effective] of table) {
    t.equal(effectiveKeepAlive(asked, limits), effective, `${asked}`)
  }
  t.equal(effectiveKeepAlive(1, noLimits), 1)
  t.equal(effectiveKeepAlive(0, noLimits), 0)
})

t.test('client ids, wills and what MQTT 5 asks for', async t => {
  const will = (topic: string, more: object = {}): AskedConnect => ({
    clientId: 'a',
    will: { topic, qos: 0, payload: Buffer.from('x'), ...more },
  })
  const table: Case<AskedConnect>[] = [
    ['an ordinary id', { clientId: 'a' }],
    ['128 bytes', { clientId: 'x'.repeat(128) }],
    ['129 bytes', { clientId: 'x'.repeat(129) }, 'CONNECT_CLIENT_ID_INVALID', { bytes: 129 }],
    ['65 two-byte letters', { clientId: 'é'.repeat(65) }, 'CONNECT_CLIENT_ID_INVALID'],
    ['a reserved id', { clientId: '$x' }, 'CONNECT_CLIENT_ID_INVALID'],
    ['no id, for a session that ends', { clientId: '', clean: true }],
    ['no id, for one that stays', { clientId: '', clean: false }, 'CONNECT_CLIENT_ID_EMPTY'],
    ['the same on MQTT 5', { clientId: '', clean: false, protocolVersion: 5 }],
    ['an ordinary will', will('a/b')],
    ['a will with QoS 2', will('a/b', { qos: 2 }), 'CONNECT_WILL_QOS2', { topic: 'a/b' }],
    ['a will with a wildcard', will('a/#'), 'CONNECT_WILL_INVALID'],
    ['a will on a reserved topic', will('$aws/x'), 'CONNECT_WILL_INVALID'],
    ['a will without a topic', will(''), 'CONNECT_WILL_INVALID'],
    [
      'a will that is too large',
      will('a', { payload: Buffer.alloc(131_073) }),
      'CONNECT_TOO_LARGE',
      { part: 'payload of the will', bytes: 131_073, limit: 131_072, name: 'payloadBytes' },
    ],
    [
      'the correlation data of a will',
      will('a', { properties: { correlationData: Buffer.alloc(8193) } }),
      'CONNECT_TOO_LARGE',
      { part: 'correlation data of the will', name: 'correlationDataBytes' },
    ],
    [
      'user properties',
      { clientId: 'a', properties: { userProperties: [['a', 'x'.repeat(8192)]] } },
      'CONNECT_TOO_LARGE',
      { part: 'user properties', bytes: 8193 },
    ],
    ['packets of 512 bytes', { clientId: 'a', properties: { maximumPacketSize: 512 } }],
    [
      'packets of 511 bytes',
      { clientId: 'a', properties: { maximumPacketSize: 511 } },
      'CONNECT_PACKET_SIZE_TOO_SMALL',
      { bytes: 511, limit: 512 },
    ],
    [
      'enhanced authentication',
      { clientId: 'a', properties: { authenticationMethod: 'GSSAPI' } },
      'CONNECT_AUTH_UNSUPPORTED',
      { method: 'GSSAPI' },
    ],
  ]
  for (const one of table) check(t, connectRule(one[1], limits), one)
})

t.test('topics to publish to', async t => {
  const table: [string, string?][] = [
    ['a'],
    ['a/b/c/d/e/f/g/h'],
    ['a/b/c/d/e/f/g/h/i', 'TRAFFIC_TOPIC_INVALID'],
    ['x'.repeat(256)],
    ['x'.repeat(257), 'TRAFFIC_TOPIC_INVALID'],
    [`${'é'.repeat(128)}`],
    [`${'é'.repeat(128)}x`, 'TRAFFIC_TOPIC_INVALID'],
    ['', 'TRAFFIC_TOPIC_INVALID'],
    ['a/+', 'TRAFFIC_TOPIC_INVALID'],
    ['a/#', 'TRAFFIC_TOPIC_INVALID'],
    ['a\u0000b', 'TRAFFIC_TOPIC_INVALID'],
    // AWS: the three levels of Basic Ingest count neither as slashes nor as bytes.
    ['$aws/rules/alarm/b/c/d/e/f/g/h/i'],
    ['$aws/rules/alarm/b/c/d/e/f/g/h/i/j', 'TRAFFIC_TOPIC_INVALID'],
    [`$aws/rules/alarm/${'x'.repeat(256)}`],
    [`$aws/rules/alarm/${'x'.repeat(257)}`, 'TRAFFIC_TOPIC_INVALID'],
    ['$SYS/x', 'TRAFFIC_TOPIC_RESERVED'],
    ['$own/x', 'TRAFFIC_TOPIC_RESERVED'],
    ['$', 'TRAFFIC_TOPIC_RESERVED'],
    ['$share/a/b', 'TRAFFIC_TOPIC_RESERVED'],
  ]
  for (const [topic, code] of table) {
    const packet = { topic, payload: '', qos: 0, retain: false }
    t.equal(publishRule(packet, limits)?.code, code, JSON.stringify(topic.slice(0, 40)))
  }
})

t.test('messages', async t => {
  const packet = (given: Partial<AskedPublish>): AskedPublish => ({
    topic: 'a',
    payload: Buffer.from('x'),
    qos: 1,
    retain: false,
    ...given,
  })
  const table: Case<AskedPublish>[] = [
    ['an ordinary one', packet({ retain: true, properties: { contentType: 'text/plain' } })],
    ['QoS 2', packet({ qos: 2 }), 'TRAFFIC_QOS2', { packet: 'PUBLISH' }],
    ['128 KB', packet({ payload: Buffer.alloc(131_072) })],
    ['more', packet({ payload: Buffer.alloc(131_073) }), 'TRAFFIC_PAYLOAD_TOO_LARGE'],
    [
      'a retained one for a service',
      packet({ topic: '$aws/things/a/shadow/update', retain: true }),
      'TRAFFIC_TOPIC_RESERVED',
      { use: 'retain' },
    ],
    [
      'a long content type',
      packet({ properties: { contentType: 'x'.repeat(257) } }),
      'TRAFFIC_PROPERTY_TOO_LARGE',
      { packet: 'PUBLISH', part: 'content type', bytes: 257, limit: 256, name: 'contentTypeBytes' },
    ],
    ['correlation data of 8 KB', packet({ properties: { correlationData: Buffer.alloc(8192) } })],
    [
      'user properties over 8 KB together',
      packet({
        properties: {
          userProperties: [
            ['a', 'x'.repeat(4096)],
            ['b', 'x'.repeat(4096)],
          ],
        },
      }),
      'TRAFFIC_PROPERTY_TOO_LARGE',
      { bytes: 8194 },
    ],
  ]
  for (const one of table) check(t, publishRule(one[1], limits), one)
})

t.test('a SUBSCRIBE as a whole', async t => {
  const asking = (count: number, qos = 0): AskedSubscribe => ({
    subscriptions: Array.from({ length: count }, (_, index) => ({ topic: `${index}`, qos })),
  })
  const table: Case<AskedSubscribe>[] = [
    ['8 filters', asking(8, 1)],
    ['9 filters', asking(9), 'TRAFFIC_TOO_MANY_FILTERS', { filters: 9, limit: 8 }],
    ['QoS 2', asking(2, 2), 'TRAFFIC_QOS2', { packet: 'SUBSCRIBE', topic: '0' }],
    [
      'a subscription identifier',
      { ...asking(1), properties: { subscriptionIdentifier: 7 } },
      'TRAFFIC_SUBSCRIPTION_IDENTIFIER',
      { identifier: 7 },
    ],
    [
      'user properties',
      { ...asking(1), properties: { userProperties: [['a', 'x'.repeat(9000)]] } },
      'TRAFFIC_PROPERTY_TOO_LARGE',
      { packet: 'SUBSCRIBE' },
    ],
  ]
  for (const one of table) check(t, subscribeRule(one[1], limits), one)
})

t.test('filters to subscribe to', async t => {
  const table: [string, string?][] = [
    ['a/+/b'],
    ['a/#'],
    ['#'],
    ['+/+'],
    ['a/b#', 'TRAFFIC_TOPIC_INVALID'],
    ['a/#/b', 'TRAFFIC_TOPIC_INVALID'],
    ['a+/b', 'TRAFFIC_TOPIC_INVALID'],
    ['', 'TRAFFIC_TOPIC_INVALID'],
    ['1/2/3/4/5/6/7/8/9', 'TRAFFIC_TOPIC_INVALID'],
    ['$SYS/#', 'TRAFFIC_TOPIC_RESERVED'],
    ['$aws/events/#'],
    // What stands before the filter of a shared subscription doesn't count.
    ['$share/workers/1/2/3/4/5/6/7/8'],
    ['$share/workers/1/2/3/4/5/6/7/8/9', 'TRAFFIC_TOPIC_INVALID'],
    [`$share/${'n'.repeat(128)}/${'x'.repeat(256)}`],
    [`$share/${'n'.repeat(129)}/x`, 'TRAFFIC_SHARE_INVALID'],
    [`$share/${'😀'.repeat(128)}/x`],
    ['$share/workers/a/+/#'],
    ['$share/workers/#'],
    ['$share/workers/a#', 'TRAFFIC_TOPIC_INVALID'],
    ['$share', 'TRAFFIC_SHARE_INVALID'],
    ['$share/workers', 'TRAFFIC_SHARE_INVALID'],
    ['$share/workers/', 'TRAFFIC_SHARE_INVALID'],
    ['$share//a', 'TRAFFIC_SHARE_INVALID'],
    ['$share/+/a', 'TRAFFIC_SHARE_INVALID'],
    ['$share/a#/a', 'TRAFFIC_SHARE_INVALID'],
    ['$share/workers/$SYS/x', 'TRAFFIC_TOPIC_RESERVED'],
    ['$share/workers/$aws/things/a/shadow/update/delta'],
    ['$shared/workers/a', 'TRAFFIC_TOPIC_RESERVED'],
  ]
  for (const [filter, code] of table) {
    t.equal(filterRule(filter, limits)?.code, code, filter.slice(0, 60))
  }
})

t.test('without limits only what the standard refuses is refused', async t => {
  const deep = Array.from({ length: 50 }, () => 'x'.repeat(100)).join('/')
  const message = { topic: deep, qos: 0, retain: false, payload: Buffer.alloc(1_000_000) }
  t.equal(publishRule(message, noLimits), undefined)
  t.equal(filterRule(deep, noLimits), undefined)
  t.equal(publishRule({ ...message, topic: 'a/+' }, noLimits)?.code, 'TRAFFIC_TOPIC_INVALID')
  const many = { subscriptions: Array.from({ length: 100 }, () => ({ topic: 'a', qos: 0 })) }
  t.equal(subscribeRule(many, noLimits), undefined)
  const connect = { clientId: 'x'.repeat(1000), properties: { maximumPacketSize: 20 } }
  t.equal(connectRule(connect, noLimits), undefined)
})
