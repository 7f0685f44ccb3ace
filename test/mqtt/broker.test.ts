/** Who gets a message, how often and with which QoS. */

import t from 'tap'
import { forgetful, type Keep } from '../../broker/mqtt/keep.ts'
import { hub } from '../helpers/links.ts'

t.test('filters and topics', async t => {
  const table: [filter: string, topic: string, taken: boolean][] = [
    ['a', 'a', true],
    ['a', 'A', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/', true],
    ['a/+', 'a/b/c', false],
    ['+', '/', false],
    ['+/+', '/', true],
    ['sensor/#', 'sensor', false],
    ['sensor/#', 'sensor/', true],
    ['sensor/#', 'sensor/x/y', true],
    ['+/#', 'sensor', false],
    ['#', 'a/b', true],
    ['#', '$aws/x', false],
    ['+/x', '$aws/x', false],
    ['$aws/#', '$aws/x', true],
  ]
  const { join, subscribe, publish } = await hub(t)
  for (const [filter, topic, taken] of table) {
    const one = join(`${filter} ${topic}`)
    subscribe(one, filter)
    publish(topic)
    t.equal(one.packets.length, taken ? 1 : 0, `${filter} and ${topic}`)
    one.leave()
  }
})

t.test('where the limit is lifted, `sensor/#` takes `sensor`', async t => {
  const { join, subscribe, publish } = await hub(t, { hashTakesParent: true })
  const one = join('one')
  subscribe(one, 'sensor/#')
  publish('sensor')
  t.same(one.got(), ['sensor 1'])
})

t.test('overlapping filters: once, with the highest QoS of those that match', async t => {
  const { join, subscribe, publish } = await hub(t)
  const one = join('one')
  for (const [filter, qos] of [
    ['a/#', 0],
    ['a/b', 1],
    ['a/+', 0],
  ] as const) {
    subscribe(one, filter, { qos })
  }
  publish('a/b')
  publish('a/b', { qos: 0 })
  publish('a/c')
  t.same(one.got(), ['a/b 1', 'a/b 0', 'a/c 0'])
})

t.test('no local, and retain as published', async t => {
  const { join, subscribe, publish } = await hub(t)
  const one = join('one', { protocol: 5 })
  subscribe(one, 'a', { noLocal: true, retainAsPublished: true })
  publish('a', { from: 'one' })
  publish('a', { from: 'two', retain: true })
  t.same(one.got(), ['a 1 retained'])
})

t.test('retained messages', async t => {
  const { join, subscribe, publish, clock, broker } = await hub(t)
  const got = (filter: string, options: Parameters<typeof subscribe>[2] = {}) => {
    const one = join('one', { cleanStart: true })
    subscribe(one, filter, options)
    return one.got()
  }
  publish('a/b', { retain: true })
  publish('a/c', { retain: true, qos: 0 })
  t.same(got('a/b'), ['a/b 1 retained'])
  t.same(got('a/c'), ['a/c 0 retained'], 'with the QoS that it was published with')
  t.same(got('a/b', { qos: 0 }), ['a/b 0 retained'])
  t.same(got('a/+'), [], 'AWS: not for a filter with a wildcard')
  t.same(got('$share/g/a/b'), [], 'not for a shared subscription')
  t.same(got('a/b', { retainHandling: 2 }), [])
  const again = join('two')
  for (const retainHandling of [1, 1, 0] as const) subscribe(again, 'a/b', { retainHandling })
  t.equal(again.packets.length, 2, 'once for the new subscription, once since it was asked for')
  publish('a/b', { retain: true, expiresAt: clock.elapsed() + 5000 })
  clock.advance(4999)
  t.same(got('a/b'), ['a/b 1 retained'])
  clock.advance(1)
  t.same(got('a/b'), [], 'it has expired')
  t.equal(broker.counts().retained, 1)
  publish('a/c', { retain: true, payload: '' })
  t.equal(broker.counts().retained, 0, 'an empty one takes it away')
})

t.test('with the limit lifted, wildcards get retained messages', async t => {
  const { join, subscribe, publish } = await hub(t, { wildcardsGetRetained: true })
  for (const topic of ['a/b', 'a/c', 'b', '$aws/x']) publish(topic, { retain: true })
  const one = join('one')
  subscribe(one, '+/#')
  subscribe(one, '#')
  for (let turn = 0; turn < 200 && one.packets.length < 6; turn++)
    await new Promise(resolve => setImmediate(resolve))
  t.same(
    one.got().sort(),
    ['a/b', 'a/b', 'a/c', 'a/c', 'b', 'b'].map(topic => `${topic} 1 retained`),
  )
})

t.test(
  'retained messages that are still read when their session ends are not owed to the next one',
  async t => {
    const owed: string[] = []
    const keep: Keep = { ...forgetful, message: clientId => void owed.push(clientId) }
    const { join, subscribe, publish } = await hub(t, { wildcardsGetRetained: true }, { keep })
    publish('a', { retain: true })
    const one = join('one')
    subscribe(one, '#')
    one.leave()
    join('one', { cleanStart: true })
    const other = join('other')
    subscribe(other, '#')
    while (other.packets.length === 0) await new Promise(resolve => setImmediate(resolve))
    t.same(owed, ['other'])
  },
)

t.test('after UNSUBSCRIBE, and after the end of a session, nothing comes', async t => {
  const { join, subscribe, publish, broker } = await hub(t)
  const one = join('one')
  const two = join('two', { expirySeconds: 0 })
  for (const each of [one, two]) subscribe(each, 'a')
  t.equal(broker.unsubscribe(one.session, 'a'), true)
  t.equal(broker.unsubscribe(one.session, 'a'), false)
  two.leave()
  publish('a')
  t.same([...one.got(), ...two.got()], [])
  t.equal(broker.counts().sessions, 1)
  subscribe(one, 'a')
  publish('a')
  t.same(one.got(), ['a 1'], 'and again after another SUBSCRIBE')
})

t.test('what a policy keeps from one client, the others get', async t => {
  const { join, subscribe, publish } = await hub(t)
  const one = join('one', { mayReceive: topic => topic !== 'a' })
  const two = join('two')
  for (const each of [one, two]) subscribe(each, '#')
  publish('a')
  publish('b')
  t.same(one.got(), ['b 1'])
  t.same(two.got(), ['a 1', 'b 1'])
  t.equal(one.session.outgoing.size(), 1, 'what was denied is not owed')
})
