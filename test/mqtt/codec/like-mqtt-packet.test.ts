/** What we read is held against what mqtt-packet reads: it is the older reader, and the looser one. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { generate, parser, type Packet as TheirPacket } from 'mqtt-packet'
import t from 'tap'
import { packetReader } from '../../../broker/mqtt/codec/packet-reader.ts'
import type { Packet } from '../../../broker/mqtt/packet.ts'

type Version = 4 | 5

const LIMIT = 100_000

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).map(text => clean(text))
const data = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
const id = fc.integer({ min: 1, max: 65_535 })
const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const)
const bit = fc.boolean()
/** mqtt-packet keeps no order among names, so each comes once here. */
const userProperties = fc.dictionary(name, name, { minKeys: 1, maxKeys: 3, noNullPrototype: true })

function some<T extends object>(
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
): fc.Arbitrary<object> {
  return fc.record(model, { requiredKeys: [] })
}

const message = {
  payloadFormatIndicator: bit,
  messageExpiryInterval: uint32,
  contentType: name,
  responseTopic: name,
  correlationData: data,
  userProperties,
}

/** With QoS 0 there is neither a message id nor DUP. */
const publish = fc
  .record({
    topic: name,
    payload: data,
    qos,
    retain: bit,
    dup: bit,
    messageId: id,
    properties: some({ ...message, topicAlias: id }),
  })
  .map(({ dup, messageId, ...rest }) => ({
    cmd: 'publish',
    ...rest,
    dup: rest.qos > 0 && dup,
    ...(rest.qos > 0 && { messageId }),
  }))

const connect = fc
  .record({
    clientId: name,
    clean: bit,
    keepalive: fc.nat(65_535),
    username: fc.option(name, { nil: undefined }),
    password: fc.option(data, { nil: undefined }),
    will: fc.option(
      fc.record({
        topic: name,
        payload: data,
        qos,
        retain: bit,
        properties: some({ ...message, willDelayInterval: uint32 }),
      }),
      { nil: undefined },
    ),
    properties: some({
      sessionExpiryInterval: uint32,
      receiveMaximum: id,
      maximumPacketSize: fc.integer({ min: 1, max: 0xffffffff }),
      topicAliasMaximum: id,
      requestResponseInformation: bit,
      requestProblemInformation: bit,
      userProperties,
      authenticationMethod: name,
    }),
  })
  .map(({ username, password, will, ...rest }) => ({
    cmd: 'connect',
    ...rest,
    ...(username !== undefined && { username }),
    // Nor does MQTT 3.1.1 take an empty one from mqtt-packet.
    ...(username !== undefined && password?.length && { password }),
    ...(will?.payload.length && { will }),
  }))

const explanation = some({ reasonString: name, userProperties })
const others = fc.oneof(
  fc.record({
    cmd: fc.constant('subscribe'),
    messageId: id,
    subscriptions: fc.array(fc.record({ topic: name, qos, nl: bit, rap: bit, rh: qos }), {
      minLength: 1,
      maxLength: 5,
    }),
    properties: some({
      subscriptionIdentifier: fc.integer({ min: 1, max: 268_435_455 }),
      userProperties,
    }),
  }),
  fc.record({
    cmd: fc.constant('unsubscribe'),
    messageId: id,
    unsubscriptions: fc.array(name, { minLength: 1, maxLength: 5 }),
    properties: some({ userProperties }),
  }),
  fc.record({
    cmd: fc.constantFrom('puback', 'pubrec'),
    messageId: id,
    reasonCode: fc.constantFrom(0, 0x10, 0x97),
    properties: explanation,
  }),
  fc.record({
    cmd: fc.constantFrom('pubrel', 'pubcomp'),
    messageId: id,
    reasonCode: fc.constantFrom(0, 0x92),
    properties: explanation,
  }),
  fc.record({
    cmd: fc.constant('disconnect'),
    reasonCode: fc.constantFrom(0, 4, 0x81),
    properties: some({ sessionExpiryInterval: uint32, reasonString: name, userProperties }),
  }),
  fc.constant({ cmd: 'pingreq' }),
)

const traffic = fc.array(fc.oneof({ weight: 2, arbitrary: publish }, others), { maxLength: 8 })

