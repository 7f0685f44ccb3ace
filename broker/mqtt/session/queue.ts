/** A list that gives what came first without moving the rest at each turn. */

export type Queue<T> = {
  push(item: T): void
  first(): T | undefined
  shift(): void
  /** Empties it. */
  takeAll(): T[]
  size(): number
}

export function queue<T>(): Queue<T> {
  let items: T[] = []
  let head = 0
  return {
    push: item => void items.push(item),
    first: () => items[head],
    shift() {
      head++
      if (head < 64 || head * 2 < items.length) return
      items = items.slice(head)
      head = 0
    },
    takeAll() {
      const all = items.slice(head)
      items = []
      head = 0
      return all
    },
    size: () => items.length - head,
  }
}
