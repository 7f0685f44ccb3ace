/** Certificate signing requests, as devices and strangers send them. */

import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { encode, TAG } from '../../broker/x509/der.ts'
import { toPem } from '../../broker/x509/pem.ts'
import { REQUEST_CHARACTERS, readRequest } from '../../broker/x509/request.ts'
import { ecKeys, pki, rsaKeys } from '../helpers/pki.ts'
import {
  ALGORITHMS,
  nameDer,
  type RequestParts,
  requestDer,
  requestPem,
} from '../helpers/request.ts'

const noOpenssl =
  spawnSync('openssl', ['version']).status === 0 ? false : 'SKIPPED: openssl is not installed'

t.test('the keys and hashes that are taken', async t => {
  const cases: [name: string, parts: RequestParts, key: string][] = [
    ['P-256', {}, 'EC P-256'],
    ['P-384', { keys: ecKeys('P-384') }, 'EC P-384'],
    ['P-521', { keys: ecKeys('P-521') }, 'EC P-521'],
    ['RSA 2048', { keys: rsaKeys(), algorithm: ALGORITHMS.rsaSha256 }, 'RSA 2048'],
    ['RSA 3072', { keys: rsaKeys(3072), algorithm: ALGORITHMS.rsaSha256 }, 'RSA 3072'],
    ['SHA-1', { hash: 'sha1', algorithm: ALGORITHMS.ecdsaSha1 }, 'EC P-256'],
    ['SHA-384', { hash: 'sha384', algorithm: ALGORITHMS.ecdsaSha384 }, 'EC P-256'],
    ['SHA-512', { hash: 'sha512', algorithm: ALGORITHMS.ecdsaSha512 }, 'EC P-256'],
    ['no attributes at all', { attributes: Buffer.alloc(0) }, 'EC P-256'],
    ['an empty name', { subject: encode(TAG.sequence) }, 'EC P-256'],
  ]
  for (const [name, parts, key] of cases) {
    const keys = parts.keys ?? ecKeys()
    const reading = readRequest(requestPem({ ...parts, keys }))
    if (!reading.ok) throw new Error(`${name}: ${reading.says}`)
    t.equal(reading.request.key, key, name)
    t.same(reading.request.subjectDer, parts.subject ?? nameDer('from a request'), name)
    t.ok(reading.request.publicKey.equals(keys.publicKey), name)
  }
})

