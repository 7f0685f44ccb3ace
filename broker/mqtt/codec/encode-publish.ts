/**
 * PUBLISH as bytes, in one allocation. A message that goes to many is encoded once for each version: what differs from one
 * receiver to the next lies at places that are known.
 */

import type { Forwarded, Message } from '../message.ts'
import type { Version } from './problem.ts'
import { utf8Size, varintSize, writeString, writeUint16, writeUtf8, writeVarint } from './write.ts'

/** What differs from one receiver of a message to the next. */
export type Stamp = {
  qos: 0 | 1
  retain: boolean
  /** Sent again. */
  dup?: boolean
  /** Above QoS 0. */
  messageId?: number
  /** Of MQTT 5: where the alias is known, the topic is empty. */
  topic?: string
  topicAlias?: number
  /** Of MQTT 5, in seconds. */
  messageExpiryInterval?: number
}

export type PublishFields = Stamp & { topic: string; payload: Buffer; properties?: Forwarded }

/** What all receivers of a message get. */
export type Content = Pick<Message, 'topic' | 'payload' | 'properties'>

export type PublishTemplate = {
  /** INVARIANT: nobody changes these bytes: several receivers may get the same buffer. */
  packet(stamp: Stamp): Buffer
}

/** @param fields what is of MQTT 5 is left out on 3.1.1 */
export function encodePublish(fields: PublishFields, version: Version): Buffer {
  return write(fields, version, measure(fields, version))
}

/** @returns how many bytes the whole packet has */
export function publishSize(fields: PublishFields, version: Version): number {
  const { remaining } = measure(fields, version)
  return 1 + varintSize(remaining) + remaining
}

export function publishTemplate(content: Content, version: Version): PublishTemplate {
  /** By QoS: what the last receiver got. */
  const frames: [Frame?, Frame?] = []

  function first(stamp: Stamp): Buffer {
    const fields = fieldsOf(content, stamp)
    const measured = measure(fields, version)
    const bytes = write(fields, version, measured)
    const idAt = 1 + varintSize(measured.remaining) + 2 + measured.topic
    const expires = version === 5 && stamp.messageExpiryInterval !== undefined
    const propertiesAt = idAt + (stamp.qos > 0 ? 2 : 0) + varintSize(measured.properties)
    frames[stamp.qos] = {
      bytes,
      idAt,
      expiryAt: expires ? propertiesAt + 1 : -1,
      expiry: stamp.messageExpiryInterval,
    }
    return bytes
  }

  return {
    packet(stamp) {
      const { qos, topicAlias, messageExpiryInterval: expiry } = stamp
      if (version === 5 && topicAlias !== undefined) {
        return encodePublish(fieldsOf(content, stamp), version)
      }
      const frame = frames[qos]
      const expires = version === 5 && expiry !== undefined
      if (frame === undefined || frame.expiryAt >= 0 !== expires) return first(stamp)
      const header = headerOf(stamp)
      const expired = expires && expiry !== frame.expiry
      if (qos === 0 && frame.bytes[0] === header && !expired) return frame.bytes
      const bytes = Buffer.allocUnsafe(frame.bytes.length)
      bytes.set(frame.bytes)
      bytes[0] = header
      if (qos > 0) writeUint16(bytes, frame.idAt, stamp.messageId ?? 0)
      if (expired) bytes.writeUInt32BE(expiry, frame.expiryAt)
      if (qos === 0) frames[0] = { ...frame, bytes, expiry }
      return bytes
    },
  }
}

type Frame = {
  bytes: Buffer
  idAt: number
  /** -1: it has none. */
  expiryAt: number
  expiry: number | undefined
}

/** Each field by its name: a spread makes objects of new shapes, which cost more than all else of a packet. */
function fieldsOf({ topic, payload, properties }: Content, stamp: Stamp): PublishFields {
  return {
    topic: stamp.topic ?? topic,
    payload,
    properties,
    qos: stamp.qos,
    retain: stamp.retain,
    dup: stamp.dup,
    messageId: stamp.messageId,
    topicAlias: stamp.topicAlias,
    messageExpiryInterval: stamp.messageExpiryInterval,
  } as PublishFields
}

