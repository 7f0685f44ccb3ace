/**
 * How often something may happen in a second: a bucket that is full at first and fills again with time, so that a burst of one
 * second's worth is fine. The rate is given at each call: it may change while the broker runs.
 */

import type { Clock } from '../world.ts'

export type Rate = {
  /** Takes one. @returns 0 where it was there, or in how many ms it will be */
  take(perSecond: number): number
  /** Takes so many, there or not. @returns how many ms to wait until they are made good */
  spend(perSecond: number, amount: number): number
}

/** One bucket for each key; those that are full again are forgotten. */
export type KeyedRate = { take(key: string, perSecond: number): number }

type Ticking = Pick<Clock, 'elapsed'>

export function createRate(clock: Ticking): Rate {
  let left = Number.POSITIVE_INFINITY
  let at = 0

  function refill(perSecond: number): void {
    const now = clock.elapsed()
    left = Math.min(perSecond, left + ((now - at) * perSecond) / 1000)
    at = now
  }

  return {
    take(perSecond) {
      if (perSecond === Number.POSITIVE_INFINITY) return 0
      refill(perSecond)
      // What time has added in small pieces may miss the whole by a hair.
      if (left < 1 - HAIR) return Math.ceil(((1 - left) * 1000) / perSecond - HAIR)
      left -= 1
      return 0
    },
    spend(perSecond, amount) {
      if (perSecond === Number.POSITIVE_INFINITY) return 0
      refill(perSecond)
      left -= amount
      return left >= 0 ? 0 : Math.ceil((-left * 1000) / perSecond)
    },
  }
}

const HAIR = 1e-6

export function createKeyedRate(clock: Ticking): KeyedRate {
  // INVARIANT: a bucket that nobody has asked for in a second is full, so it need not be kept.
  let young = new Map<string, Rate>()
  let old = new Map<string, Rate>()
  let since = clock.elapsed()
  return {
    take(key, perSecond) {
      if (perSecond === Number.POSITIVE_INFINITY) return 0
      const now = clock.elapsed()
      if (now - since >= 1000 || young.size >= MOST_KEYS) {
        old = now - since >= 2000 ? new Map() : young
        young = new Map()
        since = now
      }
      const rate = young.get(key) ?? old.get(key) ?? createRate(clock)
      young.set(key, rate)
      return rate.take(perSecond)
    },
  }
}

/** Strangers choose the keys: of two generations so many are kept. */
const MOST_KEYS = 100_000

/** What all connections of a broker share. */
export type Rates = {
  connects: Rate
  connectsOf: KeyedRate
  publishesIn: Rate
  publishesOut: Rate
  subscribes: Rate
  retained: Rate
  retainedOf: KeyedRate
  /** By the filter, `$share/<name>/...`. */
  sharedChangesOf: KeyedRate
}

export function createRates(clock: Ticking): Rates {
  return {
    connects: createRate(clock),
    connectsOf: createKeyedRate(clock),
    publishesIn: createRate(clock),
    publishesOut: createRate(clock),
    subscribes: createRate(clock),
    retained: createRate(clock),
    retainedOf: createKeyedRate(clock),
    sharedChangesOf: createKeyedRate(clock),
  }
}
