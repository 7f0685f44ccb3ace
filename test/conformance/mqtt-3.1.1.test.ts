import t from 'tap'
import { cases } from './3.1.1/cases.ts'
import { statements } from './mqtt-3.1.1.ts'
import { conformance } from './statements.ts'

await conformance(t, 4, statements, cases)

t.test('the statements of a section have no holes in their numbers', async t => {
  for (const id of Object.keys(statements)) {
    const [section = '', number = ''] = id.split(/-(?=\d+$)/)
    const before = `${section}-${Number(number) - 1}`
    t.ok(number === '1' || before in statements, `${before} stands before ${id}`)
  }
})
