/** Bytes that are no MQTT 5: before CONNACK the connection is closed, afterwards DISCONNECT says why. */

import { packet, string, uint16 } from '../bytes.ts'
import type { Case, Scene } from '../scene.ts'
import {
  bytes,
  connectBytes,
  properties,
  publishBytes,
  subscribeBytes,
  userProperty,
} from './bytes.ts'
import { ends } from './ends.ts'

const SURROGATE = Buffer.of(0xed, 0xa0, 0x80)
const CUT_OFF = Buffer.of(0x61, 0xc3)
const OVERLONG = Buffer.of(0xc0, 0x80)
const BAD_TEXTS = [SURROGATE, CUT_OFF, OVERLONG, Buffer.of(0xff)]
const WITH_NULL = Buffer.from('a\0b')

export const malformed = {
  'a client id, will topic or user name that is no UTF-8 is closed': async scene => {
    for (const bad of [...BAD_TEXTS, WITH_NULL]) {
      const will = bytes(properties(), string(bad), string('x'))
      const withWill = connectBytes(scene.id, { flags: 0b110, payload: will })
      const withUser = connectBytes(scene.id, { flags: 0b1000_0010, payload: string(bad) })
      for (const one of [connectBytes(bad), withWill, withUser]) await refused(scene, one)
    }
  },
  'reserved flags of CONNECT, and flags that contradict each other, are closed': async scene => {
    const will = bytes(properties(), string(`${scene.id}/will`), string('x'))
    for (const [flags, payload] of [
      [0b11, Buffer.alloc(0)],
      [0b1010, Buffer.alloc(0)],
      [0b10_0010, Buffer.alloc(0)],
      [0b1_1110, will],
    ] as const) {
      await refused(scene, connectBytes(scene.id, { flags, payload }))
    }
  },
  'a CONNECT whose payload is not what its flags say is closed': async scene => {
    const none = Buffer.alloc(0)
    for (const [flags, payload] of [
      [0b10, string('user name')],
      [0b1000_0010, none],
      [0b0100_0010, none],
      [0b1100_0010, string('user name')],
      [0b1000_0010, bytes(string('user name'), string('password'))],
      [0b110, properties()],
      [0b110, bytes(properties(), string('topic'))],
    ] as const) {
      await refused(scene, connectBytes(scene.id, { flags, payload }))
    }
    await refused(scene, packet(0x10, string('MQTT'), [5, 2, 0, 60, 0]))
  },
  'properties of CONNECT that are wrong, twice or not of CONNECT are closed': async scene => {
    for (const own of [
      [0x21, 0, 0],
      [0x27, 0, 0, 0, 0],
      [0x17, 2],
      [0x19, 2],
      [0x11, 0, 0, 0, 1, 0x11, 0, 0, 0, 1],
      [0x23, 0, 1],
      [0x7f],
      [0x11, 0, 0],
    ]) {
      await refused(scene, connectBytes(scene.id, { properties: properties(own) }))
    }
  },
  'fixed header flags that are reserved: DISCONNECT 0x81': async ({ client, id }) => {
    for (const one of [
      subscribeBytes(id, 1, 0x80),
      subscribeBytes(id, 1, 0x83),
      packet(0xa0, uint16(1), properties(), string(id)),
      packet(0x60, uint16(1)),
      packet(0x41, uint16(1)),
      packet(0xc1),
      packet(0xe1),
      packet(0xf1),
    ]) {
      const a = await client()
      a.send(one)
      await ends(a, 0x81, 'TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'QoS 3, and DUP with QoS 0: DISCONNECT 0x81': async ({ client, id }) => {
    for (const one of [publishBytes(id, { head: 0x36, id: 1 }), publishBytes(id, { head: 0x38 })]) {
      const a = await client()
      a.send(one)
      await ends(a, 0x81, 'TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'strings that are no UTF-8, or hold U+0000: DISCONNECT 0x81': async ({ client, id }) => {
    for (const bad of [SURROGATE, CUT_OFF, WITH_NULL]) {
      for (const one of [
        publishBytes(bad),
        publishBytes(id, { properties: properties([0x03], string(bad)) }),
        publishBytes(id, { properties: properties([0x08], string(bad)) }),
        publishBytes(id, { properties: properties(userProperty(bad, 'x')) }),
        publishBytes(id, { properties: properties(userProperty('x', bad)) }),
        subscribeBytes(bad, 1),
        packet(0xa2, uint16(1), properties(), string(bad)),
      ]) {
        const a = await client()
        a.send(one)
        await ends(a, 0x81, 'TRAFFIC_PROTOCOL_ERROR')
      }
    }
  },
  'lengths with more bytes than they need, or with five: DISCONNECT 0x81': async ({
    client,
    id,
  }) => {
    for (const one of [
      bytes([0x30, 0x85, 0x00], string('aa'), [0]),
      bytes([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]),
      packet(0x30, string(id), [0x80, 0x00]),
    ]) {
      const a = await client()
      a.send(one)
      await ends(a, 0x81, 'TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'reserved bits of subscription options: DISCONNECT 0x81': async ({ client, id }) => {
    for (const options of [0x41, 0x81]) {
      const a = await client()
      a.send(subscribeBytes(id, options))
      await ends(a, 0x81, 'TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'retain handling 3, and QoS 3: DISCONNECT 0x82': async ({ client, id }) => {
    for (const options of [0x31, 0x03]) {
      const a = await client()
      a.send(subscribeBytes(id, options))
      await ends(a, 0x82, 'TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'SUBSCRIBE and UNSUBSCRIBE without a filter: DISCONNECT 0x82': async ({ client }) => {
    for (const head of [0x82, 0xa2]) {
      const a = await client()
      a.send(packet(head, uint16(1), properties()))
      await ends(a, 0x82, 'TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'a packet identifier of 0 is an error': async ({ client, id }) => {
    for (const one of [
      publishBytes(id, { head: 0x32, id: 0 }),
      packet(0x82, uint16(0), properties(), string(id), [1]),
      packet(0xa2, uint16(0), properties(), string(id)),
    ]) {
      const a = await client()
      a.send(one)
      await ends(a, 0x82, 'TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'AUTH without an authentication method: DISCONNECT 0x82': async ({ client }) => {
    for (const one of [packet(0xf0), packet(0xf0, [0x19], properties([0x15], string('PLAIN')))]) {
      const a = await client()
      a.send(one)
      await ends(a, 0x82)
    }
  },
  'reason codes that are none of the packet: DISCONNECT 0x81 or 0x82': async ({ client }) => {
    for (const one of [packet(0xe0, [0x03]), packet(0xe0, [0x01])]) {
      const a = await client()
      a.send(one)
      await ends(a, 0x82, 'TRAFFIC_PROTOCOL_ERROR')
    }
  },
} satisfies { [name: string]: Case }

/** Closed without a word: what is no CONNECT has no version in which it could be answered. */
async function refused({ dial }: Scene, connect: Uint8Array): Promise<void> {
  const a = await dial()
  a.send(connect)
  await a.closed()
}
