import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { helloShape } from '../../broker/tls/hello-shape.ts'
import { captured, parsedHello } from './captured.ts'
import { type HelloSpec, helloBody } from './hello-bytes.ts'

/** One record with one whole ClientHello. */
function hello(spec: Partial<HelloSpec>): Buffer {
  const body = helloBody({ cipherSuites: [0x1301, 0xc02b], groups: [29, 23], ...spec })
  const message = Buffer.concat([Buffer.from([1, 0, body.length >> 8, body.length & 255]), body])
  const { length } = message
  return Buffer.concat([Buffer.from([22, 3, 1, length >> 8, length & 255]), message])
}

t.test('only the random, the session id and the key shares don’t count', async t => {
  const shape = helloShape(hello({ keyShares: [29] }))
  t.type(shape, 'string')
  t.equal(helloShape(hello({ keyShares: [29], random: Buffer.alloc(32, 9) })), shape)
  t.equal(helloShape(hello({ keyShares: [29], sessionId: Buffer.alloc(32, 9) })), shape)
  const others: [says: string, spec: Partial<HelloSpec>][] = [
    ['another group shared', { keyShares: [23] }],
    ['one more', { keyShares: [29, 23] }],
    ['none', {}],
    ['other suites', { keyShares: [29], cipherSuites: [0xc02b, 0x1301] }],
    ['other groups', { keyShares: [29], groups: [23, 29] }],
    ['another name', { keyShares: [29], sni: 'x' }],
    ['no session id, which tells a stack', { keyShares: [29], sessionId: Buffer.alloc(0) }],
    ['zeros in the random, which do too', { keyShares: [29], random: Buffer.alloc(32) }],
    ['another version', { keyShares: [29], version: 0x0302 }],
  ]
  for (const [says, spec] of others) t.not(helloShape(hello(spec)), shape, says)
})

t.test('a hello of its own has no shape', async t => {
  const unique: [says: string, bytes: Buffer][] = [
    ['a ticket', hello({ more: [[35, Buffer.alloc(100, 1)]] })],
    ['a pre-shared key', hello({ more: [[41, Buffer.alloc(100, 1)]] })],
    ['several records', Buffer.concat([hello({}), hello({})])],
    ['cut short', hello({}).subarray(0, -1)],
    ['nothing', Buffer.alloc(0)],
    ['no hello', Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(10))],
    ['over 2 KB', hello({ more: [[21, Buffer.alloc(2048)]] })],
  ]
  for (const [says, bytes] of unique) t.equal(helloShape(bytes), undefined, says)
  t.type(helloShape(hello({ more: [[35, Buffer.alloc(0)]] })), 'string', 'an empty ticket')
})

t.test('of real hellos, those of one shape offer the same', async t => {
  const offers = new Map<string, unknown>()
  for (const { name, bytes } of captured()) {
    const shape = helloShape(bytes)
    if (shape === undefined) continue
    const { random: _, sessionId: __, ...offer } = parsedHello(bytes)
    if (offers.has(shape)) t.strictSame(offer, offers.get(shape), name)
    offers.set(shape, offer)
  }
  t.ok(offers.size > 10, `${offers.size} shapes`)
})

t.test('never throws, whatever the bytes', async t => {
  const real = captured().map(({ bytes }) => bytes)
  const mutant = fc
    .tuple(
      fc.constantFrom(...real),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
      fc.nat(30),
    )
    .map(([bytes, changes, cut]) => {
      const copy = Buffer.from(bytes)
      for (const [at, to] of changes) copy[at % copy.length] = to
      return copy.subarray(0, Math.max(0, copy.length - cut))
    })
  const noise = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
  const total = fc.property(fc.oneof(mutant, noise), bytes => {
    const shape = helloShape(bytes)
    assert.ok(shape === undefined || shape.length <= 2048)
  })
  fc.assert(total, { numRuns: 1000 })
  t.pass()
})
