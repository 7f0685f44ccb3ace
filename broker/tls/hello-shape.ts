/**
 * What a ClientHello offers, as a key: two hellos of one shape differ in nothing but their random, their session id and the
 * values of their key shares. The devices of a fleet send one shape, again and again.
 */

import { recordType } from './records.ts'

/**
 * Total: bytes that are no hello may give any answer, since the key holds all that is not left out.
 * @param bytes a connection's first bytes, record headers included
 * @returns undefined where the hello can't be told by its shape: several records, tickets of former sessions, or too long
 */
export function helloShape(bytes: Buffer): string | undefined {
  const { length } = bytes
  const sessionAt = RANDOM_AT + 32
  if (length < sessionAt + 1 || length > LONGEST || bytes[0] !== recordType.handshake)
    return undefined
  if (bytes.readUInt16BE(3) !== length - 5 || bytes.readUIntBE(6, 3) !== length - 9)
    return undefined
  const suitesAt = sessionAt + 1 + (bytes[sessionAt] ?? 0)
  if (suitesAt + 2 > length) return undefined
  const compressionsAt = suitesAt + 2 + bytes.readUInt16BE(suitesAt)
  let at = compressionsAt + 1 + (bytes[compressionsAt] ?? 0) + 2
  // BearSSL is known by the zeros at the start of its random, other stacks by the length of their session id.
  let shape = `${bytes.readUInt32BE(RANDOM_AT) === 0} ${bytes[sessionAt]} ${text(bytes, 9, RANDOM_AT)}`
  let from = suitesAt
  while (at + 4 <= length) {
    const id = bytes.readUInt16BE(at)
    const end = at + 4 + bytes.readUInt16BE(at + 2)
    if (end > length || (UNIQUE.has(id) && end > at + 4)) return undefined
    if (id === KEY_SHARE) {
      shape += text(bytes, from, at)
      const groups = shareGroups(bytes, at + 4, end)
      if (groups === undefined) return undefined
      shape += groups
      from = end
    }
    at = end
  }
  return shape + text(bytes, from, length)
}

const RANDOM_AT = 11
const LONGEST = 2048
const KEY_SHARE = 51
/** session_ticket, pre_shared_key, encrypted_client_hello: if not empty, they hold bytes that come only once. */
const UNIQUE = new Set([35, 41, 0xfe0d])

/** The groups of the key shares (RFC 8446 4.2.8), without the keys; undefined where they don't fill the extension. */
function shareGroups(bytes: Buffer, from: number, end: number): string | undefined {
  let groups = ''
  let at = from + 2
  if (at > end || bytes.readUInt16BE(from) !== end - at) return undefined
  while (at + 4 <= end) {
    groups += text(bytes, at, at + 2)
    at += 4 + bytes.readUInt16BE(at + 2)
  }
  return at === end ? groups : undefined
}

function text(bytes: Buffer, from: number, end: number): string {
  return bytes.toString('latin1', from, end)
}
