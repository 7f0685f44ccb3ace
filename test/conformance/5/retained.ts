/** Retained messages, and what a subscription asks of them. */

import type { Case } from '../scene.ts'
import { lasting } from './sessions.ts'

export const retained = {
  'the last retained message of a topic is kept, with its QoS and properties': async ({
    t,
    id,
    client,
  }) => {
    const a = await client()
    await a.put(id, { payload: 'first', retain: true })
    await a.put(id, { payload: 'last', retain: true, properties: { contentType: 'text' } })
    const b = await client()
    await b.subscribe(id)
    const [got] = await b.gets('last')
    t.match(got, { qos: 1, retain: true, properties: { contentType: 'text' } })
    await b.nothing(a)
  },
  'a message without RETAIN leaves the retained one as it is': async ({ id, client }) => {
    const a = await client()
    await a.put(id, { payload: 'kept', retain: true })
    await a.put(id, { payload: 'passing' })
    await a.put(id, { payload: '' })
    const b = await client()
    await b.subscribe(id)
    await b.gets('kept')
    await b.nothing(a)
  },
  'RETAIN without a payload is delivered, and takes the retained one away': async ({
    t,
    id,
    client,
  }) => {
    const [a, live] = [await client(), await client()]
    await live.subscribe(id)
    await a.put(id, { payload: 'kept', retain: true })
    await a.put(id, { payload: '', retain: true })
    const [, empty] = await live.gets('kept', '')
    t.equal(empty?.retain, false)
    const late = await client()
    await late.subscribe(id)
    await late.nothing(a)
  },
  'a message that is forwarded has RETAIN 0': async ({ t, id, client }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(id, { rap: false })
    await a.put(id, { payload: 'x', retain: true })
    const [got] = await b.gets('x')
    t.equal(got?.retain, false)
  },
  'with retain as published RETAIN is forwarded as it came': async ({ t, id, client }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(id, { rap: true })
    await a.put(id, { payload: 'kept', retain: true })
    await a.put(id, { payload: 'passing' })
    const got = await b.gets('kept', 'passing')
    t.same(
      got.map(({ retain }) => retain),
      [true, false],
    )
  },
  'retain handling 0 sends the retained message at each SUBSCRIBE': async ({ id, client }) => {
    const a = await client()
    await a.put(id, { payload: 'kept', retain: true })
    const b = await client()
    for (let count = 0; count < 2; count++) {
      await b.subscribe(id, { rh: 0 })
      await b.gets('kept')
    }
  },
  'retain handling 1 sends it when the subscription is new': async ({ id, client }) => {
    const a = await client()
    await a.put(id, { payload: 'kept', retain: true })
    const b = await client()
    await b.subscribe(id, { rh: 1 })
    await b.gets('kept')
    await b.subscribe(id, { rh: 1 })
    await b.nothing(a)
    await b.unsubscribe(id)
    await b.subscribe(id, { rh: 1 })
    await b.gets('kept')
  },
  'retain handling 1: a subscription of a session that goes on is not new': async ({
    id,
    client,
  }) => {
    const a = await client()
    await a.put(id, { payload: 'kept', retain: true })
    const b = await client(lasting(`${id}-b`))
    await b.subscribe(id, { rh: 1 })
    await b.gets('kept')
    await b.leave()
    const again = await client({ ...lasting(`${id}-b`), clean: false })
    await again.subscribe(id, { rh: 1 })
    await again.nothing(a)
  },
  'retain handling 2 never sends it': async ({ id, client }) => {
    const a = await client()
    await a.put(id, { payload: 'kept', retain: true })
    const b = await client()
    await b.subscribe(id, { rh: 2 })
    await b.nothing(a)
    await a.put(id, { payload: 'live' })
    await b.gets('live')
  },
  'a SUBSCRIBE again loses no message': async ({ id, client }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(id)
    a.publish(id, { payload: 'before', qos: 1 })
    await a.expect('puback')
    const messageId = b.nextId()
    b.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic: id, qos: 1, rh: 0 }] })
    await b.gets('before')
    await b.expect('suback', { messageId })
    await a.put(id, { payload: 'after' })
    await b.gets('after')
  },
  'AWS: a filter with a wildcard gets no retained message': async ({ id, client }) => {
    const a = await client()
    await a.put(`${id}/x`, { payload: 'kept', retain: true })
    const b = await client()
    await b.subscribe([`${id}/+`, `${id}/#`])
    await b.nothing(a)
  },
  "with AWS's rule lifted a wildcard gets the retained messages": async ({ standard }) => {
    const { id, client } = await standard()
    const a = await client()
    await a.put(`${id}/x`, { payload: 'kept', retain: true })
    const b = await client()
    await b.subscribe(`${id}/+`)
    await b.gets('kept')
  },
} satisfies { [name: string]: Case }
