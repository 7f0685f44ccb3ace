/** Reading a certificate, and the cache in front of it. */

import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { certificateCache } from '../../broker/x509/cache.ts'
import { describe, readCertificate } from '../../broker/x509/certificate.ts'
import { judgeChain } from '../../broker/x509/judge.ts'
import { keyIdentifier } from '../../broker/x509/mint.ts'
import { signedBy } from '../../broker/x509/path.ts'
import { ecKeys, issuerOf, minted, PKI_NOW, pki, rsaKeys } from '../helpers/pki.ts'

const p = pki()

t.test('reads a device certificate', async t => {
  const { certificate, der } = p.device
  const { x509 } = certificate
  t.equal(certificate.sha256, x509.fingerprint256.replaceAll(':', '').toLowerCase())
  t.equal(certificate.subject, 'CN=dev-1, O=Acme')
  t.equal(certificate.issuer, 'CN=Acme signer, O=Acme')
  t.ok(certificate.issuerDer.equals(p.signer.certificate.subjectDer), 'byte for byte')
  t.equal(certificate.serialNumber, x509.serialNumber.toLowerCase())
  t.equal(certificate.notBefore, Date.parse(x509.validFrom))
  t.equal(certificate.notAfter, Date.UTC(2049, 11, 31, 23, 59, 59))
  t.equal(certificate.key, 'EC P-256')
  t.equal(certificate.signature, 'ecdsa-with-SHA256')
  t.equal(certificate.signatureHash, 'SHA256')
  t.equal(certificate.subjectKeyId, keyIdentifier(certificate.publicKey).toString('hex'))
  t.equal(certificate.authorityKeyId, p.signer.certificate.subjectKeyId)
  t.equal(certificate.isCa, false)
  t.equal(certificate.selfIssued, false)
  t.equal(certificate.version, 3)
  t.equal(certificate.der, der)
  t.equal(p.root.certificate.isCa, true)
  t.equal(p.root.certificate.selfIssued, true)
})

t.test('names of keys and signatures', async t => {
  const pss = generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: 'sha256',
    mgf1HashAlgorithm: 'sha256',
  })
  const rsa = rsaKeys()
  const signedByRsa = minted({ subject: [['CN', 'x']], hash: 'sha384' }, rsa)
  const cases: [string, { key: string; signature: string }, string, string][] = [
    ['rsa', p.rsaDevice.certificate, 'RSA 2048', 'ecdsa-with-SHA256'],
    [
      'rsa-pss',
      minted({ subject: [['CN', 'x']], publicKey: pss.publicKey }).certificate,
      'RSA-PSS 2048',
      'ecdsa-with-SHA256',
    ],
    ['rsa 1024', p.rsa1024.certificate, 'RSA 1024', 'ecdsa-with-SHA256'],
    [
      'p-384',
      minted({ subject: [['CN', 'x']] }, ecKeys('P-384')).certificate,
      'EC P-384',
      'ecdsa-with-SHA256',
    ],
    [
      'p-521',
      minted({ subject: [['CN', 'x']] }, ecKeys('P-521')).certificate,
      'EC P-521',
      'ecdsa-with-SHA256',
    ],
    ['p-224', p.p224.certificate, 'EC P-224', 'ecdsa-with-SHA256'],
    [
      'secp256k1',
      minted({ subject: [['CN', 'x']] }, ecKeys('secp256k1')).certificate,
      'EC secp256k1',
      'ecdsa-with-SHA256',
    ],
    [
      'ed25519',
      minted({ subject: [['CN', 'x']] }, generateKeyPairSync('ed25519')).certificate,
      'Ed25519',
      'Ed25519',
    ],
    ['sha-1', p.sha1.certificate, 'EC P-256', 'ecdsa-with-SHA1'],
    ['rsa sha-384', signedByRsa.certificate, 'RSA 2048', 'sha384WithRSAEncryption'],
  ]
  for (const [name, { key, signature }, wantKey, wantSignature] of cases) {
    t.same({ key, signature }, { key: wantKey, signature: wantSignature }, name)
  }
})

