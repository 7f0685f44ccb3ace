/** Half of the 100,000 random decisions of a run; the other half is in the file beside it, so that two run at once. */

import t from 'tap'
import { agree } from './agreement.ts'

// A busy machine needs longer than the time that a file has.
t.setTimeout(180_000)

t.test('50,000 random decisions agree with the reference', async t => {
  t.setTimeout(180_000)
  agree(t, 50_000)
})
