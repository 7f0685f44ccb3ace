/**
 * The message broker: what comes from one client goes to those who have subscribed to it. It knows sessions, not connections,
 * and decides nothing: connect, publish, subscribe and each delivery are judged in the corridor.
 */

import type { Limits } from '../config/limits.ts'
import type { World } from '../world.ts'
import { forgetful, type Keep, type Kept, type KeptMessages } from './keep.ts'
import type { Message } from './message.ts'
import { createRate } from './rates.ts'
import { createRetained } from './routing/retained.ts'
import { createRouter } from './routing/router.ts'
import { createSubscriptions, type Entry } from './routing/subscriptions.ts'
import type { Away, Granted, Session, SessionSubscription } from './session/session.ts'
import { type Begin, createSessions } from './session/sessions.ts'
import { createSharedGroup, type SharedGroup } from './session/shared.ts'
import { templateOf } from './session/template.ts'
import { createWills, type Will } from './session/will.ts'
import { sharedFilter } from './topic-names.ts'

export type MqttBroker = {
  /** The session of a CONNECT, new or resumed; a will that waited for it is not sent. */
  begin(asked: Begin): { session: Session; present: boolean }
  /** The session's connection has ended. @param will to be sent; none after an orderly DISCONNECT */
  leave(session: Session, will: Will | undefined): void
  /** @returns whether the session had this filter before */
  subscribe(session: Session, asked: AskedSubscription): boolean
  /** What a new subscription gets at once. Later, where a wildcard asks for it. */
  sendRetained(session: Session, asked: AskedSubscription, hadBefore: boolean): void
  /** @returns whether there was such a subscription */
  unsubscribe(session: Session, filter: string): boolean
  /** Gives a message to all who have subscribed to it, and keeps it if it is to be retained. */
  route(message: Message): void
  /** Publishes in the broker's own name: `$aws/events/...`. */
  publish(topic: string, payload: Buffer): void
  /** To this client alone, as if it came by a subscription of it, once, on the connection of now. */
  send(session: Session, topic: string, payload: Buffer): 'sent' | 'unheard' | 'gone'
  /** Goes up with each change that is to survive a crash. */
  told(): number
  /**
   * Whether what was told since would survive a crash, once that is known: see `Keep`. Undefined where it is no question.
   * @param since what `told` gave before
   */
  durable(since: number): Promise<boolean> | undefined
  /** Whether one more topic may have a retained message, or this one has one already. */
  mayRetain(topic: string, most: number): boolean
  /** Of a shared filter: how many groups there are, and members of this one. */
  shared(filter: string): { groups: number; members: number | undefined }
  counts(): { sessions: number; retained: number; sharedGroups: number }
  stop(): Promise<void>
}

export type AskedSubscription = {
  /** As the client gives it. */
  filter: string
  qos: 0 | 1
  noLocal: boolean
  retainAsPublished: boolean
  /** MQTT 5 3.8.3.1: 0 send what is retained, 1 for a new subscription only, 2 don't. */
  retainHandling: 0 | 1 | 2
}

export type MqttBrokerNeeds = {
  world: Pick<World, 'clock' | 'random'>
  limits(): Limits
  onError(error: Error): void
  /** Told of messages for sessions whose clients are away: of each if `everyQueued`, else of the first that was dropped. */
  queued?: Away['queued']
  everyQueued?: boolean
  keep?: Keep
  /** What a start has found. */
  kept?: Kept
}

