/** From the first bytes to a ClientHello: whatever comes, in whatever pieces, gets one answer and no exception. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { parseClientHello } from '../../broker/tls/client-hello.ts'
import { recogniseProtocol } from '../../broker/tls/first-bytes.ts'
import { type HelloProgress, helloReader } from '../../broker/tls/hello-reader.ts'
import { captured, parsedHello } from './captured.ts'
import { chunksOf, cutEvery } from './chunks.ts'
import {
  handshakeMessage,
  handshakeRecord,
  helloBody,
  helloBytes,
  record,
  sslv2HelloBytes,
  vector,
} from './hello-bytes.ts'

const hellos = captured()
const states = ['more', 'hello', 'not-tls', 'malformed', 'alert']

t.test('every captured hello is whole, and the last byte completes it', async t => {
  t.ok(hellos.length > 20, 'they were found')
  for (const { name, bytes } of hellos) {
    t.equal(helloReader().push(bytes).state, 'hello', name)
    for (let length = 0; length < bytes.length; length++) {
      const { state } = helloReader().push(bytes.subarray(0, length))
      assert.equal(state, 'more', `${name} cut to ${length} bytes`)
    }
  }
})

t.test('a hello reads the same in any pieces, and nothing is lost of it', async t => {
  const anyHello = fc
    .constantFrom(...hellos, { name: 'sslv2', bytes: sslv2HelloBytes(0x0303, [0x2f]) })
    .chain(({ bytes }) => chunksOf(bytes))
  fc.assert(
    fc.property(anyHello, chunks => {
      const whole = Buffer.concat(chunks)
      assert.deepEqual(lastOf(chunks), helloReader().push(whole))
    }),
    { numRuns: 200 },
  )
  t.pass()
})

t.test('a hello reads the same split over any records', async t => {
  const split = fc
    .constantFrom(...hellos)
    .chain(({ bytes }) => chunksOf(bytes.subarray(5)).map(parts => ({ bytes, parts })))
  fc.assert(
    fc.property(split, ({ bytes, parts }) => {
      const records = parts.filter(part => part.length > 0).map(part => record(22, part))
      assert.deepEqual(parsedHello(Buffer.concat(records)), parsedHello(bytes))
    }),
    { numRuns: 100 },
  )
  t.pass()
})

t.test('a message body cut anywhere does not parse, but where a hello may end', async t => {
  for (const { name, bytes } of hellos) {
    const body = bytes.subarray(9)
    // Without extensions a hello is an old one, which is allowed: one such place.
    const ends: number[] = []
    for (let length = 0; length < body.length; length++) {
      if (parseClientHello(body.subarray(0, length)).ok) ends.push(length)
    }
    const suites = body.readUInt16BE(35 + (body[34] ?? 0))
    const beforeExtensions = 35 + (body[34] ?? 0) + 2 + suites + 2
    t.strictSame(ends, [beforeExtensions], name)
  }
})

t.test('random and damaged bytes give an answer', async t => {
  const damaged = fc
    .tuple(
      fc.constantFrom(...hellos),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
    )
    .map(([{ bytes }, changes]) => {
      const copy = Buffer.from(bytes)
      for (const [at, value] of changes) copy[at % copy.length] = value
      return copy
    })
  const inRecords = fc
    .array(fc.tuple(fc.constantFrom(20, 21, 22, 23, 24), fc.uint8Array({ maxLength: 80 })))
    .map(list => Buffer.concat(list.map(([type, bytes]) => record(type, Buffer.from(bytes)))))
  const noise = fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes))
  const afterStart = noise.map(bytes => Buffer.concat([Buffer.from([22, 3, 1]), bytes]))
  fc.assert(
    fc.property(fc.oneof(damaged, inRecords, noise, afterStart).chain(chunksOf), chunks => {
      const progress = lastOf(chunks)
      assert.ok(states.includes(progress.state))
      assert.deepEqual(progress, lastOf([Buffer.concat(chunks)]))
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

t.test('random message bodies never throw', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      const result = parseClientHello(Buffer.concat([Buffer.from([3, 3]), bytes]))
      if (!result.ok) assert.ok(result.at <= bytes.length + 2)
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('32 KB one byte at a time, in records of one byte, costs little and then ends', async t => {
  const reader = helloReader()
  // The message says 30,000 bytes and comes a byte per record: 6 bytes on the wire for each.
  const message = Buffer.concat([Buffer.from([1, 0, 0x75, 0x30]), Buffer.alloc(30_000)])
  const wire = Buffer.concat(cutEvery(message, 1).map(byte => record(22, byte)))
  const started = process.cpuUsage()
  let fed = 0
  let progress: HelloProgress = { state: 'more' }
  while (progress.state === 'more' && fed < wire.length) {
    progress = reader.push(wire.subarray(fed, ++fed))
  }
  const { user } = process.cpuUsage(started)
  t.match(progress, { state: 'malformed', says: '32 KB came and no ClientHello was complete' })
  t.equal(fed, 32_769)
  // It took over 100 s when each byte made all of them be read again; it takes some 0.2 s.
  t.ok(user < 5_000_000, `${user / 1000} ms`)
})

const malformed: [name: string, bytes: Buffer, says: RegExp][] = [
  ['an empty handshake record', handshakeRecord(Buffer.alloc(0)), /empty/],
  ['another handshake message', handshakeRecord(handshakeMessage(2, Buffer.alloc(40))), /type 2/],
  [
    'application data inside the hello',
    Buffer.concat([record(22, Buffer.from([1, 0, 0, 80])), record(23, Buffer.alloc(9))]),
    /type 23/,
  ],
  [
    'no record behind the first',
    Buffer.from('1603010004010000501499999999', 'hex'),
    /no TLS record/,
  ],
  ['a message of 16 MB', handshakeRecord(Buffer.from([1, 255, 255, 255])), /over 32 KB/],
  ['a record of 20 KB', Buffer.from('1603014e20', 'hex'), /no TLS record/],
  ['a hello of nothing', handshakeRecord(handshakeMessage(1, Buffer.alloc(0))), /ends early/],
  ['no TLS version', helloBytes({ version: 0x0205, cipherSuites: [0x2f] }), /version/],
  ['an extension that ends early', withExtensions(Buffer.from([0, 5, 0, 9, 1, 2, 3])), /extension/],
  ['half an extension', withExtensions(Buffer.from([0, 5, 0])), /extension ends early/],
]
for (const [name, bytes, says] of malformed) {
  t.test(`malformed: ${name}`, async t => {
    const progress = helloReader().push(bytes)
    t.match(progress, { state: 'malformed', says })
    if (progress.state === 'malformed') t.ok(progress.at <= bytes.length, 'it names a place in it')
  })
}

t.test('an alert in the place of a hello is an alert', async t => {
  const alert = record(21, Buffer.from([2, 80]))
  t.match(helloReader().push(alert), { state: 'alert', level: 2, number: 80 })
  t.match(lastOf(cutEvery(alert, 1)), { state: 'alert', level: 2, number: 80 })
})

t.test('bytes behind the hello stay with it', async t => {
  const bytes = Buffer.concat([helloBytes({ cipherSuites: [0x2f] }), record(20, Buffer.from([1]))])
  t.match(helloReader().push(bytes), { state: 'hello', bytes })
})

const protocols: [string, Buffer | string, ReturnType<typeof recogniseProtocol>][] = [
  ['nothing', '', undefined],
  ['one byte of TLS', Buffer.from([22]), undefined],
  ['TLS', Buffer.from([22, 3, 1]), 'tls'],
  ['a TLS alert', Buffer.from([21, 3, 1, 0, 2]), 'tls'],
  ['22 and no TLS', Buffer.from([22, 4]), 'unknown'],
  ['SSLv2', sslv2HelloBytes(0x0301, [0x2f]), 'sslv2'],
  ['half of an SSLv2 start', Buffer.from([0x80, 0x2e]), undefined],
  ['a high byte and no SSLv2', Buffer.from([0x80, 0x2e, 2, 0]), 'unknown'],
  ['MQTT 3.1.1', Buffer.from('100c00044d515454', 'hex'), 'MQTT'],
  ['MQTT 3.1', Buffer.from('100e00064d514973', 'hex'), 'MQTT'],
  ['MQTT with a long length', Buffer.from('10ffff0300044d515454', 'hex'), 'MQTT'],
  ['half of an MQTT start', Buffer.from('100c00044d51', 'hex'), undefined],
  ['16 and no MQTT', Buffer.from('100c00044d515455', 'hex'), 'unknown'],
  ['HTTP', 'GET / HTTP/1.1\r\n', 'HTTP'],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n', 'HTTP'],
  ['half a method', 'GE', undefined],
  ['a PROXY header', 'PROXY TCP4 1.2.3.4', 'PROXY'],
  ['a PROXY header of version 2', '\r\n\r\n\0\r\nQUIT\n', 'PROXY'],
  ['SSH', 'SSH-2.0-OpenSSH', 'SSH'],
  ['text', 'hello?', 'unknown'],
  ['zeros', Buffer.alloc(4), 'unknown'],
]
for (const [name, given, want] of protocols) {
  t.test(`first bytes: ${name}`, async t => {
    t.equal(recogniseProtocol(Buffer.from(given)), want)
  })
}

t.test('the first bytes are judged for good: more of them change no answer', async t => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 16 }), fc.uint8Array({ maxLength: 16 }), (a, b) => {
      const early = recogniseProtocol(Buffer.from(a))
      if (early !== undefined) {
        assert.equal(recogniseProtocol(Buffer.concat([a, b])), early)
      }
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('a hello without extensions has the versions that its number implies', async t => {
  const hello = parsedHello(handshakeRecord(handshakeMessage(1, helloBody({ cipherSuites: [5] }))))
  t.match(hello, { versions: [0x0303, 0x0302, 0x0301, 0x0300], extensions: [], alpn: [] })
  t.equal(hello.groups, undefined)
})

/** A hello with this in the place of its extensions. */
function withExtensions(block: Buffer): Buffer {
  const body = helloBody({ cipherSuites: [0x2f] })
  return handshakeRecord(handshakeMessage(1, Buffer.concat([body, vector(2, block)])))
}

/** As a connection reads it: until there is an answer. */
function lastOf(chunks: Buffer[]): HelloProgress {
  const reader = helloReader()
  let progress: HelloProgress = { state: 'more' }
  for (const chunk of chunks) {
    progress = reader.push(chunk)
    if (progress.state !== 'more') break
  }
  // What came behind the answer depends on the pieces.
  return progress.state === 'more' || progress.state === 'hello'
    ? progress
    : { ...progress, bytes: Buffer.alloc(0) }
}
