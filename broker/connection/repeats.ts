/** Counts how often one device has ended with one code, so that a reconnect loop can be told in one line. */

import type { Clock } from '../world.ts'

export type Repeats = {
  /** @returns how often so far, this time included, and since when (ISO) */
  note(device: string, code: string): { count: number; since: string }
}

/** Strangers may come from as many addresses as they like: only the latest are remembered. */
const LIMIT = 10_000

export function createRepeats(clock: Clock): Repeats {
  const seen = new Map<string, { count: number; since: string }>()
  return {
    note(device, code) {
      const key = `${device} ${code}`
      const known = seen.get(key)
      const entry = {
        count: (known?.count ?? 0) + 1,
        since: known?.since ?? new Date(clock.now()).toISOString(),
      }
      seen.delete(key)
      seen.set(key, entry)
      if (seen.size > LIMIT) {
        const oldest = seen.keys().next()
        if (!oldest.done) seen.delete(oldest.value)
      }
      return entry
    },
  }
}
