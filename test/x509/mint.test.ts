/** What we mint, as OpenSSL sees it. */

import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { keyIdentifier, mint } from '../../broker/x509/mint.ts'
import { ecKeys, issuerOf, type Minted, minted, pki, rsaKeys } from '../helpers/pki.ts'

const p = pki()
const noOpenssl =
  spawnSync('openssl', ['version']).status === 0 ? false : 'SKIPPED: openssl is not installed'

t.test('openssl verifies the chains, and refuses the impostors', { skip: noOpenssl }, async t => {
  const verify = verifier(t)
  const OK = /: OK\n$/
  const cases: [name: string, leaf: Minted, ca: Minted, between: Minted[], want: RegExp][] = [
    ['root', p.root, p.root, [], OK],
    ['device below signer below root', p.device, p.root, [p.signer], OK],
    ['RSA device', p.rsaDevice, p.root, [p.signer], OK],
    ['no identifiers', p.bare.device, p.bare.root, [p.bare.signer], OK],
    ['stranger', p.stranger.device, p.stranger.ca, [], OK],
    ['self-signed', p.selfSigned, p.selfSigned, [], OK],
    ['impostor signer', p.device, p.root, [p.impostors.otherKey], /error 20/],
    [
      'impostor without identifiers',
      p.bare.device,
      p.bare.root,
      [p.impostors.noIdentifiers],
      /error 7/,
    ],
    ['device of the impostor', p.impostors.otherKey.device, p.root, [p.signer], /error 20/],
    ['rebuilt signer', p.device, p.root, [p.impostors.rebuilt], /error 20/],
    ['expired', p.expired, p.root, [p.signer], /error 10/],
    ['not yet valid', p.notYetValid, p.root, [p.signer], /error 9/],
    ['RSA 1024', p.rsa1024, p.root, [p.signer], /error 66/],
    ['SHA-1', p.sha1, p.root, [p.signer], /error 68/],
    ['Ed25519', p.ed25519, p.root, [p.signer], OK],
    ['P-224', p.p224, p.root, [p.signer], OK],
  ]
  for (const [name, leaf, ca, between, want] of cases) {
    t.match(verify(leaf, ca, between), want, name)
  }
})

t.test('openssl verifies every kind of signature', { skip: noOpenssl }, async t => {
  const verify = verifier(t)
  for (const keys of [ecKeys(), ecKeys('P-384'), rsaKeys(), generateKeyPairSync('ed25519')]) {
    for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
      const ca = minted({ subject: [['CN', 'ca']], isCa: true, hash }, keys)
      const leaf = minted({ subject: [['CN', 'leaf']], issuer: issuerOf(ca), hash })
      t.match(verify(leaf, ca, []), /: OK\n$/, `${ca.certificate.key} ${hash}`)
    }
  }
})

t.test('a device certificate has the shape of AWS', { skip: noOpenssl }, async t => {
  const text = textOf(p.device)
  t.match(text, /Version: 3 \(0x2\)/)
  t.match(text, /Not After : Dec 31 23:59:59 2049 GMT/)
  t.match(text, /Issuer: O ?= ?Acme, CN ?= ?Acme signer\n/)
  t.match(text, /Basic Constraints: critical\n\s+CA:FALSE\n/)
  t.match(text, /Key Usage: critical\n\s+Digital Signature\n/)
  t.match(text, /Subject Key Identifier:/)
  t.match(text, /Authority Key Identifier:/)
  t.notMatch(text, /Extended Key Usage|Alternative Name/)
})

