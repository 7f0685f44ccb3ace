/**
 * AWS IoT's rules for single packets, as pure checks: what a packet may be before any policy is asked.
 * AWS: https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
 */

import { type Limits, noLimits } from '../config/limits.ts'
import type { Code, EvidenceOf } from '../diagnosis/catalogue.ts'
import type { Forwarded } from './message.ts'
import { mayPublishTo, maySubscribeTo } from './reserved.ts'
import { filterFault, isShared, sharedFilter, shareFault, topicFault } from './topic-names.ts'

/** The first rule broken, as the evidence of its diagnosis. */
export type Broken = { [C in Code]: { code: C; evidence: EvidenceOf<C> } }[Code]

/** What the rules look at in a CONNECT. */
export type AskedConnect = {
  protocolVersion?: number
  clientId: string
  clean?: boolean
  will?: { topic: string; payload: Buffer | string; qos: number; properties?: Forwarded }
  properties?: {
    maximumPacketSize?: number
    authenticationMethod?: string
    userProperties?: UserProperties
  }
}

export type AskedPublish = {
  topic: string
  payload: Buffer | string
  qos: number
  retain: boolean
  properties?: Forwarded
}

export type AskedSubscribe = {
  subscriptions: readonly { topic: string; qos: number }[]
  properties?: { subscriptionIdentifier?: number; userProperties?: UserProperties }
}

type UserProperties = [name: string, value: string][]

/** AWS: 0 or over 1200 s becomes 1200, under 30 s becomes 30. 0: none, where the most is lifted (MQTT 5 3.1.2.10). */
export function effectiveKeepAlive(
  asked: number,
  { keepAliveLeastSeconds: least, keepAliveMostSeconds: most }: Limits,
): number {
  if (asked === 0) return most >= noLimits.keepAliveMostSeconds ? 0 : most
  if (asked > most) return most
  return Math.max(asked, least)
}

/** An empty client id is for the caller: AWS makes one up. */
export function connectRule(packet: AskedConnect, limits: Limits): Broken | undefined {
  const { properties = {} } = packet
  return (
    clientIdRule(packet, limits) ??
    (properties.authenticationMethod === undefined
      ? undefined
      : {
          code: 'CONNECT_AUTH_UNSUPPORTED',
          evidence: { method: properties.authenticationMethod.slice(0, 256) },
        }) ??
    packetSizeRule(properties.maximumPacketSize, limits) ??
    tooLargeInConnect('user properties', userPropertiesBytes(properties), limits) ??
    willRule(packet, limits)
  )
}

function clientIdRule(packet: AskedConnect, { clientIdBytes: limit }: Limits): Broken | undefined {
  const { clientId, clean = true, protocolVersion } = packet
  const bytes = Buffer.byteLength(clientId)
  // [MQTT-3.1.3-7]; MQTT 5 has no such rule.
  if (clientId === '' && !clean && protocolVersion !== 5) {
    return { code: 'CONNECT_CLIENT_ID_EMPTY', evidence: {} }
  }
  const why =
    bytes > limit
      ? 'it is too long'
      : clientId.startsWith('$')
        ? 'a client id that starts with $ is reserved'
        : undefined
  if (why === undefined) return undefined
  const evidence = { clientId: clientId.slice(0, 256), bytes, why, limit }
  return { code: 'CONNECT_CLIENT_ID_INVALID', evidence }
}

function packetSizeRule(
  bytes: number | undefined,
  { maximumPacketSizeLeast: limit }: Limits,
): Broken | undefined {
  if (bytes === undefined || bytes >= limit) return undefined
  return { code: 'CONNECT_PACKET_SIZE_TOO_SMALL', evidence: { bytes, limit } }
}

function willRule({ will }: AskedConnect, limits: Limits): Broken | undefined {
  if (will === undefined) return undefined
  const { topic, qos, payload, properties = {} } = will
  if (qos === 2) return { code: 'CONNECT_WILL_QOS2', evidence: { topic } }
  // AWS: whether a will may go to one of the reserved topics is not known; most of them are no client's.
  const why =
    topicFault(topic, limits) ??
    (topic.startsWith('$') ? 'topics that start with $ are reserved' : undefined)
  if (why !== undefined) return { code: 'CONNECT_WILL_INVALID', evidence: { topic, why } }
  const bytes = Buffer.byteLength(payload)
  return (
    tooLargeInConnect('payload of the will', bytes, limits) ??
    tooLargeInConnect('content type of the will', contentTypeBytes(properties), limits) ??
    tooLargeInConnect('correlation data of the will', correlationBytes(properties), limits) ??
    tooLargeInConnect('user properties of the will', userPropertiesBytes(properties), limits)
  )
}