t.test('subject attributes carry the words of AWS', async t => {
  const { certificate } = minted({
    subject: [
      ['C', 'DE'],
      ['ST', 'Hessen'],
      ['L', 'Kassel'],
      ['O', 'Acme'],
      ['OU', 'line 1'],
      ['OU', 'line 2'],
      ['CN', 'Gerät, "1"\n\u202e'],
      ['serialNumber', 'A-17'],
      ['dnQualifier', 'q'],
      ['title', 't'],
      ['SN', 's'],
      ['GN', 'g'],
      ['2.5.4.97', 'vat'],
    ],
  })
  t.strictSame(
    { ...certificate.subjectAttributes },
    {
      Country: ['DE'],
      StateName: ['Hessen'],
      Locality: ['Kassel'],
      Organization: ['Acme'],
      OrganizationalUnit: ['line 1', 'line 2'],
      CommonName: ['Gerät, "1"\n\u202e'],
      SerialNumber: ['A-17'],
      DistinguishedNameQualifier: ['q'],
      Title: ['t'],
      Surname: ['s'],
      GivenName: ['g'],
      '2.5.4.97': ['vat'],
    },
  )
  t.equal(
    certificate.subject,
    '2.5.4.97=vat, GN=g, SN=s, title=t, dnQualifier=q, serialNumber=A-17, ' +
      'CN=Gerät\\, \\"1\\"\\0a\\e2\\80\\ae, OU=line 2, OU=line 1, O=Acme, L=Kassel, ST=Hessen, C=DE',
  )
})

t.test('alternative names', async t => {
  const { certificate } = minted({
    subject: [['CN', 'server']],
    dnsNames: ['localhost', 'box.local'],
    ipAddresses: ['127.0.0.1', '::1', 'fe80::1:2'],
    extendedKeyUsage: ['serverAuth'],
  })
  t.same(certificate.dnsNames, ['localhost', 'box.local'])
  t.same(certificate.ipAddresses, ['127.0.0.1', '::1', 'fe80::1:2'])
  t.equal(certificate.x509.checkHost('box.local'), 'box.local')
  t.equal(certificate.x509.checkIP('::1'), '::1')
  t.equal(certificate.x509.checkIP('::2'), undefined)
  t.same(p.device.certificate.dnsNames, [])
})

t.test('absent key identifiers are absent', async t => {
  const { certificate } = p.bare.device
  t.equal(certificate.subjectKeyId, undefined)
  t.equal(certificate.authorityKeyId, undefined)
  t.notOk('subjectKeyId' in describe(certificate))
})

t.test('describe gives the record for the log', async t => {
  const { certificate } = p.device
  t.same(describe(certificate), {
    subject: 'CN=dev-1, O=Acme',
    issuer: 'CN=Acme signer, O=Acme',
    serialNumber: certificate.serialNumber,
    sha256: certificate.sha256,
    notBefore: '2025-01-01T00:00:00.000Z',
    notAfter: '2049-12-31T23:59:59.000Z',
    key: 'EC P-256',
    signature: 'ecdsa-with-SHA256',
    subjectKeyId: certificate.subjectKeyId,
    authorityKeyId: certificate.authorityKeyId,
    isCa: false,
  })
})

t.test('says why something is not a certificate', async t => {
  const { der, pem } = p.device
  const cases: [string, Buffer, RegExp][] = [
    ['nothing', Buffer.alloc(0), /^it is empty$/],
    ['junk', Buffer.from('junk'), /does not begin like/],
    ['PEM', Buffer.from(pem), /^it is PEM, the text form/],
    ['base64', Buffer.from(der.toString('base64')), /^it is base64 text/],
    ['a private key as text', Buffer.from(p.device.keyPem), /text \(PEM\) of a private key/],
    ['erased flash', Buffer.alloc(700, 0xff), /nothing but bytes of 0xff/],
    ['empty memory', Buffer.alloc(700), /nothing but bytes of 0x00/],
    ['cut off', der.subarray(0, 100), new RegExp(`cut off: 100 of ${der.length} bytes`)],
    ['a byte too many', Buffer.concat([der, Buffer.of(9)]), /^1 bytes follow the certificate$/],
    ['a larger buffer', Buffer.concat([der, Buffer.alloc(9)]), /^9 zero bytes, as of a buffer/],
    [
      'two in one',
      Buffer.concat([der, p.signer.der]),
      /^another DER structure .* follows the cert/,
    ],
    [
      'a public key',
      p.device.certificate.publicKey.export({ format: 'der', type: 'spki' }),
      /^it is a public key, not a certificate$/,
    ],
    ['a private key', keyDer('pkcs8'), /^it is a private key, not a certificate$/],
    ['a private key, SEC1', keyDer('sec1'), /^it is a private key, not a certificate$/],
  ]
  for (const [name, bytes, want] of cases) {
    const reading = readCertificate(bytes)
    t.match(reading, { ok: false, says: want }, name)
  }
})

function keyDer(type: 'pkcs8' | 'sec1'): Buffer {
  return p.device.privateKey.export({ format: 'der', type })
}

