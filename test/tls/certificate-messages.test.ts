/** Certificate, CertificateRequest, ServerHello and ServerKeyExchange, on both versions, whole and cut. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  parseCertificateRequest,
  parseCertificates,
} from '../../broker/tls/certificate-messages.ts'
import { keyExchangeGroup, parseServerHello } from '../../broker/tls/server-hello.ts'
import { uint16, vector } from './hello-bytes.ts'

const TLS12 = 0x0303
const TLS13 = 0x0304

function certificateBody(version: number, list: Buffer[]): Buffer {
  const entries = list.map(der =>
    version === TLS13
      ? Buffer.concat([vector(3, der), vector(2, Buffer.alloc(0))])
      : vector(3, der),
  )
  const whole = vector(3, Buffer.concat(entries))
  return version === TLS13 ? Buffer.concat([vector(1, Buffer.alloc(0)), whole]) : whole
}

for (const version of [TLS12, TLS13]) {
  t.test(`a chain on ${version.toString(16)} is read as sent, and cut nowhere`, async t => {
    const chains = fc.array(
      fc.uint8Array({ minLength: 1, maxLength: 60 }).map(bytes => Buffer.from(bytes)),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(chains, chain => {
        const body = certificateBody(version, chain)
        assert.deepEqual(parseCertificates(body, version), chain)
        for (let length = 0; length < body.length; length++) {
          assert.equal(parseCertificates(body.subarray(0, length), version), undefined)
        }
      }),
      { numRuns: 60 },
    )
    t.pass()
  })

  t.test(`any bytes on ${version.toString(16)} are a chain or are not`, async t => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), given => {
        const bytes = Buffer.from(given)
        parseCertificates(bytes, version)
        parseCertificateRequest(bytes, version)
        parseServerHello(bytes)
        keyExchangeGroup(bytes)
      }),
      { numRuns: 500 },
    )
    t.pass()
  })
}

t.test('a request of TLS 1.2', async t => {
  const names = Buffer.concat([vector(2, Buffer.from('ab')), vector(2, Buffer.from('c'))])
  const body = Buffer.concat([
    vector(1, Buffer.from([1, 64, 9])),
    vector(2, Buffer.concat([uint16(0x0403), uint16(0x0401)])),
    vector(2, names),
  ])
  t.strictSame(parseCertificateRequest(body, TLS12), {
    certificateTypes: ['rsa_sign', 'ecdsa_sign', '9'],
    signatureAlgorithms: [0x0403, 0x0401],
    authorities: 2,
  })
  t.equal(parseCertificateRequest(body.subarray(0, -1), TLS12), undefined)
})

t.test('a request of TLS 1.3', async t => {
  const extension = (id: number, data: Buffer) => Buffer.concat([uint16(id), vector(2, data)])
  const body = Buffer.concat([
    vector(1, Buffer.alloc(0)),
    vector(
      2,
      Buffer.concat([
        extension(13, vector(2, uint16(0x0804))),
        extension(47, vector(2, vector(2, Buffer.from('a')))),
      ]),
    ),
  ])
  t.strictSame(parseCertificateRequest(body, TLS13), {
    certificateTypes: [],
    signatureAlgorithms: [0x0804],
    authorities: 1,
  })
})

t.test('the curve of a key exchange: named curves only', async t => {
  t.equal(keyExchangeGroup(Buffer.from([3, 0, 23, 65])), 23)
  t.equal(keyExchangeGroup(Buffer.from([1, 0, 23, 65])), undefined)
  t.equal(keyExchangeGroup(Buffer.from([3, 0])), undefined)
})