t.test('a server certificate and its CA', { skip: noOpenssl }, async t => {
  const ca = minted({ subject: [['CN', 'ca']], isCa: true, pathLength: 0 })
  const server = minted({
    subject: [['CN', 'localhost']],
    issuer: issuerOf(ca),
    keyUsage: ['digitalSignature', 'keyEncipherment'],
    extendedKeyUsage: ['serverAuth', 'clientAuth'],
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1', '::1'],
  })
  t.match(textOf(ca), /Basic Constraints: critical\n\s+CA:TRUE, pathlen:0\n/)
  t.match(textOf(ca), /Key Usage: critical\n\s+Certificate Sign, CRL Sign\n/)
  const text = textOf(server)
  t.match(text, /Key Usage: critical\n\s+Digital Signature, Key Encipherment\n/)
  t.match(text, /TLS Web Server Authentication, TLS Web Client Authentication/)
  t.match(text, /DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1/)
  const verify = verifier(t)
  t.match(verify(server, ca, [], '-purpose', 'sslserver', '-verify_hostname', 'localhost'), /: OK/)
})

t.test('no identifiers means none', { skip: noOpenssl }, async t => {
  t.notMatch(textOf(p.bare.signer), /Key Identifier/)
  t.notMatch(textOf(p.bare.device), /Key Identifier/)
})

t.test('serial numbers are positive and as short as they are', async t => {
  const cases: [given: string, read: string][] = [
    ['ff00', 'ff00'],
    ['0001', '01'],
    ['00', '00'],
    ['7f', '7f'],
    ['80', '80'],
    ['ff'.repeat(20), 'ff'.repeat(20)],
  ]
  for (const [given, read] of cases) {
    const { certificate } = minted({ subject: [['CN', 'x']], serial: Buffer.from(given, 'hex') })
    t.equal(certificate.serialNumber, read)
    t.equal(BigInt(`0x${certificate.x509.serialNumber}`), BigInt(`0x${read}`), 'OpenSSL agrees')
  }
})

t.test('dates on both sides of 2050 are written as RFC 5280 wants them', async t => {
  for (const year of [1970, 2049, 2050, 9999]) {
    const notAfter = Date.UTC(year, 11, 31, 23, 59, 59)
    const { certificate } = minted({ subject: [['CN', 'x']], notBefore: 0, notAfter })
    t.equal(certificate.notAfter, notAfter)
    t.equal(Date.parse(certificate.x509.validTo), notAfter, 'OpenSSL agrees')
  }
})

t.test('the key identifier is the SHA-1 of the public key bits', async t => {
  const { publicKey } = ecKeys()
  const { x, y } = publicKey.export({ format: 'jwk' })
  const point = Buffer.concat([
    Buffer.of(4),
    Buffer.from(`${x}`, 'base64url'),
    Buffer.from(`${y}`, 'base64url'),
  ])
  t.same(keyIdentifier(publicKey), createHash('sha1').update(point).digest())
})

t.test('a request that makes no sense throws', async t => {
  const { publicKey, privateKey } = ecKeys()
  const request = { publicKey, serial: Buffer.of(1), notBefore: 0, notAfter: 1 }
  t.throws(() => mint({ ...request, subject: [['CN', 'x']] }), /issuer/)
  t.throws(() => mint({ ...request, signer: privateKey, subject: [['nonsense', 'x']] }), /nonsense/)
})

function textOf({ pem }: Minted): string {
  return execFileSync('openssl', ['x509', '-noout', '-text'], { input: pem }).toString()
}

/** `openssl verify` at PKI_NOW, with files in a folder of this test. Returns what it printed. */
function verifier(t: { teardown(act: () => void): unknown }) {
  const dir = mkdtempSync(join(tmpdir(), 'candid-mint-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  return (leaf: Minted, ca: Minted, between: Minted[], ...more: string[]): string => {
    writeFileSync(join(dir, 'leaf.pem'), leaf.pem)
    writeFileSync(join(dir, 'ca.pem'), ca.pem)
    writeFileSync(join(dir, 'between.pem'), between.map(one => one.pem).join(''))
    const args = [
      'verify',
      '-attime',
      '1767225600',
      '-auth_level',
      '2',
      ...more,
      '-CAfile',
      'ca.pem',
    ]
    if (between.length > 0) args.push('-untrusted', 'between.pem')
    const { stdout, stderr } = spawnSync('openssl', [...args, 'leaf.pem'], { cwd: dir })
    return `${stderr}${stdout}`
  }
}
