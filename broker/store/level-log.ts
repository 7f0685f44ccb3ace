/**
 * LevelDB's log, looked at before LevelDB opens it: LevelDB leaves out what it can't read there, without a word, and writes
 * the log anew, so that nobody could ever look again. The form is that of LevelDB's `doc/log_format.md`: blocks of 32 KB with
 * records of 7 bytes of header (CRC-32C, masked, over type and data; length; type) and the data.
 */

export type LogState =
  /** `torn`: what was being written when a crash came is left out; it was never acknowledged. */
  | { kind: 'whole' | 'torn' }
  /** What can't be read stands before something that can. `at` is its place in the file. */
  | { kind: 'damaged'; at: number }

const BLOCK = 32 * 1024
const HEADER = 7
/** Types of records that begin a batch: all of it, or its first piece. */
const FULL = 1
const FIRST = 2
const LAST_TYPE = 4

/** @param log the whole file */
export function readLevelLog(log: Buffer): LogState {
  let broken: number | undefined
  for (let start = 0; start < log.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, log.length)
    let at = start
    while (at + HEADER <= end) {
      const length = recordAt(log, at, end)
      if (length !== undefined && (broken === undefined || begins(log, at))) {
        if (broken !== undefined) return { kind: 'damaged', at: broken }
        at += HEADER + length
        continue
      }
      broken ??= at
      at++
    }
  }
  return { kind: broken === undefined ? 'whole' : 'torn' }
}

/** The length of the record there, if it is a whole one that fits its checksum. */
function recordAt(log: Buffer, at: number, end: number): number | undefined {
  const type = log[at + 6] ?? 0
  const length = log.readUInt16LE(at + 4)
  if (type === 0 || type > LAST_TYPE || at + HEADER + length > end) return undefined
  const sum = crc32c(log, at + 6, at + HEADER + length)
  return masked(sum) === log.readUInt32LE(at) ? length : undefined
}

function begins(log: Buffer, at: number): boolean {
  const type = log[at + 6]
  return type === FULL || type === FIRST
}

function masked(sum: number): number {
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0
}

function crc32c(bytes: Buffer, from: number, to: number): number {
  let sum = 0xffffffff
  for (let at = from; at < to; at++) {
    sum = (table[(sum ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (sum >>> 8)
  }
  return ~sum >>> 0
}

/** CRC-32C, Castagnoli: polynomial 0x1edc6f41, bits reversed (RFC 3720, B.4). */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte
  for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? (sum >>> 1) ^ 0x82f63b78 : sum >>> 1
  return sum >>> 0
})
