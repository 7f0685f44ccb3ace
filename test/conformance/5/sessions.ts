/** Sessions: begun, kept for as long as was agreed, resumed, thrown away. */

import type { Case, ConnectOptions, Scene } from '../scene.ts'
import { ends } from './ends.ts'

export const sessions = {
  'a session with an expiry outlives its connection: subscriptions and QoS 1 messages': async ({
    t,
    id,
    client,
    dial,
  }) => {
    const a = await client(lasting(id))
    await a.subscribe(`${id}/#`)
    await a.leave()
    const other = await client()
    await other.put(`${id}/x`, { payload: 'kept' })
    await other.put(`${id}/x`, { payload: 'and this' })
    const again = await resume(dial, id)
    t.equal(again.present, true)
    await again.peer.gets('kept', 'and this')
    await other.put(`${id}/y`, { payload: 'live' })
    await again.peer.gets('live')
  },
  'clean start throws away what was kept': async ({ t, id, client, dial }) => {
    const a = await client(lasting(id))
    await a.subscribe(id)
    await a.leave()
    const other = await client()
    await other.put(id, { payload: 'for the old session' })
    const fresh = await client(lasting(id))
    await fresh.nothing(other)
    await fresh.leave()
    const { present, peer } = await resume(dial, id)
    t.equal(present, true, 'the new session is kept')
    await other.put(id, { payload: 'nobody has subscribed' })
    await peer.nothing(other)
  },
  'without clean start, and without a session, a new one is made': async ({ t, id, dial }) => {
    const first = await resume(dial, id)
    t.equal(first.present, false)
    await first.peer.leave()
    t.equal((await resume(dial, id)).present, true)
  },
  'a session ends when its expiry is over, and not before': async ({
    t,
    id,
    client,
    dial,
    advance,
  }) => {
    await (await client(lasting(id, 10))).leave()
    await advance(9000)
    const back = await resume(dial, id, 10)
    t.equal(back.present, true)
    await back.peer.leave()
    await advance(10_001)
    t.equal((await resume(dial, id, 10)).present, false)
  },
  'without an expiry a session ends with its connection': async ({ t, id, client, dial }) => {
    for (const properties of [{}, { sessionExpiryInterval: 0 }]) {
      await (await client({ clientId: id, properties })).leave()
      const a = await dial()
      a.connect({ clientId: id, clean: false })
      await a.expect('connack', { reasonCode: 0, sessionPresent: false })
      await a.leave()
    }
    t.pass()
  },
  'a session stays while its connection is open, however long': async ({ id, client, advance }) => {
    const a = await client(lasting(id, 1))
    await a.subscribe(id)
    for (let step = 0; step < 3; step++) {
      await advance(1_000_000)
      await a.silent()
    }
    a.publish(id, { payload: 'still here' })
    await a.gets('still here')
  },
  'what is agreed is told: AWS keeps a session for an hour at most': async ({ t, id, dial }) => {
    for (const [asked, given] of [
      [60, 60],
      [3600, 3600],
      [3601, 3600],
      [0xffff_ffff, 3600],
    ]) {
      const a = await dial()
      a.connect(lasting(id, asked))
      const { properties } = await a.expect('connack', { reasonCode: 0 })
      t.equal(properties?.sessionExpiryInterval, given, `for ${asked}`)
      await a.leave()
    }
  },
  'a DISCONNECT may change the expiry': async ({ t, id, client, dial, advance }) => {
    const longer = await client(lasting(id, 10))
    await longer.leave(disconnect({ sessionExpiryInterval: 100 }))
    await advance(50_000)
    const back = await resume(dial, id, 10)
    t.equal(back.present, true, 'longer')
    await back.peer.leave(disconnect({ sessionExpiryInterval: 0 }))
    t.equal((await resume(dial, id, 10)).present, false, 'none')
  },
  'a DISCONNECT can not give an expiry to a session that had none': async ({ client }) => {
    const a = await client()
    a.send(disconnect({ sessionExpiryInterval: 10 }))
    await ends(a, 0x82, 'TRAFFIC_PROTOCOL_ERROR')
  },
  'a session of 3.1.1 is not resumed by a client of 5, nor the other way round': async ({
    t,
    id,
    client,
    dial,
  }) => {
    const old = await client({ clientId: id, clean: false, protocolVersion: 4 })
    await old.subscribe(id)
    await old.leave()
    const { present, peer } = await resume(dial, id)
    t.equal(present, false)
    await peer.leave()
    const again = await dial(4)
    again.connect({ clientId: id, clean: false })
    await again.expect('connack', { returnCode: 0, sessionPresent: false })
  },
  "with AWS's limits lifted a session can last for ever": async ({ t, standard }) => {
    const { id, client, dial, advance } = await standard()
    await (await client(lasting(id, 0xffff_ffff))).leave()
    await advance(400 * 86_400_000)
    t.equal((await resume(dial, id, 0)).present, true)
  },
  "with AWS's limits lifted a keep-alive of 0 is none": async ({ t, id, standard }) => {
    const { dial, advance } = await standard()
    const a = await dial()
    a.connect({ clientId: id, keepalive: 0 })
    const { properties } = await a.expect('connack', { reasonCode: 0 })
    t.equal(properties?.serverKeepAlive, 0)
    await advance(7 * 86_400_000)
    await a.silent()
  },
  'two client ids are two sessions': async ({ id, client, dial }) => {
    const [a, b] = [await client(lasting(`${id}-a`)), await client(lasting(`${id}-b`))]
    await a.subscribe(`${id}/a`)
    await b.subscribe(`${id}/b`)
    await Promise.all([a.leave(), b.leave()])
    const other = await client()
    await other.put(`${id}/a`, { payload: 'to a' })
    await other.put(`${id}/b`, { payload: 'to b' })
    await (await resume(dial, `${id}-b`)).peer.gets('to b')
    await (await resume(dial, `${id}-a`)).peer.gets('to a')
  },
} satisfies { [name: string]: Case }

/** A clean session that outlives its connection. */
export function lasting(clientId: string, sessionExpiryInterval = 600): ConnectOptions {
  return { clientId, properties: { sessionExpiryInterval } }
}

/** Comes back without clean start; whether there was a session. */
export async function resume(
  dial: Scene['dial'],
  clientId: string,
  sessionExpiryInterval = 600,
  more: object = {},
) {
  const peer = await dial(5)
  peer.connect({ clientId, clean: false, properties: { sessionExpiryInterval, ...more } })
  const { sessionPresent } = await peer.expect('connack', { reasonCode: 0 })
  return { peer, present: sessionPresent }
}

export function disconnect(properties: object, reasonCode = 0) {
  return { cmd: 'disconnect', reasonCode, properties } as const
}
