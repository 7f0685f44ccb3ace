/** What a ClientHello says, field by field. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Hello } from '../../broker/tls/client-hello.ts'
import { captured, parsedHello } from './captured.ts'
import { type HelloSpec, helloBytes, sslv2HelloBytes, uint16, vector } from './hello-bytes.ts'

const lists = fc.option(fc.uniqueArray(fc.nat(0xffff), { maxLength: 20 }), { nil: undefined })
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map(values => Buffer.from(values))
const names = fc.string({ minLength: 1, maxLength: 30, unit: 'binary-ascii' })

t.test('what was written is what is read', async t => {
  const specs = fc.record({
    version: fc.integer({ min: 0x0300, max: 0x0304 }),
    random: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(values => Buffer.from(values)),
    sessionId: bytes(32),
    cipherSuites: fc.array(fc.nat(0xffff), { maxLength: 80 }),
    compressions: fc.array(fc.nat(255), { minLength: 1, maxLength: 3 }),
    sni: fc.option(names, { nil: undefined }),
    alpn: fc.option(fc.array(names, { maxLength: 3 }), { nil: undefined }),
    groups: lists,
    signatureAlgorithms: lists,
    pointFormats: fc.option(fc.array(fc.nat(255), { maxLength: 3 }), { nil: undefined }),
    keyShares: fc.option(fc.subarray([23, 29, 24, 4588]), { nil: undefined }),
  })
  fc.assert(
    fc.property(specs, given => {
      // The same object without what is undefined.
      const spec = JSON.parse(JSON.stringify(given)) as HelloSpec
      const hello = parsedHello(
        helloBytes({ ...spec, random: given.random, sessionId: given.sessionId }),
      )
      assert.equal(hello.version, given.version)
      assert.deepEqual(hello.random, given.random)
      assert.deepEqual(hello.sessionId, given.sessionId)
      assert.deepEqual(hello.cipherSuites, given.cipherSuites)
      assert.deepEqual(hello.compressions, given.compressions)
      assert.equal(hello.sni, given.sni)
      assert.deepEqual(hello.alpn, given.alpn ?? [])
      assert.deepEqual(hello.groups, given.groups)
      assert.deepEqual(hello.signatureAlgorithms, given.signatureAlgorithms)
      assert.deepEqual(hello.pointFormats, given.pointFormats)
      assert.deepEqual(hello.keyShares, given.keyShares ?? [])
    }),
    { numRuns: 300 },
  )
  t.pass()
})

const versions: [name: string, spec: Partial<HelloSpec>, want: number[]][] = [
  ['TLS 1.2 by its number', { version: 0x0303 }, [0x0303, 0x0302, 0x0301, 0x0300]],
  ['TLS 1.0 by its number', { version: 0x0301 }, [0x0301, 0x0300]],
  [
    'a number above TLS 1.2 says no more than 1.2',
    { version: 0x0304 },
    [0x303, 0x302, 0x301, 0x300],
  ],
  ['a list', { versions: [0x0303, 0x0304] }, [0x0304, 0x0303]],
  ['a list with GREASE', { versions: [0x1a1a, 0x0304] }, [0x0304]],
  ['a list of GREASE only', { versions: [0x1a1a] }, []],
]
for (const [name, spec, want] of versions) {
  t.test(`versions: ${name}`, async t => {
    t.strictSame(parsedHello(helloBytes({ cipherSuites: [0x2f], ...spec })).versions, want)
  })
}

const extensions: [name: string, id: number, data: Buffer, want: Partial<Hello>][] = [
  ['max_fragment_length 512', 1, Buffer.from([1]), { maxFragmentLength: 512 }],
  ['max_fragment_length 4096', 1, Buffer.from([4]), { maxFragmentLength: 4096 }],
  ['record_size_limit', 28, uint16(1370), { recordSizeLimit: 1370 }],
  ['signature_algorithms_cert', 50, vector(2, uint16(0x0401)), { signatureAlgorithmsCert: [1025] }],
  [
    'the first host name counts',
    0,
    vector(2, Buffer.from('0000016100000162', 'hex')),
    { sni: 'a' },
  ],
  ['a list of an odd length', 10, vector(2, Buffer.from([0, 23, 0])), { groups: [23] }],
]
for (const [name, id, data, want] of extensions) {
  t.test(`extension: ${name}`, async t => {
    const hello = parsedHello(helloBytes({ cipherSuites: [0x2f], more: [[id, data]] }))
    t.match(hello, { ...want, extensions: [id] })
  })
}

t.test('an extension with nonsense in it says nothing, and the hello still counts', async t => {
  const ids = [0, 1, 10, 11, 13, 16, 28, 43, 50, 51]
  fc.assert(
    fc.property(fc.constantFrom(...ids), bytes(40), (id, data) => {
      const hello = parsedHello(helloBytes({ cipherSuites: [0x2f], more: [[id, data]] }))
      assert.deepEqual(hello.extensions, [id])
      assert.deepEqual(hello.cipherSuites, [0x2f])
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('the SSLv2 form: suites, the version and what it implies', async t => {
  const hello = parsedHello(sslv2HelloBytes(0x0303, [0xc02f, 0x2f]))
  t.match(hello, { sslv2: true, version: 0x0303, cipherSuites: [0xc02f, 0x2f], extensions: [] })
  t.strictSame(hello.versions, [0x0303, 0x0302, 0x0301, 0x0300])
  t.strictSame(parsedHello(sslv2HelloBytes(0x0002, [0x2f])).versions, [2])
})

/** As Wireshark would show them; the comment lines in bytes/ say where they come from. */
const real: [name: string, want: Partial<Hello>][] = [
  ['openssl-3.0-s_client', { sni: 'localhost', versions: [772, 771, 770, 769], keyShares: [29] }],
  ['openssl-3.0-tls10', { versions: [769, 768], groups: [29, 23, 30, 25, 24] }],
  ['node-20', { alpn: ['mqtt'], versions: [772, 771] }],
  ['curl-7.88', { alpn: ['h2', 'http/1.1'] }],
  ['bearssl-0.6-no-sni', { maxFragmentLength: 1024, versions: [771, 770, 769, 768] }],
  ['gnutls-3.7', { recordSizeLimit: 16385, keyShares: [23, 29] }],
  ['java-17', { sni: 'localhost.example', versions: [772, 771] }],
  [
    'mbedtls-2.28-secp224r1',
    {
      groups: [21],
      cipherSuites: [0xc02b, 0x00ff],
      sni: 'localhost',
      versions: [771, 770, 769, 768],
    },
  ],
  ['aws-crt-1.33', { groups: [4588, 4587, 4589, 514, 23, 29, 24], versions: [772, 771, 770, 769] }],
  ['go-1.19-tls12', { versions: [771], keyShares: [] }],
]
for (const [name, want] of real) {
  t.test(`captured: ${name}`, async t => {
    const found = captured().find(one => one.name === name)
    t.match(parsedHello(found?.bytes ?? Buffer.alloc(0)), want)
  })
}
