import fc from 'fast-check'
import { type Packet, parser } from 'mqtt-packet'
import t from 'tap'
import { packetReader } from '../../broker/mqtt/packet-reader.ts'
import { plainPackets } from '../../broker/mqtt/plain-packets.ts'
import {
  connectPacket,
  disconnectPacket,
  publishPacket,
  subscribePacket,
} from '../helpers/mqtt-bytes.ts'

const LIMIT = 100_000

function theirs(bytes: Buffer): { packets: Packet[]; failed: boolean } {
  const packets: Packet[] = []
  let failed = false
  const reference = parser()
  reference.on('packet', packet => packets.push(packet))
  reference.on('error', () => {
    failed = true
  })
  try {
    reference.parse(bytes)
  } catch {
    failed = true
  }
  return { packets, failed }
}

/** Without the empty fields that mqtt-packet gives to every packet. */
function shown(packets: Packet[]): object[] {
  return packets.map(packet => {
    const fields = Object.entries(packet).filter(([, value]) => value !== null)
    return Object.fromEntries(fields.map(([key, value]) => [key, fieldText(value)]))
  })
}

function fieldText(value: unknown): unknown {
  return Buffer.isBuffer(value) ? value.toString('hex') : value
}

const publish = fc
  .record({
    topic: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
    payload: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    retain: fc.boolean(),
    dup: fc.boolean(),
    messageId: fc.integer({ min: 1, max: 65_535 }),
  })
  .map(({ messageId, ...options }) => {
    const dup = options.qos > 0 && options.dup
    return publishPacket({ ...options, dup, ...(options.qos > 0 ? { messageId } : {}) })
  })
const packet = fc.oneof(
  publish,
  fc.constantFrom(
    disconnectPacket(),
    Buffer.from([0xc0, 0]),
    Buffer.from([0x40, 2, 1, 2]),
    subscribePacket(['a/b']),
    connectPacket({ clientId: 'a' }),
  ),
)

t.test(
  'the packets of traffic are read as mqtt-packet reads them, in whatever company',
  async t => {
    const same = fc.property(fc.array(packet, { maxLength: 12 }), list => {
      const bytes = Buffer.concat(list)
      t.same(shown(packetReader().push(bytes).packets), shown(theirs(bytes).packets))
    })
    fc.assert(same, { numRuns: 300 })
  },
)

t.test('broken bytes give what mqtt-packet gives for them', async t => {
  const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) })
  const input = fc.tuple(
    fc.array(packet, { minLength: 1, maxLength: 4 }),
    fc.array(change, { minLength: 1, maxLength: 3 }),
    fc.nat({ max: 20 }),
  )
  const same = fc.property(input, ([list, changes, cutOff]) => {
    const bytes = Buffer.concat(list)
    for (const { at, to } of changes) bytes[at % bytes.length] = to
    const cut = bytes.subarray(0, Math.max(1, bytes.length - cutOff))
    const expected = theirs(cut)
    const { packets, problem } = packetReader(2 ** 28).push(Buffer.from(cut))
    t.same(shown(packets), shown(expected.packets))
    t.equal(problem !== undefined, expected.failed)
  })
  fc.assert(same, { numRuns: 500 })
})

t.test('what is not whole, too long or of another kind is left alone', async t => {
  const whole = publishPacket({ topic: 'x', payload: 'y' })
  const left: [why: string, rest: Buffer][] = [
    ['cut short', whole.subarray(0, -1)],
    ['a header and nothing else', Buffer.from([0x30])],
    ['a length that never ends', Buffer.from([0x30, 255, 255, 255, 255, 1])],
    ['QoS 2', publishPacket({ topic: 'x', qos: 2 })],
    ['over the limit', publishPacket({ topic: 'x', payload: Buffer.alloc(LIMIT) })],
    ['a topic that runs past its packet', Buffer.from([0x30, 3, 0, 9, 65])],
    ['no room for the message id', Buffer.from([0x32, 3, 0, 1, 65])],
    ['SUBSCRIBE', subscribePacket(['a'])],
    ['PINGREQ with a body', Buffer.from([0xc0, 1, 0])],
  ]
  for (const [why, rest] of left) {
    const packets: Packet[] = []
    t.equal(plainPackets(Buffer.concat([whole, rest]), LIMIT, packets), whole.length, why)
    t.equal(packets.length, 1, why)
  }
})

t.test('after a CONNECT of MQTT 5 nothing is read as MQTT 3.1.1', async t => {
  const reader = packetReader()
  reader.push(connectPacket({ protocolVersion: 5 }))
  const bytes = publishPacket({ topic: 'x', payload: 'y', protocolVersion: 5 })
  t.match(reader.push(bytes).packets, [{ cmd: 'publish', topic: 'x', payload: Buffer.from('y') }])
})
