/** TLS 1.3 records: against the trace of RFC 8448, and there and back for each suite. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { recordProtection } from '../../broker/tls/record-protection.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')

/** RFC 8448 3: TLS_AES_128_GCM_SHA256. */
const TRACE = {
  clientHandshake: hex('b3eddb126e067f35a780b3abf45e2d8f 3b1a950738f52e9600746a0e27a55a21'),
  clientApplication: hex('9e40646ce79a7f9dc05af8889bce6552 875afa0b06df0087f792ebb7c17504a5'),
  finished: hex(`1703030035 75ec4dc238cce60b298044a71e219c56 cc77b0517fe9b93c7a4bfc44d87f38f8
    0338ac98fc46deb384bd1caeacab6867 d726c40546`),
  finishedMessage: hex(
    '14000020 a8ec436d677634ae525ac1fcebe11a03 9ec17694fac6e98527b642f2edd5ce61',
  ),
  data: hex(`1703030043 a23f7054b62c94d0affafe8228ba55cb efacea42f914aa66bcab3f2b9819a8a5
    b46b395bd54a9a20441e2b62974e1f5a 6292a2977014bd1e3deae63aeebb2169 4915e4`),
  closeNotify: hex('1703030013 c9872760655666b74d7ff1153efd6db6 d0b0e3'),
}

t.test('the trace of RFC 8448 opens', async t => {
  const handshake = recordProtection(0x1301, TRACE.clientHandshake)
  t.strictSame(handshake?.open(TRACE.finished), { type: 22, content: TRACE.finishedMessage })
  const application = recordProtection(0x1301, TRACE.clientApplication)
  const data = Buffer.from(Array.from({ length: 50 }, (_, index) => index))
  t.strictSame(application?.open(TRACE.data), { type: 23, content: data })
  t.strictSame(application?.open(TRACE.closeNotify), { type: 21, content: Buffer.from([1, 0]) })
})

t.test('sealing gives the bytes of the trace', async t => {
  const keys = recordProtection(0x1301, TRACE.clientHandshake)
  t.strictSame(keys?.seal(22, TRACE.finishedMessage), TRACE.finished)
})

t.test('records open in their order only, and a wrong one is not counted', async t => {
  const application = recordProtection(0x1301, TRACE.clientApplication)
  t.equal(application?.open(TRACE.closeNotify), undefined)
  t.equal(application?.open(TRACE.finished), undefined)
  t.ok(application?.open(TRACE.data))
  t.equal(application?.open(TRACE.data), undefined, 'no second time')
  t.ok(application?.open(TRACE.closeNotify))
})

for (const suite of [0x1301, 0x1302, 0x1303]) {
  t.test(`there and back with suite ${suite.toString(16)}`, async t => {
    const secrets = fc.uint8Array({ minLength: 48, maxLength: 48 })
    const contents = fc.array(
      fc.tuple(fc.constantFrom(21, 22, 23), fc.uint8Array({ maxLength: 60 })),
      { maxLength: 5 },
    )
    fc.assert(
      fc.property(secrets, contents, fc.nat(), (secret, list, at) => {
        const from = recordProtection(suite, Buffer.from(secret))
        const to = recordProtection(suite, Buffer.from(secret))
        for (const [type, bytes] of list) {
          const sealed = from?.seal(type, Buffer.from(bytes)) ?? Buffer.alloc(0)
          const spoilt = Buffer.from(sealed)
          spoilt[at % spoilt.length] = (spoilt[at % spoilt.length] ?? 0) ^ 1
          assert.equal(to?.open(spoilt), undefined)
          assert.deepEqual(to?.open(sealed), { type, content: Buffer.from(bytes) })
        }
      }),
      { numRuns: 50 },
    )
    t.pass()
  })
}

t.test('any bytes are opened or refused', async t => {
  const keys = recordProtection(0x1302, Buffer.alloc(48))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      assert.equal(keys?.open(Buffer.from(bytes)), undefined)
    }),
  )
  t.equal(recordProtection(0x002f, Buffer.alloc(32)), undefined, 'no suite of TLS 1.3')
})
