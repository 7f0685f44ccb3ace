/** Section 2: fixed headers and packet identifiers. */

import { packet, rawConnect, string, uint16 } from '../bytes.ts'
import type { Case } from '../scene.ts'

const wrongFlags: { [what: string]: Buffer } = {
  'a PUBACK': packet(0x41, uint16(1)),
  'a SUBSCRIBE': packet(0x80, uint16(1), string('a'), [0]),
  'a SUBSCRIBE, with more than it needs': packet(0x83, uint16(1), string('a'), [0]),
  'an UNSUBSCRIBE': packet(0xa0, uint16(1), string('a')),
  'a PINGREQ': packet(0xc1),
  'a DISCONNECT': packet(0xe1),
}

const withoutIdentifier: { [what: string]: Buffer } = {
  'a SUBSCRIBE': packet(0x82, uint16(0), string('a'), [0]),
  'an UNSUBSCRIBE': packet(0xa2, uint16(0), string('a')),
  'a PUBLISH with QoS 1': packet(0x32, string('a'), uint16(0), [0x78]),
}

export const header = {
  'the flags of what the broker sends are those of the table': async ({ t, client, id, dial }) => {
    const a = await dial()
    a.connect({ clientId: id })
    t.equal((await a.expect('connack')).bytes[0], 0x20)
    a.send(packet(0x82, uint16(7), string(id), [1]))
    t.equal((await a.expect('suback')).bytes[0], 0x90)
    a.send(packet(0xa2, uint16(8), string(id)))
    t.equal((await a.expect('unsuback')).bytes[0], 0xb0)
    a.publish(id, { qos: 1 })
    t.equal((await a.expect('puback')).bytes[0], 0x40)
    const b = await client()
    b.send(packet(0xc0))
    t.equal((await b.expect('pingresp')).bytes[0], 0xd0)
  },
  'reserved flags that are not those of the table close the connection': async ({
    t,
    client,
    dial,
  }) => {
    const stranger = await dial()
    stranger.send(rawConnect({ first: 0x11 }))
    await stranger.closed()
    for (const [what, bytes] of Object.entries(wrongFlags)) {
      t.comment(what)
      const a = await client()
      a.send(bytes)
      await a.closed('TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'a packet identifier of 0 closes the connection': async ({ t, client }) => {
    for (const [what, bytes] of Object.entries(withoutIdentifier)) {
      t.comment(what)
      const a = await client()
      a.send(bytes)
      await a.closed('TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'a length of more than four bytes closes the connection': async ({ client }) => {
    const a = await client()
    a.send([0x30, 0xff, 0xff, 0xff, 0xff, 0x01])
    await a.closed()
  },
  'a packet that comes byte by byte is the same packet': async ({ client, id }) => {
    const a = await client()
    await a.subscribe(id, { qos: 0 })
    for (const byte of packet(0x30, string(id), Buffer.from('whole'))) a.send([byte])
    await a.gets('whole')
  },
  'a packet identifier that is still in use, or was, is taken as a new one': async ({
    t,
    client,
    id,
  }) => {
    const a = await client()
    await a.subscribe(id, { qos: 0 })
    const publish = (payload: string): Buffer =>
      packet(0x32, string(id), uint16(7), Buffer.from(payload))
    a.send(publish('one'), publish('two'))
    const acks: unknown[] = []
    const payloads: string[] = []
    while (acks.length < 2 || payloads.length < 2) {
      const got = await a.any()
      if (got.cmd === 'puback') acks.push(got.messageId)
      else if (got.cmd === 'publish') payloads.push(got.payload.toString())
    }
    t.same(acks, [7, 7])
    t.same(payloads, ['one', 'two'])
    await a.unsubscribe(id)
    await a.put(id, { messageId: 7 })
  },
  'PUBACK, SUBACK and UNSUBACK have the identifier of what they answer': async ({ client, id }) => {
    const a = await client()
    for (const messageId of [1, 255, 256, 65_535]) {
      await a.put(id, { messageId })
      await a.subscribe(`${id}/x`, { messageId })
      a.send({ cmd: 'unsubscribe', messageId, unsubscriptions: [`${id}/x`] })
      await a.expect('unsuback', { messageId })
    }
  },
} satisfies { [name: string]: Case }