t.test('what is refused, and why', async t => {
  const p = pki()
  const own = ecKeys()
  const ed = generateKeyPairSync('ed25519')
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
  const der = requestDer()
  const pem = toPem('CERTIFICATE REQUEST', der)
  const cases: [name: string, pem: string, why: string, says: RegExp][] = [
    ['nothing', ' \n', 'form', /^it is empty$/],
    ['no PEM', 'hello', 'form', /no BEGIN line/],
    ['a certificate', p.device.pem, 'form', /labelled `CERTIFICATE`, where `CERTIFICATE REQUEST`/],
    ['a private key', p.device.keyPem, 'form', /labelled `PRIVATE KEY`/],
    ['two of them', pem + pem, 'form', /more than one/],
    ['no END', pem.slice(0, 200), 'form', /END line is missing/],
    ['escaped line breaks', pem.replaceAll('\n', '\\n'), 'form', /written as `\\n`/],
    ['no base64', pem.replace('MII', 'M*I').replace('MIH', 'M*H'), 'form', /not base64/],
    ['no DER', toPem('CERTIFICATE REQUEST', Buffer.from('hello')), 'form', /not DER/],
    ['cut off', toPem('CERTIFICATE REQUEST', der.subarray(0, -9)), 'form', /it is cut off: \d+ of/],
    [
      'more behind it',
      toPem('CERTIFICATE REQUEST', Buffer.concat([der, Buffer.of(0)])),
      'form',
      /1 bytes follow/,
    ],
    [
      'a certificate in its place',
      toPem('CERTIFICATE REQUEST', p.device.der),
      'form',
      /^it is a certificate, not a certificate signing request$/,
    ],
    ['version 2', requestPem({ version: Buffer.of(1) }), 'form', /version is not 1/],
    ['too long', pem + ' '.repeat(REQUEST_CHARACTERS), 'form', /characters; AWS takes 4096/],
    [
      'RSA 1024',
      requestPem({ keys: rsaKeys(1024), algorithm: ALGORITHMS.rsaSha256 }),
      'key',
      /its key is RSA 1024; AWS takes RSA of 2048/,
    ],
    ['P-224', requestPem({ keys: ecKeys('secp224r1') }), 'key', /its key is EC P-224/],
    ['secp256k1', requestPem({ keys: ecKeys('secp256k1') }), 'key', /its key is EC secp256k1/],
    [
      'Ed25519',
      requestPem({ keys: ed, hash: null, algorithm: ALGORITHMS.ed25519 }),
      'key',
      /its key is Ed25519/,
    ],
    [
      'RSA-PSS',
      requestPem({ keys: pss, algorithm: ALGORITHMS.rsaSha256 }),
      'key',
      /its key is RSA-PSS 2048/,
    ],
    [
      'MD5',
      requestPem({ keys: rsaKeys(), hash: 'md5', algorithm: ALGORITHMS.rsaMd5 }),
      'signature',
      /md5WithRSAEncryption is not taken/,
    ],
    [
      'signed with another key',
      requestPem({ signer: own.privateKey }),
      'signature',
      /does not verify/,
    ],
    [
      'another algorithm named',
      requestPem({ algorithm: ALGORITHMS.rsaSha256 }),
      'signature',
      /does not verify/,
    ],
    [
      'another hash named',
      requestPem({ algorithm: ALGORITHMS.ecdsaSha512 }),
      'signature',
      /does not verify/,
    ],
    [
      'no signature',
      requestPem({ signature: () => Buffer.alloc(0) }),
      'signature',
      /can not be read/,
    ],
  ]
  for (const [name, given, why, says] of cases) {
    const reading = readRequest(given)
    if (reading.ok) throw new Error(`${name} was taken`)
    t.equal(reading.why, why, name)
    t.match(reading.says, says, name)
    t.notMatch(reading.says, /\n|\.$/, name)
  }
})

t.test('what OpenSSL makes is taken, in every form', { skip: noOpenssl }, async t => {
  const dir = mkdtempSync(join(tmpdir(), 'candid-request-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const make = (...args: string[]): string => {
    const file = join(dir, 'out.csr')
    const common = ['req', '-new', '-nodes', '-keyout', join(dir, 'key'), '-subj', '/O=Ä/CN=dev 1']
    execFileSync('openssl', [...common, '-out', file, '-utf8', ...args], { stdio: 'pipe' })
    return readFileSync(file, 'utf8')
  }
  const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:20']
  const cases: [name: string, args: string[]][] = [
    ['RSA', ['-newkey', 'rsa:2048']],
    ['RSA, signed by PSS', ['-newkey', 'rsa:2048', ...pss]],
    [
      'EC with attributes',
      ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-addext', 'subjectAltName=DNS:a'],
    ],
    ['with the older label', ['-newkey', 'rsa:2048', '-newhdr']],
  ]
  for (const [name, args] of cases) {
    const reading = readRequest(make(...args))
    t.ok(reading.ok, reading.ok ? name : `${name}: ${reading.says}`)
  }
})

t.test('whatever bytes come, nothing throws', async t => {
  const right = requestDer()
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.nat(right.length - 1), fc.nat(255)).map(([at, byte]) => {
      const spoiled = Buffer.from(right)
      spoiled[at] = byte
      return spoiled
    }),
    fc.nat(right.length).map(length => right.subarray(0, length)),
  )
  const seed = Date.now()
  t.comment(`seed ${seed}`)
  fc.assert(
    fc.property(bytes, spoiled => {
      const reading = readRequest(toPem('CERTIFICATE REQUEST', Buffer.from(spoiled)))
      return reading.ok ? Buffer.from(spoiled).equals(right) : reading.says.length > 0
    }),
    { seed, numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 5000 }), text => !readRequest(text).ok),
    { seed, numRuns: 200 },
  )
})

t.test('nested without end', async t => {
  let deep: Buffer = Buffer.alloc(0)
  for (let i = 0; i < 700; i++) deep = encode(TAG.sequence, deep)
  t.equal(readRequest(toPem('CERTIFICATE REQUEST', deep)).ok, false)
  const named = readRequest(requestPem({ subject: deep }))
  t.type(named.ok, 'boolean')
})
