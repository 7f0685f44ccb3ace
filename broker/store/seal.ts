/**
 * How the store notices that something in it isn't as it was written. LevelDB doesn't look at its checksums when it reads, and
 * drops what it can't read of its log without a word. So each record carries a checksum of its own, and one record holds the
 * tally over all of them: with one record changed, missing or of an older state, the tally doesn't fit any more.
 */

import { crc32 } from 'node:zlib'

/** How many records there are, and the sum of their checksums modulo 2^48. */
export type Tally = { records: number; sum: number }

export const emptyTally: Tally = { records: 0, sum: 0 }

const DIGITS = 8
const MODULUS = 2 ** 48

/** The value as it stands in the store: its checksum, then the text. */
export function sealed(key: string, value: string): string {
  return checksum(key, value).toString(16).padStart(DIGITS, '0') + value
}

/** The value and its checksum, or nothing where they don't belong together. */
export function unsealed(key: string, stored: string): { value: string; sum: number } | undefined {
  const value = stored.slice(DIGITS)
  const sum = checksum(key, value)
  return sumOf(stored) === sum ? { value, sum } : undefined
}

/** The checksum that a stored value says of itself; NaN where it says none. */
export function sumOf(stored: string): number {
  const digits = stored.slice(0, DIGITS)
  return /^[0-9a-f]{8}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN
}

/** The tally once a stored value has come in the place of another; undefined: none. */
export function tallied(
  tally: Tally,
  before: string | undefined,
  after: string | undefined,
): Tally {
  const less = before === undefined ? 0 : sumOf(before)
  const more = after === undefined ? 0 : sumOf(after)
  return {
    records: tally.records - (before === undefined ? 0 : 1) + (after === undefined ? 0 : 1),
    sum: (tally.sum - less + more + MODULUS) % MODULUS,
  }
}

export function sameTally(one: Tally, other: Tally): boolean {
  return one.records === other.records && one.sum === other.sum
}

/** Nothing where the text is no tally. */
export function readTally(text: string | undefined): Tally | undefined {
  try {
    const { records, sum } = JSON.parse(text ?? '')
    return Number.isSafeInteger(records) && Number.isSafeInteger(sum) ? { records, sum } : undefined
  } catch {
    return undefined
  }
}

function checksum(key: string, value: string): number {
  return crc32(value, crc32(key))
}
