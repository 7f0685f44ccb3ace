/** Wills: when they are published, and when they are not. */

import { packet, string, uint16 } from '../bytes.ts'
import type { Case, ConnectOptions } from '../scene.ts'
import { properties, userPropertiesOf, userProperty } from './bytes.ts'
import { resume } from './sessions.ts'

export const wills = {
  'a will is published when the connection is lost, once': async ({ t, id, client }) => {
    const listener = await client()
    await listener.subscribe(id)
    await (await client(mortal(id))).drop()
    const [got] = await listener.gets('will')
    t.match(got, { topic: id, qos: 1, retain: false })
    const again = await client({ clientId: `${id}-mortal` })
    await again.drop()
    await listener.nothing(await client())
  },
  'after DISCONNECT 0x00 there is no will': async ({ id, client }) => {
    const listener = await client()
    await listener.subscribe(id)
    await (await client(mortal(id))).leave()
    await listener.nothing(await client())
  },
  'DISCONNECT 0x04 asks for the will': async ({ id, client }) => {
    const listener = await client()
    await listener.subscribe(id)
    await (await client(mortal(id))).leave({ cmd: 'disconnect', reasonCode: 4 })
    await listener.gets('will')
  },
  'a will waits for its delay': async ({ id, client, advance }) => {
    const [listener, other] = [await client(), await client()]
    await listener.subscribe(id)
    await (await client(mortal(id, { willDelayInterval: 10 }))).drop()
    await advance(9000)
    await listener.nothing(other)
    await advance(1001)
    await listener.gets('will')
  },
  'a client that is back within the delay has no will any more': async ({
    id,
    client,
    dial,
    advance,
  }) => {
    const [listener, other] = [await client(), await client()]
    await listener.subscribe(id)
    await (await client(mortal(id, { willDelayInterval: 10 }))).drop()
    await advance(5000)
    await resume(dial, `${id}-mortal`)
    await advance(60_000)
    await listener.nothing(other)
  },
  'a will is published when its session ends before its delay': async ({ id, client, advance }) => {
    const [listener, other] = [await client(), await client()]
    await listener.subscribe(id)
    await (await client(mortal(id, { willDelayInterval: 500 }, 20))).drop()
    await advance(19_000)
    await listener.nothing(other)
    await advance(1001)
    await listener.gets('will')
  },
  'a will without a session is published at once, whatever its delay': async ({ id, client }) => {
    const listener = await client()
    await listener.subscribe(id)
    await (await client(mortal(id, { willDelayInterval: 500 }, 0))).drop()
    await listener.gets('will')
  },
  'clean start ends the session: its will is published then': async ({ id, client }) => {
    const listener = await client()
    await listener.subscribe(id)
    await (await client(mortal(id, { willDelayInterval: 500 }))).drop()
    await client({ clientId: `${id}-mortal` })
    await listener.gets('will')
  },
  'a client that is taken over has its will published': async ({ id, client }) => {
    const listener = await client()
    await listener.subscribe(id)
    const older = await client(mortal(id))
    await client({ ...mortal(id), clean: false })
    await older.expect('disconnect', { reasonCode: 0x8e })
    await listener.gets('will')
  },
  'one that is taken over within the delay of its will has not': async ({
    id,
    client,
    advance,
  }) => {
    const listener = await client()
    await listener.subscribe(id)
    await client(mortal(id, { willDelayInterval: 10 }))
    const newer = await client({ clientId: `${id}-mortal`, clean: false })
    await advance(60_000)
    await newer.silent()
    await listener.nothing(await client())
  },
  'a will with will retain is kept as the retained message': async ({ t, id, client }) => {
    await (await client(mortal(id, {}, 600, true))).drop()
    const late = await client()
    await late.subscribe(id)
    const [got] = await late.gets('will')
    t.equal(got?.retain, true)
    late.publish(id, { retain: true })
  },
  'the properties of a will come with it, user properties in their order': async ({
    t,
    id,
    client,
    dial,
  }) => {
    const listener = await client()
    await listener.subscribe(id)
    const a = await dial()
    const order = [
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
    ] as const
    const will = properties(
      [0x01, 1, 0x02, 0, 0, 0, 60, 0x03],
      string('text/plain'),
      [0x08],
      string('answers'),
      [0x09],
      string('42'),
      ...order.map(([name, value]) => userProperty(name, value)),
    )
    const payload = [string(`${id}-mortal`), will, string(id), string('will')]
    a.send(packet(0x10, string('MQTT'), [5, 0b1110], uint16(1200), properties(), ...payload))
    await a.expect('connack', { reasonCode: 0 })
    await a.drop()
    const [got] = await listener.gets('will')
    t.match(got?.properties, {
      payloadFormatIndicator: true,
      messageExpiryInterval: 60,
      contentType: 'text/plain',
      responseTopic: 'answers',
      correlationData: Buffer.from('42'),
    })
    t.same(userPropertiesOf(got?.bytes ?? Buffer.alloc(0)), order)
  },
  'the expiry of a will counts from when it is published': async ({ t, id, client, advance }) => {
    const listener = await client()
    await listener.subscribe(id)
    await (await client(mortal(id, { willDelayInterval: 50, messageExpiryInterval: 10 }))).drop()
    await advance(50_001)
    const [got] = await listener.gets('will')
    t.equal(got?.properties?.messageExpiryInterval, 10)
  },
  'silence for one and a half keep-alives: DISCONNECT 0x8D, and the will': async ({
    id,
    client,
    advance,
  }) => {
    const listener = await client()
    await listener.subscribe(id)
    const silent = await client({ ...mortal(id), keepalive: 30 })
    await advance(44_000)
    await silent.silent()
    await advance(44_000)
    await silent.silent()
    await advance(45_001)
    await silent.expect('disconnect', { reasonCode: 0x8d })
    await silent.closed('CLOSE_KEEP_ALIVE_TIMEOUT')
    await listener.gets('will')
  },
} satisfies { [name: string]: Case }

/** With a will on a topic of that name. */
function mortal(
  topic: string,
  properties: object = {},
  sessionExpiryInterval = 600,
  retain = false,
): ConnectOptions {
  const will = { topic, payload: Buffer.from('will'), qos: 1, retain, properties } as const
  return { clientId: `${topic}-mortal`, properties: { sessionExpiryInterval }, will }
}
