/** A 3.1.1 client on any stream that judges nothing: it keeps what came, in order, and acknowledges QoS 1. */

import type { Duplex } from 'node:stream'
import {
  generate,
  type IConnectPacket,
  type IPublishPacket,
  type Packet,
  parser,
} from 'mqtt-packet'

export type Peer = {
  /** In one piece, as a client sends what it has at hand. */
  send(...packets: Packet[]): void
  /** All bytes, while the other side takes them. Resolves with how many bytes went out before it closed. */
  pour(pieces: Iterable<Buffer>): Promise<number>
  /** The next packet of this kind; the others stay. Rejects at the end of the connection. */
  next<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>>
  /** Whether a packet of this kind has come, and nobody has taken it. */
  got(cmd: Packet['cmd']): boolean
  /** What has come so far. */
  readonly messages: readonly IPublishPacket[]
  /** The payloads of all that came before the message with this one. */
  until(payload: string): Promise<string[]>
  /** Goes to the broker and back: what was sent before has been read there. */
  ping(): Promise<void>
  /** Reads no more. */
  pause(): void
  readonly open: boolean
  closed: Promise<void>
  /** DISCONNECT. */
  leave(): Promise<void>
}

export type ConnectOptions = Partial<Omit<IConnectPacket, 'cmd'>>

export function peerOn(stream: Duplex): Peer {
  const waiting = new Set<() => void>()
  const packets: Packet[] = []
  const messages: IPublishPacket[] = []
  let open = true
  const look = (): void => {
    for (const waiter of [...waiting]) waiter()
  }
  const reader = parser({ protocolVersion: 4 })
  reader.on('packet', packet => {
    if (packet.cmd === 'publish') {
      messages.push(packet)
      if (packet.qos === 1) peer.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
    } else packets.push(packet)
    look()
  })
  stream.on('data', (bytes: Buffer) => reader.parse(bytes))
  stream.on('error', () => undefined)
  const closed = new Promise<void>(resolve => {
    stream.once('close', () => {
      open = false
      look()
      resolve()
    })
  })
  /** Looks after each packet until there is something. */
  const found = <T>(what: string, find: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const waiter = (): void => {
        const value = find()
        if (value === undefined && open) return
        waiting.delete(waiter)
        if (value === undefined) reject(new Error(`closed before ${what} came`))
        else resolve(value)
      }
      waiting.add(waiter)
      waiter()
    })
  const peer: Peer = {
    messages,
    got: cmd => packets.some(packet => packet.cmd === cmd),
    closed,
    get open() {
      return open
    },
    send(...given) {
      if (open) stream.write(Buffer.concat(given.map(packet => generate(packet))))
    },
    async pour(pieces) {
      let sent = 0
      for (const piece of pieces) {
        if (!open) break
        if (!stream.write(piece)) {
          await Promise.race([closed, new Promise(resolve => stream.once('drain', resolve))])
        }
        if (open) sent += piece.length
      }
      return sent
    },
    next: <C extends Packet['cmd']>(cmd: C) =>
      found(cmd, () => {
        const index = packets.findIndex(packet => packet.cmd === cmd)
        if (index < 0) return undefined
        return packets.splice(index, 1)[0] as Extract<Packet, { cmd: C }>
      }),
    async until(payload) {
      const payloads = (): string[] => messages.map(message => message.payload.toString())
      const index = await found(`the message \`${payload}\``, () => {
        const at = payloads().indexOf(payload)
        return at < 0 ? undefined : at
      })
      return payloads().slice(0, index)
    },
    async ping() {
      peer.send({ cmd: 'pingreq' })
      await peer.next('pingresp')
    },
    pause: () => void stream.pause(),
    leave() {
      peer.send({ cmd: 'disconnect' })
      stream.end()
      return closed
    },
  }
  return peer
}
