/** What we send, as a client reads it: mqtt-packet is that client. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parser, type Packet as TheirPacket } from 'mqtt-packet'
import t from 'tap'
import { encode } from '../../../broker/mqtt/codec/encode.ts'
import {
  type Content,
  encodePublish,
  type PublishFields,
  publishSize,
  publishTemplate,
  type Stamp,
} from '../../../broker/mqtt/codec/encode-publish.ts'
import { packetReader } from '../../../broker/mqtt/codec/packet-reader.ts'
import type { Version } from '../../../broker/mqtt/codec/problem.ts'
import type { Answer, Packet } from '../../../broker/mqtt/packet.ts'
import { connectPacket } from '../../helpers/mqtt-bytes.ts'

const letters = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 90 })
  .map(text => text.replace(/[\0+#]/g, 'x'))
const data = fc.uint8Array({ maxLength: 400 }).map(bytes => Buffer.from(bytes))
const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const id = fc.integer({ min: 1, max: 65_535 })
const version = fc.constantFrom<Version>(4, 5)

/** The least number of each property, so that none is there by chance alone. */
const content: fc.Arbitrary<Content> = fc.record(
  {
    topic: letters,
    payload: data,
    properties: fc.record(
      {
        payloadFormatIndicator: fc.constantFrom(0 as const, 1 as const),
        contentType: letters,
        responseTopic: letters,
        correlationData: data,
        userProperties: fc.array(fc.tuple(letters, letters), { minLength: 1, maxLength: 4 }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['topic', 'payload'] },
)

const stamp: fc.Arbitrary<Stamp> = fc
  .record({
    qos: fc.constantFrom(0 as const, 1 as const),
    retain: fc.boolean(),
    dup: fc.boolean(),
    messageId: id,
    messageExpiryInterval: fc.option(uint32, { nil: undefined }),
    alias: fc.option(fc.record({ number: id, known: fc.boolean() }), { nil: undefined }),
  })
  .map(
    ({ qos, retain, dup, messageId, messageExpiryInterval, alias }): Stamp => ({
      qos,
      retain,
      ...(qos > 0 && { dup, messageId }),
      ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
      ...(alias && { topicAlias: alias.number, ...(alias.known && { topic: '' }) }),
    }),
  )

/** As our own reader takes it. */
function read(bytes: Buffer, version: Version): Packet[] {
  const reader = packetReader({ limit: 1_000_000 })
  reader.push(connectPacket({ protocolVersion: version }))
  const { packets, problem } = reader.push(bytes)
  assert.equal(problem, undefined)
  return packets
}

/** On 3.1.1 there is no alias for a topic, and so nobody leaves it out. */
function fieldsOf(content: Content, stamp: Stamp, version: Version): PublishFields {
  const { topic: _, topicAlias: __, ...plain } = stamp
  return { ...content, ...(version === 5 ? stamp : plain) } as PublishFields
}

function expected(fields: PublishFields, version: Version): object {
  const { messageExpiryInterval, topicAlias, properties, dup = false, ...rest } = fields
  const all = {
    ...properties,
    ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
    ...(topicAlias !== undefined && { topicAlias }),
  }
  const some = version === 5 && Object.keys(all).length > 0
  return { cmd: 'publish', ...rest, dup, ...(some && { properties: all }) }
}

t.test('a PUBLISH is read as what was written, and is as long as was said', async t => {
  const same = fc.property(content, stamp, version, (content, stamp, version) => {
    const fields = fieldsOf(content, stamp, version)
    const bytes = encodePublish(fields, version)
    assert.equal(bytes.length, publishSize(fields, version))
    assert.deepEqual(read(bytes, version), [expected(fields, version)])
  })
  t.doesNotThrow(() => fc.assert(same, { numRuns: 500 }))
})

t.test('a template gives each receiver what it would get alone', async t => {
  const many = fc.array(stamp, { minLength: 1, maxLength: 12 })
  const same = fc.property(content, many, version, (content, stamps, version) => {
    const template = publishTemplate(content, version)
    const fields = stamps.map(one => fieldsOf(content, one, version))
    const given = stamps.map((one, index) => {
      const { topic } = fields[index] ?? content
      return template.packet({ ...one, topic })
    })
    // All are looked at when all are made: none may have changed another.
    for (const [index, one] of fields.entries()) {
      assert.deepEqual(given[index], encodePublish(one, version))
    }
  })
  t.doesNotThrow(() => fc.assert(same, { numRuns: 500 }))
})

t.test('receivers who get the same with QoS 0 get the same bytes', async t => {
  const template = publishTemplate({ topic: 'a', payload: Buffer.from('b') }, 5)
  const plain = { qos: 0, retain: false } as const
  t.equal(template.packet(plain), template.packet(plain))
  t.not(template.packet(plain), template.packet({ ...plain, retain: true }))
})

const reasonString = 'because'
const userProperties: [string, string][] = [
  ['a', '1'],
  ['b', '2'],
  ['a', '3'],
]
const why = { reasonString, userProperties }
const told = { reasonString, userProperties: { a: ['1', '3'], b: '2' } }

/** Each answer, and what a client of 3.1.1 and one of 5 read; undefined: it gets nothing. */
const answers: [Answer, object | undefined, object][] = [
  [
    { cmd: 'connack', sessionPresent: true, reasonCode: 0 },
    { cmd: 'connack', sessionPresent: true, returnCode: 0 },
    { cmd: 'connack', sessionPresent: true, reasonCode: 0 },
  ],
  [
    {
      cmd: 'connack',
      sessionPresent: false,
      reasonCode: 0,
      properties: {
        sessionExpiryInterval: 3600,
        receiveMaximum: 100,
        maximumQoS: 1,
        retainAvailable: true,
        maximumPacketSize: 149_504,
        assignedClientIdentifier: '$GEN/x',
        topicAliasMaximum: 8,
        wildcardSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: true,
        serverKeepAlive: 1200,
        ...why,
      },
    },
    { cmd: 'connack', sessionPresent: false, returnCode: 0 },
    {
      properties: {
        sessionExpiryInterval: 3600,
        receiveMaximum: 100,
        maximumQoS: 1,
        retainAvailable: true,
        maximumPacketSize: 149_504,
        assignedClientIdentifier: '$GEN/x',
        topicAliasMaximum: 8,
        wildcardSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: true,
        serverKeepAlive: 1200,
        ...told,
      },
    },
  ],
  [
    { cmd: 'puback', messageId: 258 },
    { cmd: 'puback', messageId: 258 },
    { messageId: 258, reasonCode: 0 },
  ],
  [
    { cmd: 'puback', messageId: 1, reasonCode: 0x87 },
    { cmd: 'puback', messageId: 1 },
    { cmd: 'puback', reasonCode: 0x87 },
  ],
  [
    { cmd: 'puback', messageId: 1, reasonCode: 0x87, properties: why },
    { cmd: 'puback', messageId: 1 },
    { cmd: 'puback', reasonCode: 0x87, properties: told },
  ],
  [
    { cmd: 'suback', messageId: 2, granted: [0, 1, 0x80], properties: why },
    { cmd: 'suback', messageId: 2, granted: [0, 1, 0x80] },
    { cmd: 'suback', messageId: 2, granted: [0, 1, 0x80], properties: told },
  ],
  [
    { cmd: 'unsuback', messageId: 3, granted: [0, 0x11] },
    { cmd: 'unsuback', messageId: 3 },
    { cmd: 'unsuback', messageId: 3, granted: [0, 0x11] },
  ],
  [{ cmd: 'pingresp' }, { cmd: 'pingresp' }, { cmd: 'pingresp' }],
  [{ cmd: 'disconnect', reasonCode: 0x8e }, undefined, { cmd: 'disconnect', reasonCode: 0x8e }],
  [
    { cmd: 'disconnect', reasonCode: 0x81, properties: why },
    undefined,
    { cmd: 'disconnect', reasonCode: 0x81, properties: told },
  ],
]

/** As mqtt-packet reads it; it fails where bytes are left over. */
function client(bytes: Buffer, version: Version): TheirPacket | undefined {
  const packets: TheirPacket[] = []
  const reading = parser({ protocolVersion: version })
  reading.on('packet', packet => packets.push(packet))
  reading.on('error', error => t.fail(error.message))
  t.equal(reading.parse(bytes), 0, 'nothing is left over')
  t.ok(packets.length < 2)
  return packets[0]
}

t.test('each answer is read by a client of either version', async t => {
  for (const [answer, as311, as5] of answers) {
    if (as311 === undefined) t.equal(encode(answer, 4).length, 0, `${answer.cmd} on 3.1.1`)
    else t.match(client(encode(answer, 4), 4), as311, `${answer.cmd} on 3.1.1`)
    t.match(client(encode(answer, 5), 5), as5, `${answer.cmd} on 5`)
  }
  t.equal(encode({ cmd: 'puback', messageId: 1, reasonCode: 0, properties: {} }, 5).length, 4)
})

t.test(
  'what tells why is left out where the client has no room for it, the longest first',
  async t => {
    for (const [answer] of answers) {
      if (!('properties' in answer) || !answer.properties?.reasonString) continue
      const full = encode(answer, 5)
      const terse = encode(answer, 5, { maximumPacketSize: full.length - 1 })
      t.match(client(terse, 5), { properties: { reasonString, userProperties: undefined } })
      const bare = encode(answer, 5, { maximumPacketSize: terse.length - 1 })
      t.notMatch(client(bare, 5), { properties: { reasonString } }, answer.cmd)
      t.same(encode(answer, 5, { maximumPacketSize: full.length }), full)
      t.same(encode(answer, 5, { maximumPacketSize: 1 }), bare, 'the least that there is')
    }
  },
)

t.test(
  'a client that asks for no problem information is told why by two packets alone',
  async t => {
    for (const [answer] of answers) {
      if (!('properties' in answer) || !answer.properties?.reasonString) continue
      const seen = client(encode(answer, 5, { requestProblemInformation: false }), 5)
      const said = (seen as { properties?: object } | undefined)?.properties !== undefined
      t.equal(said, ['connack', 'disconnect'].includes(answer.cmd), `${answer.cmd} [MQTT-3.1.2-29]`)
    }
  },
)

t.test('a reason that is too long for its length is cut between two letters', async t => {
  const long = `x${'é'.repeat(40_000)}`
  const bytes = encode({ cmd: 'disconnect', reasonCode: 0, properties: { reasonString: long } }, 5)
  const { properties } = client(bytes, 5) as { properties?: { reasonString?: string } }
  t.equal(properties?.reasonString, `x${'é'.repeat(32_767)}`)
})
