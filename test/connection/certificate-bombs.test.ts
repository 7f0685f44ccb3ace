/**
 * Certificates and chains that are made to cost: many extensions, long names, large keys, long chains. Each gets its code in
 * the handshake, before OpenSSL works on it, and the next device is served as ever. Figures: docs/limits.md.
 */

import { createPublicKey, type KeyObject } from 'node:crypto'
import { connect as dialTls } from 'node:tls'
import type { Extension } from '@peculiar/asn1-x509'
import t from 'tap'
import { mint } from '../../broker/x509/mint.ts'
import { toPem } from '../../broker/x509/pem.ts'
import { connect, running } from '../helpers/device.ts'
import { extensionOf, forgedDer } from '../helpers/forge.ts'
import { connectPacket } from '../helpers/mqtt-bytes.ts'
import {
  ecKeys,
  issuerOf,
  type Minted,
  minted,
  mintedDevice,
  PKI_NOW,
  pki,
} from '../helpers/pki.ts'

const { signer } = pki()

/** A modulus that nobody can have factors of, but the public operation costs as much as with a real one. */
function rsaKey(bits: number, exponentBytes: number): KeyObject {
  const n = Buffer.alloc(bits / 8, 0xa5)
  const e = exponentBytes === 3 ? Buffer.of(1, 0, 1) : Buffer.alloc(exponentBytes, 0xa5)
  const jwk = { kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') }
  return createPublicKey({ key: jwk, format: 'jwk' })
}

function ca(
  publicKey: KeyObject,
  subject: [string, string][] = [['CN', 'large']],
  dnsNames: string[] = [],
): Buffer {
  const dates = { notBefore: PKI_NOW - 1000, notAfter: PKI_NOW + 1_000_000 }
  const issuer = issuerOf(signer)
  const serial = Buffer.of(1)
  return mint({ subject, publicKey, issuer, serial, isCa: true, dnsNames, ...dates })
}

function withExtensions(count: number): Buffer {
  return forgedDer(signer.der, pki().root.privateKey, tbs => {
    const extra = Array.from({ length: count }, (_, i): Extension => extensionOf(`1.2.3.${i}`))
    tbs.extensions?.push(...extra)
  })
}

const lines = (count: number): [string, string][] =>
  Array.from({ length: count }, (_, i): [string, string] => ['OU', `line ${i}`])

/** Ten times the same subject and issuer: each could have signed each. */
function namesakes(count: number): Buffer[] {
  const keys = ecKeys('P-521')
  const first = minted({ subject: [['CN', 'twin']], isCa: true }, keys)
  return Array.from({ length: count }, () => {
    const again = minted({ subject: [['CN', 'twin']], isCa: true, issuer: issuerOf(first) }, keys)
    return again.der
  })
}

function nested(count: number): Buffer[] {
  let issuer: Minted = minted({ subject: [['CN', 'n0']], isCa: true })
  const chain = [issuer.der]
  for (let at = 1; at < count; at++) {
    issuer = minted({ subject: [['CN', `n${at}`]], isCa: true, issuer: issuerOf(issuer) })
    chain.unshift(issuer.der)
  }
  return chain
}

const bombs: [name: string, chain: () => Buffer[], what: string | undefined][] = [
  ['10,000 extensions', () => [withExtensions(10_000)], 'bytes'],
  ['2,000 extensions', () => [withExtensions(2000)], 'extensions'],
  ['a subject of 60 KB', () => [ca(signer.certificate.publicKey, lines(3000))], 'bytes'],
  ['a subject of 20 KB', () => [ca(signer.certificate.publicKey, lines(1000))], 'name'],
  ['RSA 16384', () => [ca(rsaKey(16_384, 3))], 'key bits'],
  ['RSA 4096 with an exponent of 800 bits', () => [ca(rsaKey(4096, 100))], 'exponent bits'],
  ['5,000 names', () => [manyNames(5000)], 'bytes'],
  ['120 certificates', () => Array<Buffer>(120).fill(signer.der), 'certificates'],
  ['a chain of 110 KB', () => Array<Buffer>(4).fill(manyNames(1700)), 'bytes of the chain'],
  ['99 nested certificates', () => nested(99), undefined],
  ['nine of the same name, P-521', () => namesakes(9), undefined],
  ['nine with RSA 8192', () => Array<Buffer>(9).fill(ca(rsaKey(8192, 8))), undefined],
]

function manyNames(count: number): Buffer {
  const dnsNames = Array.from({ length: count }, (_, i) => `name-${i}.example`)
  return ca(signer.certificate.publicKey, [['CN', 'names']], dnsNames)
}

/** Minting them costs more than judging them. */
const made = bombs.map(([name, chain, what]) => ({ name, chain: chain(), what }))

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${version}: certificates that are made to cost`, async t => {
    const broker = await running(t)
    broker.registerAuthority(signer.pem)
    const rightful = await broker.createDevice('rightful')
    for (const { name, chain, what } of made) {
      await visit(broker.port, broker.ca, chain, version)
      const record = await broker.closed()
      if (what === undefined) t.equal(record.code, 'REGISTRATION_JITR_PENDING', name)
      else t.match(record, { code: 'CERTIFICATE_TOO_COMPLEX', evidence: { what } }, name)
    }
    const { seen } = await connect(t, broker, rightful)
    t.equal(seen.connack, 0, 'a rightful device still connects')
  })
}

/** A device of the registered signer, with these behind it in its chain. */
async function visit(
  port: number,
  ca: string,
  behind: Buffer[],
  version: 'TLSv1.2' | 'TLSv1.3',
): Promise<void> {
  const own = mintedDevice('bomb', signer)
  const socket = dialTls({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    ca,
    cert: [own.pem, ...behind.map(der => toPem('CERTIFICATE', der))].join(''),
    key: own.keyPem,
    minVersion: version,
    maxVersion: version,
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  socket.on('secureConnect', () => socket.write(connectPacket()))
  // How it was thrown out, the record tells.
  socket.on('error', () => {})
  await new Promise(resolve => socket.once('close', resolve))
}
