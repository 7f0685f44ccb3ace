/** A journal that only remembers, for tests. */

import type { Clock } from '../world.ts'
import type { Journal } from './journal.ts'
import { redact } from './redact.ts'
import { type Stamped, stamp } from './stamp.ts'

export type MemoryJournal = Journal & {
  /** Oldest first; as they would have been written. */
  events: Stamped[]
}

/** @param limit the oldest events are forgotten beyond it */
export function memoryJournal(clock: Clock, limit = 10_000): MemoryJournal {
  const events: Stamped[] = []
  return {
    events,
    write(event) {
      events.push(redact(stamp(event, clock)))
      if (events.length > limit) events.shift()
    },
  }
}