/** A connection: CONNECT and what follows, each packet as bytes. */
const connection = fc
  .record({ version: fc.constantFrom<Version>(4, 5), first: connect, rest: traffic })
  .map(({ version, first, rest }) => ({
    version,
    packets: [first, ...rest].map(packet => bytesOf(packet, version)),
  }))

function bytesOf(packet: object, version: Version): Buffer {
  const opened = { protocolId: 'MQTT', protocolVersion: version, ...packet } as Opened
  const plain = version === 5 ? opened : without5(opened)
  return generate(plain as unknown as TheirPacket, { protocolVersion: version })
}

type Opened = { will?: object; properties?: object }

function without5(packet: Opened): object {
  const { properties: _, will, ...rest } = packet
  if (!will) return rest
  const { properties: __, ...plainWill } = will as { properties?: object }
  return { ...rest, will: plainWill }
}

/** Each packet in a push of its own: mqtt-packet takes the packet after a DISCONNECT for a part of it. */
function theirs(list: Buffer[]): TheirPacket[] {
  const packets: TheirPacket[] = []
  const reference = parser()
  reference.on('packet', packet => packets.push(packet))
  reference.on('error', () => {})
  for (const bytes of list) reference.parse(bytes)
  return packets
}

function ours(bytes: Buffer, sizes: number[]): { packets: Packet[]; broken: boolean } {
  const reader = packetReader({ limit: LIMIT })
  const packets: Packet[] = []
  let broken = false
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    const result = reader.push(Buffer.from(bytes.subarray(at, at + size)))
    packets.push(...result.packets)
    broken ||= result.problem !== undefined
    at += size
  }
  return { packets, broken }
}

/** Both without what only one of them has: empty fields, an id of version 3.1.1 for user properties, numbers for flags. */
function shown(packets: readonly object[]): unknown[] {
  return packets.map(packet => {
    if ('cmd' in packet && packet.cmd === 'publish') return plain(packet)
    const { qos: _, dup: __, retain: ___, ...rest } = packet as { [flag: string]: unknown }
    return plain(rest)
  })
}

function plain(value: unknown, key = ''): unknown {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (key === 'userProperties') {
    return Array.isArray(value) ? value : Object.entries(value as object)
  }
  if (Array.isArray(value)) return value.map(one => plain(one))
  if (typeof value === 'boolean') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value)
    .filter(
      ([field, one]) =>
        !IGNORED.has(field) && one !== null && one !== undefined && one !== 0 && one !== false,
    )
    .map(([field, one]) => [field, plain(one, field)])
    .filter(([, one]) => typeof one !== 'object' || Object.keys(one as object).length > 0)
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  return Object.fromEntries(fields)
}

/** Of every packet of mqtt-packet. */
const IGNORED = new Set(['length', 'protocolId'])

/** What no text of MQTT may hold, and what starts and ends a filter's own grammar. */
function clean(text: string): string {
  const right = text.replaceAll('\u0000', '').replace(/[+#$]/g, '')
  return right === '' || right === '__proto__' ? 'x' : right
}

const pieces = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(10_000)), {
  minLength: 1,
  maxLength: 6,
})

t.test('well-formed packets are read as mqtt-packet reads them, in whatever pieces', async t => {
  const same = fc.property(connection, pieces, ({ packets }, sizes) => {
    const read = ours(Buffer.concat(packets), sizes)
    assert.ok(!read.broken)
    assert.deepEqual(shown(read.packets), shown(theirs(packets)))
  })
  t.doesNotThrow(() => fc.assert(same, { numRuns: 300 }))
})

t.test('what we take from broken bytes, mqtt-packet takes too', async t => {
  const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) })
  const changes = fc.array(change, { minLength: 1, maxLength: 3 })
  const no = fc.property(connection, changes, fc.nat(20), pieces, (given, list, cutOff, sizes) => {
    const [first = Buffer.alloc(0), ...rest] = given.packets
    const last = Buffer.from(rest.at(-1) ?? first)
    for (const { at, to } of list) last[at % last.length] = to
    const whole = [
      ...given.packets.slice(0, -1),
      last.subarray(0, Math.max(1, last.length - cutOff)),
    ]
    const read = shown(ours(Buffer.concat(whole), sizes).packets)
    assert.deepEqual(read, shown(theirs(whole)).slice(0, read.length))
  })
  t.doesNotThrow(() => fc.assert(no, { numRuns: 500 }))
})
