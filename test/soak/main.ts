/**
 * `npm run soak`: the soak of `npm test`, for as long as you like.
 *
 *     npm run soak                                half an hour
 *     npm run soak -- --minutes 5 --seed 7
 *     npm run soak -- --state DIR                 with what survives a crash kept in DIR
 */

import { parseArgs } from 'node:util'
import { soak } from './soak.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    state: { type: 'string' },
  },
})
const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
say(`seed ${seed}, ${minutes} minutes`)
const { state } = values
const report = await soak({
  seed,
  ms: minutes * 60_000,
  say,
  ...(state === undefined ? {} : { state }),
})
say(JSON.stringify(report, null, 2))
process.exit(report.problems.length > 0 ? 1 : 0)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
