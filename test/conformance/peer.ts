/**
 * A client made of bytes: TLS with a device's certificate, packets out as they are given, packets in one by one with the
 * bytes that they were. It knows nothing of MQTT but where a packet ends, and it waits for nothing longer than a deadline.
 */

import { connect as dialTls, type SecureContext, type TLSSocket } from 'node:tls'
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet'
import type { Test } from 'tap'
import type { ClosingRecord } from '../../broker/journal/dossier.ts'
import type { Broker } from '../../broker/main.ts'

export type Version = 4 | 5

/** A packet that came, with its bytes, or the end of the connection. */
export type Got = Packet & { bytes: Buffer }

export type PublishOptions = {
  payload?: string | Buffer
  qos?: 0 | 1 | 2
  retain?: boolean
  dup?: boolean
  /** Above QoS 0; the next free one unless told. */
  messageId?: number
  properties?: object
}

export type SubscribeOptions = {
  qos?: 0 | 1 | 2
  messageId?: number
  properties?: object
  /** Of MQTT 5. */
  nl?: boolean
  rap?: boolean
  rh?: 0 | 1 | 2
}

export type Peer = {
  readonly version: Version
  /** Of the CONNECT that was sent with `connect`. */
  clientId: string
  /** Bytes as they are, or packets in the peer's own version of MQTT, in one piece. */
  send(...packets: (Uint8Array | number[] | Packet)[]): void
  /** Sends a CONNECT: clean, keep-alive 1200 s. */
  connect(options?: Partial<Omit<IConnectPacket, 'cmd'>>): void
  /** The next packet, which must be this one, with these fields. Fails at the deadline or when the connection ends. */
  expect<C extends Packet['cmd']>(
    cmd: C,
    fields?: object,
  ): Promise<Extract<Packet, { cmd: C }> & { bytes: Buffer }>
  /** The next packet, whatever it is: where two may come in either order. */
  any(): Promise<Got>
  /** The next packets are PUBLISHs with these payloads, in this order. QoS 1 is acknowledged. */
  gets(...payloads: string[]): Promise<(Extract<Packet, { cmd: 'publish' }> & { bytes: Buffer })[]>
  /** Sends a PUBLISH and doesn't wait. Gives its message id. */
  publish(topic: string, options?: PublishOptions): number
  /** A PUBLISH with QoS 1, and its PUBACK. Gives the message id. */
  put(topic: string, options?: PublishOptions): Promise<number>
  /** A SUBSCRIBE with QoS 1, and its SUBACK. Gives what was granted. */
  subscribe(filters: string | string[], options?: SubscribeOptions): Promise<number[]>
  /** An UNSUBSCRIBE and its UNSUBACK. */
  unsubscribe(...filters: string[]): Promise<void>
  puback(messageId: number): void
  /** Nothing has come before the PINGRESP of a PINGREQ sent now: for answers to this client's own packets. */
  silent(): Promise<void>
  /**
   * Nothing has come that was published before a marker that `other` publishes now: for messages. The other one must get
   * nothing meanwhile but its PUBACK; it may be this client itself.
   */
  nothing(other: Peer): Promise<void>
  /** The broker closes, after no further packet. With a code: what the record says. */
  closed(code?: string): Promise<ClosingRecord>
  /** The broker closes after what was the client's own end: a DISCONNECT. No further packet has come. */
  ended(): Promise<ClosingRecord>
  /** DISCONNECT, and the end of the connection, when the broker has let go. */
  leave(disconnect?: Packet): Promise<void>
  /** The connection breaks: no DISCONNECT. Resolves when the broker has let go. */
  drop(): Promise<ClosingRecord>
  /** The next message id. */
  nextId(): number
}

const DEADLINE_MS = 5_000
const MARKER = 'conformance/marker'

export type Stage = {
  broker: Broker
  /** Of the device. */
  context: SecureContext
  /** The id of the latest connection from each port, as the log has told. */
  connections: Map<number, string>
}

