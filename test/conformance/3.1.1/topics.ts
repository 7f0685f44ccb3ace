/** Section 4.7: topics and filters. */

import { packet, string, uint16 } from '../bytes.ts'
import type { Case } from '../scene.ts'

const wrongFilters = {
  '# within a level': ['a#', 'a/b#', '#a', 'a/#b'],
  '# before the end': ['#/a', 'a/#/b', 'a/##'],
  '+ within a level': ['a+', '+a', 'a/+b', 'a/b+/c', '++'],
}

export const topics = {
  'a topic with a wildcard closes the connection': async ({ client }) => {
    for (const topic of ['a/+', 'a/#', '#', '+', 'a+b', 'a#']) {
      const a = await client()
      a.send(packet(0x30, string(topic), Buffer.from('x')))
      await a.closed('TRAFFIC_TOPIC_INVALID')
    }
  },
  'a will topic with a wildcard is refused': async ({ dial }) => {
    const a = await dial()
    a.connect({
      clientId: 'x',
      will: { topic: 'a/#', payload: Buffer.from('x'), qos: 0, retain: false },
    })
    await a.closed('CONNECT_WILL_INVALID')
  },
  'a filter with # or + in a wrong place closes the connection': async ({ t, client }) => {
    for (const [what, filters] of Object.entries(wrongFilters)) {
      for (const filter of filters) {
        t.comment(`${what}: ${filter}`)
        const a = await client()
        a.send(packet(0x82, uint16(1), string(filter), [0]))
        await a.closed('TRAFFIC_TOPIC_INVALID')
      }
    }
  },
  '# and + take what they stand for, at every level': async ({ client, id }) => {
    const table: [filter: string, takes: string[], not: string[]][] = [
      [`${id}/#`, ['a', 'a/b/c', '', '/'], []],
      [`${id}/a/#`, ['a/b', 'a/', 'a/b/c'], ['b', 'ab']],
      [`${id}/+`, ['a', ''], ['a/b', '/']],
      [`${id}/+/b`, ['a/b', '/b'], ['b', 'a/c', 'a/b/c']],
      [`${id}/+/+`, ['a/b', '/', 'a/'], ['a', 'a/b/c']],
      [`${id}/a/+/#`, ['a/b/c', 'a//c', 'a/b/c/d'], ['a', 'b/b/c']],
      [`+/a`, ['a'], ['b']],
      [`${id}`, [], ['', 'a']],
    ]
    const speaker = await client()
    for (const [filter, takes, not] of table) {
      const a = await client()
      await a.subscribe(filter, { qos: 0 })
      for (const rest of [...not, ...takes]) {
        speaker.publish(`${id}/${rest}`, { payload: `${filter} takes \`${rest}\`` })
      }
      await a.gets(...takes.map(rest => `${filter} takes \`${rest}\``))
      await a.nothing(speaker)
    }
  },
  'AWS: `x/#` does not take `x`': async ({ client, id }) => {
    const a = await client()
    await a.subscribe(`${id}/x/#`, { qos: 0 })
    a.publish(`${id}/x`, { payload: 'the parent' })
    await a.nothing(a)
  },
  'with limits off, `x/#` takes `x` too': async scene => {
    const { client, id } = await scene.standard()
    const a = await client()
    await a.subscribe(`${id}/x/#`, { qos: 0 })
    a.publish(`${id}/x`, { payload: 'the parent' })
    await a.gets('the parent')
  },
  'a filter that starts with a wildcard takes no topic that starts with $': async ({
    client,
    id,
  }) => {
    const [a, b, speaker] = [await client(), await client(), await client()]
    const topic = `$aws/things/${id}/shadow/update`
    await a.subscribe(['#', '+/things/#', '+/+/+/+/update'], { qos: 1 })
    await b.subscribe(`$aws/things/${id}/shadow/+`, { qos: 1 })
    speaker.publish(topic, { payload: 'x', qos: 1 })
    await speaker.expect('puback')
    await b.gets('x')
    await a.nothing(speaker)
  },
  'nor does a filter of a session whose client is away': async ({ client, id }) => {
    const own = { clientId: `${id}-own`, clean: false }
    const first = await client(own)
    await first.subscribe('#', { qos: 1 })
    await first.leave()
    const speaker = await client()
    await speaker.put(`$aws/things/${id}/shadow/update`, { payload: 'x' })
    await speaker.put(id, { payload: 'plain' })
    const back = await client(own)
    await back.gets('plain')
    await back.nothing(speaker)
  },
  'an empty topic, or an empty filter, closes the connection': async ({ client }) => {
    const empty = [
      packet(0x30, string(''), Buffer.from('x')),
      packet(0x82, uint16(1), string(''), [0]),
    ]
    for (const bytes of empty) {
      const a = await client()
      a.send(bytes)
      await a.closed()
    }
  },
  'topics and filters of one character are taken': async ({ client }) => {
    const a = await client()
    await a.subscribe(['x', '/'], { qos: 0 })
    a.publish('x', { payload: 'x' })
    a.publish('/', { payload: '/' })
    await a.gets('x', '/')
  },
  'AWS: topics and filters of 256 bytes are taken, and no longer ones': async ({ client, id }) => {
    const topic = `${`${id}/é`.padEnd(255, 'x')}`
    const a = await client()
    await a.subscribe(topic, { qos: 0 })
    a.publish(topic, { payload: 'x' })
    await a.gets('x')
    a.publish(`${topic}x`, { payload: 'x' })
    await a.closed('TRAFFIC_TOPIC_INVALID')
    const b = await client()
    b.send(packet(0x82, uint16(1), string(`${topic}x`), [0]))
    await b.closed('TRAFFIC_TOPIC_INVALID')
  },
  'with limits off, topics and filters of 65,535 bytes are taken': async scene => {
    const { client, id } = await scene.standard()
    const topic = `${id}/`.padEnd(65_535, 'x')
    const a = await client()
    await a.subscribe(topic, { qos: 0 })
    a.publish(topic, { payload: 'x' })
    await a.gets('x')
  },
  'no topic or filter is changed before they are compared': async ({ client, id }) => {
    const a = await client()
    // An e with an accent in one code point, and in two; upper case; blanks; dots.
    const names = [
      '\u00e9',
      'e\u0301',
      'E',
      'e',
      ' e',
      'e ',
      'e.',
      './e',
      'e%20',
      '\u{1f600}',
      'e/',
    ]
    for (const name of names) {
      const own = await client()
      await own.subscribe(`${id}/${name}`, { qos: 0 })
      for (const other of names) a.publish(`${id}/${other}`, { payload: other })
      await own.gets(name)
      await own.nothing(a)
      await own.leave()
    }
  },
} satisfies { [name: string]: Case }
