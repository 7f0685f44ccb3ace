/** What came, and who waits for it. */

export type Inbox<T> = { put(value: T): void; next(): Promise<T> }

export function inbox<T>(): Inbox<T> {
  const kept: T[] = []
  const waiting: ((value: T) => void)[] = []
  return {
    put(value) {
      const waiter = waiting.shift()
      if (waiter) waiter(value)
      else kept.push(value)
    },
    next() {
      if (kept.length === 0) return new Promise(resolve => waiting.push(resolve))
      return Promise.resolve(kept.shift() as T)
    },
  }
}
