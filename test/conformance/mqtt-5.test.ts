import t from 'tap'
import { type CaseName, cases } from './5/cases.ts'
import { statements } from './mqtt-5.ts'
import { conformance } from './statements.ts'

/** What is being built. */
const waiting: CaseName[] = [
  'an authentication method is refused: AWS has no enhanced authentication',
  'a will of QoS 2 is refused with 0x9B',
  'a Maximum Packet Size below 512 is refused',
  'the properties of a will come with it, user properties in their order',
  'user properties keep their order',
  'topics are as long as the standard lets them be; AWS takes 256 bytes',
  'a subscription identifier is refused: DISCONNECT 0xA1',
  'names of shares that are none get 0x8F',
]

await conformance(t, 5, statements, cases, waiting)

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
