/** `npm run crash -- --what messages --times 200` does the same for longer. */

import t from 'tap'
import { crashMessages } from './crash-messages.ts'

t.setTimeout(300_000)

t.test('killed under load: no message that was acknowledged is lost', async t => {
  const seed = Date.now() % 1e6
  t.comment(`seed ${seed}: npm run crash -- --what messages --times 3 --seed ${seed}`)
  const { acknowledged, received, twice, lost } = await crashMessages(3, seed)
  t.same(lost, [])
  t.ok(acknowledged > 20, `${acknowledged} were acknowledged`)
  t.ok(received > 20, `${received} came, ${twice} of them more than once`)
})
