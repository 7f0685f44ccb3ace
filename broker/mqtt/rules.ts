/**
 * AWS IoT's rules for single packets, as pure checks: what a packet may be before any policy is asked.
 * AWS: https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
 */

import type { ConnectPacket, PublishPacket, SubscribePacket } from './packet.ts'
import { sharedFilter } from './routing/subscriptions.ts'

export const CLIENT_ID_BYTES = 128
export const PAYLOAD_BYTES = 131_072
export const TOPIC_BYTES = 256
export const TOPIC_SLASHES = 7
export const FILTERS_PER_SUBSCRIBE = 8
export const KEEP_ALIVE = { least: 30, most: 1200 } as const

/** The first rule broken, as the evidence of its diagnosis. */
export type Broken =
  | {
      code: 'CONNECT_CLIENT_ID_INVALID'
      evidence: { clientId: string; bytes: number; why: string; limit: number }
    }
  | { code: 'CONNECT_WILL_INVALID'; evidence: { topic: string; why: string } }
  | { code: 'TRAFFIC_QOS2'; evidence: { packet: 'PUBLISH' | 'SUBSCRIBE'; topic: string } }
  | { code: 'TRAFFIC_TOPIC_INVALID'; evidence: { topic: string; why: string } }
  | { code: 'TRAFFIC_TOPIC_RESERVED'; evidence: { topic: string } }
  | {
      code: 'TRAFFIC_PAYLOAD_TOO_LARGE'
      evidence: { bytes: number; limit: number; topic?: string }
    }
  | { code: 'TRAFFIC_TOO_MANY_FILTERS'; evidence: { filters: number; limit: number } }

/** AWS: 0 or over 1200 s becomes 1200, under 30 s becomes 30. */
export function effectiveKeepAlive(asked: number): number {
  if (asked === 0 || asked > KEEP_ALIVE.most) return KEEP_ALIVE.most
  return Math.max(asked, KEEP_ALIVE.least)
}

/** Client id and will of a CONNECT. An empty client id is for the caller: AWS makes one up. */
export function connectRule(packet: ConnectPacket): Broken | undefined {
  const { clientId, will } = packet
  const bytes = Buffer.byteLength(clientId)
  const why =
    bytes > CLIENT_ID_BYTES
      ? 'it is too long'
      : clientId.startsWith('$')
        ? 'a client id that starts with $ is reserved'
        : undefined
  if (why !== undefined) {
    return {
      code: 'CONNECT_CLIENT_ID_INVALID',
      evidence: { clientId: clientId.slice(0, 256), bytes, why, limit: CLIENT_ID_BYTES },
    }
  }
  if (will === undefined) return undefined
  const wrong =
    will.qos === 2
      ? 'a will with QoS 2 is not supported'
      : (topicFault(will.topic) ??
        (will.topic.startsWith('$') ? 'topics that start with $ are reserved' : undefined) ??
        (Buffer.byteLength(will.payload) > PAYLOAD_BYTES
          ? 'its payload is over 128 KB'
          : undefined))
  if (wrong === undefined) return undefined
  return { code: 'CONNECT_WILL_INVALID', evidence: { topic: will.topic, why: wrong } }
}

export function publishRule(packet: PublishPacket): Broken | undefined {
  const { topic, qos } = packet
  if (qos === 2) return { code: 'TRAFFIC_QOS2', evidence: { packet: 'PUBLISH', topic } }
  const why = topicFault(topic)
  if (why !== undefined) return { code: 'TRAFFIC_TOPIC_INVALID', evidence: { topic, why } }
  // AWS: `$aws/...` may be published to where a service listens; no other $ topic exists.
  // What the service tells (`$aws/events/...`) is for subscribers: nobody else may publish there. DG/reserved-topics
  const isEvent = topic === '$aws/events' || topic.startsWith('$aws/events/')
  if (isEvent || (topic.startsWith('$') && !topic.startsWith('$aws/'))) {
    return { code: 'TRAFFIC_TOPIC_RESERVED', evidence: { topic } }
  }
  const bytes = Buffer.byteLength(packet.payload)
  if (bytes > PAYLOAD_BYTES) {
    return { code: 'TRAFFIC_PAYLOAD_TOO_LARGE', evidence: { bytes, limit: PAYLOAD_BYTES, topic } }
  }
  return undefined
}

export function subscribeRule(packet: SubscribePacket): Broken | undefined {
  const { subscriptions } = packet
  if (subscriptions.length > FILTERS_PER_SUBSCRIBE) {
    const evidence = { filters: subscriptions.length, limit: FILTERS_PER_SUBSCRIBE }
    return { code: 'TRAFFIC_TOO_MANY_FILTERS', evidence }
  }
  return undefined
}

/** One filter of a SUBSCRIBE. */
export function filterRule(topic: string, qos: number): Broken | undefined {
  if (qos === 2) return { code: 'TRAFFIC_QOS2', evidence: { packet: 'SUBSCRIBE', topic } }
  const filter = sharedFilter(topic)?.filter ?? topic
  const why = filterFault(filter)
  if (why !== undefined) return { code: 'TRAFFIC_TOPIC_INVALID', evidence: { topic, why } }
  if (filter.startsWith('$') && !filter.startsWith('$aws/')) {
    return { code: 'TRAFFIC_TOPIC_RESERVED', evidence: { topic } }
  }
  return undefined
}

function topicFault(topic: string): string | undefined {
  if (topic.includes('+') || topic.includes('#')) return 'a topic to publish to has no wildcards'
  return nameFault(topic)
}

/** [MQTT-4.7.1-2] [MQTT-4.7.1-3]: `#` stands alone at the end, `+` stands alone in its level. */
function filterFault(filter: string): string | undefined {
  const levels = filter.split('/')
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) {
      return '# must stand alone in the last level'
    }
    if (level.includes('+') && level !== '+') return '+ must stand alone in its level'
  }
  return nameFault(filter)
}

function nameFault(name: string): string | undefined {
  if (name === '') return 'it is empty'
  if (name.includes('\u0000')) return 'it holds a NUL character'
  // No UTF-16 unit has more than three bytes of UTF-8, so the usual short name need not be measured.
  if (name.length * 3 > TOPIC_BYTES && Buffer.byteLength(name) > TOPIC_BYTES) {
    return `it is over ${TOPIC_BYTES} bytes`
  }
  if (slashes(name) > TOPIC_SLASHES) return `it has over ${TOPIC_SLASHES} slashes`
  return undefined
}

function slashes(name: string): number {
  let count = 0
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) count++
  return count
}
