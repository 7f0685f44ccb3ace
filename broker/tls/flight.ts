/**
 * The client's second flight (Certificate to Finished), held back, and the pieces in which OpenSSL gets it.
 *
 * Why pieces: when OpenSSL tries a certificate signature that doesn't verify (a chain with an impostor signer), it leaves
 * an error on its queue although nothing is refused. If the next read then finds no data, Node takes that old error for
 * a failure: `ERR_SSL_EVP_LIB`, on TLS 1.3 even an uncaught exception. So the byte that completes the Certificate must
 * reach OpenSSL in the same piece as the Finished: then the handshake ends before the next read and the queue is cleared.
 * Node hands a stream's bytes to OpenSSL through a buffer of 1,024 bytes, and through one of 16 KB once more than that came
 * at one time. So a short flight is one piece, and of a longer one the first piece is as long as it may be: where that one is
 * cut makes no difference, and behind it the last is not cut.
 */

export type Flight = {
  /** The certificates as sent, in order; empty: the client had none; undefined: no Certificate message came. */
  chain?: Buffer[]
  /** The Certificate message could not be read. */
  malformed: boolean
  /** Why it, or the end of it, could not be read at all. */
  unreadable?: string
  /** A CertificateVerify came. */
  proved: boolean
  /** More bytes than any real flight: not to be passed on. */
  tooLarge: boolean
  bytes: number
  records: number
  /** How many of the bytes OpenSSL must get in one piece. If Node cuts that, a wrong signature is fatal. */
  proofBytes: number
  /** What OpenSSL gets, in order, each piece in a call of its own. */
  pieces(): Buffer[]
}

/** Below Node's 1,024: fits in whichever buffer. */
const PIECE = 1000

export function flightOf(given: {
  held: Buffer[]
  after: Buffer[]
  certificateEnd: number
  chain: Buffer[] | undefined
  malformed: boolean
  proved: boolean
  tooLarge: boolean
  unreadable: string | undefined
}): Flight {
  const { held, certificateEnd, chain } = given
  const after = Buffer.concat(given.after)
  const bytes = held.reduce((sum, part) => sum + part.length, 0)
  // The last byte of the Certificate belongs to the last piece.
  const proofAt = Math.max(0, certificateEnd - 1)
  const cut = Math.min(proofAt, Math.max(0, bytes - PIECE))
  return {
    ...(chain === undefined ? {} : { chain }),
    malformed: given.malformed,
    ...(given.unreadable === undefined ? {} : { unreadable: given.unreadable }),
    proved: given.proved,
    tooLarge: given.tooLarge,
    bytes,
    records: held.length,
    proofBytes: bytes - proofAt,
    pieces() {
      const flight = Buffer.concat(held)
      const pieces = cut === 0 ? [flight] : [flight.subarray(0, cut), flight.subarray(cut)]
      if (after.length > 0) pieces.push(after)
      return pieces
    },
  }
}
