import t from 'tap'
import { type CaseName, cases } from './3.1.1/cases.ts'
import { statements } from './mqtt-3.1.1.ts'
import { conformance } from './statements.ts'

/** What AWS's rules do otherwise; they are being built. */
const waiting: CaseName[] = [
  'AWS: a packet that comes before the CONNACK was sent closes the connection',
  'AWS: subscriptions over the 50th get 0x80, and the others stay',
]

await conformance(t, 4, statements, cases, waiting)

t.test('the statements of a section have no holes in their numbers', async t => {
  for (const id of Object.keys(statements)) {
    const [section = '', number = ''] = id.split(/-(?=\d+$)/)
    const before = `${section}-${Number(number) - 1}`
    t.ok(number === '1' || before in statements, `${before} stands before ${id}`)
  }
})
