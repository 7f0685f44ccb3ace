/** Reads length-prefixed TLS structures and never runs past the end: past it every read gives zeros and `ok` is false. */

export type Cursor = {
  ok(): boolean
  left(): number
  at(): number
  uint(bytes: 1 | 2 | 3): number
  take(length: number): Buffer
  /** A vector with a length prefix of so many bytes (RFC 8446 3.4). */
  vector(prefix: 1 | 2 | 3): Buffer
}

/** Making an empty buffer costs more than all that is done with it here. */
const NOTHING: Buffer = Buffer.alloc(0)

export function cursor(bytes: Buffer): Cursor {
  let at = 0
  let ok = true
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) {
      ok = false
      at = bytes.length
      return NOTHING
    }
    at += length
    return bytes.subarray(at - length, at)
  }
  const uint = (size: 1 | 2 | 3): number => {
    if (size > bytes.length - at) {
      ok = false
      at = bytes.length
      return 0
    }
    at += size
    return bytes.readUIntBE(at - size, size)
  }
  return {
    ok: () => ok,
    left: () => bytes.length - at,
    at: () => at,
    uint,
    take,
    vector: prefix => take(uint(prefix)),
  }
}

/** A vector of 16-bit numbers; a trailing odd byte is left out. */
export function uint16s(bytes: Buffer): number[] {
  const numbers: number[] = []
  for (let at = 0; at + 1 < bytes.length; at += 2) numbers.push(bytes.readUInt16BE(at))
  return numbers
}
