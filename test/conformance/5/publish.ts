/** PUBLISH and PUBACK: identifiers, QoS, order, what may not be published, topic aliases. */

import { packet, string } from '../bytes.ts'
import type { Case } from '../scene.ts'
import { bytes, properties, publishBytes } from './bytes.ts'
import { ends } from './ends.ts'
import { lasting, resume } from './sessions.ts'

export const publish = {
  'QoS 0 is not answered, QoS 1 with a PUBACK of its identifier': async ({ client, id }) => {
    const a = await client()
    a.publish(id, { qos: 0 })
    await a.silent()
    for (const messageId of [1, 65_535, 1]) {
      a.publish(id, { qos: 1, messageId })
      await a.expect('puback', { messageId })
    }
  },
  'after PUBACK the same identifier is a new message, whatever DUP says': async ({
    client,
    id,
  }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(id)
    await a.put(id, { payload: 'one', messageId: 7 })
    await a.put(id, { payload: 'two', messageId: 7, dup: true })
    await b.gets('one', 'two')
  },
  'DUP to a subscriber is not the DUP of the publisher; QoS 0 has none': async ({
    t,
    client,
    id,
  }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(id)
    await a.put(id, { payload: 'x', dup: true })
    a.publish(id, { payload: 'y' })
    const got = await b.gets('x', 'y')
    t.same(
      got.map(({ dup, qos }) => [dup, qos]),
      [
        [false, 1],
        [false, 0],
      ],
    )
  },
  'messages to a client have identifiers that are not in use': async ({ t, client, id }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(id)
    const used = new Set<number | undefined>()
    for (let count = 0; count < 20; count++) await a.put(id, { payload: 'x' })
    for (let count = 0; count < 20; count++) {
      used.add((await b.expect('publish', { qos: 1, dup: false })).messageId)
    }
    t.equal(used.size, 20)
    t.notOk(used.has(0) || used.has(undefined))
  },
  'messages of one client come in their order': async ({ client, id }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(`${id}/#`)
    const payloads = Array.from({ length: 50 }, (_, index) => `${index}`)
    for (const payload of payloads) a.publish(`${id}/${Number(payload) % 2}`, { payload, qos: 1 })
    await b.gets(...payloads)
  },
  'a session that goes on gets again what it has not acknowledged, and nothing else': async ({
    t,
    client,
    dial,
    id,
  }) => {
    const [a, b] = [await client(lasting(`${id}-a`)), await client()]
    await a.subscribe(id)
    for (const payload of ['1', '2', '3', '4']) await b.put(id, { payload })
    const ids: (number | undefined)[] = []
    for (let count = 0; count < 4; count++) ids.push((await a.expect('publish')).messageId)
    a.puback(ids[1] ?? 0)
    await a.silent()
    await a.drop()
    const { peer } = await resume(dial, `${id}-a`)
    const again = await peer.gets('1', '3', '4')
    t.same(
      again.map(({ messageId }) => messageId),
      [ids[0], ids[2], ids[3]],
    )
    await peer.nothing(b)
  },
  'while its connection lasts a message is sent once': async ({ client, id, advance }) => {
    const [a, b] = [await client(), await client()]
    await a.subscribe(id)
    await b.put(id, { payload: 'once' })
    await a.expect('publish', { qos: 1 })
    await advance(600_000)
    await a.nothing(b)
  },
  'a PUBACK of 0x80 or above acknowledges too': async ({ client, dial, id }) => {
    const [a, b] = [await client(lasting(`${id}-a`)), await client()]
    await a.subscribe(id)
    await b.put(id, { payload: 'refused' })
    const { messageId } = await a.expect('publish')
    a.send({ cmd: 'puback', messageId: messageId ?? 0, reasonCode: 0x83 })
    await a.silent()
    await a.drop()
    const { peer } = await resume(dial, `${id}-a`)
    await peer.nothing(b)
  },
  'a message that the policy denies: PUBACK 0x87, and the connection stays': async ({
    client,
    id,
  }) => {
    const a = await client()
    const messageId = a.publish(`${id}/denied`, { qos: 1 })
    await a.expect('puback', { messageId, reasonCode: 0x87 })
    await a.put(id)
  },
  'with QoS 0 it ends the connection: DISCONNECT 0x87': async ({ client, id }) => {
    const a = await client()
    a.publish(`${id}/denied`)
    await ends(a, 0x87, 'TRAFFIC_PUBLISH_DENIED')
  },
  'topics that are none: DISCONNECT 0x90': async ({ client, id }) => {
    for (const topic of [`${id}/+`, `${id}/#`, '+', '#']) {
      const a = await client()
      a.send(publishBytes(topic))
      await ends(a, 0x90, 'TRAFFIC_TOPIC_INVALID')
    }
  },
  'with QoS 1 a topic that is none gets PUBACK 0x90': async ({ client, id }) => {
    const a = await client()
    const messageId = a.publish(`${id}/+`, { qos: 1 })
    await a.expect('puback', { messageId, reasonCode: 0x90 })
  },
  'an empty topic without an alias is a protocol error': async ({ client }) => {
    const a = await client()
    a.send(publishBytes(''))
    await ends(a, 0x82)
  },
  'topics are as long as the standard lets them be; AWS takes 256 bytes': async ({
    client,
    id,
    standard,
  }) => {
    const a = await client()
    const messageId = a.publish('x'.repeat(257), { qos: 1 })
    await a.expect('puback', { messageId, reasonCode: 0x90 })
    const lifted = await standard()
    const [b, c] = [await lifted.client(), await lifted.client()]
    const longest = `${id}/`.padEnd(65_535, 'x')
    await b.subscribe(longest)
    await c.put(longest, { payload: 'far' })
    await b.gets('far')
  },
  'a response topic with a wildcard is refused': async ({ client, id }) => {
    const a = await client()
    a.send(publishBytes(id, { properties: properties([0x08], string('answers/#')) }))
    await ends(a, 0x82)
  },
  'a subscription identifier in a PUBLISH is refused': async ({ client, id }) => {
    const a = await client()
    a.send(publishBytes(id, { properties: properties([0x0b, 1]) }))
    await ends(a, 0x82)
  },
  'QoS 2 is refused: DISCONNECT 0x9B': async ({ client, id }) => {
    const a = await client()
    a.publish(id, { qos: 2 })
    await ends(a, 0x9b, 'TRAFFIC_QOS2')
  },
  'PUBREC, PUBREL and PUBCOMP are refused': async ({ client }) => {
    for (const head of [0x50, 0x62, 0x70]) {
      const a = await client()
      a.send(packet(head, [0, 1]))
      await ends(a, 0x82)
    }
  },
  'each topic alias up to 8 is taken, and stands for its topic': async ({ client, id }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(`${id}/#`)
    for (let alias = 1; alias <= 8; alias++) {
      a.send(aliased(`${id}/${alias}`, alias), aliased('', alias))
      const sent = { topic: `${id}/${alias}` }
      await b.expect('publish', sent)
      await b.expect('publish', sent)
    }
    a.send(aliased(`${id}/other`, 8), aliased('', 8))
    await b.expect('publish', { topic: `${id}/other` })
    await b.expect('publish', { topic: `${id}/other` })
  },
  'a topic alias of 0, above 8 or unknown: DISCONNECT 0x94': async ({ client, id }) => {
    for (const packets of [[aliased(id, 0)], [aliased(id, 9)], [aliased(id, 1), aliased('', 2)]]) {
      const a = await client()
      a.send(bytes(...packets))
      await ends(a, packets.length > 1 ? 0x82 : 0x94)
    }
  },
  'topic aliases end with the connection': async ({ client, dial, id }) => {
    const a = await client(lasting(id))
    a.send(aliased(`${id}/x`, 1))
    await a.silent()
    await a.leave()
    const { peer } = await resume(dial, id)
    peer.send(aliased('', 1))
    await ends(peer, 0x82)
  },
  'a client that takes topic aliases gets them, up to its maximum': async ({ t, client, id }) => {
    const a = await client()
    const b = await client({ properties: { topicAliasMaximum: 2 } })
    await b.subscribe(`${id}/#`)
    const seen: unknown[] = []
    for (const name of ['a', 'b', 'c', 'a', 'b', 'c']) {
      await a.put(`${id}/${name}`)
      const { topic, properties: own, messageId } = await b.expect('publish')
      b.puback(messageId ?? 0)
      seen.push([topic, own?.topicAlias])
    }
    t.same(seen, [
      [`${id}/a`, 1],
      [`${id}/b`, 2],
      [`${id}/c`, undefined],
      ['', 1],
      ['', 2],
      [`${id}/c`, undefined],
    ])
  },
  'a client that takes no topic aliases gets none': async ({ t, client, id }) => {
    const a = await client()
    for (const own of [{}, { topicAliasMaximum: 0 }]) {
      const b = await client({ properties: own })
      await b.subscribe(id)
      for (let count = 0; count < 2; count++) {
        await a.put(id)
        const [got] = await b.gets('')
        t.match([got?.topic, got?.properties?.topicAlias], [id, undefined])
      }
    }
  },
  'topic aliases to a client end with the connection too': async ({ t, client, dial, id }) => {
    const a = await client()
    const own = { sessionExpiryInterval: 600, topicAliasMaximum: 8 }
    const b = await client({ clientId: `${id}-b`, properties: own })
    await b.subscribe(`${id}/#`)
    await a.put(`${id}/x`, { payload: '1' })
    await b.gets('1')
    await b.leave()
    await a.put(`${id}/y`, { payload: '2' })
    await a.put(`${id}/x`, { payload: '3' })
    const { peer } = await resume(dial, `${id}-b`, 600, { topicAliasMaximum: 1 })
    const got = await peer.gets('2', '3')
    t.same(
      got.map(({ topic, properties: one }) => [topic, one?.topicAlias]),
      [
        [`${id}/y`, 1],
        [`${id}/x`, undefined],
      ],
    )
  },
  'topics reach a subscriber by a filter of its own only': async ({ client, id }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe([`${id}/+/x`, `${id}/only`])
    for (const topic of ['a/y', 'x', 'a/b/x', 'only/more']) await a.put(`${id}/${topic}`)
    await b.nothing(a)
    await a.put(`${id}/a/x`, { payload: '1' })
    await a.put(`${id}//x`, { payload: '2' })
    await a.put(`${id}/only`, { payload: '3' })
    await b.gets('1', '2', '3')
  },
} satisfies { [name: string]: Case }

function aliased(topic: string, alias: number): Buffer {
  return publishBytes(topic, { properties: properties([0x23, 0, alias]) })
}
