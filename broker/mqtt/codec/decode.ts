/**
 * The packets of a client, from their bytes (MQTT 3.1.1 and 5, chapter 3). A packet that is given is well-formed, and breaks no
 * rule that its own bytes can break; what it asks for is judged elsewhere.
 */

import type {
  AckPacket,
  AuthPacket,
  DisconnectPacket,
  Packet,
  PublishPacket,
  PublishProperties,
  RequestedSubscription,
  SubscribePacket,
  UnsubscribePacket,
} from '../packet.ts'
import { type Cursor, fail, text, uint8, uint16 } from './cursor.ts'
import { decodeConnect } from './decode-connect.ts'
import { readProperties } from './properties.ts'

/**
 * @param header the first byte of the packet, with flags that are right
 * @param cursor on the bytes after the fixed header; `cursor.fault` says why there is no packet
 * @returns undefined, too, where a CONNECT asks for a version whose layout we don't know: `cursor.at` is after its level then
 */
export function decode(header: number, cursor: Cursor): Packet | undefined {
  const packet = body(header, cursor)
  if (cursor.at < cursor.end && packet !== undefined) fail(cursor, 'left-over')
  return cursor.fault ? undefined : packet
}

function body(header: number, cursor: Cursor): Packet | undefined {
  switch (cursor.packet) {
    case 'PUBLISH':
      return publish(header, cursor)
    case 'PUBACK':
      return ack('puback', cursor)
    case 'PINGREQ':
      return { cmd: 'pingreq' }
    case 'SUBSCRIBE':
      return subscribe(cursor)
    case 'UNSUBSCRIBE':
      return unsubscribe(cursor)
    case 'DISCONNECT':
      return disconnect(cursor)
    case 'CONNECT':
      return decodeConnect(cursor)
    case 'PUBREC':
      return ack('pubrec', cursor)
    case 'PUBREL':
      return ack('pubrel', cursor)
    case 'PUBCOMP':
      return ack('pubcomp', cursor)
    case 'AUTH':
      return auth(cursor)
    default:
      fail(cursor, 'only-of-servers')
      return undefined
  }
}

function publish(header: number, cursor: Cursor): PublishPacket {
  const qos = ((header >> 1) & 3) as 0 | 1 | 2
  const topic = text(cursor, 'topic')
  const messageId = qos === 0 ? 0 : packetIdentifier(cursor)
  const properties =
    cursor.version === 5
      ? (readProperties(cursor, 'PUBLISH') as PublishProperties | undefined)
      : undefined
  const payload = cursor.bytes.subarray(cursor.at, cursor.end)
  cursor.at = cursor.end
  const retain = (header & 1) === 1
  const dup = (header & 8) === 8
  const packet: PublishPacket = { cmd: 'publish', topic, payload, qos, retain, dup }
  if (qos > 0) packet.messageId = messageId
  if (properties) packet.properties = properties
  return packet
}

/** MQTT 5 3.4.2.1: a reason code of 0 may be left out, and so may the properties. */
function ack(cmd: AckPacket['cmd'], cursor: Cursor): AckPacket {
  const messageId = packetIdentifier(cursor)
  if (cursor.version !== 5) return { cmd, messageId, reasonCode: 0 }
  const reasonCode = reason(cursor, ACK_CODES[cmd])
  const properties = optionalProperties(cursor, ACK_BEARER[cmd])
  return { cmd, messageId, reasonCode, ...(properties && { properties }) }
}

function subscribe(cursor: Cursor): SubscribePacket {
  const messageId = packetIdentifier(cursor)
  const properties = cursor.version === 5 ? readProperties(cursor, 'SUBSCRIBE') : undefined
  if (cursor.at >= cursor.end) fail(cursor, 'no-filter')
  const subscriptions: RequestedSubscription[] = []
  while (cursor.at < cursor.end) {
    const topic = text(cursor, 'topic filter')
    subscriptions.push(requested(topic, uint8(cursor, 'subscription options'), cursor))
  }
  const packet = { cmd: 'subscribe' as const, messageId, subscriptions }
  return properties ? ({ ...packet, properties } as SubscribePacket) : packet
}

