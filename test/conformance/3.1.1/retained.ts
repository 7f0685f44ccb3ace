/** Section 3.3.1.3: the RETAIN flag. */

import type { Case, Scene } from '../scene.ts'

/** A message that is kept at `<id>/x`, and its publisher. */
async function kept({ client, id }: Scene, payload = 'kept') {
  const speaker = await client()
  const topic = `${id}/x`
  await speaker.put(topic, { payload, retain: true })
  return { speaker, topic }
}

export const retained = {
  'a new subscription gets the last retained message, with its QoS and RETAIN': async scene => {
    const { t, client } = scene
    const { speaker, topic } = await kept(scene, 'older')
    await speaker.put(topic, { payload: 'newer', retain: true })
    const a = await client()
    await a.subscribe(topic)
    const [message] = await a.gets('newer')
    t.match(message, { topic, qos: 1, retain: true, dup: false })
    await a.nothing(speaker)
  },
  'a retained message comes with the QoS that the subscription was granted': async scene => {
    const { t, client } = scene
    const { topic } = await kept(scene)
    const a = await client()
    await a.subscribe(topic, { qos: 0 })
    t.equal((await a.gets('kept'))[0]?.qos, 0)
  },
  'AWS: a filter with a wildcard gets no retained message': async scene => {
    const { client, id } = scene
    const { speaker } = await kept(scene)
    const a = await client()
    await a.subscribe([`${id}/+`, `${id}/#`])
    await a.nothing(speaker)
  },
  'with limits off, each retained message that a filter meets is sent': async scene => {
    const { t, client, id } = await scene.standard()
    const speaker = await client()
    for (const name of ['x', 'y', 'z/z']) {
      await speaker.put(`${id}/${name}`, { payload: name, retain: true })
    }
    const a = await client()
    await a.subscribe(`${id}/#`)
    const got = new Set<string>()
    for (let count = 0; count < 3; count++) {
      const { payload, retain, messageId = 0 } = await a.expect('publish')
      t.equal(retain, true)
      a.puback(messageId)
      got.add(payload.toString())
    }
    t.same([...got].sort(), ['x', 'y', 'z/z'])
    await a.nothing(speaker)
  },
  'a QoS 0 message with RETAIN takes the place of the one before': async scene => {
    const { t, client } = scene
    const { speaker, topic } = await kept(scene)
    speaker.publish(topic, { payload: 'zero', retain: true })
    await speaker.silent()
    const a = await client()
    await a.subscribe(topic)
    t.match((await a.gets('zero'))[0], { qos: 0, retain: true })
  },
  'who has subscribed already gets a retained message without RETAIN': async ({
    t,
    client,
    id,
  }) => {
    const [a, speaker] = [await client(), await client()]
    await a.subscribe(id)
    await speaker.put(id, { payload: 'live', retain: true })
    t.equal((await a.gets('live'))[0]?.retain, false)
  },
  'an empty payload with RETAIN is delivered, removes what was kept, and is not kept':
    async scene => {
      const { t, client } = scene
      const { speaker, topic } = await kept(scene)
      const a = await client()
      await a.subscribe(topic)
      await a.gets('kept')
      await speaker.put(topic, { payload: '', retain: true })
      const [message] = await a.gets('')
      t.match(message, { topic, qos: 1, retain: false })
      const late = await client()
      await late.subscribe(topic)
      await late.nothing(speaker)
    },
  'a message without RETAIN is not kept, and leaves what is kept as it is': async scene => {
    const { client, id } = scene
    const { speaker, topic } = await kept(scene)
    await speaker.put(topic, { payload: 'plain' })
    await speaker.put(topic, { payload: '' })
    await speaker.put(`${id}/y`, { payload: 'plain' })
    const a = await client()
    await a.subscribe([topic, `${id}/y`])
    await a.gets('kept')
    await a.nothing(speaker)
  },
  'a subscription that is made again gets the retained message again': async scene => {
    const { t, client } = scene
    const { speaker, topic } = await kept(scene)
    const a = await client()
    for (let count = 0; count < 2; count++) {
      await a.subscribe(topic)
      t.equal((await a.gets('kept'))[0]?.retain, true)
    }
    await a.nothing(speaker)
  },
} satisfies { [name: string]: Case }
