/**
 * Reads a ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2), and the SSLv2-style one that very old clients still send
 * (RFC 5246 E.2). Total: any bytes give a Hello or a reason with the place, never a throw.
 */

import { cursor, uint16s } from './cursor.ts'
import { isGrease } from './names.ts'

export type Hello = {
  /** legacy_version: what the client wrote into the hello itself. */
  version: number
  /** Every version offered, highest first: supported_versions, or what legacy_version implies. */
  versions: number[]
  random: Buffer
  sessionId: Buffer
  cipherSuites: number[]
  compressions: number[]
  /** Extension numbers in the order sent, GREASE left in. */
  extensions: number[]
  sni?: string
  alpn: string[]
  /** undefined: the extension is absent, which on TLS 1.2 means no restriction was stated. */
  groups?: number[]
  keyShares: number[]
  signatureAlgorithms?: number[]
  signatureAlgorithmsCert?: number[]
  pointFormats?: number[]
  /** RFC 6066: the largest fragment in bytes that the client can take. */
  maxFragmentLength?: number
  /** RFC 8449. */
  recordSizeLimit?: number
  sslv2: boolean
}

export type HelloResult = { ok: true; hello: Hello } | { ok: false; says: string; at: number }

/** Making an empty buffer costs more than all that is done with it here. */
const NOTHING: Buffer = Buffer.alloc(0)

/** @param body the handshake message's body, without its four-byte header */
export function parseClientHello(body: Buffer): HelloResult {
  const read = cursor(body)
  const version = read.uint(2)
  const random = read.take(32)
  const sessionId = read.vector(1)
  const cipherSuites = uint16s(read.vector(2))
  const compressions = [...read.vector(1)]
  if (!read.ok()) return { ok: false, says: 'the ClientHello ends early', at: read.at() }
  if (version >> 8 !== 3) return { ok: false, says: 'the version is not a TLS version', at: 0 }
  const hello: Hello = {
    version,
    versions: [],
    random,
    sessionId,
    cipherSuites,
    compressions,
    extensions: [],
    alpn: [],
    keyShares: [],
    sslv2: false,
  }
  // A hello without extensions ends here (SSLv3 and some TLS 1.0 clients).
  const extensions = read.left() > 0 ? read.vector(2) : NOTHING
  if (!read.ok()) return { ok: false, says: 'the extensions end early', at: read.at() }
  const list = cursor(extensions)
  while (list.left() > 0) {
    const id = list.uint(2)
    const data = list.vector(2)
    if (!list.ok()) return { ok: false, says: 'an extension ends early', at: list.at() }
    hello.extensions.push(id)
    readExtension(hello, id, data)
  }
  // A list of nothing but GREASE offers no version at all.
  if (!hello.extensions.includes(43)) hello.versions = impliedVersions(version)
  return { ok: true, hello }
}

/** @param body the SSLv2 record without its two-byte length: message type, version, three lengths, the specs */
export function parseSslv2Hello(body: Buffer): HelloResult {
  const read = cursor(body)
  const type = read.uint(1)
  const version = read.uint(2)
  const [specs, session, challenge] = [read.uint(2), read.uint(2), read.uint(2)]
  const specBytes = read.take(specs)
  const sessionId = read.take(session)
  const random = read.take(challenge)
  if (type !== 1 || !read.ok()) return { ok: false, says: 'not an SSLv2 ClientHello', at: 0 }
  const cipherSuites: number[] = []
  for (let at = 0; at + 2 < specBytes.length; at += 3) {
    // Specs with a zero first byte are TLS suites, the others are SSLv2's own kinds.
    if (specBytes[at] === 0) cipherSuites.push(specBytes.readUInt16BE(at + 1))
  }
  const versions = version === 2 ? [2] : impliedVersions(version)
  return {
    ok: true,
    hello: {
      version,
      versions,
      random,
      sessionId,
      cipherSuites,
      compressions: [0],
      extensions: [],
      alpn: [],
      keyShares: [],
      sslv2: true,
    },
  }
}

function readExtension(hello: Hello, id: number, data: Buffer): void {
  const read = cursor(data)
  switch (id) {
    case 0: {
      const names = cursor(read.vector(2))
      while (names.left() > 0) {
        const type = names.uint(1)
        const name = names.vector(2)
        if (type === 0 && names.ok()) hello.sni ??= name.toString('latin1')
      }
      break
    }
    case 1: {
      const code = read.uint(1)
      if (code >= 1 && code <= 4) hello.maxFragmentLength = 256 << code
      break
    }
    case 10:
      hello.groups = uint16s(read.vector(2))
      break
    case 11:
      hello.pointFormats = [...read.vector(1)]
      break
    case 13:
      hello.signatureAlgorithms = uint16s(read.vector(2))
      break
    case 16: {
      const names = cursor(read.vector(2))
      while (names.left() > 0) {
        const name = names.vector(1)
        if (names.ok()) hello.alpn.push(name.toString('latin1'))
      }
      break
    }
    case 28:
      hello.recordSizeLimit = read.uint(2)
      break
    case 43:
      hello.versions = uint16s(read.vector(1))
        .filter(version => !isGrease(version))
        .sort((a, b) => b - a)
      break
    case 50:
      hello.signatureAlgorithmsCert = uint16s(read.vector(2))
      break
    case 51: {
      const shares = cursor(read.vector(2))
      while (shares.left() > 0) {
        const group = shares.uint(2)
        shares.vector(2)
        if (shares.ok()) hello.keyShares.push(group)
      }
      break
    }
    default:
  }
}

/** Without supported_versions a client speaks everything up to legacy_version (RFC 8446 4.2.1). */
function impliedVersions(version: number): number[] {
  const versions: number[] = []
  for (let id = Math.min(version, 0x0303); id >= 0x0300; id--) versions.push(id)
  return versions
}
