/** MQTT 5 packets by hand, for what no library writes: broken ones, and user properties whose order counts. */

import { packet, string, uint16 } from '../bytes.ts'

export function bytes(...parts: (Uint8Array | number[])[]): Buffer {
  return Buffer.concat(parts.map(part => Buffer.from(part)))
}

/** All properties of a packet behind their length. */
export function properties(...parts: (Uint8Array | number[])[]): Buffer {
  // A length and what it counts is what a packet is behind its first byte.
  return packet(0, ...parts).subarray(1)
}

export function userProperty(name: string | Uint8Array, value: string | Uint8Array): Buffer {
  return bytes([USER_PROPERTY], string(name), string(value))
}

export type ConnectParts = {
  name?: string
  level?: number
  flags?: number
  keepAlive?: number
  properties?: Buffer
  /** Client id, will, user name, password: as they are to stand there. */
  payload?: Buffer
}

/** A CONNECT with clean start and nothing else. */
export function connectBytes(clientId: string | Uint8Array, parts: ConnectParts = {}): Buffer {
  const { name = 'MQTT', level = 5, flags = 0b10, keepAlive = 1200 } = parts
  const { properties: own = properties(), payload = Buffer.alloc(0) } = parts
  return packet(
    0x10,
    string(name),
    [level, flags],
    uint16(keepAlive),
    own,
    string(clientId),
    payload,
  )
}

export type PublishParts = { head?: number; id?: number; properties?: Buffer; payload?: string }

/** A PUBLISH, QoS 0 unless the head says otherwise. */
export function publishBytes(topic: string | Uint8Array, parts: PublishParts = {}): Buffer {
  const { head = 0x30, id, properties: own = properties(), payload = '' } = parts
  const idBytes = id === undefined ? [] : uint16(id)
  return packet(head, string(topic), idBytes, own, Buffer.from(payload))
}

/** A SUBSCRIBE of one filter. */
export function subscribeBytes(filter: string | Uint8Array, options: number, head = 0x82): Buffer {
  return packet(head, uint16(1), properties(), string(filter), [options])
}

/** The user properties of a PUBLISH, in their order: parsers make an object of them. */
export function userPropertiesOf(publish: Uint8Array): [name: string, value: string][] {
  const reader = { at: 1 }
  const view = Buffer.from(publish)
  readLength(view, reader)
  readText(view, reader)
  if ((view.readUInt8(0) & 0b110) !== 0) reader.at += 2
  const end = readLength(view, reader) + reader.at
  const found: [string, string][] = []
  while (reader.at < end) {
    const property = view.readUInt8(reader.at++)
    const size = SIZES[property]
    if (property === USER_PROPERTY) found.push([readText(view, reader), readText(view, reader)])
    else if (size === undefined) readText(view, reader)
    else reader.at += size
  }
  return found
}

const USER_PROPERTY = 0x26

/** Of the properties of a PUBLISH; the others are strings or binary data. */
const SIZES: { [property: number]: number } = { 1: 1, 2: 4, 35: 2 }

type Reader = { at: number }

function readLength(view: Buffer, reader: Reader): number {
  let length = 0
  for (let shift = 0; ; shift += 7) {
    const byte = view.readUInt8(reader.at++)
    length |= (byte & 0x7f) << shift
    if (byte < 128) return length
  }
}

function readText(view: Buffer, reader: Reader): string {
  const length = view.readUInt16BE(reader.at)
  const start = reader.at + 2
  reader.at = start + length
  return view.toString('utf8', start, reader.at)
}
