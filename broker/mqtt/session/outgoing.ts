/**
 * The QoS 1 messages of one session: those that wait, and those that were sent and have no PUBACK yet. It outlives the
 * connection: what was stored while the client was away follows its CONNACK at AWS's rate, beside what comes live.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-persistent-sessions
 */

import type { Limits } from '../../config/limits.ts'
import type { Clock } from '../../world.ts'
import { encodePublish, type Stamp } from '../codec/encode-publish.ts'
import type { Keep } from '../keep.ts'
import { keepable, type Message } from '../message.ts'
import type { Aliases } from './aliases.ts'
import { type Link, ROOM_BYTES } from './link.ts'
import { queue } from './queue.ts'
import type { Template } from './template.ts'

export type Outgoing = {
  /** Owes the session a message; with a template where others get it too. @returns false where it was dropped, since the session has as many as it may keep */
  push(message: Message, retain: boolean, origin?: Origin, template?: Template): boolean
  /** The client is there: what waits goes out. */
  attach(link: Link, aliases: Aliases): void
  detach(): void
  /** PUBACK. @returns false where no such message is in flight */
  acknowledge(packetId: number): boolean
  /** There may be room again. */
  pump(): void
  /** Gives up all of it; what it owed, in order. */
  clear(): { message: Message; origin?: Origin }[]
  /**
   * Takes the next free packet identifier [MQTT-2.2.1-3] for a packet that is sent past the queue; `acknowledge` frees it, or
   * the end of the connection. Undefined where as many are unanswered as may be.
   */
  reserve(): number | undefined
  size(): number
}

/** Where a message came from that goes to somebody else if this session ends: a group of shared subscriptions. */
export type Origin = { deliver(message: Message, template: Template): void }

type Owed = {
  number: number
  origin?: Origin
  message: Message
  retain: boolean
  packetId?: number
  /** Only while it is sent at once. */
  template?: Template | undefined
  /** When it was first sent, by the elapsed clock. */
  sentAt?: number
}

export type OutgoingNeeds = {
  clientId: string
  protocol: 4 | 5
  clock: Clock
  limits: Limits
  /** Undefined for a session that ends with its connection. */
  keep(): Keep | undefined
  /** Of a session that was kept. */
  kept?: [number: number, message: Message][]
}

