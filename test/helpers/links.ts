/** The message broker without sockets: links that read what they are sent, on a clock that the test moves. */

import type { IPublishPacket } from 'mqtt-packet'
import type { Test } from 'tap'
import { awsLimits, type Limits } from '../../broker/config/limits.ts'
import { createMqttBroker, type MqttBroker } from '../../broker/mqtt/broker.ts'
import type { Keep, Kept } from '../../broker/mqtt/keep.ts'
import type { Message } from '../../broker/mqtt/message.ts'
import type { Delivery, Link } from '../../broker/mqtt/session/link.ts'
import type { Session } from '../../broker/mqtt/session/session.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'
import { readPackets } from './mqtt-bytes.ts'

export type Hub = {
  broker: MqttBroker
  clock: ManualClock
  /** Connects: a session that lasts as long as AWS's unless told, and what its client gets. */
  join(clientId: string, options?: JoinOptions): Joined
  /** Subscribes as a client does: what is retained follows. */
  subscribe(to: Joined, filter: string, options?: SubscribeOptions): void
  /** What was dropped for clients that are away: `<client id> full`. */
  dropped: string[]
  publish(topic: string, options?: Partial<Omit<Message, 'payload'>> & { payload?: string }): void
}

export type JoinOptions = Partial<Link> & {
  protocol?: 4 | 5
  cleanStart?: boolean
  expirySeconds?: number
}

export type SubscribeOptions = {
  qos?: 0 | 1
  noLocal?: boolean
  retainAsPublished?: boolean
  retainHandling?: 0 | 1 | 2
}

export type Joined = {
  session: Session
  present: boolean
  /** Topic, QoS and RETAIN of all it got so far. */
  got(): string[]
  packets: IPublishPacket[]
  told: Delivery[]
  /** PUBACK for the oldest that has none yet. */
  acknowledge(): void
  leave(will?: Parameters<MqttBroker['leave']>[1]): void
}

/** Stopped after the test. */
export async function hub(
  t: Test,
  given: Partial<Limits> = {},
  more: { keep?: Keep; kept?: Kept; clock?: ManualClock } = {},
): Promise<Hub> {
  const { clock = manualClock(), ...kept } = more
  let next = 0
  const dropped: string[] = []
  const broker = await createMqttBroker({
    queued: (clientId, _message, why) => void dropped.push(`${clientId} ${why}`),
    world: { clock, random: bytes => Buffer.alloc(bytes, next++) },
    limits: () => ({ ...awsLimits, ...given }),
    onError: error => {
      throw error
    },
    ...kept,
  })
  t.teardown(() => broker.stop())
  return {
    broker,
    clock,
    dropped,
    join(clientId, { protocol = 4, cleanStart = false, expirySeconds = 3600, ...link } = {}) {
      const begun = broker.begin({ clientId, protocol, cleanStart, expirySeconds })
      const packets: IPublishPacket[] = []
      const unacknowledged: number[] = []
      const told: Delivery[] = []
      begun.session.attach({
        write(bytes) {
          for (const packet of readPackets(bytes, protocol)) {
            if (packet.cmd !== 'publish') continue
            packets.push(packet)
            if (packet.qos > 0) unacknowledged.push(packet.messageId ?? 0)
          }
        },
        waiting: () => 0,
        mayReceive: () => true,
        receiveMaximum: Number.POSITIVE_INFINITY,
        maximumPacketSize: Number.POSITIVE_INFINITY,
        topicAliasMaximum: 0,
        allowance: () => 0,
        told: what => void told.push(what),
        ...link,
      })
      return {
        ...begun,
        packets,
        told,
        got: () =>
          packets.map(({ topic, qos, retain }) => `${topic} ${qos}${retain ? ' retained' : ''}`),
        acknowledge: () => void begun.session.outgoing.acknowledge(unacknowledged.shift() ?? 0),
        leave: will => broker.leave(begun.session, will),
      }
    },
    subscribe({ session }, filter, options = {}) {
      const asked = {
        filter,
        qos: 1,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
        ...options,
      } as const
      broker.sendRetained(session, asked, broker.subscribe(session, asked))
    },
    publish(topic, { payload = 'x', ...rest } = {}) {
      broker.route({ topic, payload: Buffer.from(payload), qos: 1, retain: false, ...rest })
    },
  }
}
