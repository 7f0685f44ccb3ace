/** A clock that a test moves: its order, and what has happened when it stands again. */

import fc from 'fast-check'
import t from 'tap'
import { createManualClock, type Duration } from '../broker/manual-clock.ts'

const SEED = Date.now() % 1e9

/** A timer, and those that it sets when it fires. */
type Plan = { ms: number; cancelled: boolean; next: Plan[] }

const plan = fc.letrec<{ plan: Plan }>(tie => ({
  plan: fc.record({
    ms: fc.nat({ max: 30 }),
    cancelled: fc.boolean(),
    next: fc.array(tie('plan'), { maxLength: 2 }),
  }),
})).plan

type Fired = { at: number; order: number }

/** Sets them all; tells of each when it fires, and what it brings about when that has happened. */
function play(plans: Plan[], tell: (what: string, fired: Fired) => void) {
  const clock = createManualClock(1000)
  let created = 0
  const set = (plans: Plan[]): void => {
    for (const { ms, cancelled, next } of plans) {
      const fired = { at: clock.elapsed() + Math.max(1, ms), order: created++ }
      const cancel = clock.after(ms, () => {
        tell('fired', fired)
        set(next)
        setImmediate(() => void Promise.resolve().then(() => tell('followed', fired)))
      })
      if (!cancelled) continue
      cancel()
      cancel()
    }
  }
  set(plans)
  return clock
}

function counted(plans: Plan[], until: number, from = 0): number {
  return plans.reduce((sum, { ms, cancelled, next }) => {
    const at = from + Math.max(1, ms)
    return cancelled || at > until ? sum : sum + 1 + counted(next, until, at)
  }, 0)
}

t.test('timers fire by their times, then by their age, each with its consequences', async t => {
  t.comment(`seed ${SEED}`)
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { maxLength: 12 }),
      fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 4 }),
      async (plans, steps) => {
        const told: { what: string; fired: Fired; now: number }[] = []
        const clock = play(plans, (what, fired) => {
          told.push({ what, fired, now: clock.now() })
        })
        for (const step of steps) await clock.advance(step)
        const end = steps.reduce((sum, step) => sum + step, 0)
        t.equal(clock.elapsed(), end)
        t.equal(told.length, 2 * counted(plans, end))
        let before: Fired = { at: 0, order: -1 }
        for (let index = 0; index < told.length; index += 2) {
          const [fired, followed] = told.slice(index, index + 2)
          if (!fired || !followed) throw new Error('one of them is missing')
          const isNext =
            fired.fired.at > before.at ||
            (fired.fired.at === before.at && fired.fired.order > before.order)
          if (!isNext) throw new Error('out of order')
          if (fired.what !== 'fired' || followed.what !== 'followed') throw new Error('too late')
          if (fired.fired !== followed.fired) throw new Error('another was first')
          if (fired.now !== 1000 + fired.fired.at) throw new Error('at another time')
          before = fired.fired
        }
      },
    ),
    { seed: SEED, numRuns: 25 },
  )
})

t.test('a jump fires the same ones in the same order', async t => {
  await fc.assert(
    fc.asyncProperty(fc.array(plan, { maxLength: 12 }), fc.nat({ max: 60 }), async (plans, ms) => {
      const orders: number[][] = [[], []]
      const [jumped, advanced] = orders.map(order =>
        play(plans, (what, fired) => what === 'fired' && order.push(fired.order)),
      )
      jumped?.jump(ms)
      await advanced?.advance(ms)
      t.same(orders[0], orders[1])
      t.equal(jumped?.waiting(), advanced?.waiting())
    }),
    { seed: SEED, numRuns: 15 },
  )
})

const durations: [by: Duration, ms: number][] = [
  [0, 0],
  [1500, 1500],
  ['500ms', 500],
  ['90s', 90_000],
  ['0.5s', 500],
  ['16m', 960_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
]
const wrong = ['', '5', 'h', '1 h', '-1h', '1h30m', '5 minutes', '1e3s', -1, Number.NaN, 1 / 0]

t.test('durations', async t => {
  for (const [by, ms] of durations) {
    const clock = createManualClock(0)
    await clock.advance(by)
    t.equal(clock.elapsed(), ms, String(by))
  }
  for (const by of wrong) {
    const clock = createManualClock(0)
    await t.rejects(clock.advance(by as Duration), { message: /is no duration; give `500ms`/ })
    t.equal(clock.elapsed(), 0)
  }
})

t.test('calls that overlap run one after the other', async t => {
  const clock = createManualClock(0)
  const seen: string[] = []
  clock.after(1000, () => {
    seen.push('first')
    void clock.advance('1s').then(() => seen.push(`third ${clock.now()}`))
  })
  await Promise.all([
    clock.advance('1500ms').then(() => seen.push(`second ${clock.now()}`)),
    clock.advance('1500ms'),
  ])
  t.same(seen.slice(0, 2), ['first', 'second 1500'])
  await clock.advance(0)
  t.same(seen.slice(2), ['third 4000'])
})

t.test('what a timer has set going is waited for before the next one', async t => {
  let disk: Promise<unknown> = Promise.resolve()
  const seen: string[] = []
  const clock = createManualClock(0, () => disk)
  clock.after(10, () => {
    disk = new Promise<void>(resolve => setTimeout(resolve, 20)).then(() => seen.push('written'))
  })
  clock.after(10, () => seen.push('next'))
  await clock.advance(10)
  t.same(seen, ['written', 'next'])
})

t.test('a timer that sets itself again at once does not keep time from moving', async t => {
  const clock = createManualClock(0)
  let times = 0
  const again = (): void => {
    times++
    clock.after(0, again)
  }
  again()
  clock.after(Number.NaN, () => undefined)
  clock.after(Number.POSITIVE_INFINITY, () => t.fail('never'))
  await clock.advance('20ms')
  t.equal(times, 21)
  t.equal(clock.waiting(), 2)
})

t.test('left to itself it goes on in real time', async t => {
  const clock = createManualClock(0)
  const fired = new Promise<void>(resolve => clock.after(900, resolve))
  const stand = clock.letRun()
  // The interval alone keeps no process alive.
  const alive = setInterval(() => undefined, 1000)
  await fired
  stand()
  clearInterval(alive)
  t.equal(clock.now(), 1000)
})
