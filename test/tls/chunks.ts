/** Random ways of cutting bytes into pieces, as a network does. */

import fc from 'fast-check'

/** Places are taken modulo the length, so that one way of cutting fits all bytes. */
export type Cut = { places: number[] } | { size: number }

export const anyCut: fc.Arbitrary<Cut> = fc.oneof(
  fc.record({ places: fc.array(fc.nat(100_000), { maxLength: 40 }) }),
  fc.record({ size: fc.integer({ min: 1, max: 64 }) }),
)

/** The same bytes in pieces, of which some may be empty or of one byte. */
export function chunksOf(bytes: Buffer): fc.Arbitrary<Buffer[]> {
  return anyCut.map(how => cut(bytes, how))
}

export function cut(bytes: Buffer, how: Cut): Buffer[] {
  if ('size' in how) return cutEvery(bytes, how.size)
  const places = how.places.map(place => place % (bytes.length + 1)).sort((a, b) => a - b)
  const ends = [...places, bytes.length]
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

/** Pieces of one size; the last may be shorter. */
export function cutEvery(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  return chunks
}
