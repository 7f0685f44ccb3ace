/**
 * aedes, and every private touch point of it. aedes is pinned exactly because of `_parser`: packets that the traffic room has
 * let through are handed to aedes as objects, so that nothing is parsed twice.
 *
 * aedes decides nothing here: connect, publish and subscribe are judged before it sees a packet. It keeps
 * subscriptions, sessions, retained messages and wills.
 */

import type { EventEmitter } from 'node:events'
import { Aedes } from 'aedes'
import createPersistence from 'aedes-persistence'
import { writeToStream } from 'mqtt-packet'
import { takes } from './filter.ts'
import type { Line } from './line.ts'
import type { ConnectPacket, Packet } from './packet.ts'

export type MqttBroker = {
  /** Gives an admitted connection to aedes, which answers with the CONNACK. */
  admit(line: Line, connect: ConnectPacket): MqttSession
  /** Publishes in the broker's own name: `$aws/events/...`. */
  publish(topic: string, payload: Buffer): void
  stop(): Promise<void>
}

export type MqttSession = {
  /** One packet that limits and policy let through. */
  deliver(packet: Packet): void
  /** PUBACK for a packet that was not delivered here. */
  acknowledge(messageId: number): void
  /**
   * Publishes to this client alone, with QoS 1 at the most, as if it came by a subscription of it. `unheard`: it has none that
   * takes the topic, and nothing is sent; `gone`: it has left. Once on this connection: a kept session doesn't repeat it.
   */
  send(topic: string, payload: Buffer): 'sent' | 'unheard' | 'gone'
  /** The socket has something to read. */
  readable(): void
  /** Ends the session in aedes: its will is published unless a DISCONNECT came. Resolves when aedes has let go. */
  end(): Promise<void>
}

type AedesClient = {
  conn: Line
  /** aedes's own parser: we emit packets on it that it would have parsed itself. */
  _parser: EventEmitter
  /** By filter. */
  subscriptions: Record<string, { qos: number }>
  closed: boolean
  /** The identifier of its next packet with QoS 1. */
  _nextId: number
  close(done: () => void): void
}

/** aedes's default of 100 publishes in flight for the whole broker lets one slow client stall all others. */
const CONCURRENCY = 10_000

export async function createMqttBroker(onError: (error: Error) => void): Promise<MqttBroker> {
  // Under this module mode TypeScript takes the package's default export for its whole module.
  const memory = (createPersistence as unknown as () => unknown)()
  const broker = new Aedes({
    persistence: memory,
    concurrency: CONCURRENCY,
    queueLimit: 1000,
    drainTimeout: 0,
    // Judged in the traffic room before aedes sees the packet; a will is judged at CONNECT.
    authorizePublish: (_client, _packet, done) => done(null),
    authorizeForward: (client, packet) =>
      (client as unknown as AedesClient).conn.owner.mayReceive(packet.topic) ? packet : null,
  })
  await broker.listen()
  broker.on('connackSent', (packet, client) => {
    const { conn } = client as unknown as AedesClient
    conn.owner.connackSent(packet.sessionPresent === true)
  })
  // Without a listener an `error` would end the process; each client's own errors reach its line.
  ;(broker as unknown as EventEmitter).on('error', onError)

  return {
    admit(line, connect) {
      const client = broker.handle(line) as unknown as AedesClient
      // aedes takes its first packet only after it has asked for bytes once.
      line.emit('readable')
      // Keep-alive is ours: AWS clamps it, and its end needs a name.
      client._parser.emit('packet', { ...connect, keepalive: 0 })
      return {
        deliver: packet => void client._parser.emit('packet', packet),
        acknowledge(messageId) {
          // MQTT 3.1.1 3.4.
          line.cork()
          line.write(Buffer.of(0x40, 2, messageId >> 8, messageId & 0xff))
        },
        send(topic, payload) {
          const filters = Object.keys(client.subscriptions).filter(one => takes(one, topic))
          if (client.closed) return 'gone'
          if (filters.length === 0) return 'unheard'
          if (!line.owner.mayReceive(topic)) return 'sent'
          const granted = filters.map(filter => client.subscriptions[filter]?.qos ?? 0)
          const qos = Math.max(...granted) > 0 ? 1 : 0
          const packet = { cmd: 'publish', topic, payload, qos, retain: false, dup: false } as const
          // INVARIANT: past aedes, which would keep it with the session, for whoever comes next with this client id.
          writeToStream({ ...packet, ...(qos > 0 && { messageId: takeId(client) }) }, line)
          return 'sent'
        },
        readable: () => void line.emit('readable'),
        end: () =>
          new Promise(resolve => {
            client.close(resolve)
            line.destroy()
          }),
      }
    },
    publish(topic, payload) {
      broker.publish(
        { cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false },
        () => undefined,
      )
    },
    stop: () => new Promise(resolve => broker.close(() => resolve())),
  }
}

function takeId(client: AedesClient): number {
  const id = client._nextId
  client._nextId = id >= 65_535 ? 1 : id + 1
  return id
}
