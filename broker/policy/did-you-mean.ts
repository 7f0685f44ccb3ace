/**
 * What a misspelt word was probably meant to be. Narrower than a guess at a config key: a near action makes an unknown
 * one an error, and AWS has many actions that are not known here.
 */

import { quote } from '../diagnosis/words.ts'

/** The candidate that lies at most two typing mistakes away, case aside; the first of the nearest. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = word.length < 4 ? 2 : 3
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least) continue
    const mistakes = distance(word.toLowerCase(), candidate.toLowerCase())
    if (mistakes < least) {
      best = candidate
      least = mistakes
    }
  }
  return best
}

/** `did you mean ...` as a hint, or nothing to spread. */
export function meant(suggestion: string | undefined): { hint?: string } {
  return suggestion === undefined ? {} : { hint: `did you mean ${quote(suggestion)}?` }
}

// Optimal string alignment: two swapped letters count as one mistake.
function distance(from: string, to: string): number {
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      let cost = Math.min(
        above[column]! + 1,
        current[column - 1]! + 1,
        above[column - 1]! + (same ? 0 : 1),
      )
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped && row > 1 && column > 1) cost = Math.min(cost, before[column - 2]! + 1)
      current.push(cost)
    }
    before = above
    above = current
  }
  return above[to.length]!
}