/** In bytes. */
type Measured = {
  topic: number
  /** Without their length. */
  properties: number
  remaining: number
}

function measure(fields: PublishFields, version: Version): Measured {
  const topic = utf8Size(fields.topic)
  const properties = version === 5 ? propertiesSize(fields) : 0
  const remaining =
    2 +
    topic +
    (fields.qos > 0 ? 2 : 0) +
    (version === 5 ? varintSize(properties) + properties : 0) +
    fields.payload.length
  return { topic, properties, remaining }
}

function propertiesSize(fields: PublishFields): number {
  const { messageExpiryInterval, topicAlias, properties } = fields
  let size = 0
  if (messageExpiryInterval !== undefined) size += 5
  if (topicAlias !== undefined) size += 3
  if (properties === undefined) return size
  const { payloadFormatIndicator, contentType, responseTopic, correlationData } = properties
  if (payloadFormatIndicator !== undefined) size += 2
  if (contentType !== undefined) size += 3 + utf8Size(contentType)
  if (responseTopic !== undefined) size += 3 + utf8Size(responseTopic)
  if (correlationData !== undefined) size += 3 + correlationData.length
  for (const [name, value] of properties.userProperties ?? []) {
    size += 5 + utf8Size(name) + utf8Size(value)
  }
  return size
}

function write(fields: PublishFields, version: Version, measured: Measured): Buffer {
  const { remaining } = measured
  const bytes = Buffer.allocUnsafe(1 + varintSize(remaining) + remaining)
  bytes[0] = headerOf(fields)
  let at = writeVarint(bytes, 1, remaining)
  at = writeUint16(bytes, at, measured.topic)
  at = writeUtf8(bytes, at, fields.topic, measured.topic)
  if (fields.qos > 0) at = writeUint16(bytes, at, fields.messageId ?? 0)
  if (version === 5) {
    at = writeVarint(bytes, at, measured.properties)
    if (measured.properties > 0) at = writeProperties(bytes, at, fields)
  }
  bytes.set(fields.payload, at)
  return bytes
}

/** The expiry comes first: a template knows its place. */
function writeProperties(bytes: Buffer, start: number, fields: PublishFields): number {
  const { messageExpiryInterval, topicAlias, properties } = fields
  let at = start
  if (messageExpiryInterval !== undefined) {
    bytes[at] = MESSAGE_EXPIRY_INTERVAL
    at = bytes.writeUInt32BE(messageExpiryInterval, at + 1)
  }
  if (topicAlias !== undefined) {
    bytes[at] = TOPIC_ALIAS
    at = writeUint16(bytes, at + 1, topicAlias)
  }
  if (properties === undefined) return at
  const { payloadFormatIndicator, contentType, responseTopic, correlationData } = properties
  if (payloadFormatIndicator !== undefined) {
    bytes[at] = PAYLOAD_FORMAT_INDICATOR
    bytes[at + 1] = payloadFormatIndicator
    at += 2
  }
  if (contentType !== undefined) at = writeText(bytes, at, CONTENT_TYPE, contentType)
  if (responseTopic !== undefined) at = writeText(bytes, at, RESPONSE_TOPIC, responseTopic)
  if (correlationData !== undefined) {
    bytes[at] = CORRELATION_DATA
    at = writeUint16(bytes, at + 1, correlationData.length)
    bytes.set(correlationData, at)
    at += correlationData.length
  }
  for (const [name, value] of properties.userProperties ?? []) {
    at = writeText(bytes, at, USER_PROPERTY, name)
    at = writeString(bytes, at, value)
  }
  return at
}

const PAYLOAD_FORMAT_INDICATOR = 1
const MESSAGE_EXPIRY_INTERVAL = 2
const CONTENT_TYPE = 3
const RESPONSE_TOPIC = 8
const CORRELATION_DATA = 9
const TOPIC_ALIAS = 35
const USER_PROPERTY = 38

function headerOf({ qos, retain, dup }: Stamp): number {
  return 0x30 | (dup === true ? 8 : 0) | (qos << 1) | (retain ? 1 : 0)
}

function writeText(bytes: Buffer, at: number, property: number, value: string): number {
  bytes[at] = property
  return writeString(bytes, at + 1, value)
}
