/**
 * ClientHellos made by hand, byte by byte (RFC 8446 4.1.2, RFC 5246 7.4.1.2), for what no real client offers: every
 * list can be anything. It shares nothing with the parser that it tests.
 */

import { createECDH, createHash, createPrivateKey, createPublicKey } from 'node:crypto'

export type HelloSpec = {
  /** legacy_version; 0x0303 unless told. */
  version?: number
  random?: Buffer
  sessionId?: Buffer
  cipherSuites: number[]
  compressions?: number[]
  /** supported_versions; the extension is absent unless told, and so are all below. */
  versions?: number[]
  sni?: string
  alpn?: string[]
  groups?: number[]
  /** Groups to send a key for. Keys of x25519 and the NIST curves are real ones. */
  keyShares?: number[]
  signatureAlgorithms?: number[]
  pointFormats?: number[]
  maxFragmentLengthCode?: number
  /** Extensions as they are, at the end. */
  more?: [id: number, data: Buffer][]
}

/** The message's body, without its four-byte header. */
export function helloBody(spec: HelloSpec): Buffer {
  const head = [
    uint16(spec.version ?? 0x0303),
    spec.random ?? createHash('sha256').update('random').digest(),
    vector(1, spec.sessionId ?? Buffer.alloc(32, 7)),
    vector(2, list16(spec.cipherSuites)),
    vector(1, Buffer.from(spec.compressions ?? [0])),
  ]
  const extensions = extensionsOf(spec).map(([id, data]) =>
    Buffer.concat([uint16(id), vector(2, data)]),
  )
  if (extensions.length === 0) return Buffer.concat(head)
  return Buffer.concat([...head, vector(2, Buffer.concat(extensions))])
}

/** The whole record as it goes over the wire. */
export function helloBytes(spec: HelloSpec): Buffer {
  return handshakeRecord(handshakeMessage(1, helloBody(spec)))
}

/** The SSLv2 form (RFC 5246 E.2): suites as three-byte specs, a challenge of 16 bytes. */
export function sslv2HelloBytes(version: number, cipherSuites: number[]): Buffer {
  const specs = Buffer.concat(cipherSuites.map(id => Buffer.concat([Buffer.from([0]), uint16(id)])))
  const body = Buffer.concat([
    Buffer.from([1]),
    uint16(version),
    uint16(specs.length),
    uint16(0),
    uint16(16),
    specs,
    Buffer.alloc(16, 9),
  ])
  return Buffer.concat([uint16(0x8000 | body.length), body])
}

export function handshakeMessage(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type]), vector(3, body)])
}

export function handshakeRecord(fragment: Buffer): Buffer {
  return record(22, fragment)
}

export function record(type: number, fragment: Buffer, version = 0x0301): Buffer {
  return Buffer.concat([Buffer.from([type]), uint16(version), vector(2, fragment)])
}

/** Bytes with their length in front, in so many bytes. */
export function vector(prefix: 1 | 2 | 3, bytes: Buffer): Buffer {
  const length = Buffer.alloc(prefix)
  length.writeUIntBE(bytes.length, 0, prefix)
  return Buffer.concat([length, bytes])
}

export function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}

export function list16(values: number[]): Buffer {
  return Buffer.concat(values.map(uint16))
}

function extensionsOf(spec: HelloSpec): [number, Buffer][] {
  const made: [number, Buffer | undefined][] = [
    [0, optional(spec.sni, name => vector(2, sniEntry(name)))],
    [1, optional(spec.maxFragmentLengthCode, code => Buffer.from([code]))],
    [11, optional(spec.pointFormats, formats => vector(1, Buffer.from(formats)))],
    [10, optional(spec.groups, groups => vector(2, list16(groups)))],
    [16, optional(spec.alpn, names => vector(2, Buffer.concat(names.map(alpnEntry))))],
    [13, optional(spec.signatureAlgorithms, ids => vector(2, list16(ids)))],
    [43, optional(spec.versions, versions => vector(1, list16(versions)))],
    // Clients that speak TLS 1.3 say so here; psk_dhe_ke, so that no ticket is ever asked for another way.
    [45, optional(spec.keyShares, () => vector(1, Buffer.from([1])))],
    [51, optional(spec.keyShares, groups => vector(2, Buffer.concat(groups.map(keyShare))))],
    ...(spec.more ?? []),
  ]
  return made.filter((extension): extension is [number, Buffer] => extension[1] !== undefined)
}

function optional<T>(value: T | undefined, make: (value: T) => Buffer): Buffer | undefined {
  return value === undefined ? undefined : make(value)
}

function sniEntry(name: string): Buffer {
  return Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(name, 'latin1'))])
}

function alpnEntry(name: string): Buffer {
  return vector(1, Buffer.from(name, 'latin1'))
}

function keyShare(group: number): Buffer {
  return Buffer.concat([uint16(group), vector(2, publicKey(group))])
}

const NIST: Record<number, string> = { 23: 'prime256v1', 24: 'secp384r1', 25: 'secp521r1' }

/** A fixed key per group, so that the same hello is the same bytes. */
function publicKey(group: number): Buffer {
  const seed = createHash('sha512').update(`group ${group}`).digest()
  if (group === 29) return x25519Key(seed.subarray(0, 32))
  const curve = NIST[group]
  if (curve === undefined) return seed.subarray(0, 32)
  const ecdh = createECDH(curve)
  ecdh.setPrivateKey(seed.subarray(0, 31))
  return ecdh.getPublicKey()
}

function x25519Key(secret: Buffer): Buffer {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secret])
  const key = createPublicKey(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }))
  return key.export({ format: 'der', type: 'spki' }).subarray(-32)
}
