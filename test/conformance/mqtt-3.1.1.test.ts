import t from 'tap'
import { type CaseName, cases } from './3.1.1/cases.ts'
import { statements } from './mqtt-3.1.1.ts'
import { conformance } from './statements.ts'

/** What aedes's client does otherwise; its place is being taken. */
const waiting: CaseName[] = [
  'ill-formed UTF-8 closes the connection, in each string of each packet',
  'U+0000 closes the connection, in each string of each packet',
  'a level that is not served gets CONNACK 1, without a session, and the close',
  'what follows a CONNECT that is refused is not looked at',
  'a CONNECT that is not as section 3.1 says is closed without a CONNACK',
  'an empty client id without a clean session gets CONNACK 2 and the close',
  'AWS: a packet that comes before the CONNACK was sent closes the connection',
  'session present is 1 where there is a session, with subscriptions or without',
  'AWS: a session ends an hour after its connection',
  'DUP of what comes in has nothing to do with what goes out',
  'DUP on a QoS 0 message closes the connection',
  'a PUBLISH without a topic, or with one that is cut off, closes the connection',
  'overlapping subscriptions respect the highest QoS among them',
  'AWS: a PUBLISH with QoS 2 is not answered, and goes nowhere',
  'messages of one client arrive in their order, for each topic and QoS',
  'who acknowledges nothing gets no more than may be in flight, and nobody waits for it',
  'AWS: a filter with a wildcard gets no retained message',
  'AWS: a SUBSCRIBE for QoS 2 is not answered, and subscribes to nothing',
  'AWS: subscriptions over the 50th get 0x80, and the others stay',
  'an UNSUBSCRIBE that is not as section 3.10 says closes the connection',
  'AWS: `x/#` does not take `x`',
  'a filter that starts with a wildcard takes no topic that starts with $',
  'nor does a filter of a session whose client is away',
  'with limits off, topics and filters of 65,535 bytes are taken',
  'a protocol violation closes the connection that it came on, and no other',
]

await conformance(t, 4, statements, cases, waiting)

t.test('the statements of a section have no holes in their numbers', async t => {
  for (const id of Object.keys(statements)) {
    const [section = '', number = ''] = id.split(/-(?=\d+$)/)
    const before = `${section}-${Number(number) - 1}`
    t.ok(number === '1' || before in statements, `${before} stands before ${id}`)
  }
})
