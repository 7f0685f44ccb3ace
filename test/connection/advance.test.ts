/** `start({ clock: 'manual' })`: the limits of half an hour are over in milliseconds, each with its record. */

import { once } from 'node:events'
import { connect as dial } from 'node:net'
import t from 'tap'
import type { Broker, ManualBroker } from '../../broker/main.ts'
import { start } from '../../broker/main.ts'
import type { Duration } from '../../broker/manual-clock.ts'
import { rawVisit, sessionOf, tlsVisit } from '../diagnosis/provoke/visitors.ts'
import { connect, unhurried } from '../helpers/device.ts'
import { memoryStore } from '../helpers/memory-store.ts'

const START = '2026-01-01T00:00:00Z'

const broker = await start({ clock: { manual: START }, limits: unhurried() })
t.teardown(() => broker.stop())
const device = await broker.createDevice('device')

type Case = {
  name: string
  /** Comes, says that it is there, and waits to be thrown out. */
  visit(there: () => void): Promise<unknown>
  advance: Duration[]
  record: object
}

const cases: Case[] = [
  {
    name: 'a client that says nothing',
    visit: there => rawVisit(broker, there),
    advance: ['59s', '1s'],
    record: { code: 'HELLO_TIMEOUT', durationMs: 60_000 },
  },
  {
    name: 'a client that sends no CONNECT',
    visit: there => tlsVisit(broker, device, {}, there),
    advance: ['29s', '1s'],
    record: { code: 'CONNECT_TIMEOUT', evidence: { afterMs: 30_000 } },
  },
  ...[30, 60, 1200].map(
    (keepalive): Case => ({
      name: `silence of one and a half times ${keepalive} s`,
      visit: there => sessionOf(broker, device, there, { keepalive }),
      advance: [keepalive * 1500 - 1, 1],
      record: {
        code: 'CLOSE_KEEP_ALIVE_TIMEOUT',
        durationMs: keepalive * 1500,
        evidence: { keepAliveSeconds: keepalive },
      },
    }),
  ),
]

for (const { name, visit, advance, record } of cases) {
  t.test(`${name}: ends at ${advance.join(' + ')}`, async t => {
    const before = broker.clock.now()
    let there = (): void => {}
    const arrived = new Promise<void>(resolve => {
      there = resolve
    })
    let gone = false
    const visited = visit(there).then(() => {
      gone = true
    })
    await arrived
    await barrier(broker)
    const last = advance.pop() ?? 0
    for (const step of advance) await broker.clock.advance(step)
    t.notOk(gone, 'not before')
    await broker.clock.advance(last)
    const got = await broker.closed(({ code }) => code !== 'HELLO_ABANDONED')
    await visited
    t.match(got, record)
    t.equal(got.time, new Date(broker.clock.now()).toISOString())
    t.ok(broker.clock.now() > before)
  })
}

t.test(
  'what the client has sent in between counts, and time goes on for the registry too',
  async t => {
    const { client } = await connect(t, broker, device, { keepalive: 1200 })
    await broker.clock.advance('29m')
    await client.publishAsync('a', '', { qos: 1 })
    await broker.clock.advance('29m')
    await broker.operations.createThingType({ thingTypeName: 'lamp' })
    await broker.operations.deprecateThingType({ thingTypeName: 'lamp' })
    const early = await broker.operations.deleteThingType({ thingTypeName: 'lamp' })
    t.match(early, { ok: false })
    await broker.clock.advance('5m')
    t.match(await broker.operations.deleteThingType({ thingTypeName: 'lamp' }), { ok: true })
    t.match(await broker.closed({ clientId: 'device' }), {
      code: 'CLOSE_KEEP_ALIVE_TIMEOUT',
      durationMs: 59 * 60_000,
    })
  },
)

t.test('a broker whose time stands stops all the same, for peers that answer nothing', async t => {
  const still = await start({ clock: 'manual', limits: unhurried() })
  t.ok(Math.abs(still.clock.now() - Date.now()) < 60_000, 'it begins with the real time')
  const socket = dial({ host: '127.0.0.1', port: still.port, allowHalfOpen: true })
  t.teardown(() => socket.destroy())
  socket.pause()
  socket.on('error', () => {})
  await once(socket, 'connect')
  await barrier(still)
  await still.stop()
  t.match(await still.closed({ code: 'CLOSE_BY_BROKER' }), { side: 'we' })
})

t.test('what a timer brings about is on the disk when time stands again', async t => {
  const store = memoryStore()
  const slow = {
    ...store,
    write: async (changes: Parameters<typeof store.write>[0]) => {
      await new Promise<void>(resolve => setTimeout(resolve, 30))
      await store.write(changes)
    },
  }
  const kept = await start({ clock: 'manual', state: slow, limits: unhurried() })
  t.teardown(() => kept.stop())
  const made = kept.operations.createThing({ thingName: 'one' })
  await kept.clock.advance('1s')
  t.match([...store.kept.keys()], [/^things\/one$/])
  await made
})

t.test('only a clock that is moved by hand can be moved', async t => {
  const other: Broker = await start({ clock: START })
  t.teardown(() => other.stop())
  t.equal(other.clock.now(), Date.parse(START))
  // @ts-expect-error: the types say it as well
  await t.rejects(other.clock.advance('1s'), { message: /start\(\{ clock: 'manual' \}\)/ })
  await t.rejects(start({ clock: { manual: 'noon' } }), { message: /`noon` is no time/ })
})

/** Another connection comes and goes: what was sent before that has arrived. */
async function barrier(at: ManualBroker): Promise<void> {
  const ended = at.closed({ code: 'HELLO_ABANDONED' })
  await rawVisit(at, socket => void socket.end())
  await ended
}
