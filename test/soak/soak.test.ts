/** The soak of `npm run soak`, for two minutes: nothing that was acknowledged is lost, and nobody waits for who is stuck. */

import t from 'tap'
import { soak } from './soak.ts'

const SEED = 6
const MS = 120_000
/** Of the broker's heap, between nobody there before and nobody there afterwards: code that was compiled, records that are kept. */
const HEAP_MB = 16
/** The machine may be busy with other tests. A broker that waits for a stuck client waits for as long as that one is. */
const LAG_MS = 1500

t.setTimeout(300_000)

t.test('random clients for two minutes', async t => {
  t.setTimeout(300_000)
  t.comment(`seed ${SEED}`)
  const { problems, messages, heapMb, lags, done } = await soak({ seed: SEED, ms: MS })
  t.same(problems, [])
  t.equal(messages.lost, 0)
  t.ok(messages.acknowledged > 2000, `${messages.acknowledged} messages were acknowledged`)
  for (const what of ['reset', 'leave', 'abandon', 'takeover', 'stall', 'stuck']) {
    t.ok((done[what] ?? 0) > 0, `${what}: ${done[what]} times`)
  }
  t.ok(heapMb.after - heapMb.before < HEAP_MB, `heap ${heapMb.before} MB, then ${heapMb.after} MB`)
  t.ok(lags.stuck.count > 50, `${lags.stuck.count} messages beside a stuck client`)
  t.ok(lags.stuck.p99 < LAG_MS, `99 % of them within ${lags.stuck.p99} ms`)
})
