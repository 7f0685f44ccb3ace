/**
 * The MQTT side of one connection: packets in, bytes out. Whoever drives the connection takes the packets: first the connect
 * room, then the traffic room. It reads only while somebody takes packets, so nothing piles up.
 */

import type { Duplex } from 'node:stream'
import { packetReader } from './codec/packet-reader.ts'
import type { PacketProblem } from './codec/problem.ts'
import type { Packet } from './packet.ts'

export type Front = {
  /** Sets who takes packets from now on; undefined stops reading. What is already parsed is given at once. */
  take(taker: Taker | undefined): void
  /** Reads what the socket has; called when there is room for more. */
  pump(): void
  /** Writes soon: everything of one turn of the event loop goes out in one piece. */
  write(bytes: Buffer): void
  /** Writes out what waits. */
  flush(): void
  /** Bytes written that the client has not taken yet. */
  waiting(): number
  /** Whether something has come that nobody has taken. */
  more(): boolean
  /** Sets who is told how many bytes were read, and whether that is enough for now: then `resume` reads on. */
  meter(enough: ((bytes: number) => boolean) | undefined): void
  resume(): void
  packets: { in: number; out: number }
  bytes: { in: number; out: number }
  /** The first bytes that came, for a stranger who speaks no MQTT. */
  firstBytes(): Buffer
}

export type Taker = {
  packet(packet: Packet): void
  problem(problem: PacketProblem): void
}

/** Making an empty buffer costs more than all that is done with it here. */
const NOTHING: Buffer = Buffer.alloc(0)

/**
 * @param failed told of a throw in what takes the packets: it must not reach the process
 * @param packetBytes how many may follow a fixed header
 */
export function createFront(
  socket: Duplex,
  failed: (error: unknown) => void,
  packetBytes: number,
): Front {
  const reader = packetReader({ limit: packetBytes })
  let taker: Taker | undefined
  let queue: Packet[] = []
  let pumping = false
  let problem: PacketProblem | undefined
  let outgoing: Buffer[] = []
  let outgoingBytes = 0
  let scheduled = false
  let first: Buffer = NOTHING
  let meter: ((bytes: number) => boolean) | undefined
  let held = false

  const front: Front = {
    take(next) {
      taker = next
      if (taker) front.pump()
    },
    pump() {
      // INVARIANT: each packet is given once: whoever takes one may ask for more from inside `drain`.
      if (pumping) return
      pumping = true
      try {
        do drain()
        while (read())
      } catch (error) {
        taker = undefined
        failed(error)
      } finally {
        pumping = false
      }
    },
    write(bytes) {
      outgoing.push(bytes)
      outgoingBytes += bytes.length
      front.bytes.out += bytes.length
      if (scheduled) return
      scheduled = true
      setImmediate(front.flush)
    },
    flush() {
      scheduled = false
      if (outgoing.length === 0) return
      const [only] = outgoing
      const bytes = outgoing.length === 1 && only ? only : Buffer.concat(outgoing, outgoingBytes)
      outgoing = []
      outgoingBytes = 0
      if (!socket.destroyed && socket.writable) socket.write(bytes)
    },
    waiting: () => outgoingBytes + socket.writableLength,
    more: () => queue.length > 0 || socket.readableLength > 0,
    meter(next) {
      meter = next
    },
    resume() {
      held = false
      front.pump()
    },
    packets: { in: 0, out: 0 },
    bytes: { in: 0, out: 0 },
    firstBytes: () => first,
  }
  return front

  /** False where nobody takes packets, or nothing came. */
  function read(): boolean {
    if (!taker || problem || held) return false
    const chunk = socket.read() as Buffer | null
    if (chunk === null) return false
    if (front.bytes.in === 0) first = Buffer.from(chunk.subarray(0, 32))
    front.bytes.in += chunk.length
    if (meter?.(chunk.length)) held = true
    const result = reader.push(chunk)
    problem = result.problem
    queue = queue.length === 0 ? result.packets : [...queue, ...result.packets]
    return true
  }

  function drain(): void {
    let next = 0
    while (taker && next < queue.length) {
      const packet = queue[next++]
      front.packets.in++
      if (packet) taker.packet(packet)
    }
    queue = next === queue.length ? [] : queue.slice(next)
    if (problem && taker && queue.length === 0) {
      const taken = taker
      taker = undefined
      taken.problem(problem)
    }
  }
}
