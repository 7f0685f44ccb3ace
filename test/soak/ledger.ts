/**
 * What was published and what arrived. Each publisher numbers its messages; what it published after a subscription was granted, and
 * was acknowledged for, has to reach the subscriber, once at least.
 */

export type Ledger = {
  /** Takes the publisher's next number. */
  next(publisher: string): number
  acknowledged(publisher: string, number: number): void
  /** From each publisher's next message on, this receiver is owed what is acknowledged; in order, unless it is a group. */
  owe(receiver: string, publishers: string[], ordered: boolean): void
  arrived(receiver: string, publisher: string, number: number): void
  /** How many acknowledged messages each receiver lacks, and the first of them. */
  lacks(receiver: string): { count: number; first?: string }
  figures(): { acknowledged: number; arrived: number; repeated: number; outOfOrder: number }
}

type Account = { from: number; got: Set<number>; last: number; ordered: boolean }

export function createLedger(): Ledger {
  const published = new Map<string, { next: number; acknowledged: Set<number> }>()
  const received = new Map<string, Map<string, Account>>()
  const counts = { acknowledged: 0, arrived: 0, repeated: 0, outOfOrder: 0 }

  function of(publisher: string): { next: number; acknowledged: Set<number> } {
    const known = published.get(publisher) ?? { next: 1, acknowledged: new Set() }
    published.set(publisher, known)
    return known
  }

  return {
    next: publisher => of(publisher).next++,
    acknowledged(publisher, number) {
      of(publisher).acknowledged.add(number)
      counts.acknowledged++
    },
    owe(receiver, publishers, ordered) {
      const entries = publishers.map(
        name => [name, { from: of(name).next, got: new Set<number>(), last: 0, ordered }] as const,
      )
      received.set(receiver, new Map(entries))
    },
    arrived(receiver, publisher, number) {
      const account = received.get(receiver)?.get(publisher)
      if (!account) return
      counts.arrived++
      if (account.got.has(number)) {
        counts.repeated++
        return
      }
      if (account.ordered && number < account.last) counts.outOfOrder++
      account.last = Math.max(account.last, number)
      account.got.add(number)
    },
    lacks(receiver) {
      let count = 0
      let first: string | undefined
      for (const [publisher, { from, got }] of received.get(receiver) ?? []) {
        for (const number of of(publisher).acknowledged) {
          if (number < from || got.has(number)) continue
          count++
          first ??= `${publisher} ${number}`
        }
      }
      return { count, ...(first === undefined ? {} : { first }) }
    },
    figures: () => ({ ...counts }),
  }
}
