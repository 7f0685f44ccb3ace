/**
 * MQTT packets out of a byte stream. The packets that traffic is made of are read here, straight from the bytes; all others,
 * and every packet that came in pieces, by mqtt-packet's parser, which is made when the first of them comes. That parser
 * itself buffers up to 256 MiB because a header says so; this one refuses as soon as a header announces more than the limit.
 */

import { parser as createParser, type Packet } from 'mqtt-packet'
import { plainPackets } from './plain-packets.ts'

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
  let packets: Packet[] = []
  let problem: PacketProblem | undefined
  let parser: Parser | undefined
  /** INVARIANT: the parser holds no part of a packet, and MQTT 5, whose packets look alike, was not asked for. */
  let plain = true

  function parse(bytes: Buffer): void {
    parser ??= begin()
    try {
      parser.parse(bytes)
    } catch (error) {
      problem ??= { kind: 'malformed', says: lowerFirst(String(error)) }
    }
    const { length, cmd } = parser.packet
    if (!problem && length > limit) problem = { kind: 'too-large', bytes: length, limit }
    plain = cmd === null && parser.settings.protocolVersion !== MQTT_5
  }

  function begin(): Parser {
    const created = createParser()
    created.on('packet', packet => {
      packets.push(packet)
    })
    created.on('error', error => {
      problem ??= { kind: 'malformed', says: lowerFirst(error.message) }
    })
    return created as unknown as Parser
  }

  return {
    push(chunk) {
      if (problem) return { packets: [], problem }
      const at = plain ? plainPackets(chunk, limit, packets) : 0
      if (at < chunk.length) parse(at === 0 ? chunk : chunk.subarray(at))
      const complete = packets
      packets = []
      return problem ? { packets: complete, problem } : { packets: complete }
    },
  }
}

/** The parser's state, which its types don't show: the packet that it is in, and the version that a CONNECT set. */
type Parser = {
  parse(bytes: Buffer): number
  /** `cmd` is null between packets; `length` is what the header says remains. */
  packet: { cmd: string | null; length: number }
  settings: { protocolVersion?: number }
}

const MQTT_5 = 5

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