/** On a topic that an alias stands for, call it with that topic. */
export function publishRule(packet: AskedPublish, limits: Limits): Broken | undefined {
  const { topic, qos, retain, properties } = packet
  if (qos === 2) return { code: 'TRAFFIC_QOS2', evidence: { packet: 'PUBLISH', topic } }
  const why = topicFault(topic, limits)
  if (why !== undefined) return { code: 'TRAFFIC_TOPIC_INVALID', evidence: { topic, why } }
  if (topic.startsWith('$')) {
    if (!mayPublishTo(topic)) {
      return { code: 'TRAFFIC_TOPIC_RESERVED', evidence: { topic, use: 'publish' } }
    }
    // AWS: RETAIN is not allowed on reserved topics. DG/mqtt
    if (retain) return { code: 'TRAFFIC_TOPIC_RESERVED', evidence: { topic, use: 'retain' } }
  }
  const bytes = Buffer.byteLength(packet.payload)
  if (bytes > limits.payloadBytes) {
    const evidence = { bytes, limit: limits.payloadBytes, topic }
    return { code: 'TRAFFIC_PAYLOAD_TOO_LARGE', evidence }
  }
  if (properties === undefined) return undefined
  return (
    tooLarge('PUBLISH', 'content type', contentTypeBytes(properties), limits) ??
    tooLarge('PUBLISH', 'correlation data', correlationBytes(properties), limits) ??
    tooLarge('PUBLISH', 'user properties', userPropertiesBytes(properties), limits)
  )
}

/** What refuses the packet as a whole; its filters are for `filterRule`. */
export function subscribeRule(packet: AskedSubscribe, limits: Limits): Broken | undefined {
  const { subscriptions, properties = {} } = packet
  const { filtersPerSubscribe: limit } = limits
  if (properties.subscriptionIdentifier !== undefined) {
    const identifier = properties.subscriptionIdentifier
    return { code: 'TRAFFIC_SUBSCRIPTION_IDENTIFIER', evidence: { identifier } }
  }
  if (subscriptions.length > limit) {
    return { code: 'TRAFFIC_TOO_MANY_FILTERS', evidence: { filters: subscriptions.length, limit } }
  }
  // AWS: no SUBACK comes at all. DG/mqtt
  const qos2 = subscriptions.find(({ qos }) => qos === 2)
  if (qos2) return { code: 'TRAFFIC_QOS2', evidence: { packet: 'SUBSCRIBE', topic: qos2.topic } }
  return tooLarge('SUBSCRIBE', 'user properties', userPropertiesBytes(properties), limits)
}

/** One filter of a SUBSCRIBE. */
export function filterRule(filter: string, limits: Limits): Broken | undefined {
  if (isShared(filter)) {
    const why = shareFault(filter, limits)
    if (why !== undefined) return { code: 'TRAFFIC_SHARE_INVALID', evidence: { filter, why } }
  }
  const why = filterFault(filter, limits)
  if (why !== undefined) return { code: 'TRAFFIC_TOPIC_INVALID', evidence: { topic: filter, why } }
  const own = sharedFilter(filter)?.filter ?? filter
  if (!own.startsWith('$') || maySubscribeTo(own)) return undefined
  return { code: 'TRAFFIC_TOPIC_RESERVED', evidence: { topic: filter, use: 'subscribe' } }
}

/** The limit of each part that has one. */
const LIMITS = {
  payload: 'payloadBytes',
  'content type': 'contentTypeBytes',
  'correlation data': 'correlationDataBytes',
  'user properties': 'userPropertiesBytes',
} as const

type Part = Exclude<keyof typeof LIMITS, 'payload'>

function tooLarge(
  packet: 'PUBLISH' | 'SUBSCRIBE',
  part: Part,
  bytes: number,
  limits: Limits,
): Broken | undefined {
  const name = LIMITS[part]
  const limit = limits[name]
  if (bytes <= limit) return undefined
  return { code: 'TRAFFIC_PROPERTY_TOO_LARGE', evidence: { packet, part, bytes, limit, name } }
}

function tooLargeInConnect(
  part: Part | `${keyof typeof LIMITS} of the will`,
  bytes: number,
  limits: Limits,
): Broken | undefined {
  const name = LIMITS[part.replace(' of the will', '') as keyof typeof LIMITS]
  const limit = limits[name]
  if (bytes <= limit) return undefined
  return { code: 'CONNECT_TOO_LARGE', evidence: { part, bytes, limit, name } }
}

function contentTypeBytes({ contentType = '' }: Forwarded): number {
  return Buffer.byteLength(contentType)
}

function correlationBytes({ correlationData }: Forwarded): number {
  return correlationData?.length ?? 0
}

/** AWS: the user properties of a packet together; counted are names and values. */
function userPropertiesBytes({ userProperties = [] }: { userProperties?: UserProperties }): number {
  return userProperties.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  )
}
