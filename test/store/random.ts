/** The same numbers for the same seed. */

/** @returns a function that gives a whole number from 0 to below `below`; 0 where there is none */
export function randomFrom(seed: number): (below: number) => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1
  return below => {
    state ^= state << 13
    state ^= state >>> 17
    state = (state ^ (state << 5)) >>> 0
    return below < 1 ? 0 : state % below
  }
}