t.test('only the signature tells who signed', async t => {
  t.equal(signedBy(p.device.certificate, p.signer.certificate), true)
  t.equal(signedBy(p.device.certificate, p.root.certificate), false)
  t.equal(signedBy(p.device.certificate, p.impostors.otherKey.certificate), false)
  t.equal(signedBy(p.bare.device.certificate, p.impostors.noIdentifiers.certificate), false)
  t.equal(signedBy(p.device.certificate, p.impostors.rebuilt.certificate), true, 'the same key')
  t.equal(
    signedBy(p.impostors.rebuilt.certificate, p.root.certificate),
    false,
    'its signature is stale',
  )
  t.equal(signedBy(p.signer.certificate, p.root.certificate), true)
  t.equal(signedBy(p.device.certificate, p.rsaDevice.certificate), false, 'a key of another kind')
})

t.test('the cache keeps what was used last, and no more than its limit', async t => {
  const cache = certificateCache(2)
  const [one, two, three] = [p.root.der, p.signer.der, p.device.der]
  const first = cache.read(one)
  cache.read(two)
  t.equal(cache.read(Buffer.from(one)), first, 'the same bytes, the same object')
  cache.read(three)
  t.equal(cache.size, 2)
  t.equal(cache.read(one), first, 'used last, so kept')
  t.equal(cache.read(Buffer.from('junk')).ok, false)
  t.equal(cache.size, 2, 'junk is not kept')
  const signed = cache.signedBy(p.device.certificate, p.signer.certificate)
  t.equal(cache.signedBy(p.device.certificate, p.signer.certificate), signed)
  t.equal(signed, true)
  t.equal(cache.signedBy(p.device.certificate, p.root.certificate), false)
})

/** Asks for everything that is read late. */
function readAll(bytes: Buffer): void {
  const reading = readCertificate(bytes)
  if (!reading.ok) return
  const { certificate } = reading
  for (const key of Object.keys(certificate)) void certificate[key as keyof typeof certificate]
  describe(certificate)
  signedBy(certificate, p.signer.certificate)
}

t.test('never throws: any bytes, every truncation, any mutation', async t => {
  const rich = minted({
    subject: [
      ['CN', 'x'],
      ['C', 'DE'],
    ],
    issuer: issuerOf(p.signer),
    dnsNames: ['a.b'],
    ipAddresses: ['::1'],
  }).der
  for (let end = 0; end < rich.length; end++)
    t.equal(readCertificate(rich.subarray(0, end)).ok, false)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), bytes => readAll(Buffer.from(bytes))))
  const edits = fc.array(fc.tuple(fc.nat(rich.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 4,
  })
  const anchors = [{ id: 'signer', certificate: p.signer.certificate }]
  let readable = 0
  fc.assert(
    fc.property(edits, changes => {
      const bytes = Buffer.from(rich)
      for (const [at, value] of changes) bytes[at] = value
      readAll(bytes)
      const judgement = judgeChain([bytes, bytes, p.signer.der], anchors, PKI_NOW)
      if (judgement.leaf) readable++
      if (!bytes.equals(rich) && judgement.anchor)
        throw new Error('a changed certificate is signed')
    }),
    { numRuns: 1000 },
  )
  t.ok(readable > 50, `${readable} mutations could still be read, so the later code was reached`)
})

t.test('deep nesting in an extension neither throws nor takes long', async t => {
  const nested = minted({ subject: [['CN', 'deep']] })
  t.equal(readCertificate(withDeepAlternativeName(nested.der, 9_000)).ok, true)
  const started = performance.now()
  readAll(withDeepAlternativeName(nested.der, 9_000))
  t.ok(performance.now() - started < 2_000)
})

/** Adds a subjectAltName that holds nothing but `depth` sequences in each other. */
function withDeepAlternativeName(der: Buffer, depth: number): Buffer {
  const tlv = (tag: number, ...parts: Buffer[]) => {
    const content = Buffer.concat(parts)
    return Buffer.concat([
      Buffer.of(tag, 0x83, content.length >> 16, (content.length >> 8) & 255, content.length & 255),
      content,
    ])
  }
  // Lengths of three bytes each, from the outside in: the total is known, so no copying per level.
  const deep = Buffer.alloc(depth * 5)
  for (let i = 0; i < depth; i++) {
    const rest = (depth - i - 1) * 5
    deep.set([0x30, 0x83, rest >> 16, (rest >> 8) & 255, rest & 255], i * 5)
  }
  const at = der.indexOf(Buffer.from('0603551d13', 'hex')) - 2
  const tbsFrom = 4
  const list = der.lastIndexOf(0xa3, at)
  const before = der.subarray(tbsFrom + 4, list)
  const tbsEnd = tbsFrom + 4 + der.readUInt16BE(tbsFrom + 2)
  const extension = tlv(0x30, Buffer.from('0603551d11', 'hex'), tlv(0x04, deep))
  const tbs = tlv(0x30, before, tlv(0xa3, tlv(0x30, der.subarray(at, tbsEnd), extension)))
  return tlv(0x30, tbs, der.subarray(tbsEnd))
}
