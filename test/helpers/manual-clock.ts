/** A clock that moves only when a test moves it: time limits of a minute are over at once, and never by chance. */

import type { Clock } from '../../broker/world.ts'

export type ManualClock = Clock & {
  /** Runs what is due, in its order, up to so many ms later. */
  advance(ms: number): void
  /** How many are waiting. */
  waiting(): number
}

/** @param start ms since 1970 */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let elapsed = 0
  const timers = new Map<() => void, number>()
  return {
    now: () => start + elapsed,
    elapsed: () => elapsed,
    after(ms, act) {
      // A wrapper of its own, so that the same function can wait twice.
      const timer = (): void => act()
      timers.set(timer, elapsed + ms)
      return () => void timers.delete(timer)
    },
    advance(ms) {
      const end = elapsed + ms
      for (;;) {
        const due = [...timers].filter(([, at]) => at <= end).sort(([, a], [, b]) => a - b)
        const [first] = due
        if (first === undefined) break
        elapsed = Math.max(elapsed, first[1])
        // All of one moment at once: thousands of connections may have the same.
        for (const [timer, at] of due) {
          if (at > elapsed) break
          if (timers.delete(timer)) timer()
        }
      }
      elapsed = end
    },
    waiting: () => timers.size,
  }
}
