/** Sections 3.1.2.4, 4.1 and 4.4: sessions, what they keep, and what follows their CONNACK. */

import type { Case, Scene } from '../scene.ts'

const HOUR_MS = 3_600_000

/** A session that has subscribed with QoS 1 to `<id>/#` and whose client has left. */
async function away({ client, id }: Scene): Promise<{ clientId: string; clean: false }> {
  const own = { clientId: `${id}-own`, clean: false } as const
  const one = await client(own)
  await one.subscribe(`${id}/#`)
  await one.leave()
  return own
}

export const session = {
  'session present is 0 for a clean session, and for one that is new': async ({ t, dial, id }) => {
    for (const clean of [true, false]) {
      const a = await dial()
      a.connect({ clientId: `${id}-${clean}`, clean })
      const { bytes } = await a.expect('connack')
      t.same(bytes, Buffer.of(0x20, 2, 0, 0))
      await a.leave()
    }
  },
  'session present is 1 where there is a session, with subscriptions or without': async ({
    t,
    dial,
    id,
  }) => {
    const a = await dial()
    a.connect({ clientId: id, clean: false })
    await a.expect('connack', { sessionPresent: false })
    await a.leave()
    const b = await dial()
    b.connect({ clientId: id, clean: false })
    const { bytes } = await b.expect('connack')
    t.same(bytes, Buffer.of(0x20, 2, 1, 0))
    await b.subscribe(id)
    await b.drop()
    const c = await dial()
    c.connect({ clientId: id, clean: false })
    await c.expect('connack', { returnCode: 0, sessionPresent: true })
  },
  'a session that is resumed has its subscriptions, however its connection ended': async ({
    client,
    id,
  }) => {
    const own = { clientId: `${id}-own`, clean: false }
    const first = await client(own)
    await first.subscribe(`${id}/x`)
    await first.leave()
    const second = await client(own)
    await second.drop()
    const third = await client(own)
    const speaker = await client()
    await speaker.put(`${id}/x`, { payload: 'live' })
    await third.gets('live')
  },
  'a client that takes over its own session has its subscriptions': async ({ client, id }) => {
    const own = { clientId: `${id}-own`, clean: false }
    const first = await client(own)
    await first.subscribe(`${id}/x`)
    const second = await client(own)
    await first.closed('CLOSE_DUPLICATE_CLIENT_ID')
    const speaker = await client()
    await speaker.put(`${id}/x`, { payload: 'live' })
    await second.gets('live')
  },
  'QoS 1 messages are stored for a client that is away, in their order': async scene => {
    const { t, client, id } = scene
    const own = await away(scene)
    const speaker = await client()
    for (const payload of ['1', '2', '3']) await speaker.put(`${id}/x`, { payload })
    const back = await client(own)
    const got = await back.gets('1', '2', '3')
    t.same(
      got.map(({ topic, qos, retain, dup }) => ({ topic, qos, retain, dup })),
      Array.from({ length: 3 }, () => ({ topic: `${id}/x`, qos: 1, retain: false, dup: false })),
    )
    await back.nothing(speaker)
  },
  'AWS: QoS 0 messages, and QoS 1 messages for a QoS 0 subscription, are not stored': async ({
    client,
    id,
  }) => {
    const own = { clientId: `${id}-own`, clean: false }
    const one = await client(own)
    await one.subscribe(`${id}/0`, { qos: 0 })
    await one.subscribe(`${id}/1`, { qos: 1 })
    await one.leave()
    const speaker = await client()
    await speaker.put(`${id}/0`, { payload: 'for a QoS 0 subscription' })
    speaker.publish(`${id}/1`, { payload: 'with QoS 0' })
    await speaker.put(`${id}/1`, { payload: 'stored' })
    const back = await client(own)
    await back.gets('stored')
    await back.nothing(speaker)
  },
  'a clean session takes away the one before, and leaves nothing': async scene => {
    const { t, client, dial, id } = scene
    const own = await away(scene)
    const speaker = await client()
    await speaker.put(`${id}/x`, { payload: 'stored' })
    const clean = await client({ ...own, clean: true })
    await speaker.put(`${id}/x`, { payload: 'live' })
    await clean.nothing(speaker)
    await clean.subscribe(`${id}/#`)
    await clean.leave()
    await speaker.put(`${id}/x`, { payload: 'afterwards' })
    const last = await dial()
    last.connect(own)
    const { sessionPresent } = await last.expect('connack', { returnCode: 0 })
    t.equal(sessionPresent, false)
    await last.nothing(speaker)
  },
  'a clean session that is taken over ends with its connection': async ({ client, id }) => {
    const first = await client({ clientId: `${id}-own` })
    await first.subscribe(`${id}/x`)
    const second = await client({ clientId: `${id}-own`, clean: false })
    await first.closed('CLOSE_DUPLICATE_CLIENT_ID')
    const speaker = await client()
    await speaker.put(`${id}/x`)
    await second.nothing(speaker)
  },
  'retained messages outlive the session that published them': async ({ client, id }) => {
    const one = await client()
    await one.put(id, { payload: 'kept', retain: true })
    await one.leave()
    const other = await client()
    await other.subscribe(id)
    await other.gets('kept')
  },
  'a session belongs to one client id': async scene => {
    const { t, client, dial, id } = scene
    const own = await away(scene)
    const speaker = await client()
    await speaker.put(`${id}/x`, { payload: 'for the first' })
    const other = await dial()
    other.connect({ clientId: `${own.clientId}2`, clean: false })
    const { sessionPresent } = await other.expect('connack')
    t.equal(sessionPresent, false)
    await other.nothing(speaker)
    await (await client(own)).gets('for the first')
  },
  'a client id that is connected already puts the older connection out': async ({ client, id }) => {
    const first = await client({ clientId: `${id}-own` })
    const second = await client({ clientId: `${id}-own` })
    await first.closed('CLOSE_DUPLICATE_CLIENT_ID')
    await second.silent()
  },
  'a session lasts for as long as its connection': async ({ client, advance, id }) => {
    const one = await client({ clean: false })
    await one.subscribe(`${id}/x`)
    // Longer than a session lasts without one; a PINGREQ now and then keeps the connection.
    for (let minutes = 0; minutes < 120; minutes += 15) {
      await advance(15 * 60_000)
      await one.silent()
    }
    const speaker = await client()
    await speaker.put(`${id}/x`, { payload: 'still there' })
    await one.gets('still there')
  },
  'AWS: a session ends an hour after its connection': async scene => {
    const { client, dial, advance, id } = scene
    const own = await away(scene)
    await advance(HOUR_MS - 1000)
    const back = await client(own)
    await (await client()).put(`${id}/x`, { payload: 'still there' })
    await back.gets('still there')
    await back.leave()
    await advance(HOUR_MS + 1000)
    const late = await dial()
    late.connect(own)
    await late.expect('connack', { returnCode: 0, sessionPresent: false })
  },
  'AWS: what has no PUBACK is sent again on the next connection, in order, with its identifier and without DUP':
    async ({ t, client, id }) => {
      const own = { clientId: `${id}-own`, clean: false }
      const first = await client(own)
      await first.subscribe(`${id}/#`)
      const speaker = await client()
      const sent: [string, number | undefined][] = []
      for (const payload of ['1', '2', '3', '4']) {
        await speaker.put(`${id}/${payload}`, { payload })
        const got = await first.expect('publish', { qos: 1, dup: false })
        sent.push([got.payload.toString(), got.messageId])
      }
      t.equal(new Set(sent.map(([, messageId]) => messageId)).size, 4, 'each has its own')
      first.puback(sent[1]?.[1] ?? 0)
      await first.silent()
      await first.drop()
      const back = await client(own)
      const again = await back.gets('1', '3', '4')
      t.same(
        again.map(({ payload, messageId, dup }) => [payload.toString(), messageId, dup]),
        [sent[0], sent[2], sent[3]].map(one => [...(one ?? []), false]),
      )
      await back.nothing(speaker)
      await back.leave()
      await (await client(own)).nothing(speaker)
    },
} satisfies { [name: string]: Case }
