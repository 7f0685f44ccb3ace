import fc from 'fast-check'
import t from 'tap'
import { createKeyedRate, createRate } from '../../broker/mqtt/rates.ts'
import { manualClock } from '../helpers/manual-clock.ts'

t.test('a burst of one second, then as time goes by', async t => {
  const clock = manualClock()
  const rate = createRate(clock)
  for (let count = 0; count < 100; count++) t.equal(rate.take(100), 0)
  t.equal(rate.take(100), 10, 'the next one in 10 ms')
  clock.advance(9)
  t.equal(rate.take(100), 1)
  clock.advance(1)
  t.equal(rate.take(100), 0)
  t.not(rate.take(100), 0)
  clock.advance(60_000)
  let taken = 0
  while (rate.take(100) === 0) taken++
  t.equal(taken, 100, 'no more than a second is saved')
  t.equal(rate.take(Number.POSITIVE_INFINITY), 0)
})

t.test('what is spent beyond is waited for', async t => {
  const clock = manualClock()
  const rate = createRate(clock)
  t.equal(rate.spend(1000, 600), 0)
  t.equal(rate.spend(1000, 600), 200)
  t.equal(rate.spend(1000, 100), 300)
  clock.advance(300)
  t.equal(rate.spend(1000, 0), 0)
})

t.test('each key has its own, and full ones are forgotten', async t => {
  const clock = manualClock()
  const rate = createKeyedRate(clock)
  t.equal(rate.take('a', 1), 0)
  t.equal(rate.take('a', 1), 1000)
  t.equal(rate.take('b', 1), 0)
  clock.advance(999)
  t.equal(rate.take('a', 1), 1)
  clock.advance(1)
  t.equal(rate.take('a', 1), 0)
  clock.advance(999)
  t.not(rate.take('a', 1), 0, 'across generations')
  clock.advance(5000)
  t.equal(rate.take('a', 1), 0)
})

t.test('never more than a second’s worth above the rate', async t => {
  const property = fc.property(
    fc.array(fc.nat({ max: 400 }), { maxLength: 200 }),
    fc.integer({ min: 1, max: 50 }),
    (steps, perSecond) => {
      const clock = manualClock()
      const rate = createRate(clock)
      let taken = 0
      let ms = 0
      for (const step of steps) {
        clock.advance(step)
        ms += step
        if (rate.take(perSecond) === 0) taken++
      }
      return taken <= perSecond + (ms * perSecond) / 1000 + 1e-3
    },
  )
  const result = fc.check(property, { numRuns: 300 })
  t.notOk(result.failed, fc.defaultReportMessage(result) ?? 'holds for each rhythm')
})
