/** Records and handshake messages: cut anywhere, put together again. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { handshakeReader } from '../../broker/tls/handshake-messages.ts'
import { recordReader } from '../../broker/tls/records.ts'
import { chunksOf } from './chunks.ts'
import { handshakeMessage, record } from './hello-bytes.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map(values => Buffer.from(values))

t.test('records come out as they went in, in any pieces', async t => {
  const given = fc
    .array(fc.tuple(fc.integer({ min: 20, max: 24 }), bytes(300)), { maxLength: 8 })
    .chain(records => {
      const wire = Buffer.concat(records.map(([type, fragment]) => record(type, fragment)))
      return chunksOf(wire).map(chunks => ({ records, chunks }))
    })
  fc.assert(
    fc.property(given, ({ records, chunks }) => {
      const reader = recordReader()
      const read = chunks.flatMap(chunk => reader.push(chunk))
      assert.deepEqual(
        read.map(one => [one.type, one.fragment]),
        records,
      )
      assert.equal(reader.rest().length, 0)
      assert.equal(reader.broken(), false)
    }),
    { numRuns: 200 },
  )
  t.pass()
})

t.test('what is no record stops the reader, and is handed back whole', async t => {
  const good = record(22, Buffer.from([1, 2, 3]))
  const bad: [string, Buffer][] = [
    ['a wrong type', Buffer.from([25, 3, 3, 0, 0])],
    ['a wrong version', Buffer.from([22, 2, 0, 0, 0])],
    ['too long', Buffer.from([22, 3, 3, 0x48, 1])],
  ]
  for (const [name, wrong] of bad) {
    const reader = recordReader()
    t.equal(reader.push(Buffer.concat([good, wrong, good])).length, 1, name)
    t.equal(reader.broken(), true, name)
    t.strictSame(reader.push(good), [], `${name}: nothing more`)
    t.strictSame(reader.rest(), Buffer.concat([wrong, good, good]), name)
  }
})

t.test('messages come out as they went in, in any fragments', async t => {
  const given = fc.array(fc.tuple(fc.nat(255), bytes(200)), { maxLength: 6 }).chain(messages => {
    const whole = Buffer.concat(messages.map(([type, body]) => handshakeMessage(type, body)))
    return chunksOf(whole).map(fragments => ({ messages, fragments }))
  })
  fc.assert(
    fc.property(given, ({ messages, fragments }) => {
      const reader = handshakeReader()
      const read = fragments.flatMap(fragment => reader.push(fragment))
      assert.deepEqual(
        read.map(one => [one.type, one.body]),
        messages,
      )
      assert.equal(reader.pending(), 0)
    }),
    { numRuns: 200 },
  )
  t.pass()
})

t.test('a message over the limit is not kept', async t => {
  const reader = handshakeReader(1000)
  t.strictSame(reader.push(Buffer.from([11, 0, 3, 233])), [])
  t.equal(reader.overflowed(), true)
  t.equal(reader.pending(), 0)
  t.strictSame(reader.push(handshakeMessage(1, Buffer.alloc(4))), [], 'and nothing after it')
  t.equal(handshakeReader(1000).push(handshakeMessage(1, Buffer.alloc(1000))).length, 1)
})
