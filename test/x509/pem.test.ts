/** Certificate files as people have them: right, wrong and spoiled. */

import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { readPemOrDer, toPem } from '../../broker/x509/pem.ts'
import { pki } from '../helpers/pki.ts'

const { device, signer, rsaDevice } = pki()
const { der, pem } = device
const pkcs8 = device.privateKey.export({ format: 'der', type: 'pkcs8' })
const sec1 = device.privateKey.export({ format: 'der', type: 'sec1' })
const pkcs1 = rsaDevice.privateKey.export({ format: 'der', type: 'pkcs1' })
const encrypted = device.privateKey.export({
  format: 'der',
  type: 'pkcs8',
  cipher: 'aes-256-cbc',
  passphrase: 'x',
})
const spki = device.certificate.publicKey.export({ format: 'der', type: 'spki' })
// Requests and bundles by their form alone: version, name, key; object identifier, content.
const csr = sequence(
  sequence(hex('020100'), hex('3000'), spki, hex('a000')),
  hex('300506032b6570'),
  hex('030100'),
)
const pkcs7 = sequence(hex('06092a864886f70d010702'), hex('a000'))
const pkcs12 = sequence(hex('020103'), sequence(hex('06092a864886f70d010701')))
const crl = sequence(
  sequence(
    hex('020101'),
    hex('300506032b6570'),
    hex('3000'),
    hex('170d3236303130313030303030305a'),
  ),
  hex('300506032b6570'),
  hex('030100'),
)
const trusted = toPem('TRUSTED CERTIFICATE', Buffer.concat([der, hex('3000')]))

