/** A store that keeps nothing beyond the process: for tests, and for `--state memory`. */

import type { Store } from './store.ts'

/** @param first what it holds at the start, as another store has kept it */
export function createMemoryStore(first: Iterable<[key: string, value: string]> = []): Store {
  const kept = new Map(first)
  return {
    async *records() {
      yield [...kept].sort(([a], [b]) => (a < b ? -1 : 1))
    },
    read: key => kept.get(key),
    async write(changes) {
      for (const { key, value } of changes) {
        if (value === undefined) kept.delete(key)
        else kept.set(key, value)
      }
    },
    close: () => Promise.resolve(),
  }
}
