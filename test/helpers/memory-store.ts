/** A store for tests that keeps its records in memory, so that a registry can be opened again as after a restart. */

import type { Change, Store } from '../../broker/store/store.ts'

export type MemoryStore = Store & {
  /** What is kept at this moment. */
  readonly kept: ReadonlyMap<string, string>
  /** How many batches were written. */
  batches(): number
  /** From the next batch on each write fails with this; undefined: no more. */
  breakWith(error: Error | undefined): void
}

/** @param records what it holds already: `kept` of another one */
export function memoryStore(records: Iterable<readonly [string, string]> = []): MemoryStore {
  const kept = new Map(records)
  let batches = 0
  let broken: Error | undefined
  return {
    kept,
    batches: () => batches,
    breakWith(error) {
      broken = error
    },
    async *records() {
      yield [...kept].sort(([a], [b]) => (a < b ? -1 : 1))
    },
    read: key => kept.get(key),
    write(changes: Change[]) {
      if (broken) return Promise.reject(broken)
      batches++
      for (const { key, value } of changes) {
        if (value === undefined) kept.delete(key)
        else kept.set(key, value)
      }
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