const CASES: [
  name: string,
  file: Buffer | string,
  certificates: number,
  keys: number,
  problem: RegExp | undefined,
][] = [
  ['PEM', pem, 1, 0, undefined],
  ['DER', der, 1, 0, undefined],
  ['PEM with CRLF', pem.replaceAll('\n', '\r\n'), 1, 0, undefined],
  ['PEM without a last line break', pem.trimEnd(), 1, 0, undefined],
  ['PEM with a UTF-8 mark', `\ufeff${pem}`, 1, 0, undefined],
  ['PEM below the text of openssl x509 -text', `Certificate:\n    Data:\n${pem}`, 1, 0, undefined],
  ['the older label', toPem('X509 CERTIFICATE', der), 1, 0, undefined],
  ["openssl's trusted label", trusted, 1, 0, undefined],
  ['a chain', pem + signer.pem, 2, 0, undefined],
  ['certificate and key', pem + device.keyPem, 1, 1, undefined],
  ['nothing', '', 0, 0, /is empty/],
  ['PKCS#8 key', device.keyPem, 0, 1, /^this is a private key, not a certificate$/],
  ['SEC1 key', `${device.legacyKeyPem}`, 0, 1, /^this is a private key/],
  ['PKCS#8 key, DER', pkcs8, 0, 1, /^this is a private key/],
  ['SEC1 key, DER', sec1, 0, 1, /^this is a private key/],
  ['PKCS#1 key, DER', pkcs1, 0, 1, /^this is a private key/],
  ['encrypted key, DER', encrypted, 0, 1, /^this is a private key/],
  ['public key', toPem('PUBLIC KEY', spki), 0, 0, /^this is a public key/],
  ['public key, DER', spki, 0, 0, /^this is a public key/],
  [
    'CSR',
    toPem('CERTIFICATE REQUEST', csr),
    0,
    0,
    /^this is a certificate signing request \(CSR\)/,
  ],
  ['CSR, DER', csr, 0, 0, /^this is a certificate signing request \(CSR\)/],
  ['CRL, DER', crl, 0, 0, /^this is a revocation list/],
  ['PKCS#7', toPem('PKCS7', pkcs7), 0, 0, /^this is a PKCS#7 bundle/],
  ['PKCS#7, DER', pkcs7, 0, 0, /^this is a PKCS#7 bundle/],
  ['PKCS#12', pkcs12, 0, 0, /^this is a PKCS#12 file/],
  [
    'a key under the certificate label',
    toPem('CERTIFICATE', pkcs8),
    0,
    0,
    /labelled `CERTIFICATE`, but holds a private key/,
  ],
  ['UTF-16 with a mark', Buffer.from(`\ufeff${pem}`, 'utf16le'), 0, 0, /UTF-16/],
  ['UTF-16 without a mark', Buffer.from(pem, 'utf16le'), 0, 0, /UTF-16/],
  ['UTF-16, big end first', Buffer.from(`\ufeff${pem}`, 'utf16le').swap16(), 0, 0, /UTF-16/],
  [
    'cut off in the middle',
    pem.slice(0, 300),
    0,
    0,
    /`CERTIFICATE` block is cut off: its END line is missing/,
  ],
  ['the second one cut off', pem + signer.pem.slice(0, 300), 1, 0, /cut off/],
  [
    'lines missing',
    toPem('CERTIFICATE', der.subarray(0, 96)),
    0,
    0,
    new RegExp(`cut off: 96 of ${der.length} bytes`),
  ],
  [
    'another END',
    pem.replace('END CERTIFICATE', 'END CERT'),
    0,
    0,
    /END line .* has another label/,
  ],
  [
    'line breaks as backslash n',
    pem.replaceAll('\n', '\\n'),
    0,
    0,
    /line breaks are written as `\\n`/,
  ],
  ['a foreign character', pem.replace('MII', 'M…II'), 0, 0, /byte 0xe2, which is not base64/],
  ['quotes of a C string', pem.replace(/\n(?=MII)/, '\n"'), 0, 0, /holds `"`, which is not base64/],
  ['bare base64', der.toString('base64'), 0, 0, /base64 without its/],
  ['cut off DER', der.subarray(0, 200), 0, 0, /cut off: 200 of/],
  ['DER with more behind', Buffer.concat([der, hex('00')]), 0, 0, /1 bytes follow/],
  ['a web page', '<html>not found</html>', 0, 0, /neither PEM nor DER/],
  ['BEGIN and nothing', '-----BEGIN', 0, 0, /neither PEM nor DER/],
  ['BEGIN without a label', '-----BEGIN \n', 0, 0, /BEGIN line is not complete/],
  ['larger than a bundle can be', Buffer.alloc(1_048_577, 0x41), 0, 0, /larger than/],
]

for (const [name, file, certificates, keys, problem] of CASES) {
  t.test(`reads: ${name}`, async t => {
    const read = readPemOrDer(Buffer.from(file as string))
    t.equal(read.certificates.length, certificates)
    t.equal(read.keys, keys)
    if (problem === undefined) t.equal(read.problem, undefined)
    else t.match(read.problem, problem)
    if (certificates > 0) t.same(read.certificates[0], der)
    if (certificates > 1) t.same(read.certificates[1], signer.der)
  })
}

t.test('says what to do about it', async t => {
  const hints: [string, Buffer | string, RegExp][] = [
    ['PKCS#12', pkcs12, /^take the certificate out: openssl pkcs12 -in FILE -clcerts -nokeys/],
    ['PKCS#7', toPem('PKCS7', pkcs7), /openssl pkcs7 -print_certs -in FILE/],
    ['CSR', toPem('CERTIFICATE REQUEST', csr), /^give it to the CA that signs your devices/],
    ['key', device.keyPem, /^the certificate is another file/],
    ['key, DER', pkcs8, /^the certificate is another file/],
    ['a key under the certificate label', toPem('CERTIFICATE', pkcs8), /is another file/],
    ['backslash n', pem.replaceAll('\n', '\\n'), /printf "%b"/],
    ['base64', der.toString('base64'), /^openssl base64 -d/],
    ['UTF-16', Buffer.from(pem, 'utf16le'), /^iconv -f UTF-16/],
    ['cut off', pem.slice(0, 300), /^copy the file again, all of it/],
    ['cut off DER', der.subarray(0, 200), /^copy the file again, all of it/],
  ]
  for (const [name, file, hint] of hints) {
    t.match(readPemOrDer(Buffer.from(file as string)).hint, hint, name)
  }
  t.equal(readPemOrDer(Buffer.from(pem)).hint, undefined)
})

t.test('notes what devices stumble over in a file that is right', async t => {
  const cases: [string, string, RegExp[]][] = [
    ['a plain one', pem, []],
    ['a chain', pem + signer.pem, []],
    ['with a key', pem + device.keyPem, [/^it holds a private key too, which is not shown/]],
    ['CRLF', pem.replaceAll('\n', '\r\n'), [/CRLF: some modems take LF only/]],
    ['a mark', `\ufeff${pem}`, [/byte order mark/]],
    ['text before', `subject=CN = dev\n${pem}`, [/^text stands around its blocks/]],
    ['text between', `${pem}issuer=CN = x\n${signer.pem}`, [/^text stands around its blocks/]],
  ]
  for (const [name, text, want] of cases) {
    const { notes = [] } = readPemOrDer(Buffer.from(text))
    t.equal(notes.length, want.length, name)
    t.match(notes, want, name)
  }
})

t.test('toPem writes what others read', async t => {
  t.same(new X509Certificate(toPem('CERTIFICATE', der)).raw, der)
  t.ok(pem.split('\n').every(line => line.length <= 64))
})

t.test('never throws, and every problem is one line', async t => {
  const lines = fc.array(
    fc.constantFrom(...pem.split('\n'), ...device.keyPem.split('\n'), '-----BEGIN ', '-----END '),
  )
  const texts = lines.map(parts => Buffer.from(parts.join('\n')))
  const bytes = fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array))
  const files = fc.oneof(
    texts,
    bytes,
    bytes.map(raw => Buffer.concat([hex('30820100'), raw])),
  )
  fc.assert(
    fc.property(files, file => {
      const { certificates, problem } = readPemOrDer(file)
      if (certificates.length === 0 && problem === undefined)
        throw new Error('nothing, and no reason')
      if (problem !== undefined && /[\0-\x1f\x7f]|undefined/.test(problem)) throw new Error(problem)
    }),
    { numRuns: 500 },
  )
  t.pass('500 files')
})

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

function sequence(...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(0x30, 0x82, content.length >> 8, content.length & 255), content])
}
