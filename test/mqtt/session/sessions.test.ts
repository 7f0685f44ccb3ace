/** Sessions that outlive their connections, wills, and groups of shared subscriptions. */

import t from 'tap'
import type { Will } from '../../../broker/mqtt/session/will.ts'
import { hub } from '../../helpers/links.ts'

t.test('a session lasts as long as was agreed', async t => {
  const { join, clock, broker } = await hub(t)
  for (const [expirySeconds, afterMs, present] of [
    [0, 0, false],
    [3600, 3_599_999, true],
    [3600, 3_600_000, false],
    [1, 999, true],
  ] as const) {
    join('one', { expirySeconds, cleanStart: true }).leave()
    clock.advance(afterMs)
    t.equal(broker.counts().sessions, present ? 1 : 0)
    t.equal(join('one').present, present, `${expirySeconds} s, back after ${afterMs} ms`)
  }
})

t.test('a clean start ends the old session, and so does the other protocol version', async t => {
  const { join, subscribe, publish } = await hub(t)
  for (const options of [{ cleanStart: true }, { protocol: 5 }] as const) {
    const first = join('one', { cleanStart: true })
    subscribe(first, 'a')
    first.leave()
    publish('a')
    const second = join('one', options)
    t.equal(second.present, false)
    t.equal(second.packets.length, 0)
    second.leave()
  }
})

const WILL: Will = {
  message: { topic: 'will', payload: Buffer.from('gone'), qos: 1, retain: false },
  delaySeconds: 0,
}

t.test('a will: at once, after its delay, at the end of its session, or never', async t => {
  const { join, subscribe, clock } = await hub(t)
  const watcher = join('watcher')
  subscribe(watcher, 'will')
  const count = (): number => watcher.packets.splice(0).length
  join('one').leave()
  t.equal(count(), 0, 'after DISCONNECT')
  join('one').leave(WILL)
  t.equal(count(), 1, 'without a delay')
  join('one').leave({ ...WILL, delaySeconds: 30 })
  clock.advance(29_999)
  t.equal(count(), 0)
  clock.advance(1)
  t.equal(count(), 1, 'after its delay')
  join('one').leave({ ...WILL, delaySeconds: 30 })
  clock.advance(29_999)
  join('one')
  clock.advance(60_000)
  t.equal(count(), 0, 'the client was back in time')
  join('one', { expirySeconds: 10 }).leave({ ...WILL, delaySeconds: 30 })
  clock.advance(10_000)
  t.equal(count(), 1, 'the session ended first')
  join('one').leave({ ...WILL, delaySeconds: 30 })
  join('one', { cleanStart: true })
  t.equal(count(), 1, 'a clean start ended the session')
  join('one', { expirySeconds: 0 }).leave({ ...WILL, delaySeconds: 30 })
  t.equal(count(), 1, 'the session ends with its connection')
})

t.test('the time of a will’s message begins when it is published', async t => {
  const { join, subscribe, clock } = await hub(t)
  const watcher = join('watcher', { protocol: 5 })
  subscribe(watcher, 'will')
  join('one').leave({ ...WILL, delaySeconds: 30, expirySeconds: 5 })
  clock.advance(30_000)
  t.equal(watcher.packets[0]?.properties?.messageExpiryInterval, 5)
})

t.test('a shared subscription: one member of the group, and each group', async t => {
  const { join, subscribe, publish } = await hub(t)
  const three = join('three')
  const five = join('five', { protocol: 5 })
  const other = join('other')
  const plain = join('plain')
  for (const one of [three, five]) subscribe(one, '$share/g/jobs/+')
  subscribe(other, '$share/h/jobs/+')
  subscribe(plain, 'jobs/#')
  for (let sent = 0; sent < 10; sent++) publish(`jobs/${sent}`, { qos: sent % 2 ? 0 : 1 })
  t.equal(three.packets.length + five.packets.length, 10)
  t.ok(three.packets.length > 0 && five.packets.length > 0)
  t.equal(other.packets.length, 10)
  t.equal(plain.packets.length, 10)
})

t.test('a group whose members are away keeps QoS 1 for the first that is back', async t => {
  const { join, subscribe, publish, clock, broker } = await hub(t)
  const one = join('one')
  const two = join('two')
  for (const each of [one, two]) subscribe(each, '$share/g/jobs')
  for (const each of [one, two]) each.leave()
  for (let sent = 0; sent < 25; sent++) publish('jobs')
  publish('jobs', { qos: 0 })
  const back = join('two')
  t.equal(back.packets.length, 20, 'AWS: 20 in a second')
  clock.advance(1000)
  t.equal(back.packets.length, 25)
  broker.unsubscribe(join('one').session, '$share/g/jobs')
  broker.unsubscribe(back.session, '$share/g/jobs')
  t.equal(broker.counts().sharedGroups, 0)
})

t.test('what a member has not acknowledged when its session ends goes to another', async t => {
  const { join, subscribe, publish } = await hub(t)
  const one = join('one', { expirySeconds: 0 })
  subscribe(one, '$share/g/jobs')
  publish('jobs')
  publish('jobs')
  one.acknowledge()
  const two = join('two')
  subscribe(two, '$share/g/jobs')
  one.leave()
  t.same(two.got(), ['jobs 1'])
})

t.test('a group of members that won’t come back keeps nothing', async t => {
  const { join, subscribe, publish, broker } = await hub(t)
  const one = join('one', { expirySeconds: 0 })
  subscribe(one, '$share/g/jobs')
  one.leave()
  publish('jobs')
  t.equal(broker.counts().sharedGroups, 0)
})

t.test('QoS 0 does not wait behind what a group sends at its rate', async t => {
  const { join, subscribe, publish } = await hub(t)
  const one = join('one')
  subscribe(one, '$share/g/jobs')
  one.leave()
  for (let sent = 0; sent < 25; sent++) publish('jobs')
  const back = join('one')
  publish('jobs', { qos: 0 })
  t.same(back.got().slice(19), ['jobs 1', 'jobs 0'])
})

t.test('what is too much for the members of a group that are there waits for them', async t => {
  for (const limits of [{}, { inflightOut: 200, queuedMessages: 100 }]) {
    const { join, subscribe, publish, clock } = await hub(t, limits)
    const one = join('one', { expirySeconds: 0 })
    subscribe(one, '$share/g/jobs')
    for (let sent = 0; sent < 130; sent++) publish('jobs')
    t.equal(one.packets.length, 100)
    for (let acknowledged = 0; acknowledged < 100; acknowledged++) one.acknowledge()
    clock.advance(2000)
    t.equal(one.packets.length, 130)
  }
})

t.test('the last member with a session leaves a group while some of it waits', async t => {
  const { join, subscribe, publish, clock, broker } = await hub(t)
  const kept = join('kept')
  subscribe(kept, '$share/g/jobs')
  kept.leave()
  for (let sent = 0; sent < 30; sent++) publish('jobs')
  const clean = join('clean', { expirySeconds: 0 })
  subscribe(clean, '$share/g/jobs')
  broker.unsubscribe(kept.session, '$share/g/jobs')
  publish('jobs')
  clock.advance(1000)
  t.equal(clean.packets.length, 31)
})
