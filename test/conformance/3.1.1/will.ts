/** Section 3.1.2.5: wills, and section 3.14: the DISCONNECT that takes them away. */

import { flag, packet, rawConnect, string } from '../bytes.ts'
import type { Peer } from '../peer.ts'
import type { Case, Scene } from '../scene.ts'

const payload = Buffer.from('gone')

/** Each way to end without a DISCONNECT. */
const ends: { [how: string]: (one: Peer, scene: Scene) => Promise<unknown> } = {
  'the connection breaks': one => one.drop(),
  'a protocol error': async one => {
    one.send(packet(0xc1))
    await one.closed('TRAFFIC_PROTOCOL_ERROR')
  },
  'a packet that is not MQTT': async one => {
    one.send([0, 0])
    await one.closed()
  },
  'another connection with its client id': async (one, { client }) => {
    await client({ clientId: one.clientId })
    await one.closed('CLOSE_DUPLICATE_CLIENT_ID')
  },
}

export const will = {
  'a will is published when its connection ends without a DISCONNECT': async scene => {
    const { t, client, id } = scene
    const topic = `${id}/will`
    const listener = await client()
    await listener.subscribe(topic)
    for (const [how, end] of Object.entries(ends)) {
      t.comment(how)
      const one = await client({ will: { topic, payload, qos: 1, retain: false } })
      await end(one, scene)
      const [message] = await listener.gets('gone')
      t.match(message, { topic, qos: 1, retain: false })
    }
    await listener.nothing(await client())
  },
  'a will that was published, or taken away, is not published again': async ({ client, id }) => {
    const topic = `${id}/will`
    const listener = await client()
    await listener.subscribe(topic)
    const own = { clientId: `${id}-own`, clean: false }
    const first = await client({ ...own, will: { topic, payload, qos: 1, retain: false } })
    await first.drop()
    await listener.gets('gone')
    // The session goes on, its will doesn't.
    await (await client(own)).drop()
    const third = await client({ ...own, will: { topic, payload, qos: 1, retain: false } })
    await third.leave()
    await (await client(own)).drop()
    await listener.nothing(await client())
  },
  'a connection without a will leaves none': async ({ client, id }) => {
    const listener = await client()
    await listener.subscribe(`${id}/#`)
    await (await client()).drop()
    await listener.nothing(await client())
  },
  'a DISCONNECT takes the will away': async ({ client, id }) => {
    const topic = `${id}/will`
    const listener = await client()
    await listener.subscribe(topic)
    const one = await client({ will: { topic, payload, qos: 1, retain: false } })
    await one.leave()
    await listener.nothing(await client())
  },
  'the QoS of a will is that of its message': async ({ t, client, id }) => {
    const topic = `${id}/will`
    const listener = await client()
    await listener.subscribe(topic)
    for (const qos of [0, 1] as const) {
      await (await client({ will: { topic, payload, qos, retain: false } })).drop()
      const [message] = await listener.gets('gone')
      t.equal(message?.qos, qos)
    }
  },
  'a will without retain is not kept': async ({ client, id }) => {
    const topic = `${id}/will`
    await (await client({ will: { topic, payload, qos: 1, retain: false } })).drop()
    const late = await client()
    await late.subscribe(topic)
    await late.nothing(await client())
  },
  'a will with retain is kept': async ({ t, client, id }) => {
    const topic = `${id}/will`
    const listener = await client()
    await listener.subscribe(topic)
    await (await client({ will: { topic, payload, qos: 1, retain: true } })).drop()
    const [live] = await listener.gets('gone')
    t.equal(live?.retain, false, 'to who was there')
    const late = await client()
    await late.subscribe(topic)
    const [kept] = await late.gets('gone')
    t.equal(kept?.retain, true, 'to who came later')
  },
  'AWS: a will with QoS 2 is closed without a CONNACK': async ({ dial }) => {
    const a = await dial()
    const flags = flag.clean | flag.will | flag.willQos2
    a.send(rawConnect({ flags, payload: [string('raw'), string('a'), string('b')] }))
    await a.closed('CONNECT_WILL_QOS2')
  },
  'a DISCONNECT with other flags than 0 is closed, and the will is published': async ({
    client,
    id,
  }) => {
    const topic = `${id}/will`
    const listener = await client()
    await listener.subscribe(topic)
    const one = await client({ will: { topic, payload, qos: 1, retain: false } })
    one.send(packet(0xe2))
    await one.closed('TRAFFIC_PROTOCOL_ERROR')
    await listener.gets('gone')
  },
  'after a DISCONNECT the broker closes, and looks at nothing more': async ({ t, client, id }) => {
    const listener = await client()
    await listener.subscribe(`${id}/#`)
    const one = await client()
    one.send(packet(0xe0), packet(0x30, string(`${id}/x`), Buffer.from('late')), packet(0xc0))
    const record = await one.ended()
    t.equal(record.code, 'CLOSE_BY_CLIENT')
    await listener.nothing(await client())
  },
} satisfies { [name: string]: Case }
