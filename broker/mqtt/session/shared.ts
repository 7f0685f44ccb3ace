/**
 * A group of shared subscriptions, `$share/<name>/<filter>`: each message goes to one of its members. What comes with QoS 1
 * while none of them is there waits in the group, if one of them will come back.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt5-shared-subscription
 */

import type { Limits } from '../../config/limits.ts'
import type { Clock } from '../../world.ts'
import type { Keep } from '../keep.ts'
import { keepable, type Message } from '../message.ts'
import type { Granted, Session, SessionSubscription } from './session.ts'
import { type Template, templateOf } from './template.ts'

export type SharedGroup = {
  /** `$share/<name>/<filter>`: under it its messages are kept. */
  readonly name: string
  readonly members: Map<Session, SessionSubscription>
  join(subscription: SessionSubscription): void
  /** @returns whether it is empty now: then it has ended, with all that waited */
  leave(session: Session): boolean
  deliver(message: Message, template: Template): void
  /** A member is there again: what waits goes out. */
  pump(): void
  waiting(): number
}

export type SharedNeeds = {
  name: string
  clock: Clock
  limits: Limits
  keep: Keep
  /** @returns a number from 0 to below `count` */
  pick(count: number): number
  kept?: [number: number, message: Message][]
}

export function createSharedGroup(needs: SharedNeeds): SharedGroup {
  const { name, clock, limits, keep, pick } = needs
  const members = new Map<Session, SessionSubscription>()
  let waiting: { number: number; message: Message }[] = []
  let nextNumber = 1
  let stopReplay: (() => void) | undefined
  for (const [number, message] of needs.kept ?? []) {
    waiting.push({ number, message })
    nextNumber = Math.max(nextNumber, number + 1)
  }

  const group: SharedGroup = {
    name,
    members,
    join(subscription) {
      members.set(subscription.subscriber, subscription)
      group.pump()
    },
    leave(session) {
      members.delete(session)
      if (members.size > 0) return false
      stopReplay?.()
      for (const { number } of waiting) keep.message(name, number, undefined)
      waiting = []
      return true
    },
    deliver(message, template) {
      // QoS 0 waits for nobody, so it need not stay behind what waits.
      if ((waiting.length === 0 || message.qos === 0) && give(message, template)) return
      // AWS: QoS 0 that can't be handed over is dropped; QoS 1 waits where a member with a session will come back. Here also
      // for one that is there and has too much to do.
      if (message.qos === 0 || ![...members.values()].some(mayTakeLater)) return
      // AWS: when the queue is full, new messages are dropped.
      if (waiting.length >= limits.sharedQueuedMessages) return
      const own = { number: nextNumber++, message: keepable(message) }
      waiting.push(own)
      keep.message(name, own.number, own.message)
      group.pump()
    },
    pump() {
      if (stopReplay || waiting.length === 0) return
      const online = [...members.keys()].filter(one => one.link()).length
      if (online === 0) return
      let credit = online * limits.sharedReplayPerSecond
      while (waiting.length > 0 && credit-- > 0) {
        const [first] = waiting
        if (first === undefined) break
        const { expiresAt } = first.message
        const gone = expiresAt !== undefined && expiresAt <= clock.elapsed()
        if (!gone && !give(first.message, templateOf(first.message))) break
        waiting.shift()
        keep.message(name, first.number, undefined)
      }
      if (waiting.length === 0) return
      stopReplay = clock.after(1000, () => {
        stopReplay = undefined
        group.pump()
      })
    },
    waiting: () => waiting.length,
  }
  return group

  /** To a member that is there, at random as AWS does it. A member that has too much to do is passed over if it can be. */
  function give(message: Message, template: Template): boolean {
    const there = [...members.values()].filter(({ subscriber }) => subscriber.link())
    const most = Math.min(limits.inflightOut, limits.queuedMessages)
    const free = there.filter(({ subscriber }) => subscriber.outgoing.size() < most)
    const candidates = free.length > 0 ? free : message.qos === 0 ? there : []
    const chosen = candidates[candidates.length > 1 ? pick(candidates.length) : 0]
    if (chosen === undefined) return false
    const granted: Granted = {
      qos: chosen.qos,
      retain: chosen.retainAsPublished && message.retain,
      origin: group,
    }
    chosen.subscriber.deliver(message, granted, template)
    return true
  }
}

function mayTakeLater({ qos, subscriber }: SessionSubscription): boolean {
  return qos > 0 && (subscriber.expirySeconds > 0 || subscriber.link() !== undefined)
}
