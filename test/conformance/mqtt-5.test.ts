import t from 'tap'
import { cases } from './5/cases.ts'
import { statements } from './mqtt-5.ts'
import { conformance } from './statements.ts'

await conformance(t, 5, statements, cases)

t.test('the statements of a section have no holes in their numbers', async t => {
  for (const id of Object.keys(statements)) {
    const [section = '', number = ''] = id.split(/-(?=\d+$)/)
    const before = `${section}-${Number(number) - 1}`
    // The standard has no MQTT-2.2.1-1.
    const first = id === 'MQTT-2.2.1-2' ? '2' : '1'
    t.ok(number === first || before in statements, `${before} stands before ${id}`)
  }
  t.equal(Object.keys(statements).length, 251, 'as many as in appendix B')
})
