/**
 * Cuts a byte stream into TLS records (RFC 8446 5.1, RFC 5246 6.2.1), whatever pieces the bytes come in. Copies only what
 * is split over two pieces. Total: bytes that are no record stop the reader and are handed back as they are.
 */

export const recordType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
} as const

export type TlsRecord = {
  type: number
  version: number
  /** The whole record with its five-byte header. */
  bytes: Buffer
  /** What it carries: a view on `bytes`. */
  fragment: Buffer
}

export type RecordReader = {
  /** Takes the next bytes and gives the records that are complete now. */
  push(chunk: Buffer): TlsRecord[]
  /** Bytes of a record that is not complete yet; after `broken`, everything from the first wrong byte on. */
  rest(): Buffer
  /** True once the bytes can't be TLS records. */
  broken(): boolean
}

/** RFC 5246 6.2.3: at most 2^14 + 2048 bytes of ciphertext. */
const MAX_FRAGMENT = 16384 + 2048

/** Making an empty buffer costs more than all that is done with it here. */
const NOTHING: Buffer = Buffer.alloc(0)

export function recordReader(): RecordReader {
  let rest: Buffer = NOTHING
  let broken = false
  return {
    push(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const records: TlsRecord[] = []
      let at = 0
      while (!broken && bytes.length - at >= 5) {
        const length = bytes.readUInt16BE(at + 3)
        const type = bytes[at] ?? 0
        if (type < 20 || type > 24 || bytes[at + 1] !== 3 || length > MAX_FRAGMENT) {
          broken = true
          break
        }
        const end = at + 5 + length
        if (end > bytes.length) break
        records.push({
          type,
          version: bytes.readUInt16BE(at + 1),
          bytes: bytes.subarray(at, end),
          fragment: bytes.subarray(at + 5, end),
        })
        at = end
      }
      rest = at === bytes.length ? NOTHING : bytes.subarray(at)
      return records
    },
    rest: () => rest,
    broken: () => broken,
  }
}
