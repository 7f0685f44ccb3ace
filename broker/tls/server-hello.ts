/** Reads what our own side negotiated, from the bytes that OpenSSL writes: ServerHello and ServerKeyExchange. */

import { cursor } from './cursor.ts'

export type ServerHello = {
  version: number
  cipherSuite: number
  group?: number
  /** A ServerHello that asks for another key share (RFC 8446 4.1.4). */
  helloRetryRequest: boolean
}

/** RFC 8446 4.1.3: SHA-256 of "HelloRetryRequest", in the place of the random. */
const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'

/** @param body the message without its four-byte header; undefined when it is cut short */
export function parseServerHello(body: Buffer): ServerHello | undefined {
  const read = cursor(body)
  let version = read.uint(2)
  const random = read.take(32)
  read.vector(1)
  const cipherSuite = read.uint(2)
  read.uint(1)
  if (!read.ok()) return undefined
  const hello: ServerHello = {
    version,
    cipherSuite,
    helloRetryRequest: random.toString('hex') === RETRY_RANDOM,
  }
  const extensions = cursor(read.vector(2))
  while (extensions.left() > 0 && extensions.ok()) {
    const id = extensions.uint(2)
    const data = extensions.vector(2)
    if (id === 43 && data.length === 2) version = data.readUInt16BE(0)
    if (id === 51 && data.length >= 2) hello.group = data.readUInt16BE(0)
  }
  hello.version = version
  return hello
}

/** The named curve of an ECDHE ServerKeyExchange (RFC 8422 5.4); undefined for other kinds. */
export function keyExchangeGroup(body: Buffer): number | undefined {
  return body.length >= 3 && body[0] === 3 ? body.readUInt16BE(1) : undefined
}
