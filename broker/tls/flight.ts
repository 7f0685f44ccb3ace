/**
 * The client's second flight (Certificate to Finished), held back, and the pieces in which OpenSSL gets it.
 *
 * Why pieces: when OpenSSL tries a certificate signature that doesn't verify (a chain with an impostor signer), it leaves
 * an error on its queue although nothing is refused. If the next read then finds no data, Node takes that old error for
 * a failure: `ERR_SSL_EVP_LIB`, on TLS 1.3 even an uncaught exception. So the byte that completes the Certificate must
 * reach OpenSSL in the same piece as the Finished: then the handshake ends before the next read and the queue is cleared.
 * Node hands a stream's bytes to OpenSSL in pieces of 1,024 bytes, which is what we cut for.
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
  /** How many of them OpenSSL must get in one piece. Over 1,024, Node cuts that too: then a wrong signature is fatal. */
  proofBytes: number
  /** What OpenSSL gets, in order, each piece in a call of its own. */
  pieces(): Buffer[]
}

/** Below Node's 1,024 so that no piece is cut again. */
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
  const cut = Math.max(0, certificateEnd - 1)
  return {
    ...(chain === undefined ? {} : { chain }),
    malformed: given.malformed,
    ...(given.unreadable === undefined ? {} : { unreadable: given.unreadable }),
    proved: given.proved,
    tooLarge: given.tooLarge,
    bytes,
    proofBytes: bytes - cut,
    pieces() {
      const flight = Buffer.concat(held)
      const pieces: Buffer[] = []
      for (let at = 0; at < cut; at += PIECE) {
        pieces.push(flight.subarray(at, Math.min(cut, at + PIECE)))
      }
      pieces.push(flight.subarray(cut))
      if (after.length > 0) pieces.push(after)
      return pieces
    },
  }
}
