/**
 * MQTT packets out of a byte stream. A packet that lies whole in what was read is decoded where it lies; of one that comes in
 * pieces the bytes are collected. Whatever its header alone can break is refused before the rest comes: a packet over the limit
 * is not even collected.
 */

import type { Packet } from '../packet.ts'
import type { Cursor } from './cursor.ts'
import { decode } from './decode.ts'
import { type Fault, malformed, PACKET_NAMES, type PacketProblem, type Version } from './problem.ts'

export type PacketReader = {
  /**
   * Takes bytes; gives the packets that are complete, in order, and at most one problem, after which it stays silent. Payloads
   * are views on `chunk`: keep none of them without a copy (`keepable`).
   */
  push(chunk: Buffer): { packets: Packet[]; problem?: PacketProblem }
}

type ReaderOptions = {
  /** How many bytes may follow a fixed header. */
  limit: number
}

export function packetReader({ limit }: ReaderOptions): PacketReader {
  let problem: PacketProblem | undefined
  let version: Version | undefined
  /** The bytes so far of a packet that is not whole yet, at the start of a larger buffer. */
  let held: Buffer | undefined
  let heldBytes = 0
  /** Of the held packet, once its header is there. */
  let whole = 0

  /** @returns the length of the packet at `at`; 0 where its header is not whole yet, or there is a problem */
  function wholeLength(bytes: Buffer, at: number, end: number): number {
    const header = bytes[at] ?? 0
    const fault = headerFault(header, version)
    if (fault) return broken(fault, header)
    // MQTT 3.1.1 2.2.3: seven bits in each byte, the lowest first, four bytes at most.
    let body = at + 1
    let length = 0
    let shift = 0
    let digit = 128
    while (digit > 127) {
      if (shift === 28) return broken('length-too-long', header, 'length')
      if (body === end) return 0
      digit = bytes[body++] ?? 0
      length += (digit & 127) << shift
      shift += 7
    }
    if (digit === 0 && shift > 7 && version === 5) {
      return broken('length-not-shortest', header, 'length')
    }
    if (length > limit) {
      const packet = PACKET_NAMES[header >> 4]
      problem = { kind: 'too-large', bytes: length, limit, packet: packet ?? 'PUBLISH' }
      return 0
    }
    return body - at + length
  }

  function broken(fault: Fault, header: number, what?: string): 0 {
    problem = malformed(fault, version, PACKET_NAMES[header >> 4], what)
    return 0
  }

  /** Decodes the packet of `length` bytes at `at`. */
  function take(bytes: Buffer, at: number, length: number, cursor: Cursor): Packet | undefined {
    const header = bytes[at] ?? 0
    let body = at + 2
    while ((bytes[body - 1] ?? 0) > 127) body++
    cursor.bytes = bytes
    cursor.at = body
    cursor.end = at + length
    cursor.packet = PACKET_NAMES[header >> 4] ?? 'PUBLISH'
    cursor.version = version
    const packet = decode(header, cursor)
    if (packet === undefined) {
      problem = cursor.fault ?? { kind: 'unknown-version', level: bytes[cursor.at - 1] ?? 0 }
    } else if (packet.cmd === 'connect') version ??= cursor.version
    return packet
  }

  /** Adds to the held packet what belongs to it. @returns how many bytes of the chunk were taken */
  function fill(chunk: Buffer, packets: Packet[], cursor: Cursor): number {
    let at = 0
    while (held && !problem && at < chunk.length) {
      const count = whole === 0 ? 1 : Math.min(whole - heldBytes, chunk.length - at)
      hold(chunk, at, count)
      at += count
      if (whole === 0) whole = wholeLength(held, 0, heldBytes)
      if (whole === 0 || heldBytes < whole) continue
      const packet = take(held, 0, whole, cursor)
      if (packet) packets.push(packet)
      release()
    }
    return at
  }

  function hold(chunk: Buffer, at: number, count: number): void {
    const needed = heldBytes + count
    if (held === undefined || held.length < needed) {
      // Twice what is there, so that a packet in tiny pieces is not copied for each of them; never more than the packet needs.
      const room = Math.max(needed, whole === 0 ? SMALLEST : Math.min(needed * 2, whole))
      const larger = Buffer.allocUnsafe(room)
      held?.copy(larger, 0, 0, heldBytes)
      held = larger
    }
    chunk.copy(held, heldBytes, at, at + count)
    heldBytes = needed
  }

  function release(): void {
    held = undefined
    heldBytes = 0
    whole = 0
  }

  return {
    push(chunk) {
      const packets: Packet[] = []
      if (problem) return { packets, problem }
      const cursor = newCursor(chunk, version)
      let at = held ? fill(chunk, packets, cursor) : 0
      while (!problem && at < chunk.length) {
        const length = wholeLength(chunk, at, chunk.length)
        if (problem) break
        if (length === 0 || at + length > chunk.length) {
          whole = length
          hold(chunk, at, chunk.length - at)
          break
        }
        const packet = take(chunk, at, length, cursor)
        if (packet) packets.push(packet)
        at += length
      }
      if (!problem) return { packets }
      release()
      return { packets, problem }
    },
  }
}

/** Most packets that come in pieces are small ones at the end of a read. */
const SMALLEST = 64

/** What the first byte alone breaks. Before a CONNECT has come it is held against 3.1.1, which differs in AUTH alone. */
function headerFault(header: number, version: Version | undefined): Fault | undefined {
  const type = header >> 4
  const flags = header & 15
  if (type === PUBLISH) {
    if ((flags & 6) === 6) return 'qos-3'
    return (flags & 14) === 8 ? 'dup-at-qos-0' : undefined
  }
  if (type === 0 || (type === AUTH && version !== 5)) return 'packet-type'
  return flags === (FLAGS_2.includes(type) ? 2 : 0) ? undefined : 'header-flags'
}

const PUBLISH = 3
const AUTH = 15
/** PUBREL, SUBSCRIBE, UNSUBSCRIBE. */
const FLAGS_2 = [6, 8, 10]

function newCursor(bytes: Buffer, version: Version | undefined): Cursor {
  return { bytes, at: 0, end: 0, packet: 'PUBLISH', version, fault: undefined }
}