export function createOutgoing(needs: OutgoingNeeds): Outgoing {
  const { clientId, protocol, clock, limits } = needs
  const windowMs = 1000 * (protocol === 5 ? limits.redeliverySeconds5 : limits.redeliverySeconds311)
  let nextNumber = 1
  /** Stored while nobody was there to take it, or in flight then. */
  let stored: Owed[] = []
  const live = queue<Owed>()
  const inflight = new Map<number, Owed>()
  /** Identifiers in use: in flight, or of a message that will be sent again with its own. */
  const used = new Set<number>()
  const reserved = new Set<number>()
  let lastId = 0
  let attached: { link: Link; aliases: Aliases } | undefined
  let searchAt = 0
  /** How many of the stored ones may go out in this second. */
  let credit = 0
  let stopReplay: (() => void) | undefined
  let stopWaiting: (() => void) | undefined
  let stopGivingUp: (() => void) | undefined
  let givingUpAt = Number.POSITIVE_INFINITY

  for (const [number, message] of needs.kept ?? []) {
    stored.push({ number, message, retain: message.retain })
    nextNumber = Math.max(nextNumber, number + 1)
  }

  const outgoing: Outgoing = {
    push(message, retain, origin, template) {
      if (outgoing.size() >= limits.queuedMessages && !dropExpired()) return false
      const keep = needs.keep()
      const owed: Owed = { number: nextNumber++, message, retain }
      if (origin) owed.origin = origin
      const direct = attached !== undefined && live.size() === 0 && hasRoom(attached.link)
      // What is sent at once, and not kept, need not be copied out of what was read from the socket.
      if (keep || !direct) owed.message = keepable(message)
      // The flag that goes out is this client's own.
      keep?.message(clientId, owed.number, { ...owed.message, retain })
      const behind = attached === undefined || (stored.length > 0 && ordered())
      if (behind) stored.push(owed)
      else live.push(owed)
      if (direct) owed.template = template
      if (attached) outgoing.pump()
      owed.template = undefined
      return true
    },
    attach(link, aliases) {
      attached = { link, aliases }
      refill()
      outgoing.pump()
    },
    detach() {
      attached = undefined
      for (const stop of [stopReplay, stopWaiting, stopGivingUp]) stop?.()
      stopReplay = stopWaiting = stopGivingUp = undefined
      givingUpAt = Number.POSITIVE_INFINITY
      stored = [...inflight.values(), ...stored, ...live.takeAll()]
      inflight.clear()
      for (const packetId of reserved) used.delete(packetId)
      reserved.clear()
    },
    acknowledge(packetId) {
      // Before the search: a stranger may make up any number of them.
      if (!used.has(packetId)) return false
      const owed = inflight.get(packetId) ?? stored.find(one => one.packetId === packetId)
      if (owed) {
        if (!inflight.has(packetId)) stored = stored.filter(one => one !== owed)
        settle(owed)
      } else {
        reserved.delete(packetId)
        used.delete(packetId)
      }
      outgoing.pump()
      return true
    },
    pump() {
      if (attached === undefined || stopWaiting) return
      const { link, aliases } = attached
      while (hasRoom(link)) {
        const fromStored = credit > 0 && stored.length > 0
        const owed = fromStored ? stored[0] : live.first()
        if (owed === undefined) break
        if (owed.packetId === undefined && used.size >= IDENTIFIERS) break
        const takes = takesIt(owed, link)
        if (takes) {
          const waitMs = link.allowance()
          if (waitMs > 0) {
            stopWaiting = clock.after(waitMs, () => {
              stopWaiting = undefined
              outgoing.pump()
            })
            break
          }
        }
        if (fromStored) {
          stored.shift()
          credit--
        } else live.shift()
        if (takes) send(owed, link, aliases)
        else settle(owed)
      }
    },
    clear() {
      const all = [...inflight.values(), ...stored, ...live.takeAll()]
      outgoing.detach()
      stored = []
      used.clear()
      return all
    },
    reserve() {
      if (attached === undefined || isFull(attached.link) || used.size >= IDENTIFIERS) {
        return undefined
      }
      const packetId = takeId()
      reserved.add(packetId)
      return packetId
    },
    size: () => stored.length + live.size() + inflight.size,
  }
  return outgoing

  /**
   * What has expired while the client was away makes room for what is new.
   * @returns whether there is room now
   */
  function dropExpired(): boolean {
    const now = clock.elapsed()
    if (now < searchAt) return false
    const isFresh = ({ message }: Owed): boolean => (message.expiresAt ?? now + 1) > now
    for (const owed of stored) if (!isFresh(owed)) settle(owed)
    stored = stored.filter(isFresh)
    // A full queue is not searched again for each message that finds it so.
    searchAt = now + 1000
    return outgoing.size() < limits.queuedMessages
  }

  function ordered(): boolean {
    return limits.replayPerSecond === Number.POSITIVE_INFINITY
  }

  function hasRoom(link: Link): boolean {
    return !isFull(link) && link.waiting() < ROOM_BYTES
  }

  function isFull(link: Link): boolean {
    return inflight.size + reserved.size >= Math.min(limits.inflightOut, link.receiveMaximum)
  }

  /** Each second some of the stored ones: AWS replays ten in a second. */
  function refill(): void {
    credit = limits.replayPerSecond
    stopReplay = undefined
    if (stored.length > credit) stopReplay = clock.after(1000, again)
  }

  function again(): void {
    refill()
    outgoing.pump()
  }

  /** Not where it has expired, was in flight for too long, or may not be received by now. */
  function takesIt({ message, sentAt }: Owed, link: Link): boolean {
    const { expiresAt } = message
    // Most have neither, and need not be asked for the time.
    if (expiresAt !== undefined && expiresAt <= clock.elapsed()) return false
    if (sentAt !== undefined && clock.elapsed() - sentAt >= windowMs) return false
    return link.mayReceive(message.topic)
  }

  function send(owed: Owed, link: Link, aliases: Aliases): void {
    const { message, retain } = owed
    const { topic } = message
    owed.packetId ??= takeId()
    const messageId = owed.packetId
    // AWS: DUP is not supported: a message that is sent again doesn't say so.
    const plain: Stamp = { qos: 1, retain, messageId }
    const stamp =
      protocol === 5 ? { ...plain, ...aliases.of(topic), ...expiryOf(message, clock) } : plain
    const packet =
      owed.template?.packet(protocol, stamp) ?? encodePublish({ ...message, ...stamp }, protocol)
    if (packet.length > link.maximumPacketSize) {
      link.told('too-large', message)
      settle(owed)
      return
    }
    aliases.sent(topic)
    inflight.set(messageId, owed)
    owed.sentAt ??= clock.elapsed()
    giveUpAt(owed.sentAt + windowMs)
    link.write(packet)
    link.told('delivered', message)
  }

  /** AWS sends a message again for so long; then it gives it up. */
  function giveUp(): void {
    const now = clock.elapsed()
    givingUpAt = Number.POSITIVE_INFINITY
    for (const owed of inflight.values()) {
      const at = (owed.sentAt ?? now) + windowMs
      if (at <= now) settle(owed)
      else giveUpAt(at)
    }
    outgoing.pump()
  }

  /** One that was sent first on an earlier connection is due before those that are new. */
  function giveUpAt(at: number): void {
    if (at >= givingUpAt) return
    stopGivingUp?.()
    givingUpAt = at
    stopGivingUp = clock.after(at - clock.elapsed(), giveUp)
  }

  function settle({ number, packetId }: Owed): void {
    if (packetId !== undefined) {
      inflight.delete(packetId)
      used.delete(packetId)
    }
    needs.keep()?.message(clientId, number, undefined)
  }

  /** INVARIANT: one is free. */
  function takeId(): number {
    do lastId = lastId >= IDENTIFIERS ? 1 : lastId + 1
    while (used.has(lastId))
    used.add(lastId)
    return lastId
  }
}

/** All that there are: 1 to 65,535. */
const IDENTIFIERS = 65_535

/** MQTT 5 [MQTT-3.3.2-6]: what is left of the message's time, in seconds. */
export function expiryOf({ expiresAt }: Message, clock: Clock): { messageExpiryInterval?: number } {
  if (expiresAt === undefined) return {}
  return { messageExpiryInterval: Math.max(0, Math.ceil((expiresAt - clock.elapsed()) / 1000)) }
}
