/** Sections 3.3, 4.3, 4.5 and 4.6: PUBLISH in both directions, its flags, its acknowledgement, its order. */

import { packet, string, uint16 } from '../bytes.ts'
import type { Case } from '../scene.ts'

export const publish = {
  'a PUBLISH is answered as its QoS asks: nothing for 0, a PUBACK for 1': async ({
    client,
    id,
  }) => {
    const a = await client()
    a.publish(id, { payload: 'zero' })
    await a.silent()
    await a.put(id, { payload: 'one' })
    await a.silent()
  },
  'a QoS 0 message goes out without an identifier and without DUP': async ({ t, client, id }) => {
    const a = await client()
    await a.subscribe(id, { qos: 1 })
    a.publish(id, { payload: 'x' })
    const { bytes } = await a.expect('publish')
    t.same(bytes, packet(0x30, string(id), Buffer.from('x')))
  },
  'a QoS 1 message goes out with an identifier that is free, without DUP, until its PUBACK':
    async ({ t, client, id }) => {
      const [a, speaker] = [await client(), await client()]
      await a.subscribe(id)
      const open = new Set<number>()
      for (let count = 0; count < 20; count++) {
        await speaker.put(id, { payload: 'x' })
        const { bytes, messageId = 0 } = await a.expect('publish')
        t.same(bytes, packet(0x32, string(id), uint16(messageId), Buffer.from('x')))
        t.ok(messageId > 0 && !open.has(messageId), `the identifier ${messageId} is free`)
        open.add(messageId)
        if (count % 3 !== 0) continue
        a.puback(messageId)
        open.delete(messageId)
      }
      await a.silent()
    },
  'DUP of what comes in has nothing to do with what goes out': async ({ t, client, id }) => {
    const [a, speaker] = [await client(), await client()]
    await a.subscribe(id)
    await speaker.put(id, { payload: 'again', dup: true, messageId: 9 })
    const [message] = await a.gets('again')
    t.equal(message?.dup, false)
  },
  'a PUBLISH that a client sends again is acknowledged, with its identifier, and delivered':
    async ({ client, id }) => {
      const [a, speaker] = [await client(), await client()]
      await a.subscribe(id)
      await speaker.put(id, { payload: 'once', messageId: 9 })
      await speaker.put(id, { payload: 'twice', dup: true, messageId: 9 })
      await a.gets('once', 'twice')
    },
  'DUP on a QoS 0 message closes the connection': async ({ client, id }) => {
    const a = await client()
    a.send(packet(0x38, string(id), Buffer.from('x')))
    await a.closed('TRAFFIC_PROTOCOL_ERROR')
  },
  'both QoS bits close the connection': async ({ client, id }) => {
    const a = await client()
    a.send(packet(0x36, string(id), uint16(1)))
    await a.closed('TRAFFIC_PROTOCOL_ERROR')
  },
  'a PUBLISH without a topic, or with one that is cut off, closes the connection': async ({
    client,
  }) => {
    const broken = [
      packet(0x30),
      packet(0x30, [0]),
      packet(0x30, [0, 9, 0x61]),
      packet(0x32, string('a'), [0]),
    ]
    for (const bytes of broken) {
      const a = await client()
      a.send(bytes)
      await a.closed('TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'the topic of a delivery is the one that was published, and meets the filter': async ({
    t,
    client,
    id,
  }) => {
    const a = await client()
    await a.subscribe([`${id}/+/x`, `${id}/deep/#`], { qos: 0 })
    const topics = [`${id}/a/x`, `${id}//x`, `${id}/deep/er/still`, `${id}/ /x`]
    for (const topic of topics) a.publish(topic, { payload: topic })
    a.publish(`${id}/a/y`, { payload: 'meets none' })
    const got = await a.gets(...topics)
    t.same(
      got.map(({ topic }) => topic),
      topics,
    )
    await a.nothing(a)
  },
  'overlapping subscriptions respect the highest QoS among them': async ({ t, client, id }) => {
    const [a, speaker] = [await client(), await client()]
    await a.subscribe(`${id}/#`, { qos: 0 })
    await a.subscribe(`${id}/x`, { qos: 1 })
    await a.subscribe(`${id}/+`, { qos: 0 })
    await speaker.put(`${id}/x`, { payload: 'one copy' })
    const [message] = await a.gets('one copy')
    t.equal(message?.qos, 1)
    await a.nothing(speaker)
  },
  'AWS: a PUBLISH that the policy denies closes the connection without a PUBACK': async ({
    client,
    id,
  }) => {
    const listener = await client()
    await listener.subscribe(`${id}/#`)
    for (const qos of [0, 1] as const) {
      const a = await client()
      a.publish(`${id}/denied`, { qos })
      await a.closed('TRAFFIC_PUBLISH_DENIED')
    }
    await listener.nothing(await client())
  },
  'AWS: a PUBLISH with QoS 2 is not answered, and goes nowhere': async ({ client, id }) => {
    const [a, speaker] = [await client(), await client()]
    await a.subscribe(id)
    speaker.publish(id, { payload: 'two', qos: 2 })
    await speaker.silent()
    await a.nothing(speaker)
  },
  'AWS: packets of QoS 2 close the connection, with right flags and with wrong ones': async ({
    client,
  }) => {
    const packets = [0x50, 0x62, 0x70, 0x60].map(first => packet(first, uint16(1)))
    for (const bytes of packets) {
      const a = await client()
      a.send(bytes)
      await a.closed('TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'a message goes to each session that has a subscription for it, once': async ({ client, id }) => {
    const own = { clientId: `${id}-away`, clean: false }
    const first = await client(own)
    await first.subscribe(`${id}/#`)
    await first.leave()
    const [a, b, none, speaker] = [await client(), await client(), await client(), await client()]
    await a.subscribe(`${id}/x`)
    await b.subscribe(`${id}/+`, { qos: 0 })
    await none.subscribe(`${id}/y`)
    await speaker.put(`${id}/x`, { payload: 'x' })
    for (const one of [a, b, await client(own)]) {
      await one.gets('x')
      await one.nothing(speaker)
    }
    await none.nothing(speaker)
  },
  'messages of one client arrive in their order, for each topic and QoS': async ({
    t,
    client,
    id,
  }) => {
    const [a, speaker] = [await client(), await client()]
    await a.subscribe(`${id}/#`)
    const count = 60
    for (let n = 0; n < count; n++) {
      speaker.publish(`${id}/${n % 2}`, {
        payload: `${n}`,
        qos: n % 3 === 0 ? 0 : 1,
        retain: n % 5 === 0,
      })
    }
    const of = new Map<string, number[]>()
    for (let n = 0; n < count; n++) {
      const { topic, qos, payload, messageId = 0 } = await a.expect('publish')
      const kind = `${topic} ${qos}`
      of.set(kind, [...(of.get(kind) ?? []), Number(payload.toString())])
      if (qos === 1) a.puback(messageId)
    }
    t.equal([...of.values()].flat().length, count)
    for (const [kind, numbers] of of) {
      t.same(
        numbers,
        [...numbers].sort((x, y) => x - y),
        kind,
      )
    }
  },
  'PUBACKs come in the order of their PUBLISHs': async ({ t, client, id }) => {
    const a = await client()
    const ids = Array.from({ length: 50 }, (_, n) =>
      a.publish(`${id}/${n % 4}`, { qos: 1, retain: n % 7 === 0, payload: `${n}` }),
    )
    const acks = []
    for (const _ of ids) acks.push((await a.expect('puback')).messageId)
    t.same(acks, ids)
  },
  'PUBACKs of a client may come in any order': async ({ client, id }) => {
    const [a, speaker] = [await client({ clean: false }), await client()]
    await a.subscribe(id)
    const ids = []
    for (const payload of ['1', '2', '3']) {
      await speaker.put(id, { payload })
      ids.push((await a.expect('publish')).messageId ?? 0)
    }
    for (const messageId of ids.reverse()) a.puback(messageId)
    await a.silent()
    await a.leave()
    const back = await client({ clientId: id, clean: false })
    await back.nothing(speaker)
  },
  'a PUBACK that answers nothing changes nothing': async ({ client, id }) => {
    const [a, speaker] = [await client(), await client()]
    await a.subscribe(id)
    a.puback(4711)
    await a.silent()
    await speaker.put(id, { payload: 'x' })
    await a.gets('x')
  },
  'who acknowledges nothing gets no more than may be in flight, and nobody waits for it': async ({
    t,
    client,
    id,
  }) => {
    const [a, b, speaker] = [await client(), await client(), await client()]
    await a.subscribe(id)
    await b.subscribe(id)
    const inFlight = 100
    const payloads = Array.from({ length: inFlight + 20 }, (_, n) => `${n}`)
    for (const payload of payloads) await speaker.put(id, { payload })
    await b.gets(...payloads)
    const ids = []
    for (let n = 0; n < inFlight; n++) ids.push((await a.expect('publish')).messageId ?? 0)
    await a.silent()
    for (const messageId of ids) a.puback(messageId)
    const rest = await a.gets(...payloads.slice(inFlight))
    t.equal(rest.length, 20)
  },
  'answers of services have identifiers of their own, and no more of them than may be in flight':
    async ({ t, client, id }) => {
      const request = '$aws/certificates/create-from-csr/json'
      const [a, speaker] = [await client(), await client()]
      await a.subscribe([`${request}/rejected`, id])
      await speaker.put(id, { payload: 'x' })
      const ids = [(await a.expect('publish')).messageId]
      for (let n = 0; n < 120; n++) {
        a.publish(request, { payload: 'no request' })
        const { qos, messageId } = await a.expect('publish', { topic: `${request}/rejected` })
        if (qos === 1) ids.push(messageId)
      }
      t.equal(new Set(ids).size, 100)
      t.equal(ids.length, 100)
      for (const messageId of ids) a.puback(messageId ?? 0)
      await speaker.put(id, { payload: 'y' })
      await a.gets('y')
    },
} satisfies { [name: string]: Case }
