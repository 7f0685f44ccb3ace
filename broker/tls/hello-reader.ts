/**
 * Collects a connection's first bytes until the whole ClientHello is there, over any number of records and TCP segments
 * (the AWS SDK's hello is 1,533 bytes), or until it is clear that none will come.
 */

import { type Hello, parseClientHello, parseSslv2Hello } from './client-hello.ts'
import { recogniseProtocol, type Spoken } from './first-bytes.ts'
import { type HandshakeReader, handshakeReader, messageType } from './handshake-messages.ts'
import { recordReader, recordType, type TlsRecord } from './records.ts'

export type HelloProgress = { state: 'more' } | (Outcome & { bytes: Buffer })

type Outcome =
  | { state: 'hello'; hello: Hello }
  | { state: 'not-tls'; protocol: Exclude<Spoken, 'tls' | 'sslv2'> }
  | { state: 'malformed'; says: string; at: number }
  | { state: 'alert'; level: number; number: number }

export type HelloReader = { push(chunk: Buffer): HelloProgress; bytes(): Buffer }

/** Far above any real hello (post-quantum ones are below 2 KB): what a stranger can make us keep. */
const LIMIT = 32_768

/** Making an empty buffer costs more than all that is done with it here. */
const NOTHING: Buffer = Buffer.alloc(0)

/** INVARIANT: work grows with the bytes, however small the pieces: a stranger must not keep us busy with a few. */
export function helloReader(): HelloReader {
  const records = recordReader()
  const messages = handshakeReader(LIMIT)
  let chunks: Buffer[] = []
  let size = 0
  let spoken: Spoken | undefined

  function all(): Buffer {
    if (chunks.length > 1) chunks = [Buffer.concat(chunks)]
    return chunks[0] ?? NOTHING
  }

  function judge(chunk: Buffer): Outcome | undefined {
    if (spoken === 'tls') return readTls(chunk)
    if (spoken === 'sslv2') return readSslv2()
    spoken = recogniseProtocol(all())
    if (spoken === undefined) return undefined
    if (spoken === 'tls') return readTls(all())
    return spoken === 'sslv2' ? readSslv2() : { state: 'not-tls', protocol: spoken }
  }

  function readTls(chunk: Buffer): Outcome | undefined {
    for (const record of records.push(chunk)) {
      const outcome = readRecord(record, messages)
      if (outcome) return outcome
    }
    if (records.broken()) return malformed('the bytes after the first record are no TLS record')
    return size > LIMIT ? malformed('32 KB came and no ClientHello was complete') : undefined
  }

  function readSslv2(): Outcome | undefined {
    // The first piece has the length: it was put together until the protocol was clear.
    const length = (chunks[0]?.readUInt16BE(0) ?? 0) & 0x7fff
    if (size < 2 + length) return undefined
    const parsed = parseSslv2Hello(all().subarray(2, 2 + length))
    if (parsed.ok) return { state: 'hello', hello: parsed.hello }
    return malformed(parsed.says, parsed.at + 2)
  }

  return {
    push(chunk) {
      chunks.push(chunk)
      size += chunk.length
      const outcome = judge(chunk)
      return outcome === undefined ? { state: 'more' } : { ...outcome, bytes: all() }
    },
    bytes: all,
  }
}

function readRecord(record: TlsRecord, messages: HandshakeReader): Outcome | undefined {
  if (record.type === recordType.alert && record.fragment.length >= 2) {
    const [level = 0, number = 0] = record.fragment
    return { state: 'alert', level, number }
  }
  if (record.type !== recordType.handshake) {
    return malformed(`a record of type ${record.type} stands inside the ClientHello`)
  }
  if (record.fragment.length === 0) return malformed('a handshake record is empty')
  const message = messages.push(record.fragment)[0]
  if (messages.overflowed()) return malformed('the ClientHello says it is over 32 KB')
  if (message === undefined) return undefined
  if (message.type !== messageType.clientHello) {
    return malformed(`the first handshake message is of type ${message.type}, not 1`, 5)
  }
  const parsed = parseClientHello(message.body)
  if (parsed.ok) return { state: 'hello', hello: parsed.hello }
  return malformed(parsed.says, parsed.at + 9)
}

function malformed(says: string, at = 0): Outcome {
  return { state: 'malformed', says, at }
}
