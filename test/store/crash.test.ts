/** `npm run crash -- --times 200` does the same for longer. */

import t from 'tap'
import { crashRounds } from './crash-rounds.ts'

t.test(
  'killed at any moment: all that was confirmed is there, and nothing is half made',
  async t => {
    const seed = Date.now() % 1e6
    t.comment(`seed ${seed}: npm run crash -- --times 20 --seed ${seed}`)
    const { confirmed, devices, lost, halfMade } = await crashRounds(20, seed)
    t.same(lost, [])
    t.same(halfMade, [])
    t.ok(confirmed > 100, `${confirmed} changes were confirmed`)
    t.ok(devices > 10, `${devices} devices are left`)
  },
)
