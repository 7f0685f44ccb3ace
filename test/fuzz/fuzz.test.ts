/** The properties of `npm run fuzz`, each tried a little, with another seed in each run. */

import fc from 'fast-check'
import t from 'tap'
import { connectionTarget } from './connections.ts'
import { targets } from './targets.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)
t.comment(`FUZZ_SEED=${seed}`)

const connections = await connectionTarget()
t.teardown(() => connections.stop())

const tried = (await targets()).map(target => ({ ...target, cases: 150 }))
for (const { name, property, cases } of [...tried, { ...connections.target, cases: 25 }]) {
  t.test(`${name}: any bytes`, async t => {
    const result = await fc.check(property, { seed, numRuns: cases })
    t.notOk(
      result.failed,
      result.failed ? fc.defaultReportMessage(result) : `${result.numRuns} cases`,
    )
  })
}
