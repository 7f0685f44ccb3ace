/**
 * Collects a connection's first bytes until the whole ClientHello is there, over any number of records and TCP segments
 * (the AWS SDK's hello is 1,533 bytes), or until it is clear that none will come.
 */

import { type Hello, parseClientHello, parseSslv2Hello } from './client-hello.ts'
import { recogniseProtocol, type Spoken } from './first-bytes.ts'
import { handshakeReader, messageType } from './handshake-messages.ts'
import { recordReader, recordType } from './records.ts'

export type HelloProgress =
  | { state: 'more' }
  | { state: 'hello'; hello: Hello; bytes: Buffer }
  | { state: 'not-tls'; protocol: Exclude<Spoken, 'tls' | 'sslv2'>; bytes: Buffer }
  | { state: 'malformed'; says: string; at: number; bytes: Buffer }
  | { state: 'alert'; level: number; number: number; bytes: Buffer }

export type HelloReader = { push(chunk: Buffer): HelloProgress; bytes(): Buffer }

/** Far above any real hello (post-quantum ones are below 2 KB): what a stranger can make us keep. */
const LIMIT = 32_768

export function helloReader(): HelloReader {
  let bytes: Buffer = Buffer.alloc(0)
  return {
    push(chunk) {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
      return judge(bytes)
    },
    bytes: () => bytes,
  }
}

function judge(bytes: Buffer): HelloProgress {
  const spoken = recogniseProtocol(bytes)
  if (spoken === undefined) return { state: 'more' }
  if (spoken === 'sslv2') return sslv2(bytes)
  if (spoken === 'tls') return tls(bytes)
  return { state: 'not-tls', protocol: spoken, bytes }
}

function tls(bytes: Buffer): HelloProgress {
  const records = recordReader()
  const messages = handshakeReader(LIMIT)
  for (const record of records.push(bytes)) {
    if (record.type === recordType.alert && record.fragment.length >= 2) {
      const [level = 0, number = 0] = record.fragment
      return { state: 'alert', level, number, bytes }
    }
    if (record.type !== recordType.handshake) {
      return malformed(`a record of type ${record.type} stands inside the ClientHello`, bytes)
    }
    if (record.fragment.length === 0) return malformed('a handshake record is empty', bytes)
    const message = messages.push(record.fragment)[0]
    if (messages.overflowed()) return malformed('the ClientHello says it is over 32 KB', bytes)
    if (message === undefined) continue
    if (message.type !== messageType.clientHello) {
      return malformed(`the first handshake message is of type ${message.type}, not 1`, bytes, 5)
    }
    const parsed = parseClientHello(message.body)
    if (parsed.ok) return { state: 'hello', hello: parsed.hello, bytes }
    return { state: 'malformed', says: parsed.says, at: parsed.at + 9, bytes }
  }
  if (records.broken())
    return malformed('the bytes after the first record are no TLS record', bytes)
  if (bytes.length > LIMIT) return malformed('32 KB came and no ClientHello was complete', bytes)
  return { state: 'more' }
}

function sslv2(bytes: Buffer): HelloProgress {
  const length = bytes.readUInt16BE(0) & 0x7fff
  if (bytes.length < 2 + length) return { state: 'more' }
  const parsed = parseSslv2Hello(bytes.subarray(2, 2 + length))
  if (parsed.ok) return { state: 'hello', hello: parsed.hello, bytes }
  return { state: 'malformed', says: parsed.says, at: parsed.at + 2, bytes }
}

function malformed(says: string, bytes: Buffer, at = 0): HelloProgress {
  return { state: 'malformed', says, at, bytes }
}
