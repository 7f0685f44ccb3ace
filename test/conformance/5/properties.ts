/** The properties that travel with a message, and the time after which nobody gets it. */

import type { Case } from '../scene.ts'
import { properties, publishBytes, userPropertiesOf, userProperty } from './bytes.ts'
import { lasting, resume } from './sessions.ts'

const WEEK = 604_800

export const messageProperties = {
  'what travels with a message comes unchanged': async ({ t, id, client }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(`${id}/+`)
    const sent = {
      payloadFormatIndicator: true,
      contentType: 'text/plain; charset=é',
      responseTopic: 'answers/to/me',
      correlationData: Buffer.of(0, 255, 0),
      userProperties: { 'a key': ['ü', ''], '': 'no name' },
    }
    await a.put(`${id}/x`, { payload: 'é', properties: sent })
    const [got] = await b.gets('é')
    t.equal(got?.topic, `${id}/x`)
    t.same({ ...got?.properties, userProperties: { ...got?.properties?.userProperties } }, sent)
  },
  'user properties keep their order': async ({ t, id, client }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(id, { qos: 0 })
    const order = [
      ['z', '1'],
      ['a', '2'],
      ['z', '1'],
      ['m', '3'],
      ['a', '0'],
    ] as const
    const own = properties(...order.map(([name, value]) => userProperty(name, value)))
    a.send(publishBytes(id, { properties: own, payload: 'x' }))
    const [got] = await b.gets('x')
    t.same(userPropertiesOf(got?.bytes ?? Buffer.alloc(0)), order)
  },
  'a message without properties has a property length of 0': async ({ t, id, client }) => {
    const [a, b] = [await client({ protocolVersion: 4 }), await client()]
    await b.subscribe(id, { qos: 0 })
    a.publish(id, { payload: 'x' })
    const [got] = await b.gets('x')
    t.same(got?.bytes, publishBytes(id, { payload: 'x' }))
  },
  'a client of 3.1.1 gets the message without them': async ({ t, id, client }) => {
    const [a, b] = [await client(), await client({ protocolVersion: 4 })]
    await b.subscribe(id)
    await a.put(id, { payload: 'x', properties: { contentType: 'text/plain' } })
    const [got] = await b.gets('x')
    t.equal(got?.bytes.length, 2 + 2 + id.length + 2 + 1)
  },
  'a byte order mark in a topic, a name or a payload stays': async ({ t, id, client }) => {
    const [a, b] = [await client(), await client()]
    const topic = `\u{feff}${id}`
    await b.subscribe(topic)
    const userProperties = { '\u{feff}name': '\u{feff}value' }
    await a.put(topic, { payload: '\u{feff}x', properties: { userProperties } })
    const got = await b.expect('publish', { topic })
    t.same(got.payload, Buffer.from('\u{feff}x'))
    t.same({ ...got.properties?.userProperties }, userProperties)
  },
  'a message that expires is sent with the time that is left': async ({
    t,
    id,
    client,
    dial,
    advance,
  }) => {
    const a = await client(lasting(id))
    await a.subscribe(`${id}/#`)
    const other = await client()
    await other.put(`${id}/live`, { payload: 'now', properties: { messageExpiryInterval: 100 } })
    const [live] = await a.gets('now')
    t.equal(live?.properties?.messageExpiryInterval, 100)
    await a.leave()
    await other.put(`${id}/x`, { payload: 'later', properties: { messageExpiryInterval: 100 } })
    await advance(40_000)
    const [late] = await (await resume(dial, id)).peer.gets('later')
    t.equal(late?.properties?.messageExpiryInterval, 60)
  },
  'a message that has expired is not delivered': async ({ id, client, dial, advance }) => {
    const a = await client(lasting(id))
    await a.subscribe(id)
    await a.leave()
    const other = await client()
    await other.put(id, { payload: 'short', properties: { messageExpiryInterval: 5 } })
    await other.put(id, { payload: 'long', properties: { messageExpiryInterval: 50 } })
    await other.put(id, { payload: 'for ever' })
    await advance(6000)
    await (await resume(dial, id)).peer.gets('long', 'for ever')
  },
  'nor is it to a client of 3.1.1': async ({ id, client, advance }) => {
    const options = { clientId: id, clean: false, protocolVersion: 4 } as const
    const a = await client(options)
    await a.subscribe(id)
    await a.leave()
    const other = await client()
    await other.put(id, { payload: 'short', properties: { messageExpiryInterval: 5 } })
    await other.put(id, { payload: 'long', properties: { messageExpiryInterval: 50 } })
    await advance(6000)
    await (await client(options)).gets('long')
  },
  'a retained message expires, and tells the time that is left': async ({
    t,
    id,
    client,
    advance,
  }) => {
    const other = await client()
    await other.put(id, {
      payload: 'x',
      retain: true,
      properties: { messageExpiryInterval: 100 },
    })
    await advance(30_000)
    const early = await client()
    await early.subscribe(id)
    const [got] = await early.gets('x')
    t.equal(got?.properties?.messageExpiryInterval, 70)
    await advance(70_001)
    const late = await client()
    await late.subscribe(id)
    await late.nothing(other)
  },
  'AWS takes an expiry of 0 for 1 s, and one over a week for a week': async ({ t, id, client }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(id)
    for (const [asked, given] of [
      [0, 1],
      [WEEK, WEEK],
      [WEEK + 1, WEEK],
    ]) {
      await a.put(id, { payload: 'x', properties: { messageExpiryInterval: asked } })
      const [got] = await b.gets('x')
      t.equal(got?.properties?.messageExpiryInterval, given, `for ${asked}`)
    }
  },
} satisfies { [name: string]: Case }