/** Connects over TLS and sends nothing. */
export async function dial(
  t: Test,
  { broker, context, connections }: Stage,
  version: Version,
): Promise<Peer> {
  const socket = dialTls({
    host: '127.0.0.1',
    port: broker.port,
    servername: broker.host,
    secureContext: context,
  })
  socket.setNoDelay(true)
  t.teardown(() => socket.destroy())
  const inbox = createInbox(socket, version)
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {})
  const { localPort = 0 } = socket
  // Not the port itself: the system gives it to another client soon.
  const connection = connections.get(localPort)
  let lastId = 0

  const recordOf = (): Promise<ClosingRecord> =>
    within(
      broker.closed(record => record.connection === connection),
      'a closing record',
    )

  const peer: Peer = {
    version,
    clientId: '',
    nextId: () => {
      lastId = (lastId % 65_535) + 1
      return lastId
    },
    send(...packets) {
      const pieces = packets.map(packet => {
        if (packet instanceof Uint8Array) return packet
        if (Array.isArray(packet)) return Buffer.from(packet)
        return generate(packet, { protocolVersion: version })
      })
      socket.write(Buffer.concat(pieces))
    },
    connect(options = {}) {
      const defaults = { protocolId: 'MQTT', clean: true, keepalive: 1200 } as const
      const packet = {
        cmd: 'connect',
        protocolVersion: version,
        clientId: '',
        ...defaults,
      } as const
      peer.clientId = options.clientId ?? ''
      peer.send({ ...packet, ...options })
    },
    async expect(cmd, fields = {}) {
      const got = await inbox.next(cmd)
      t.match(got, { cmd, ...fields }, `${cmd} ${JSON.stringify(fields)}`)
      if (got.cmd !== cmd) throw new Error(`${cmd} was expected, and ${got.cmd} came`)
      return got as never
    },
    any: () => inbox.next('a packet'),
    async gets(...payloads) {
      const all = []
      for (const payload of payloads) {
        const got = await peer.expect('publish')
        t.equal(got.payload.toString(), payload, `the message \`${payload}\``)
        if (got.qos === 1) peer.puback(got.messageId ?? 0)
        all.push(got)
      }
      return all
    },
    publish(topic, { qos = 0, payload = '', ...options } = {}) {
      const messageId = qos === 0 ? 0 : (options.messageId ?? peer.nextId())
      const { retain = false, dup = false, properties } = options
      const id = qos === 0 ? {} : { messageId }
      const more = properties === undefined ? {} : { properties }
      peer.send({ cmd: 'publish', topic, payload, qos, retain, dup, ...id, ...more })
      return messageId
    },
    async put(topic, options = {}) {
      const messageId = peer.publish(topic, { qos: 1, ...options })
      await peer.expect('puback', { messageId })
      return messageId
    },
    async subscribe(filters, { qos = 1, messageId = peer.nextId(), properties, ...options } = {}) {
      const topics = Array.isArray(filters) ? filters : [filters]
      const subscriptions = topics.map(topic => ({ topic, qos, ...options }))
      const more = properties === undefined ? {} : { properties }
      peer.send({ cmd: 'subscribe', messageId, subscriptions, ...more })
      const { granted } = await peer.expect('suback', { messageId })
      return granted as number[]
    },
    async unsubscribe(...filters) {
      const messageId = peer.nextId()
      peer.send({ cmd: 'unsubscribe', messageId, unsubscriptions: filters })
      await peer.expect('unsuback', { messageId })
    },
    puback: messageId => peer.send({ cmd: 'puback', messageId }),
    async silent() {
      peer.send({ cmd: 'pingreq' })
      await peer.expect('pingresp')
    },
    async nothing(other) {
      const topic = `${MARKER}/${localPort}`
      await peer.subscribe(topic, { qos: 0 })
      other.publish(topic, { payload: 'marker' })
      await peer.expect('publish', { topic })
      await peer.unsubscribe(topic)
    },
    async ended() {
      const unread = await inbox.closed()
      t.same(
        unread.map(({ cmd }) => cmd),
        [],
        'no packet before the close',
      )
      return recordOf()
    },
    async closed(code) {
      const record = await peer.ended()
      t.equal(record.side, 'we', 'the record says that the broker closed')
      if (code !== undefined) t.equal(record.code, code, 'what the record says')
      return record
    },
    async leave(disconnect = { cmd: 'disconnect' }) {
      peer.send(disconnect)
      socket.end()
      await recordOf()
    },
    drop() {
      socket.destroy()
      return recordOf()
    },
  }
  return peer
}

type Inbox = {
  next(wanted: string): Promise<Got>
  /** What had not been read when the broker closed. */
  closed(): Promise<Got[]>
}

function createInbox(socket: TLSSocket, version: Version): Inbox {
  const packets: Got[] = []
  let over = false
  let rest: Buffer = Buffer.alloc(0)
  let wake: (() => void) | undefined
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (let length = lengthOf(rest); length <= rest.length; length = lengthOf(rest)) {
      packets.push(readPacket(rest.subarray(0, length), version))
      rest = rest.subarray(length)
    }
    wake?.()
  })
  socket.on('close', () => {
    over = true
    wake?.()
  })
  const changed = (): Promise<void> =>
    new Promise(resolve => {
      wake = resolve
    })
  return {
    async next(wanted) {
      while (packets.length === 0) {
        if (over) throw new Error(`${wanted} was expected, and the broker closed`)
        await within(changed(), wanted)
      }
      return packets.shift() as Got
    },
    async closed() {
      while (!over) await within(changed(), 'the close')
      return packets.splice(0)
    },
  }
}

/** Of the first packet, fixed header and all; Infinity while that can't be known. */
function lengthOf(bytes: Buffer): number {
  let length = 0
  for (let at = 1; at < 5 && at < bytes.length; at++) {
    const byte = bytes.readUInt8(at)
    length += (byte & 0x7f) * 128 ** (at - 1)
    if (byte < 0x80) return length + at + 1
  }
  return Number.POSITIVE_INFINITY
}

function readPacket(bytes: Buffer, protocolVersion: Version): Got {
  const read: Packet[] = []
  const reader = parser({ protocolVersion })
  reader.on('packet', packet => read.push(packet))
  reader.on('error', () => {})
  reader.parse(bytes)
  const [packet] = read
  if (packet === undefined) throw new Error(`no packet: ${bytes.toString('hex')}`)
  return Object.assign(packet, { bytes: Buffer.from(bytes) })
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come`)), DEADLINE_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
