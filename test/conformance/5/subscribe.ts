/** SUBSCRIBE and UNSUBSCRIBE: filters, options, and their answers. */

import { packet, string } from '../bytes.ts'
import type { Case } from '../scene.ts'
import { bytes, properties, subscribeBytes } from './bytes.ts'
import { ends } from './ends.ts'

export const subscribe = {
  'a SUBACK has the identifier, and one code for each filter in its order': async ({
    t,
    client,
    id,
  }) => {
    const a = await client()
    const subscriptions = [
      { topic: `${id}/0`, qos: 0 },
      { topic: `${id}/denied`, qos: 1 },
      { topic: `${id}/1`, qos: 1 },
      { topic: `${id}/#/x`, qos: 1 },
    ] as const
    a.send({ cmd: 'subscribe', messageId: 4711, subscriptions: [...subscriptions] })
    const { granted } = await a.expect('suback', { messageId: 4711 })
    t.same(granted, [0, 0x87, 1, 0x8f])
    const b = await client()
    await b.put(`${id}/1`, { payload: 'x' })
    await a.gets('x')
  },
  'a filter that was refused gets nothing': async ({ t, client, id }) => {
    const [a, b] = [await client(), await client()]
    t.same(await a.subscribe([`${id}/denied`, `${id}/+/denied`]), [0x87, 0x87])
    b.publish(`${id}/denied`, { payload: 'x', qos: 1 })
    await b.expect('puback', { reasonCode: 0x87 })
    await a.nothing(b)
  },
  'several filters are several subscriptions, with one SUBACK': async ({ t, client, id }) => {
    const [a, b] = [await client(), await client()]
    t.same(await a.subscribe([`${id}/a`, `${id}/b`, `${id}/c`]), [1, 1, 1])
    for (const name of ['a', 'b', 'c']) await b.put(`${id}/${name}`, { payload: name })
    await a.gets('a', 'b', 'c')
    await a.unsubscribe(`${id}/b`)
    await b.put(`${id}/b`, { payload: 'none' })
    await b.put(`${id}/c`, { payload: 'c again' })
    await a.gets('c again')
  },
  'filters that are none get 0x8F': async ({ t, client, id }) => {
    const a = await client()
    for (const filter of [`${id}/#/x`, `${id}#`, `${id}/x+`, `+${id}`, '##', '']) {
      t.same(await a.subscribe(filter), [0x8f], filter)
    }
    for (const filter of ['#', `${id}/#`, '+', '+/+', `${id}/+/x`, `/${id}`, '/', `+/${id}/#`]) {
      t.same(await a.subscribe(filter), [1], filter)
      await a.unsubscribe(filter)
    }
  },
  'a filter and a topic are compared as they are': async ({ client, id }) => {
    const [a, b] = [await client(), await client()]
    for (const filter of [`${id}/A`, `${id}/\u{e9}`, `${id}/`, `/${id}`]) {
      await a.subscribe(filter)
    }
    for (const topic of [`${id}/a`, `${id}/e\u{301}`, id, `${id}//`, `//${id}`]) {
      await b.put(topic, { payload: topic })
    }
    await a.nothing(b)
    await b.put(`${id}/\u{e9}`, { payload: 'yes' })
    await a.gets('yes')
  },
  'a filter that begins with a wildcard takes no topic that begins with $': async ({
    client,
    id,
  }) => {
    const [a, b] = [await client(), await client()]
    await a.subscribe(['#', '+/things/#'])
    await b.put(`$aws/things/${id}/shadow/update`, { payload: '{}' })
    await b.put(`$aws/rules/${id}`, { payload: '{}' })
    await a.nothing(b)
  },
  'a filter that is there already is replaced': async ({ t, client, id }) => {
    const [a, b] = [await client(), await client()]
    await a.subscribe(id, { qos: 1, rap: true })
    await a.subscribe(id, { qos: 0, rap: false })
    await b.put(id, { payload: 'x' })
    const [got] = await a.gets('x')
    t.equal(got?.qos, 0)
    await a.nothing(b)
  },
  'no local: the client does not get its own messages': async ({ client, id }) => {
    const [a, b] = [await client(), await client()]
    await a.subscribe(id, { nl: true, qos: 0 })
    await b.subscribe(id, { nl: false, qos: 0 })
    a.publish(id, { payload: 'from a' })
    await b.gets('from a')
    b.publish(id, { payload: 'from b' })
    await b.gets('from b')
    await a.gets('from b')
  },
  'no local with a shared subscription is a protocol error': async ({ client, id }) => {
    const a = await client()
    a.send(subscribeBytes(`$share/group/${id}`, 0b101))
    await ends(a, 0x82, 'TRAFFIC_PROTOCOL_ERROR')
  },
  'a message comes with the lower QoS of the two': async ({ t, client, id }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(`${id}/0`, { qos: 0 })
    await b.subscribe(`${id}/1`, { qos: 1 })
    for (const [topic, qos, expected] of [
      ['0', 0, 0],
      ['0', 1, 0],
      ['1', 0, 0],
      ['1', 1, 1],
    ] as const) {
      if (qos === 1) await a.put(`${id}/${topic}`, { payload: 'x' })
      else a.publish(`${id}/${topic}`, { payload: 'x' })
      const [got] = await b.gets('x')
      t.equal(got?.qos, expected, `${qos} to ${topic}`)
    }
  },
  'overlapping filters: one copy, with the highest QoS among them': async ({ t, client, id }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(`${id}/#`, { qos: 0 })
    await b.subscribe(`${id}/x`, { qos: 1 })
    await b.subscribe(`${id}/+`, { qos: 0 })
    await a.put(`${id}/x`, { payload: 'once' })
    const [got] = await b.gets('once')
    t.equal(got?.qos, 1)
    await b.nothing(a)
  },
  'a filter with QoS 2 is refused: DISCONNECT 0x9B': async ({ client, id }) => {
    const a = await client()
    a.send(subscribeBytes(id, 2))
    await ends(a, 0x9b, 'TRAFFIC_QOS2')
  },
  'a subscription identifier is refused: DISCONNECT 0xA1': async ({ client, id }) => {
    const a = await client()
    const own = properties([0x0b, 7])
    a.send(bytes(packet(0x82, [0, 1], own, string(id), [1])))
    await ends(a, 0xa1, 'TRAFFIC_SUBSCRIPTION_IDENTIFIER')
  },
  'an UNSUBACK has the identifier, and one code for each filter in its order': async ({
    t,
    client,
    id,
  }) => {
    const a = await client()
    await a.subscribe([`${id}/a`, `${id}/b`])
    const unsubscriptions = [`${id}/b`, `${id}/never`, `${id}/a`, `${id}/#/x`]
    a.send({ cmd: 'unsubscribe', messageId: 4712, unsubscriptions })
    const unsuback = await a.expect('unsuback', { messageId: 4712 })
    const codes = [...unsuback.bytes.subarray(-4)]
    t.same(codes, UNSUBACK_CODES)
    await a.put(`${id}/a`, { payload: 'x' })
    await a.put(`${id}/b`, { payload: 'x' })
    await a.silent()
  },
  'UNSUBSCRIBE takes the very same filter only': async ({ client, id }) => {
    const [a, b] = [await client(), await client()]
    await a.subscribe(`${id}/+`)
    await a.unsubscribe(`${id}/x`, `${id}/#`, `${id.toUpperCase()}/+`)
    await b.put(`${id}/x`, { payload: 'still' })
    await a.gets('still')
    await a.unsubscribe(`${id}/+`)
    await b.put(`${id}/x`, { payload: 'no more' })
    await a.nothing(b)
  },
  'what was sent before UNSUBSCRIBE is delivered to the end': async ({ t, client, dial, id }) => {
    const session = { clientId: `${id}-a`, properties: { sessionExpiryInterval: 600 } }
    const [a, b] = [await client(session), await client()]
    await a.subscribe(id)
    await b.put(id, { payload: 'begun' })
    const { messageId } = await a.expect('publish', { qos: 1 })
    await a.unsubscribe(id)
    await a.drop()
    const again = await dial()
    again.connect({ ...session, clean: false })
    await again.expect('connack', { sessionPresent: true })
    const [got] = await again.gets('begun')
    t.equal(got?.messageId, messageId)
  },
  'AWS: `x/#` does not take `x`; the standard does': async ({ client, id, standard }) => {
    const [a, b] = [await client(), await client()]
    await a.subscribe(`${id}/#`)
    await b.put(id, { payload: 'x' })
    await a.nothing(b)
    const lifted = await standard()
    const [c, d] = [await lifted.client(), await lifted.client()]
    await c.subscribe(`${lifted.id}/#`)
    await d.put(lifted.id, { payload: 'x' })
    await c.gets('x')
  },
} satisfies { [name: string]: Case }

/** AWS has no code of its own for a subscription that was not there. */
const UNSUBACK_CODES = [0, 0, 0, 0x8f]
