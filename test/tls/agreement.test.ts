/** Our matcher predicts what OpenSSL does with random hellos; `bench/agreement.ts` compares more of them. */

import t from 'tap'
import { agree } from './agreement.ts'

t.test('the matcher and OpenSSL agree about 300 random hellos, and about the reason', async t => {
  const { accepted, refused, differences } = await agree(20_260_101, 300)
  t.strictSame(differences, [])
  // Each outcome occurs, or the agreement means little.
  const kinds = ['certificate-type', 'group', 'rule', 'signature-algorithm', 'suites', 'version']
  t.strictSame(Object.keys(refused).sort(), kinds)
  t.ok(accepted > 40, `${accepted} of them were accepted`)
})
