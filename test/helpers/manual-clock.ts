/** The broker's own manual clock, moved at once: time limits of a minute are over in the same line, and never by chance. */

import { createManualClock, type ManualClock as Moved } from '../../broker/manual-clock.ts'

export type ManualClock = Omit<Moved, 'advance' | 'jump'> & {
  /** Runs what is due, in its order, up to so many ms later. */
  advance(ms: number): void
}

/** @param start ms since 1970 */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  const { jump, ...clock } = createManualClock(start)
  return { ...clock, advance: jump }
}
