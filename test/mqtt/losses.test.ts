/** aedes's losses: bare aedes shows each, so that we notice when one is mended, and Candid doesn't. */

import t from 'tap'
import { createPki } from '../../broker/main.ts'
import { losses } from './losses/losses.ts'
import { aedesRig, candidRig } from './losses/rigs.ts'

const pki = await createPki()

for (const [name, { story, aedes, candid }] of Object.entries(losses)) {
  t.test(name, async t => {
    t.same(await story(await aedesRig(t)), aedes, 'aedes')
    t.same(await story(await candidRig(t, pki)), candid, 'Candid')
  })
}
