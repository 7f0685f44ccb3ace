import fc from 'fast-check'
import t from 'tap'
import { type PacketReader, packetReader } from '../../../broker/mqtt/codec/packet-reader.ts'
import { connectPacket, publishPacket } from '../../helpers/mqtt-bytes.ts'

function reading(limit = 149_504): PacketReader {
  return packetReader({ limit })
}

t.test('never throws and stays silent after a problem', async t => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 })
  const silentOnceBroken = fc.property(chunks, list => {
    const reader = reading()
    let broken = false
    for (const chunk of list) {
      const { packets, problem } = reader.push(Buffer.from(chunk))
      if (broken && packets.length > 0) return false
      broken ||= problem !== undefined
    }
    return true
  })
  t.doesNotThrow(() => fc.assert(silentOnceBroken))
})

t.test('a length over the limit is refused by its header, before the body comes', async t => {
  const header = publishPacket({ topic: 'x', payload: Buffer.alloc(2000) }).subarray(0, 5)
  const problem = { kind: 'too-large', bytes: 2003, limit: 1000, packet: 'PUBLISH' }
  t.strictSame(reading(1000).push(header), { packets: [], problem })
  const dribbled = reading(1000)
  const seen = [...header].map(byte => dribbled.push(Buffer.of(byte)).problem)
  t.strictSame(seen.slice(0, 3), [undefined, undefined, problem])
})

t.test('what came before a problem is given with it', async t => {
  const bytes = Buffer.concat([connectPacket(), publishPacket({ topic: 'x' }), Buffer.of(0, 0)])
  const { packets, problem } = reading().push(bytes)
  t.match(packets, [{ cmd: 'connect' }, { cmd: 'publish' }])
  t.match(problem, { kind: 'malformed', fault: 'packet-type' })
})

t.test('the bytes of a packet in pieces are not those of the chunks', async t => {
  const bytes = publishPacket({ topic: 'x', payload: 'payload' })
  const reader = reading()
  const piece = Buffer.from(bytes.subarray(0, 6))
  reader.push(piece)
  piece.fill(0)
  const [packet] = reader.push(bytes.subarray(6)).packets
  t.match(packet, { payload: Buffer.from('payload') })
})

t.test('a CONNECT of another version has no more than its level', async t => {
  const name = [0, 4, ...Buffer.from('MQTT')]
  const levels = [0, 3, 6, 0x84, 255]
  for (const level of levels) {
    const bytes = Buffer.from([0x10, 8, ...name, level, 0])
    t.strictSame(reading().push(bytes), {
      packets: [],
      problem: { kind: 'unknown-version', level },
    })
  }
})

t.test('a CONNECT of MQTT 3.1 is read, so that it can be refused by its name', async t => {
  const bytes = connectPacket({ protocolId: 'MQIsdp', protocolVersion: 3, clientId: 'old' })
  t.match(reading().push(bytes).packets, [{ cmd: 'connect', protocolVersion: 3, clientId: 'old' }])
})

t.test('a CONNECT keeps nothing of the bytes that it came with', async t => {
  const will = { topic: 'x', payload: Buffer.from('will'), qos: 0, retain: false } as const
  const bytes = connectPacket({ username: 'u', password: Buffer.from('secret'), will })
  const [packet] = reading().push(bytes).packets
  bytes.fill(0)
  t.match(packet, { password: Buffer.from('secret'), will: { payload: Buffer.from('will') } })
})

t.test(
  'user properties keep their order, names that come again included [MQTT-3.3.2-18]',
  async t => {
    const pairs = ['a', '1', 'b', '2', 'a', '3']
    const properties = Buffer.concat(
      [0, 2, 4].flatMap(at => [Buffer.of(38), text(pairs[at] ?? ''), text(pairs[at + 1] ?? '')]),
    )
    const body = Buffer.concat([text('t'), Buffer.of(properties.length), properties])
    const bytes = [connectPacket({ protocolVersion: 5 }), Buffer.of(0x30, body.length), body]
    const [, packet] = reading().push(Buffer.concat(bytes)).packets
    t.match(packet, {
      properties: {
        userProperties: [
          ['a', '1'],
          ['b', '2'],
          ['a', '3'],
        ],
      },
    })
  },
)

t.test('a byte order mark is a part of the text [MQTT-1.5.4-3]', async t => {
  const topic = '\ufeffx'
  t.match(reading().push(publishPacket({ topic })).packets, [{ topic }])
})

function text(value: string): Buffer {
  return Buffer.from([0, value.length, ...Buffer.from(value)])
}
