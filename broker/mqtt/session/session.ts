/**
 * One MQTT session: what a client has subscribed to and what it is owed. It belongs to a client id and may outlive many
 * connections; while one lasts, it lends the session its link.
 */

import type { Limits } from '../../config/limits.ts'
import type { Clock } from '../../world.ts'
import { encodePublish } from '../codec/encode-publish.ts'
import type { Keep, SessionRecord, SubscriptionRecord } from '../keep.ts'
import type { Message } from '../message.ts'
import type { Subscription } from '../routing/subscriptions.ts'
import { type Aliases, createAliases } from './aliases.ts'
import { type Link, ROOM_BYTES } from './link.ts'
import { createOutgoing, expiryOf, type Origin, type Outgoing } from './outgoing.ts'
import type { Template } from './template.ts'

export type Session = {
  readonly clientId: string
  readonly protocol: 4 | 5
  /** How long it outlives its connection; 0: not at all. */
  expirySeconds: number
  /** By the filter as the client gave it, `$share/...` included. */
  readonly subscriptions: Map<string, SessionSubscription>
  readonly outgoing: Outgoing
  /** The connection that it has now. */
  link(): Link | undefined
  attach(link: Link): void
  detach(): void
  /** A message for this client, in the form that its subscriptions ask for. QoS 1 is owed from here on. */
  deliver(message: Message, granted: Granted, template: Template): void
  /**
   * Sends past the queue, once, on the connection of now: `gone` without one, `unheard` without a subscription that takes it.
   */
  send(message: Message, subscribed: 0 | 1 | undefined): 'sent' | 'unheard' | 'gone'
  /** Tells what is kept of it. */
  save(endedAt?: number): void
}

export type SessionSubscription = Subscription<Session>

/** What a client's subscriptions that take a message come to. */
export type Granted = { qos: 0 | 1; retain: boolean; origin?: Origin }

export type SessionNeeds = {
  clientId: string
  protocol: 4 | 5
  expirySeconds: number
  clock: Clock
  limits: Limits
  keep: Keep
  /** Told when a connection has been attached: what waits in its groups of shared subscriptions can go out. */
  attached(session: Session): void
  away: Away
  kept?: [number: number, message: Message][]
}

/** For the messages that come while no client is there. */
export type Away = {
  /** @returns whether one more may be queued now: AWS queues so many in a second, of all sessions */
  mayQueue(): boolean
  /** @param dropped why it is not kept; told for the first since the client has gone unless `every` is wanted */
  queued(clientId: string, message: Message, dropped?: 'full' | 'throttled'): void
  every(): boolean
}

export function createSession(needs: SessionNeeds): Session {
  const { clientId, protocol, clock, limits, keep, away } = needs
  let link: Link | undefined
  let droppedOne = false
  let aliases: Aliases = createAliases(0)
  const outgoing = createOutgoing({
    clientId,
    protocol,
    clock,
    limits,
    keep: () => (session.expirySeconds > 0 ? keep : undefined),
    ...(needs.kept === undefined ? {} : { kept: needs.kept }),
  })
  const session: Session = {
    clientId,
    protocol,
    expirySeconds: needs.expirySeconds,
    subscriptions: new Map(),
    outgoing,
    link: () => link,
    attach(next) {
      link = next
      droppedOne = false
      aliases = createAliases(Math.min(next.topicAliasMaximum, limits.topicAliases))
      outgoing.attach(next, aliases)
      needs.attached(session)
    },
    detach() {
      link = undefined
      outgoing.detach()
    },
    deliver(message, granted, template) {
      if (granted.qos > 0 && message.qos > 0) {
        if (link === undefined) queue(message, granted)
        else if (!outgoing.push(message, granted.retain, granted.origin, template)) {
          link.told('queue-full', message)
        }
      } else if (link) deliver0(message, granted.retain, template, link)
    },
    send(message, subscribed) {
      if (link === undefined) return 'gone'
      if (subscribed === undefined) return 'unheard'
      if (!link.mayReceive(message.topic)) return 'sent'
      // Who acknowledges nothing gets it all the same, with QoS 0: it is sent once in any case.
      const messageId = subscribed > 0 ? outgoing.reserve() : undefined
      const how = messageId === undefined ? ({ qos: 0 } as const) : ({ qos: 1, messageId } as const)
      const packet = encodePublish({ ...message, ...how, retain: false, dup: false }, protocol)
      // [MQTT-3.1.2-25]: what is too large for the client is as good as sent.
      const tooLarge = packet.length > link.maximumPacketSize
      if (!tooLarge) link.write(packet)
      else if (messageId !== undefined) outgoing.acknowledge(messageId)
      link.told(tooLarge ? 'too-large' : 'delivered', message)
      return 'sent'
    },
    save(endedAt) {
      if (session.expirySeconds > 0) keep.session(clientId, recordOf(session, endedAt))
    },
  }
  return session

  function queue(message: Message, { retain, origin }: Granted): void {
    if (session.expirySeconds === 0) return
    const dropped = !away.mayQueue()
      ? 'throttled'
      : outgoing.push(message, retain, origin)
        ? undefined
        : 'full'
    if (dropped === undefined ? !away.every() : droppedOne && !away.every()) return
    if (dropped) droppedOne = true
    away.queued(clientId, message, dropped)
  }

  /** [MQTT-4.3.1-1]. What a client doesn't take fast enough is dropped, so that nobody else waits for it. */
  function deliver0(message: Message, retain: boolean, template: Template, to: Link): void {
    if (message.expiresAt !== undefined && message.expiresAt <= clock.elapsed()) return
    if (!to.mayReceive(message.topic)) return
    if (to.waiting() > ROOM_BYTES || to.allowance() > 0) {
      to.told('dropped', message)
      return
    }
    const packet =
      protocol === 5 && (to.topicAliasMaximum > 0 || message.expiresAt !== undefined)
        ? encodePublish(
            {
              ...message,
              qos: 0,
              retain,
              dup: false,
              ...aliases.of(message.topic),
              ...expiryOf(message, clock),
            },
            protocol,
          )
        : template.packet(protocol, { qos: 0, retain })
    if (packet.length > to.maximumPacketSize) {
      to.told('too-large', message)
      return
    }
    aliases.sent(message.topic)
    to.write(packet)
    to.told('delivered', message)
  }
}

function recordOf(session: Session, endedAt: number | undefined): SessionRecord {
  const { clientId, protocol, expirySeconds, subscriptions } = session
  return {
    clientId,
    protocol,
    expirySeconds,
    ...(endedAt === undefined ? {} : { endedAt }),
    subscriptions: [...subscriptions].map(
      ([filter, { qos, noLocal, retainAsPublished }]): SubscriptionRecord => ({
        filter,
        qos,
        ...(noLocal ? { noLocal } : {}),
        ...(retainAsPublished ? { retainAsPublished } : {}),
      }),
    ),
  }
}
