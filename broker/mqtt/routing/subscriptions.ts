/**
 * Who has subscribed to what. One entry for each filter, however many have it: aedes finds the entries that a topic meets,
 * and the entry knows its subscribers.
 */

import type { Message } from '../message.ts'
import type { SharedFilter } from '../topic-names.ts'
import type { Router } from './router.ts'

export type Subscription<Subscriber> = {
  subscriber: Subscriber
  /** As the client gave it. */
  filter: string
  qos: 0 | 1
  /** MQTT 5 3.8.3.1: not for the client that published it; keep the RETAIN flag as it was published. */
  noLocal: boolean
  retainAsPublished: boolean
}

/** What one filter has: its subscribers, and its groups of shared subscriptions by their names. */
export type Entry<Subscriber, Group> = {
  members: Map<Subscriber, Subscription<Subscriber>>
  groups: Map<string, Group>
}

export type Subscriptions<Subscriber, Group> = {
  /** Makes one, or replaces that of the same filter and subscriber [MQTT-3.8.4-3]. */
  put(subscription: Subscription<Subscriber>): void
  remove(filter: string, subscriber: Subscriber): void
  /** The group of a shared filter, made when the first member comes. */
  group(shared: SharedFilter, make: () => Group): Group
  /** One that there is. */
  groupOf(shared: SharedFilter): Group | undefined
  removeGroup(shared: SharedFilter): void
  groupCount(): number
  match(message: Message): Entry<Subscriber, Group>[]
}

export function createSubscriptions<Subscriber, Group>(
  router: Pick<Router<Entry<Subscriber, Group>>, 'add' | 'match'>,
): Subscriptions<Subscriber, Group> {
  const entries = new Map<string, { entry: Entry<Subscriber, Group>; takeOut: () => void }>()
  let groups = 0

  function entryOf(filter: string): Entry<Subscriber, Group> {
    const known = entries.get(filter)
    if (known) return known.entry
    const entry = { members: new Map(), groups: new Map() }
    entries.set(filter, { entry, takeOut: router.add(filter, entry) })
    return entry
  }

  function tidy(filter: string): void {
    const known = entries.get(filter)
    if (known === undefined || known.entry.members.size > 0 || known.entry.groups.size > 0) return
    known.takeOut()
    entries.delete(filter)
  }

  return {
    put: subscription =>
      void entryOf(subscription.filter).members.set(subscription.subscriber, subscription),
    remove(filter, subscriber) {
      entries.get(filter)?.entry.members.delete(subscriber)
      tidy(filter)
    },
    group({ shareName, filter }, make) {
      const entry = entryOf(filter)
      const known = entry.groups.get(shareName)
      if (known) return known
      const group = make()
      entry.groups.set(shareName, group)
      groups++
      return group
    },
    groupOf: ({ shareName, filter }) => entries.get(filter)?.entry.groups.get(shareName),
    removeGroup({ shareName, filter }) {
      if (entries.get(filter)?.entry.groups.delete(shareName)) groups--
      tidy(filter)
    },
    groupCount: () => groups,
    match: message => router.match(message),
  }
}
