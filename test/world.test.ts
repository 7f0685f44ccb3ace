import { mock } from 'node:test'
import t from 'tap'
import { runningClock } from '../broker/world.ts'

const DAY = 86_400_000

t.test('a timer of more than 24.8 days waits as long as it is told to', async t => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { after } = runningClock()
  const fired: number[] = []
  after(60 * DAY, () => fired.push(60))
  after(Number.POSITIVE_INFINITY, () => fired.push(0))
  const cancel = after(50 * DAY, () => fired.push(50))
  const tick = (days: number): void => {
    for (let day = 0; day < days; day++) mock.timers.tick(DAY)
  }
  tick(30)
  cancel()
  tick(29)
  t.same(fired, [])
  // A timer that is set while the mocked time moves counts from the end of the move.
  tick(3)
  t.same(fired, [60])
  tick(60)
  t.same(fired, [60])
})
