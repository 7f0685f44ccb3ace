/**
 * Reads a ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2), and the SSLv2-style one that very old clients still send
 * (RFC 5246 E.2). Total: any bytes give a Hello or a reason with the place, never a throw.
 */

import { type Cursor, cursor, uint16s } from './cursor.ts'
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
  /** Bytes of the session ticket of TLS 1.2; 0: the client has none and would take one. */
  sessionTicket?: number
  /** How a PSK may be used (RFC 8446 4.2.9): 0 alone, 1 with a key exchange. */
  pskModes?: number[]
  /** Bytes of each PSK identity, sixteen at the most: what is in them is the client's own business. */
  pskIdentities?: number[]
  /** Bytes of the cookie that our retry would have sent. */
  cookie?: number
  /** Compression that the client takes for certificates (RFC 8879). */
  compressCertificate?: number[]
  /** Extensions that break a rule of their own form; eight at the most. What OpenSSL thinks of them is its business. */
  faults: HelloFault[]
  sslv2: boolean
}

export type HelloFault = { extension: number; says: string }

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
    faults: [],
    sslv2: false,
  }
  // A hello without extensions ends here (SSLv3 and some TLS 1.0 clients).
  const extensions = read.left() > 0 ? read.vector(2) : NOTHING
  if (!read.ok()) return { ok: false, says: 'the extensions end early', at: read.at() }
  if (read.left() > 0)
    return { ok: false, says: 'bytes stand behind the extensions', at: read.at() }
  const list = cursor(extensions)
  const seen = new Set<number>()
  while (list.left() > 0) {
    const id = list.uint(2)
    const data = list.vector(2)
    if (!list.ok()) return { ok: false, says: 'an extension ends early', at: list.at() }
    // RFC 8446 4.2: no type twice. The first one counts.
    const twice = seen.has(id)
    seen.add(id)
    hello.extensions.push(id)
    const says = twice ? 'is there twice' : readExtension(hello, id, data)
    if (says !== undefined && hello.faults.length < KEPT_FAULTS) {
      hello.faults.push({ extension: id, says })
    }
  }
  const psk = hello.extensions.indexOf(PRE_SHARED_KEY)
  if (psk >= 0 && psk < hello.extensions.length - 1) {
    hello.faults.push({ extension: PRE_SHARED_KEY, says: 'is not the last one' })
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
      faults: [],
      sslv2: true,
    },
  }
}

const KEPT_FAULTS = 8
const KEPT_IDENTITIES = 16
const PRE_SHARED_KEY = 41

/** @returns what is wrong with its form; what could be read counts all the same */
function readExtension(hello: Hello, id: number, data: Buffer): string | undefined {
  const read = cursor(data)
  switch (id) {
    case 0: {
      const names = cursor(read.vector(2))
      while (names.left() > 0) {
        const type = names.uint(1)
        const name = names.vector(2)
        if (type === 0 && names.ok()) hello.sni ??= name.toString('latin1')
      }
      return formOf(read, names.ok() && hello.sni !== undefined && !/^$|\0/.test(hello.sni))
    }
    case 1: {
      const code = read.uint(1)
      if (code < 1 || code > 4) return 'has a code that stands for no length'
      hello.maxFragmentLength = 256 << code
      return formOf(read)
    }
    case 10:
      hello.groups = uint16s(read.vector(2))
      return listForm(read, data, 2)
    case 11:
      hello.pointFormats = [...read.vector(1)]
      return listForm(read, data, 1)
    case 13:
      hello.signatureAlgorithms = uint16s(read.vector(2))
      return listForm(read, data, 2)
    case 16: {
      const names = cursor(read.vector(2))
      let filled = names.left() > 0
      while (names.left() > 0) {
        const name = names.vector(1)
        if (names.ok()) hello.alpn.push(name.toString('latin1'))
        if (name.length === 0) filled = false
      }
      return formOf(read, names.ok() && filled)
    }
    case 27:
      hello.compressCertificate = uint16s(read.vector(1))
      return undefined
    case 28:
      hello.recordSizeLimit = read.uint(2)
      return undefined
    case 35:
      hello.sessionTicket = data.length
      return undefined
    case PRE_SHARED_KEY: {
      const identities = cursor(read.vector(2))
      const lengths: number[] = []
      while (identities.left() > 0) {
        lengths.push(identities.vector(2).length)
        identities.take(4)
      }
      hello.pskIdentities = lengths.slice(0, KEPT_IDENTITIES)
      return undefined
    }
    case 43:
      hello.versions = uint16s(read.vector(1))
        .filter(version => !isGrease(version))
        .sort((a, b) => b - a)
      return listForm(read, data, 2, 1)
    case 44:
      hello.cookie = read.vector(2).length
      return undefined
    case 45:
      hello.pskModes = [...read.vector(1)]
      return listForm(read, data, 1)
    case 50:
      hello.signatureAlgorithmsCert = uint16s(read.vector(2))
      return listForm(read, data, 2)
    case 51: {
      const shares = cursor(read.vector(2))
      let filled = true
      while (shares.left() > 0) {
        const group = shares.uint(2)
        const key = shares.vector(2)
        if (shares.ok()) hello.keyShares.push(group)
        if (key.length === 0) filled = false
      }
      return formOf(read, shares.ok() && filled)
    }
    default:
      return undefined
  }
}

/** The form of an extension that was read: nothing cut short and nothing left over. */
function formOf(read: Cursor, inner = true): string | undefined {
  if (!read.ok()) return 'ends early'
  if (read.left() > 0) return 'has bytes behind its end'
  return inner ? undefined : 'has a list in it that can not be read'
}

/** A list of numbers of so many bytes each, behind a length of so many. */
function listForm(
  read: Cursor,
  data: Buffer,
  size: 1 | 2,
  prefix: 1 | 2 = size,
): string | undefined {
  const form = formOf(read)
  if (form !== undefined) return form
  const length = data.length - prefix
  if (length === 0) return 'has an empty list'
  return length % size === 0 ? undefined : 'has a list of an odd length'
}

/** What the client itself says of its versions: all of its list, or without one the highest only (RFC 5246 E.1). */
export function statedVersions({ versions, extensions }: Hello): number[] {
  return extensions.includes(SUPPORTED_VERSIONS) ? versions : versions.slice(0, 1)
}

const SUPPORTED_VERSIONS = 43

/** Without supported_versions a client speaks everything up to legacy_version (RFC 8446 4.2.1). */
function impliedVersions(version: number): number[] {
  const versions: number[] = []
  for (let id = Math.min(version, 0x0303); id >= 0x0300; id--) versions.push(id)
  return versions
}
