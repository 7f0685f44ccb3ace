import t from 'tap'
import { createPresence, type Present } from '../../broker/mqtt/presence.ts'
import { createWorld } from '../../broker/world.ts'
import { manualClock } from '../helpers/manual-clock.ts'

const MINUTE = 60_000
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

function house() {
  const clock = manualClock()
  return { clock, presence: createPresence(createWorld(clock)) }
}

type Step = { afterMinutes: number; resumed?: boolean; expirySeconds?: number }

/** Connects, and after each pause again; `expirySeconds` is what the connection leaves behind. */
const cases: [name: string, first: Step, then: [step: Step, version: number, same: boolean][]][] = [
  [
    'grows with each connection',
    { afterMinutes: 0 },
    [
      [{ afterMinutes: 1 }, 1, false],
      [{ afterMinutes: 59 }, 2, false],
      [{ afterMinutes: 0 }, 3, false],
    ],
  ],
  [
    'is 0 again after an hour away',
    { afterMinutes: 0 },
    [
      [{ afterMinutes: 1 }, 1, false],
      [{ afterMinutes: 60 }, 0, false],
      [{ afterMinutes: 1 }, 1, false],
    ],
  ],
  [
    'of a persistent session is 0 after its lifetime, shorter or longer than an hour',
    { afterMinutes: 0, expirySeconds: 600 },
    [
      [{ afterMinutes: 9, resumed: true, expirySeconds: 600 }, 1, true],
      [{ afterMinutes: 10, expirySeconds: 7200 }, 0, false],
      [{ afterMinutes: 119, resumed: true, expirySeconds: 7200 }, 1, true],
      [{ afterMinutes: 1, resumed: false }, 2, false],
    ],
  ],
]

for (const [name, first, steps] of cases) {
  t.test(`versionNumber ${name}`, async t => {
    const { clock, presence } = house()
    let last: Present = presence.came('sensor-1', first.resumed ?? false)
    t.match(last, { versionNumber: 0, sessionIdentifier: UUID })
    presence.left('sensor-1', last, first.expirySeconds ?? 0)
    for (const [{ afterMinutes, resumed = false, expirySeconds = 0 }, version, same] of steps) {
      clock.advance(afterMinutes * MINUTE)
      const now = presence.came('sensor-1', resumed)
      t.equal(now.versionNumber, version, `after ${afterMinutes} min`)
      t.equal(now.sessionIdentifier === last.sessionIdentifier, same, 'session')
      presence.left('sensor-1', now, expirySeconds)
      last = now
    }
  })
}

t.test('each client id counts for itself', async t => {
  const { presence } = house()
  presence.left('a', presence.came('a', false), 0)
  t.equal(presence.came('b', false).versionNumber, 0)
  t.equal(presence.came('a', false).versionNumber, 1)
})

t.test('a session that outlived a restart of the broker gets a new identifier', async t => {
  t.match(house().presence.came('a', true), { versionNumber: 0, sessionIdentifier: UUID })
})

t.test('of more than 100,000 that are away the first to leave are forgotten', async t => {
  const { presence } = house()
  for (let index = 0; index <= 100_000; index++) {
    const clientId = `c${index}`
    presence.left(clientId, presence.came(clientId, false), 0)
  }
  t.equal(presence.came('c0', false).versionNumber, 0)
  t.equal(presence.came('c1', false).versionNumber, 1)
})
