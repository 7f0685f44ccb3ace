/** Shared subscriptions: each message to one member of the group. */

import type { Peer } from '../peer.ts'
import type { Case } from '../scene.ts'
import { lasting, resume } from './sessions.ts'

export const shared = {
  'a group of clients of both versions shares the messages': async ({ t, client, id }) => {
    const publisher = await client()
    const members = [await client(), await client({ protocolVersion: 4 }), await client()]
    for (const member of members) t.same(await member.subscribe(`$share/group/${id}/+`), [1])
    const sent = Array.from({ length: 30 }, (_, index) => `${index}`)
    for (const payload of sent) await publisher.put(`${id}/x`, { payload })
    const got = await Promise.all(members.map(collect))
    t.same(
      got.flat().sort((a, b) => Number(a) - Number(b)),
      sent,
      'each of them once',
    )
    for (const one of got) t.ok(one.length > 0, 'each member has some')
  },
  'each group, and each plain subscription, has its own copy': async ({ client, id }) => {
    const a = await client()
    await a.subscribe([`$share/one/${id}`, `$share/two/${id}`])
    const b = await client()
    await b.subscribe(id)
    const publisher = await client()
    await publisher.put(id, { payload: 'x' })
    await a.gets('x', 'x')
    await b.gets('x')
    await b.nothing(publisher)
  },
  'a member gets messages with the QoS that it was granted': async ({ t, client, id }) => {
    const [a, b] = [await client(), await client()]
    await b.subscribe(`$share/group/${id}`, { qos: 0 })
    await a.put(id, { payload: 'x' })
    const [got] = await b.gets('x')
    t.equal(got?.qos, 0)
  },
  'names of shares that are none get 0x8F': async ({ t, client, id }) => {
    const a = await client()
    for (const filter of [
      '$share',
      '$share/',
      '$share/group',
      '$share/group/',
      `$share//${id}`,
      `$share/a+/${id}`,
      `$share/a#/${id}`,
      `$share/group/${id}/#/x`,
    ]) {
      t.same(await a.subscribe(filter), [0x8f], filter)
    }
  },
  'a member that has left gets nothing more': async ({ client, id }) => {
    const [a, b, publisher] = [await client(), await client(), await client()]
    for (const member of [a, b]) await member.subscribe(`$share/group/${id}`)
    await a.unsubscribe(`$share/group/${id}`)
    for (const payload of ['1', '2', '3']) await publisher.put(id, { payload })
    await b.gets('1', '2', '3')
    await a.nothing(publisher)
  },
  'QoS 1 waits for a member that will come back': async ({ client, dial, id, advance }) => {
    const [a, publisher] = [await client(lasting(`${id}-a`)), await client()]
    await a.subscribe(`$share/group/${id}`)
    await a.leave()
    for (const payload of ['1', '2']) await publisher.put(id, { payload })
    publisher.publish(id, { payload: 'QoS 0 is dropped' })
    const { peer } = await resume(dial, `${id}-a`)
    await advance(1000)
    await peer.gets('1', '2')
    await peer.nothing(publisher)
  },
  'a member refuses with PUBACK 0x80 or above: nobody else gets the message': async ({
    client,
    id,
  }) => {
    const [a, b, publisher] = [await client(), await client(), await client()]
    await a.subscribe(`$share/group/${id}`)
    await publisher.put(id, { payload: 'x' })
    const { messageId } = await a.expect('publish')
    await b.subscribe(`$share/group/${id}`)
    a.send({ cmd: 'puback', messageId: messageId ?? 0, reasonCode: 0x80 })
    await a.silent()
    await b.nothing(publisher)
    await a.leave()
    await b.nothing(publisher)
  },
  'a member that leaves without an acknowledgement: another one gets the message': async ({
    client,
    id,
  }) => {
    const [a, b, publisher] = [await client(), await client(), await client()]
    await a.subscribe(`$share/group/${id}`)
    await publisher.put(id, { payload: 'x' })
    await a.expect('publish')
    await b.subscribe(`$share/group/${id}`)
    await a.drop()
    await b.gets('x')
  },
  'a retained message is not sent at a shared SUBSCRIBE': async ({ client, id }) => {
    const a = await client()
    await a.put(id, { payload: 'kept', retain: true })
    const b = await client()
    await b.subscribe(`$share/group/${id}`)
    await b.nothing(a)
  },
} satisfies { [name: string]: Case }

/** What has come for this client by now. */
async function collect(member: Peer): Promise<string[]> {
  const all: string[] = []
  member.send({ cmd: 'pingreq' })
  for (;;) {
    const got = await member.any()
    if (got.cmd === 'pingresp') return all
    if (got.cmd !== 'publish') continue
    all.push(got.payload.toString())
  }
}
