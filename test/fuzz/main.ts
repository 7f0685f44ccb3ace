/**
 * `npm run fuzz`: the same properties as in `npm test`, for as long as you like, and connections to a running broker.
 *
 *     npm run fuzz                                   a minute of all of them, in turns
 *     npm run fuzz -- --seconds 3600 --seed 7
 *     npm run fuzz -- --only certificate --seed 7    what a failure tells you to type
 */

import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { connectionTarget } from './connections.ts'
import { type Target, targets } from './targets.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string', default: '' },
  },
})
const seconds = Number(values.seconds)
const first = Number(values.seed)
/** Cases of one target before the next has its turn; a connection costs a hundred times as much as the rest. */
const CASES = 500
const CONNECTIONS = 20

process.on('uncaughtException', error => {
  say(`uncaught: ${error.stack}`)
  process.exit(1)
})

const connections = await connectionTarget()
const chosen: (Target & { cases: number })[] = [
  ...(await targets()).map(target => ({ ...target, cases: CASES })),
  { ...connections.target, cases: CONNECTIONS },
].filter(({ name }) => values.only === '' || name === values.only)
if (chosen.length === 0) throw new Error(`no target is named ${values.only}`)

say(`seed ${first}, ${seconds} s: ${chosen.map(({ name }) => name).join(', ')}`)
const spent = new Map<string, { cases: number; ms: number }>()
const begin = performance.now()
let failed = false
for (let seed = first; !failed && performance.now() - begin < seconds * 1000; seed++) {
  for (const target of chosen) failed = (await fuzz(target, seed)) || failed
}
for (const [name, { cases, ms }] of spent) {
  const rate = Math.round((cases / ms) * 1000)
  say(`${name.padEnd(22)} ${String(cases).padStart(9)} cases ${String(rate).padStart(8)}/s`)
}
await connections.stop()
// Certificates that were read leave nothing behind, but a socket may still be on its way out.
process.exit(failed ? 1 : 0)

async function fuzz(
  { name, property, cases }: (typeof chosen)[number],
  seed: number,
): Promise<boolean> {
  const start = performance.now()
  const result = await fc.check(property, { seed, numRuns: cases })
  const known = spent.get(name) ?? { cases: 0, ms: 0 }
  const ms = known.ms + performance.now() - start
  spent.set(name, { cases: known.cases + result.numRuns, ms })
  if (!result.failed) return false
  say(`${name} fails: npm run fuzz -- --only ${name} --seed ${seed} --seconds 1`)
  say(fc.defaultReportMessage(result))
  return true
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
