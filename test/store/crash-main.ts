/**
 * `npm run crash`: the crash test of `npm test`, for as long as you like.
 *
 *     npm run crash                            200 rounds
 *     npm run crash -- --times 1000 --seed 7
 *     npm run crash -- --what messages         MQTT's messages, in place of the registry's changes
 */

import { parseArgs } from 'node:util'
import { crashMessages } from './crash-messages.ts'
import { crashRounds } from './crash-rounds.ts'

const { values } = parseArgs({
  options: {
    what: { type: 'string', default: 'registry' },
    times: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
  },
})
const [times, seed] = [Number(values.times), Number(values.seed)]
say(`seed ${seed}, ${times} times`)
const isMessages = values.what === 'messages'
const { lost, halfMade, ...figures } = isMessages
  ? { halfMade: [], ...(await crashMessages(times, seed, say)) }
  : await crashRounds(times, seed, say)
for (const says of [...lost, ...halfMade]) say(says)
say(JSON.stringify({ ...figures, lost: lost.length, halfMade: halfMade.length }))
process.exit(lost.length + halfMade.length > 0 ? 1 : 0)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