/** @throws where the aedes that is installed isn't the one that Candid relies on */
export async function createMqttBroker(needs: MqttBrokerNeeds): Promise<MqttBroker> {
  const { world, limits, onError, keep = forgetful, kept } = needs
  const { clock } = world
  const router = await createRouter<Entry<Session, SharedGroup>>(onError, {
    hashTakesParent: () => limits().hashTakesParent,
  })
  const subscriptions = createSubscriptions<Session, SharedGroup>(router)
  const retained = createRetained(router, { clock, keep }, kept?.retained)
  const wills = createWills(clock, message => broker.route(message))
  const queued = createRate(clock)
  const away: Away = {
    mayQueue: () => queued.take(limits().queuedMessagesPerSecond) === 0,
    queued: (clientId, message, dropped) => needs.queued?.(clientId, message, dropped),
    every: () => needs.everyQueued === true,
  }
  const sessions = createSessions({ clock, limits, keep, attached, away, ended })
  const keptGroups = new Map<string, KeptMessages>()

  const broker: MqttBroker = {
    begin(asked) {
      const before = sessions.get(asked.clientId)
      const began = sessions.begin(asked)
      if (began.session === before) wills.cancel(asked.clientId)
      return began
    },
    leave(session, will) {
      if (will) wills.due(session.clientId, will, session.expirySeconds)
      sessions.leave(session)
    },
    subscribe(session, asked) {
      const { filter, qos, noLocal, retainAsPublished } = asked
      const hadBefore = session.subscriptions.has(filter)
      put({ subscriber: session, filter, qos, noLocal, retainAsPublished })
      session.save()
      return hadBefore
    },
    sendRetained(session, { filter, qos, retainHandling }, hadBefore) {
      if (retainHandling === 2 || (retainHandling === 1 && hadBefore)) return
      if (sharedFilter(filter)) return
      if (!/[+#]/.test(filter)) return give(retained.of(filter), qos, session)
      // AWS: a filter with a wildcard gets no retained message.
      if (limits().wildcardsGetRetained) void giveAll(filter, qos, session).catch(onError)
    },
    unsubscribe(session, filter) {
      if (!session.subscriptions.delete(filter)) return false
      takeOut(session, filter)
      session.save()
      return true
    },
    route(message) {
      if (message.retain) retained.store(message)
      const entries = subscriptions.match(message)
      if (entries.length === 0) return
      const template = templateOf(message)
      const [only] = entries
      if (entries.length === 1 && only) {
        for (const one of only.members.values()) {
          if (isFor(message, one)) one.subscriber.deliver(message, granted(message, one), template)
        }
      } else {
        for (const [session, grant] of together(message, entries)) {
          session.deliver(message, grant, template)
        }
      }
      for (const { groups } of entries) {
        for (const group of groups.values()) group.deliver(message, template)
      }
    },
    publish: (topic, payload) => broker.route({ topic, payload, qos: 1, retain: false }),
    send(session, topic, payload) {
      const message: Message = { topic, payload, qos: 1, retain: false }
      const own = subscriptions.match(message).flatMap(({ members }) => members.get(session) ?? [])
      const qos = own.some(one => one.qos === 1) ? 1 : 0
      return session.send(message, own.length === 0 ? undefined : qos)
    },
    told: keep.told,
    durable: since => (keep.told() === since ? undefined : keep.durable()),
    mayRetain: (topic, most) => retained.count() < most || retained.of(topic) !== undefined,
    shared(filter) {
      const shared = sharedFilter(filter)
      const group = shared && subscriptions.groupOf(shared)
      return { groups: subscriptions.groupCount(), members: group?.members.size }
    },
    counts: () => ({
      sessions: sessions.count(),
      retained: retained.count(),
      sharedGroups: subscriptions.groupCount(),
    }),
    async stop() {
      wills.stop()
      sessions.stop()
      await router.stop()
    },
  }
  for (const { name, messages } of kept?.shared ?? []) keptGroups.set(name, messages)
  for (const one of kept?.sessions ?? []) takeOver(one)
  // Of groups that have no member any more.
  for (const [name, messages] of keptGroups) {
    for (const [number] of messages) keep.message(name, number, undefined)
  }
  keptGroups.clear()
  return broker

  function takeOver(one: Kept['sessions'][number]): void {
    const session = sessions.restore(one)
    for (const { filter, qos, noLocal = false, retainAsPublished = false } of one.record
      .subscriptions) {
      put({ subscriber: session, filter, qos, noLocal, retainAsPublished })
    }
  }

  function put(subscription: SessionSubscription): void {
    const { subscriber, filter } = subscription
    subscriber.subscriptions.set(filter, subscription)
    const shared = sharedFilter(filter)
    if (shared === undefined) {
      subscriptions.put(subscription)
      return
    }
    const make = (): SharedGroup => {
      const messages = keptGroups.get(filter)
      keptGroups.delete(filter)
      const own = { name: filter, limits: limits(), pick }
      return createSharedGroup({
        ...own,
        clock,
        keep,
        ...(messages === undefined ? {} : { kept: messages }),
      })
    }
    subscriptions.group(shared, make).join(subscription)
  }

  function takeOut(session: Session, filter: string): void {
    const shared = sharedFilter(filter)
    if (shared === undefined) {
      subscriptions.remove(filter, session)
      return
    }
    if (subscriptions.groupOf(shared)?.leave(session)) subscriptions.removeGroup(shared)
  }

  function attached(session: Session): void {
    for (const filter of session.subscriptions.keys()) {
      const shared = sharedFilter(filter)
      if (shared) subscriptions.groupOf(shared)?.pump()
    }
  }

  function ended(session: Session, owed: Owed[]): void {
    for (const filter of session.subscriptions.keys()) takeOut(session, filter)
    session.subscriptions.clear()
    // MQTT 5 4.8.2: what this member has not acknowledged goes to another one of its group.
    for (const { message, origin } of owed) origin?.deliver(message, templateOf(message))
    wills.hurry(session.clientId)
  }

  function give(message: Message | undefined, qos: 0 | 1, session: Session): void {
    if (message) session.deliver(message, { qos, retain: true }, templateOf(message))
  }

  async function giveAll(filter: string, qos: 0 | 1, session: Session): Promise<void> {
    for await (const message of retained.read(filter)) {
      // Meanwhile it may have ended, and its client id be another session's.
      if (sessions.get(session.clientId) !== session) return
      give(message, qos, session)
    }
  }

  function pick(count: number): number {
    return world.random(4).readUInt32BE() % count
  }
}

type Owed = ReturnType<Session['outgoing']['clear']>[number]

/** [MQTT-3.8.3-3]: not what the client itself has published, where it said so. */
function isFor({ from }: Message, { noLocal, subscriber }: SessionSubscription): boolean {
  return !(noLocal && from === subscriber.clientId)
}

function granted(message: Message, { qos, retainAsPublished }: SessionSubscription): Granted {
  return { qos, retain: retainAsPublished && message.retain }
}

/** A client whose filters overlap gets the message once, with the highest QoS of them [MQTT-3.3.5-1] [MQTT-3.3.4-2]. */
function together(message: Message, entries: Entry<Session, SharedGroup>[]): Map<Session, Granted> {
  const all = new Map<Session, Granted>()
  for (const { members } of entries) {
    for (const [session, one] of members) {
      if (!isFor(message, one)) continue
      const own = granted(message, one)
      const other = all.get(session)
      all.set(
        session,
        other === undefined
          ? own
          : { qos: own.qos === 1 ? 1 : other.qos, retain: own.retain || other.retain },
      )
    }
  }
  return all
}
