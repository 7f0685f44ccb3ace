/**
 * Puts handshake messages together from record fragments (RFC 8446 4): a message may be split over records, and a record
 * may hold several messages.
 */

export const messageType = {
  clientHello: 1,
  serverHello: 2,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const

export type HandshakeMessage = { type: number; body: Buffer }

export type HandshakeReader = {
  push(fragment: Buffer): HandshakeMessage[]
  /** True once a message announced more than the limit: nothing is buffered any more. */
  overflowed(): boolean
  /** Bytes of a message that is not complete yet. */
  pending(): number
}

/** Making an empty buffer costs more than all that is done with it here. */
const NOTHING: Buffer = Buffer.alloc(0)

/** The largest message taken, in bytes; a chain of ten large certificates is below 40 KB. */
export const MESSAGE_LIMIT = 131_072

/** @param limit the largest message taken, in bytes */
export function handshakeReader(limit = MESSAGE_LIMIT): HandshakeReader {
  let rest: Buffer = NOTHING
  let overflowed = false
  return {
    push(fragment) {
      const messages: HandshakeMessage[] = []
      if (overflowed) return messages
      const bytes = rest.length === 0 ? fragment : Buffer.concat([rest, fragment])
      let at = 0
      while (bytes.length - at >= 4) {
        const length = bytes.readUIntBE(at + 1, 3)
        if (length > limit) {
          overflowed = true
          rest = NOTHING
          return messages
        }
        if (bytes.length - at - 4 < length) break
        messages.push({ type: bytes[at] ?? 0, body: bytes.subarray(at + 4, at + 4 + length) })
        at += 4 + length
      }
      rest = bytes.subarray(at)
      return messages
    },
    overflowed: () => overflowed,
    pending: () => rest.length,
  }
}
