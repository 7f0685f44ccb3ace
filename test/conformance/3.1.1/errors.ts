/** Section 4.8: what becomes of a connection on which something goes wrong, and of the others. */

import { directly } from '../../helpers/directly.ts'
import { packet, uint16 } from '../bytes.ts'
import { type Case, POLICY } from '../scene.ts'

/** Sent by servers only, or by nobody. */
const notFromAClient: { [what: string]: Buffer } = {
  'a CONNACK': packet(0x20, [0, 0]),
  'a SUBACK': packet(0x90, uint16(1), [0]),
  'an UNSUBACK': packet(0xb0, uint16(1)),
  'a PINGRESP': packet(0xd0),
  'type 0': packet(0x00),
  'type 15': packet(0xf0),
}

const wrongLengths: { [what: string]: Buffer } = {
  'a PUBACK that is too short': packet(0x40, [1]),
  'a PUBACK that is too long': packet(0x40, uint16(1), [0]),
  'a PINGREQ with a body': packet(0xc0, [0]),
  'a DISCONNECT with a body': packet(0xe0, [0]),
}

export const errors = {
  'a protocol violation closes the connection that it came on, and no other': async ({
    t,
    client,
    id,
  }) => {
    const [listener, speaker] = [await client(), await client()]
    await listener.subscribe(id)
    for (const [what, bytes] of Object.entries({ ...notFromAClient, ...wrongLengths })) {
      t.comment(what)
      const a = await client()
      a.send(bytes)
      await a.closed('TRAFFIC_PROTOCOL_ERROR')
      await speaker.put(id, { payload: what })
      await listener.gets(what)
    }
  },
  'an error of our own while a packet is handled closes its connection, and no other': async ({
    client,
    broker,
    id,
  }) => {
    const [a, b] = [await client(), await client()]
    const { registry } = broker
    const known = registry.policiesOf
    // Changed, to the same: they are asked for again.
    directly(registry).putPolicy('device-policy', JSON.stringify(POLICY))
    registry.policiesOf = () => {
      throw new Error('broken on purpose')
    }
    try {
      a.publish(id, { qos: 1 })
      await a.closed('CLOSE_INTERNAL_ERROR')
      await b.silent()
    } finally {
      registry.policiesOf = known
    }
    await b.put(id)
  },
} satisfies { [name: string]: Case }