/** MQTT 5 3.8.3.1; on 3.1.1 all bits but those of the QoS are reserved. */
function requested(topic: string, options: number, cursor: Cursor): RequestedSubscription {
  const reserved = cursor.version === 5 ? 0xc0 : 0xfc
  const qos = options & 3
  const rh = (options >> 4) & 3
  const nl = (options & 4) !== 0
  if ((options & reserved) !== 0) fail(cursor, 'subscription-reserved-bits')
  if (qos === 3) fail(cursor, 'subscription-qos-3')
  if (rh === 3) fail(cursor, 'retain-handling-3')
  if (nl && topic.startsWith('$share/')) fail(cursor, 'no-local-on-shared')
  return { topic, qos: qos as 0 | 1 | 2, nl, rap: (options & 8) !== 0, rh: rh as 0 | 1 | 2 }
}

function unsubscribe(cursor: Cursor): UnsubscribePacket {
  const messageId = packetIdentifier(cursor)
  const properties = cursor.version === 5 ? readProperties(cursor, 'UNSUBSCRIBE') : undefined
  if (cursor.at >= cursor.end) fail(cursor, 'no-filter')
  const unsubscriptions: string[] = []
  while (cursor.at < cursor.end) unsubscriptions.push(text(cursor, 'topic filter'))
  const packet = { cmd: 'unsubscribe' as const, messageId, unsubscriptions }
  return properties ? ({ ...packet, properties } as UnsubscribePacket) : packet
}

function disconnect(cursor: Cursor): DisconnectPacket {
  if (cursor.version !== 5) return { cmd: 'disconnect', reasonCode: 0 }
  const reasonCode = reason(cursor, DISCONNECT_CODES)
  const properties = optionalProperties(cursor, 'DISCONNECT')
  return { cmd: 'disconnect', reasonCode, ...(properties && { properties }) }
}

/** AUTH is of MQTT 5; on 3.1.1 its type is reserved, which the reader has seen. */
function auth(cursor: Cursor): AuthPacket {
  const reasonCode = reason(cursor, AUTH_CODES)
  const properties = optionalProperties(cursor, 'AUTH')
  return { cmd: 'auth', reasonCode, ...(properties && { properties }) }
}

function packetIdentifier(cursor: Cursor): number {
  const id = uint16(cursor, 'packet identifier')
  if (id === 0) fail(cursor, 'packet-identifier-0')
  return id
}

function reason(cursor: Cursor, allowed: readonly number[]): number {
  const code = cursor.at < cursor.end ? uint8(cursor, 'reason code') : 0
  if (!allowed.includes(code))
    fail(cursor, 'reason-code', `0x${code.toString(16).padStart(2, '0')}`)
  return code
}

type Optional = 'PUBACK' | 'PUBREC' | 'PUBREL' | 'PUBCOMP' | 'DISCONNECT' | 'AUTH'

/** Left out together with their length where there are none. */
function optionalProperties(cursor: Cursor, bearer: Optional): object | undefined {
  return cursor.at < cursor.end ? readProperties(cursor, bearer) : undefined
}

const ACK_BEARER = {
  puback: 'PUBACK',
  pubrec: 'PUBREC',
  pubrel: 'PUBREL',
  pubcomp: 'PUBCOMP',
} as const

/** MQTT 5 3.4.2.1, 3.5.2.1. */
const RECEIVED = [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]
/** MQTT 5 3.6.2.1, 3.7.2.1. */
const RELEASED = [0, 0x92]
const ACK_CODES = { puback: RECEIVED, pubrec: RECEIVED, pubrel: RELEASED, pubcomp: RELEASED }
/** MQTT 5 3.14.2.1: those that a client sends. */
const DISCONNECT_CODES = [
  0, 4, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
]
/** MQTT 5 3.15.2.1: those that a client sends. */
const AUTH_CODES = [0x18, 0x19]
