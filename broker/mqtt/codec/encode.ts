/** What we send, as bytes, but for PUBLISH (encode-publish.ts): the answers to what a client asks. */

import type { Answer, Explanation } from '../packet.ts'
import type { Version } from './problem.ts'
import { PROPERTIES, type Property } from './property-table.ts'
import { varintSize, writeVarint } from './write.ts'

/** What a client of MQTT 5 takes, as its CONNECT said. */
export type Recipient = {
  /** Bytes of a whole packet. */
  maximumPacketSize?: number
  /** `false`: it wants to be told why by CONNACK and DISCONNECT alone [MQTT-3.1.2-29]. */
  requestProblemInformation?: boolean
}

/**
 * Reason String and user properties are left out where the client doesn't want them, or where the packet would be larger than
 * it takes ([MQTT-3.2.2-19], [MQTT-3.4.2-2] and others like them); what is left may still be larger.
 * @returns no bytes for a packet that the version doesn't have: DISCONNECT on 3.1.1
 */
export function encode(answer: Answer, version: Version, to: Recipient = {}): Buffer {
  if (version === 4) return encode311(answer)
  if (answer.cmd === 'pingresp') return PINGRESP
  const { properties } = answer
  if (properties === undefined) return encode5(answer, undefined)
  const { userProperties, ...terse } = properties
  const { reasonString, ...bare } = terse
  const silent = to.requestProblemInformation === false && !TOLD_ANYWAY.includes(answer.cmd)
  const limit = to.maximumPacketSize ?? Number.POSITIVE_INFINITY
  const whole = encode5(answer, silent ? bare : properties)
  if (whole.length <= limit || (!userProperties && reasonString === undefined)) return whole
  const shorter = encode5(answer, silent ? bare : terse)
  return shorter.length <= limit ? shorter : encode5(answer, bare)
}

const TOLD_ANYWAY = ['connack', 'disconnect']

function encode311(answer: Answer): Buffer {
  switch (answer.cmd) {
    case 'connack':
      return Buffer.of(CONNACK, 2, answer.sessionPresent ? 1 : 0, answer.reasonCode)
    case 'puback':
      return acknowledgement(PUBACK, answer.messageId)
    case 'unsuback':
      return acknowledgement(UNSUBACK, answer.messageId)
    case 'suback':
      return frame(SUBACK, identifier(answer.messageId), Buffer.from(answer.granted))
    case 'pingresp':
      return PINGRESP
    case 'disconnect':
      return NOTHING
  }
}

type Answer5 = Exclude<Answer, { cmd: 'pingresp' }>

function encode5(answer: Answer5, given: object | undefined): Buffer {
  const properties = given === undefined ? NOTHING : propertyBytes(given)
  switch (answer.cmd) {
    case 'connack': {
      const before = Buffer.of(answer.sessionPresent ? 1 : 0, answer.reasonCode)
      return frame(CONNACK, before, withLength(properties))
    }
    case 'puback': {
      const { messageId, reasonCode = 0 } = answer
      // MQTT 5 3.4.2.1: what says nothing is left out.
      if (reasonCode === 0 && properties.length === 0) return acknowledgement(PUBACK, messageId)
      return frame(PUBACK, identifier(messageId), reasonWith(reasonCode, properties))
    }
    case 'suback':
    case 'unsuback': {
      const header = answer.cmd === 'suback' ? SUBACK : UNSUBACK
      const codes = Buffer.from(answer.granted)
      return frame(header, identifier(answer.messageId), withLength(properties), codes)
    }
    case 'disconnect':
      return frame(DISCONNECT, reasonWith(answer.reasonCode, properties))
  }
}

const CONNACK = 0x20
const PUBACK = 0x40
const SUBACK = 0x90
const UNSUBACK = 0xb0
const DISCONNECT = 0xe0
const PINGRESP: Buffer = Buffer.of(0xd0, 0)
const NOTHING: Buffer = Buffer.alloc(0)

function acknowledgement(header: number, messageId: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes[0] = header
  bytes[1] = 2
  bytes[2] = messageId >> 8
  bytes[3] = messageId & 255
  return bytes
}

function identifier(messageId: number): Buffer {
  return Buffer.of(messageId >> 8, messageId & 255)
}

function reasonWith(code: number, properties: Buffer): Buffer {
  if (properties.length === 0) return Buffer.of(code)
  return Buffer.concat([Buffer.of(code), withLength(properties)])
}

function withLength(properties: Buffer): Buffer {
  return Buffer.concat([varint(properties.length), properties])
}

function frame(header: number, ...parts: Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.of(header), varint(length), ...parts])
}

function propertyBytes(values: object): Buffer {
  return Buffer.concat(
    Object.entries(values).flatMap(([name, value]) => {
      const property = byName.get(name)
      if (property === undefined || value === undefined) return []
      if (property.kind !== 'pair') return [Buffer.of(property.id), valueBytes(property, value)]
      return (value as NonNullable<Explanation['userProperties']>).flatMap(([key, text]) => [
        Buffer.of(property.id),
        textBytes(key),
        textBytes(text),
      ])
    }),
  )
}

const byName: ReadonlyMap<string, Property> = new Map(PROPERTIES.map(one => [one.name, one]))

function valueBytes({ kind }: Property, value: unknown): Buffer {
  switch (kind) {
    case 'flag':
    case 'uint8':
      return Buffer.of(Number(value))
    case 'uint16':
      return identifier(Number(value))
    case 'uint32': {
      const bytes = Buffer.allocUnsafe(4)
      bytes.writeUInt32BE(Number(value))
      return bytes
    }
    case 'varint':
      return varint(Number(value))
    case 'binary':
      return Buffer.concat([identifier((value as Buffer).length), value as Buffer])
    default:
      return textBytes(String(value))
  }
}

/** A text that is too long for its length is cut between two letters. */
function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text)
  let end = Math.min(bytes.length, 0xffff)
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return Buffer.concat([identifier(end), bytes.subarray(0, end)])
}

function varint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(varintSize(value))
  writeVarint(bytes, 0, value)
  return bytes
}
