import fc from 'fast-check'
import t from 'tap'
import { packetReader } from '../../broker/mqtt/packet-reader.ts'
import { connectPacket, publishPacket } from '../helpers/mqtt-bytes.ts'

t.test('gives the same packets whatever the pieces', async t => {
  const bytes = Buffer.concat([
    connectPacket({ clientId: 'a' }),
    publishPacket({ topic: 'x/y', payload: 'z'.repeat(300) }),
    publishPacket({ topic: 'x/z', payload: '' }),
  ])
  const whole = packetReader()
    .push(bytes)
    .packets.map(packet => packet.cmd)
  t.same(whole, ['connect', 'publish', 'publish'])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), sizes => {
      const reader = packetReader()
      const seen: string[] = []
      for (let at = 0, index = 0; at < bytes.length; index++) {
        const size = sizes[index % sizes.length] ?? 1
        seen.push(...reader.push(bytes.subarray(at, at + size)).packets.map(packet => packet.cmd))
        at += size
      }
      t.same(seen, whole)
    }),
    { numRuns: 50 },
  )
})

t.test('never throws and stays silent after a problem', async t => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 })
  const silentOnceBroken = fc.property(chunks, list => {
    const reader = packetReader()
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
  const reader = packetReader(1000)
  const header = publishPacket({ topic: 'x', payload: Buffer.alloc(2000) }).subarray(0, 5)
  t.match(reader.push(header), {
    packets: [],
    problem: { kind: 'too-large', bytes: 2003, limit: 1000 },
  })
})
