/**
 * MQTT packets out of a byte stream, with mqtt-packet's parser. The parser itself buffers up to 256 MiB because a header says
 * so; this one refuses as soon as a header announces more than the limit.
 */

import { parser as createParser, type Packet } from 'mqtt-packet'

export type PacketReader = {
  /** Takes bytes; gives the packets that are complete, in order, and at most one problem, after which it stays silent. */
  push(chunk: Buffer): { packets: Packet[]; problem?: PacketProblem }
}

export type PacketProblem =
  | { kind: 'malformed'; says: string }
  | { kind: 'too-large'; bytes: number; limit: number }

/** AWS: 128 KB of payload; the packet around it may be 146 KB. A longer one is not even buffered. */
export const PACKET_LIMIT = 149_504

export function packetReader(limit = PACKET_LIMIT): PacketReader {
  const parser = createParser()
  let packets: Packet[] = []
  let problem: PacketProblem | undefined
  parser.on('packet', packet => {
    packets.push(packet)
  })
  parser.on('error', error => {
    problem ??= { kind: 'malformed', says: lowerFirst(error.message) }
  })
  // The pending packet's remaining length: part of the parser's state, not of its types.
  const pending = parser as unknown as { packet: { length: number } }
  return {
    push(chunk) {
      if (problem) return { packets: [], problem }
      try {
        parser.parse(chunk)
      } catch (error) {
        problem ??= { kind: 'malformed', says: lowerFirst(String(error)) }
      }
      if (!problem && pending.packet.length > limit) {
        problem = { kind: 'too-large', bytes: pending.packet.length, limit }
      }
      const complete = packets
      packets = []
      return problem ? { packets: complete, problem } : { packets: complete }
    },
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
