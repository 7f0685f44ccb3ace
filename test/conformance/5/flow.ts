/** Receive Maximum and Maximum Packet Size, both ways. */

import type { Case } from '../scene.ts'
import { publishBytes } from './bytes.ts'
import { lasting, resume } from './sessions.ts'

export const flow = {
  'a client has no more messages unacknowledged than its Receive Maximum': async ({
    client,
    id,
  }) => {
    const a = await client()
    const b = await client({ properties: { receiveMaximum: 2 } })
    await b.subscribe(id)
    for (const payload of ['1', '2', '3', '4']) await a.put(id, { payload })
    const first = await b.expect('publish', { payload: Buffer.from('1') })
    await b.expect('publish', { payload: Buffer.from('2') })
    await b.silent()
    b.puback(first.messageId ?? 0)
    await b.expect('publish', { payload: Buffer.from('3') })
    await b.silent()
  },
  'a client whose Receive Maximum is used up gets everything else': async ({ t, client, id }) => {
    const a = await client()
    const b = await client({ properties: { receiveMaximum: 1 } })
    await b.subscribe(`${id}/1`)
    await a.put(`${id}/1`, { payload: '1' })
    await a.put(`${id}/1`, { payload: '2' })
    const { messageId } = await b.expect('publish')
    t.same(await b.subscribe(`${id}/0`, { qos: 0 }), [0])
    a.publish(`${id}/0`, { payload: 'QoS 0' })
    await b.gets('QoS 0')
    await b.put('elsewhere')
    await b.unsubscribe(`${id}/0`)
    await b.silent()
    b.puback(messageId ?? 0)
    await b.gets('2')
  },
  'the Receive Maximum of each connection counts anew': async ({ client, dial, id }) => {
    const [a, b] = [await client(), await client(lasting(`${id}-b`))]
    await b.subscribe(id)
    for (const payload of ['1', '2', '3']) await a.put(id, { payload })
    for (let count = 0; count < 3; count++) await b.expect('publish')
    await b.drop()
    const { peer } = await resume(dial, `${id}-b`, 600, { receiveMaximum: 1 })
    for (const payload of ['1', '2', '3']) {
      const { messageId } = await peer.expect('publish', { payload: Buffer.from(payload) })
      await peer.silent()
      peer.puback(messageId ?? 0)
    }
  },
  'without a Receive Maximum AWS sends 100 messages, then waits': async ({ t, client, id }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(id)
    for (let count = 0; count < 101; count++) a.publish(id, { qos: 1, payload: `${count}` })
    let last = 0
    for (let count = 0; count < 100; count++) last = (await b.expect('publish')).messageId ?? 0
    await b.silent()
    b.puback(last)
    const { payload } = await b.expect('publish')
    t.equal(payload.toString(), '100')
  },
  'more than our Receive Maximum at once is read as room comes': async ({ client, id }) => {
    const a = await client()
    for (let messageId = 1; messageId <= 150; messageId++) a.publish(id, { qos: 1, messageId })
    for (let messageId = 1; messageId <= 150; messageId++) await a.expect('puback', { messageId })
  },
  'what is larger than a client takes is dropped as if it had been sent': async ({
    client,
    id,
  }) => {
    const a = await client()
    const own = { maximumPacketSize: 512, receiveMaximum: 1 }
    const b = await client({ properties: own })
    await b.subscribe(id)
    await a.put(id, { payload: 'x'.repeat(600) })
    a.publish(id, { payload: 'y'.repeat(600) })
    await a.put(id, { payload: 'small' })
    await b.gets('small')
    await b.nothing(a)
  },
  'a packet of exactly the Maximum Packet Size is sent': async ({ t, client, id }) => {
    const a = await client()
    const b = await client({ properties: { maximumPacketSize: 512 } })
    await b.subscribe(id)
    const room = 512 - 3 - (2 + id.length) - 2 - 1
    await a.put(id, { payload: 'x'.repeat(room + 1) })
    await a.put(id, { payload: 'x'.repeat(room) })
    const [got] = await b.gets('x'.repeat(room))
    t.equal(got?.bytes.length, 512)
  },
  'answers to a client with a small Maximum Packet Size fit': async ({ t, client, id }) => {
    const a = await client({ properties: { maximumPacketSize: 512 } })
    const topic = `${id}/${'x'.repeat(200)}/denied`
    const messageId = a.publish(topic, { qos: 1 })
    const puback = await a.expect('puback', { messageId, reasonCode: 0x87 })
    t.ok(puback.bytes.length <= 512)
    const filters = Array.from({ length: 8 }, (_, index) => `${index}/${'x'.repeat(200)}/denied`)
    a.send({
      cmd: 'subscribe',
      messageId: 2,
      subscriptions: filters.map(one => ({ topic: one, qos: 1 })),
    })
    t.ok((await a.expect('suback')).bytes.length <= 512)
    a.send({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: filters })
    t.ok((await a.expect('unsuback')).bytes.length <= 512)
    a.send([0x82, 0])
    t.ok((await a.expect('disconnect')).bytes.length <= 512)
    await a.closed()
  },
  'Request Problem Information 0: no reason string but on CONNACK, PUBLISH and DISCONNECT': async ({
    t,
    client,
    id,
  }) => {
    const a = await client({ properties: { requestProblemInformation: false } })
    const messageId = a.publish(`${id}/denied`, { qos: 1 })
    const puback = await a.expect('puback', { messageId, reasonCode: 0x87 })
    t.notMatch(puback.properties ?? {}, { reasonString: String })
    a.send({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: `${id}/denied`, qos: 1 }] })
    const suback = await a.expect('suback', { messageId: 2 })
    t.equal(suback.bytes.length, 2 + 2 + 1 + 1, 'SUBACK')
    a.send({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: [`${id}/denied`] })
    const unsuback = await a.expect('unsuback', { messageId: 3 })
    t.equal(unsuback.bytes.length, 2 + 2 + 1 + 1, 'UNSUBACK')
  },
  'a packet larger than ours is refused before it has come': async ({ client, id }) => {
    const a = await client()
    const whole = publishBytes(id, { payload: 'x'.repeat(200_000) })
    a.send(whole.subarray(0, 10))
    await a.expect('disconnect')
    await a.closed()
  },
} satisfies { [name: string]: Case }
