/**
 * Reads the MQTT 3.1.1 packets that traffic is made of, PUBLISH, PUBACK, PINGREQ and DISCONNECT, where they lie whole and
 * well-formed in one piece. Whatever is unusual is left for the real parser: nothing is refused here.
 */

import type { Packet } from 'mqtt-packet'

/**
 * Reads packets from the start of `chunk` until one is not of these, or not whole.
 * @param limit the largest remaining length taken, in bytes
 * @param packets where they are added, as mqtt-packet would give them; payloads are views on `chunk`
 * @returns how many bytes were read
 */
export function plainPackets(chunk: Buffer, limit: number, packets: Packet[]): number {
  let at = 0
  while (at + 2 <= chunk.length) {
    const header = chunk[at] ?? 0
    // MQTT 3.1.1 2.2.3: seven bits in each byte, the lowest first, four bytes at most.
    let body = at + 1
    let length = 0
    let shift = 0
    let digit = 128
    while (digit > 127 && shift < 28 && body < chunk.length) {
      digit = chunk[body++] ?? 0
      length += (digit & 127) << shift
      shift += 7
    }
    const end = body + length
    if (digit > 127 || length > limit || end > chunk.length) break
    const packet = plainPacket(header, chunk, body, end)
    if (packet === undefined) break
    packets.push(packet)
    at = end
  }
  return at
}

function plainPacket(header: number, bytes: Buffer, body: number, end: number): Packet | undefined {
  const length = end - body
  if (header >> 4 === PUBLISH) return publish(header, bytes, body, end)
  const flags = { retain: false, qos: 0, dup: false, length } as const
  if (header === PUBACK && length === 2) {
    return { cmd: 'puback', ...flags, messageId: bytes.readUInt16BE(body) }
  }
  if (length !== 0) return undefined
  if (header === PINGREQ) return { cmd: 'pingreq', ...flags }
  return header === DISCONNECT ? { cmd: 'disconnect', ...flags } : undefined
}

const PUBLISH = 3
const PUBACK = 0x40
const PINGREQ = 0xc0
const DISCONNECT = 0xe0

function publish(header: number, bytes: Buffer, body: number, end: number): Packet | undefined {
  const length = end - body
  const qos = (header >> 1) & 3
  if (qos > 1 || length < 2 + 2 * qos) return undefined
  const topicEnd = body + 2 + bytes.readUInt16BE(body)
  const payloadAt = topicEnd + 2 * qos
  if (payloadAt > end) return undefined
  const topic = bytes.toString('utf8', body + 2, topicEnd)
  const retain = (header & 1) === 1
  const dup = (header & 8) === 8
  const payload = bytes.subarray(payloadAt, end)
  if (qos === 0) return { cmd: 'publish', retain, qos, dup, length, topic, payload }
  const messageId = bytes.readUInt16BE(topicEnd)
  return { cmd: 'publish', retain, qos: 1, dup, length, topic, messageId, payload }
}
