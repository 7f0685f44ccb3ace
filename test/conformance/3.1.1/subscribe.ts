/** Sections 3.8 to 3.10: SUBSCRIBE, UNSUBSCRIBE and their answers. */

import { packet, string, uint16 } from '../bytes.ts'
import type { Case } from '../scene.ts'

const id1 = uint16(1)

const malformedSubscribes: { [what: string]: Buffer } = {
  'no filter': packet(0x82, id1),
  'no identifier': packet(0x82),
  'no QoS': packet(0x82, id1, string('a')),
  'no QoS for the second filter': packet(0x82, id1, string('a'), [0], string('b')),
  'QoS 3': packet(0x82, id1, string('a'), [3]),
  'a reserved bit': packet(0x82, id1, string('a'), [0x04]),
  'the highest reserved bit': packet(0x82, id1, string('a'), [0x80]),
  'a filter that is cut off': packet(0x82, id1, [0, 9, 0x61, 0]),
}

const malformedUnsubscribes: { [what: string]: Buffer } = {
  'no filter': packet(0xa2, id1),
  'no identifier': packet(0xa2),
  'a filter that is cut off': packet(0xa2, id1, [0, 9, 0x61]),
  'a byte too much': packet(0xa2, id1, string('a'), [0]),
}

export const subscribe = {
  'a SUBSCRIBE gets a SUBACK with its identifier and a code for each filter, in their order':
    async ({ t, client, id }) => {
      const a = await client()
      const filters = [`${id}/0`, `${id}/1`, `${id}/+`, `${id}/#`]
      const pairs = filters.map((filter, n) => Buffer.concat([string(filter), Buffer.of(n % 2)]))
      a.send(packet(0x82, uint16(777), ...pairs))
      const { bytes } = await a.expect('suback')
      t.same(bytes, packet(0x90, uint16(777), [0, 1, 0, 1]))
    },
  'a SUBSCRIBE with several filters does what one for each would do': async ({ t, client, id }) => {
    const [a, speaker] = [await client(), await client()]
    await speaker.put(`${id}/y`, { payload: 'kept', retain: true })
    t.same(await a.subscribe([`${id}/x`, `${id}/y`]), [1, 1])
    await a.gets('kept')
    await speaker.put(`${id}/x`, { payload: 'x' })
    await a.gets('x')
  },
  'AWS: one filter that the policy denies closes the connection without a SUBACK': async ({
    client,
    id,
  }) => {
    const a = await client()
    const filters = [`${id}/x`, `${id}/denied`]
    a.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: filters.map(topic => ({ topic, qos: 1 })),
    })
    await a.closed('TRAFFIC_SUBSCRIBE_DENIED')
  },
  'AWS: a SUBSCRIBE for QoS 2 is not answered, and subscribes to nothing': async ({
    client,
    id,
  }) => {
    const [a, speaker] = [await client(), await client()]
    a.send(packet(0x82, id1, string(id), [2]))
    await a.silent()
    await speaker.put(id, { payload: 'x' })
    await a.nothing(speaker)
  },
  'AWS: subscriptions over the 50th get 0x80, and the others stay': async ({ t, client, id }) => {
    const [a, speaker] = [await client(), await client()]
    const filters = Array.from({ length: 54 }, (_, n) => `${id}/${n}`)
    const granted: number[] = []
    for (let at = 0; at < filters.length; at += 6) {
      granted.push(...(await a.subscribe(filters.slice(at, at + 6))))
    }
    t.same(granted, [...Array<number>(50).fill(1), ...Array<number>(4).fill(0x80)])
    await speaker.put(`${id}/50`, { payload: 'refused' })
    await speaker.put(`${id}/49`, { payload: 'granted' })
    await a.gets('granted')
  },
  'a filter that is subscribed to again replaces the subscription': async ({ t, client, id }) => {
    const [a, speaker] = [await client(), await client()]
    for (const qos of [1, 0, 1] as const) {
      t.same(await a.subscribe(id, { qos }), [qos])
      await speaker.put(id, { payload: `${qos}` })
      t.equal((await a.gets(`${qos}`))[0]?.qos, qos)
    }
    await a.nothing(speaker)
  },
  'messages go on while a filter is subscribed to again': async ({ t, client, id }) => {
    const [a, speaker] = [await client(), await client()]
    await a.subscribe(id)
    const payloads = Array.from({ length: 30 }, (_, n) => `${n}`)
    for (const [n, payload] of payloads.entries()) {
      speaker.publish(id, { payload, qos: 1 })
      if (n % 3 === 0) a.send(packet(0x82, uint16(n + 1), string(id), [1]))
    }
    const got: string[] = []
    let answers = 0
    while (got.length < payloads.length || answers < 10) {
      const one = await a.any()
      if (one.cmd === 'suback') answers++
      else if (one.cmd === 'publish') {
        got.push(one.payload.toString())
        a.puback(one.messageId ?? 0)
      } else throw new Error(`${one.cmd} came`)
    }
    t.same(got, payloads)
  },
  'a message comes with the lower of its QoS and that of the subscription': async ({
    t,
    client,
    id,
  }) => {
    const [a, speaker] = [await client(), await client()]
    for (const granted of [0, 1] as const) {
      await a.subscribe(`${id}/${granted}`, { qos: granted })
      for (const qos of [0, 1] as const) {
        speaker.publish(`${id}/${granted}`, { payload: 'x', qos })
        t.equal((await a.gets('x'))[0]?.qos, Math.min(qos, granted))
      }
    }
  },
  'a SUBSCRIBE that is not as section 3.8 says closes the connection': async ({ t, client }) => {
    for (const [what, bytes] of Object.entries(malformedSubscribes)) {
      t.comment(what)
      const a = await client()
      a.send(bytes)
      await a.closed('TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'an UNSUBSCRIBE that is not as section 3.10 says closes the connection': async ({
    t,
    client,
  }) => {
    for (const [what, bytes] of Object.entries(malformedUnsubscribes)) {
      t.comment(what)
      const a = await client()
      a.send(bytes)
      await a.closed('TRAFFIC_PROTOCOL_ERROR')
    }
  },
  'an UNSUBSCRIBE gets an UNSUBACK with its identifier, also where nothing is taken away': async ({
    t,
    client,
    id,
  }) => {
    const a = await client()
    await a.subscribe(id)
    for (const [n, filter] of [id, id, `${id}/never`].entries()) {
      a.send(packet(0xa2, uint16(300 + n), string(filter)))
      const { bytes } = await a.expect('unsuback')
      t.same(bytes, packet(0xb0, uint16(300 + n)))
    }
  },
  'a filter is taken away only by the very same filter': async ({ client, id }) => {
    const [a, speaker] = [await client(), await client()]
    await a.subscribe([`${id}/+`, `${id}/x/#`])
    await a.unsubscribe(`${id}/y`, `${id}/#`, `${id}/X/#`, '+', '#', `${id}/+/`)
    await speaker.put(`${id}/y`, { payload: 'by +' })
    await speaker.put(`${id}/x/z`, { payload: 'by #' })
    await a.gets('by +', 'by #')
    await a.unsubscribe(`${id}/+`)
    await speaker.put(`${id}/y`, { payload: 'taken away' })
    await speaker.put(`${id}/x/z`, { payload: 'by #' })
    await a.gets('by #')
  },
  'an UNSUBSCRIBE with several filters takes each away, with one UNSUBACK': async ({
    client,
    id,
  }) => {
    const [a, speaker] = [await client(), await client()]
    await a.subscribe([`${id}/x`, `${id}/y`, `${id}/z`])
    await a.unsubscribe(`${id}/x`, `${id}/never`, `${id}/z`)
    await a.silent()
    await speaker.put(`${id}/x`, { payload: 'x' })
    await speaker.put(`${id}/y`, { payload: 'y' })
    await speaker.put(`${id}/z`, { payload: 'z' })
    await a.gets('y')
    await a.nothing(speaker)
  },
  'after the UNSUBACK no new message comes; one that was begun is finished': async ({
    t,
    client,
    id,
  }) => {
    const own = { clientId: `${id}-own`, clean: false }
    const [a, speaker] = [await client(own), await client()]
    await a.subscribe(id)
    await speaker.put(id, { payload: 'begun' })
    const { messageId } = await a.expect('publish')
    await a.unsubscribe(id)
    await speaker.put(id, { payload: 'afterwards' })
    await a.nothing(speaker)
    await a.drop()
    // It was begun, and has no PUBACK.
    const back = await client(own)
    t.equal((await back.gets('begun'))[0]?.messageId, messageId)
    await back.nothing(speaker)
  },
} satisfies { [name: string]: Case }
