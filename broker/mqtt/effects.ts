/**
 * What a refusal does to the client, on MQTT 3.1.1 and on 5: the same rule shows itself in different ways. Marked `unsure`:
 * AWS lists the reason code, but not for which case; docs/differences-from-aws.md has them too.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html (reason codes of MQTT 5), and what devices report.
 */

import type { CloseEvidence } from '../diagnosis/close.ts'
import type { ConnectEvidence } from '../diagnosis/connect.ts'
import type { PermissionEvidence } from '../diagnosis/permission.ts'
import type { SessionEvidence } from '../diagnosis/session.ts'
import type { TrafficEvidence } from '../diagnosis/traffic.ts'
import type { TrafficLimitEvidence } from '../diagnosis/traffic-limits.ts'

export type Effect =
  /** The connection ends without a word. */
  | { does: 'close' }
  /** The connection ends with a DISCONNECT, or before its session with a CONNACK. */
  | { does: 'disconnect' | 'connack'; reasonCode: number }
  /** PUBACK or SUBACK; the connection stays. */
  | { does: 'ack'; reasonCode: number }
  /** Nothing is sent and nothing done; the connection stays. */
  | { does: 'silence' }

export type Row = {
  /** On MQTT 3.1.1. */
  on3: Effect
  /** On MQTT 5: for a PUBLISH with QoS 1, or for what has no QoS. */
  on5: Effect
  /** On MQTT 5, for a PUBLISH with QoS 0, which can't be acknowledged. Absent: the same. */
  on5AtQos0?: Effect
  /** On MQTT 5, for a filter. Absent: the same. */
  on5Subscribe?: Effect
}

/** Of the rooms that speak MQTT; in those before, a connection is closed without a word, or with a TLS alert. */
export type EffectCode =
  | keyof ConnectEvidence
  | keyof SessionEvidence
  | keyof PermissionEvidence
  | keyof TrafficEvidence
  | keyof TrafficLimitEvidence
  | keyof CloseEvidence

const close: Effect = { does: 'close' }
const silence: Effect = { does: 'silence' }
const ack = (reasonCode: number): Effect => ({ does: 'ack', reasonCode })
const disconnect = (reasonCode: number): Effect => ({ does: 'disconnect', reasonCode })
const connack = (reasonCode: number): Effect => ({ does: 'connack', reasonCode })

/** Nobody is left to be told, or nobody needs to be. */
const nothing: Row = { on3: close, on5: close }
const kept: Row = { on3: silence, on5: silence }
/** AWS: throttled; on MQTT 3.1.1 what is over is discarded without an answer. On 5: unsure. */
const throttled: Row = { on3: silence, on5: ack(0x97), on5AtQos0: silence }
/** AWS: closes on 3.1.1, by many reports; for QoS 0 on 5: unsure. */
const denied: Row = { on3: close, on5: ack(0x87), on5AtQos0: disconnect(0x87) }
/** AWS: unsure on 3.1.1; on 5 the codes are those of topic names and filters, which packet carries them is unsure. */
const wrongName: Row = {
  on3: close,
  on5: ack(0x90),
  on5AtQos0: disconnect(0x90),
  on5Subscribe: ack(0x8f),
}

/** By code. */
export const effects: { [C in EffectCode]: Row } = {
  CONNECT_TIMEOUT: nothing,
  CONNECT_ABANDONED: nothing,
  CONNECT_NOT_MQTT: nothing,
  // AWS: unsure; this is the standard's.
  CONNECT_PROTOCOL_UNSUPPORTED: { on3: connack(1), on5: connack(0x84) },
  CONNECT_CLIENT_ID_INVALID: { on3: close, on5: connack(0x85) },
  // AWS: not known on 3.1.1; this is the standard's [MQTT-3.1.3-8]. On 5 it can't come.
  CONNECT_CLIENT_ID_EMPTY: { on3: connack(2), on5: connack(0x85) },
  CONNECT_WILL_INVALID: { on3: close, on5: connack(0x90) },
  CONNECT_WILL_QOS2: { on3: close, on5: connack(0x9b) },
  // AWS: unsure, these five.
  CONNECT_TOO_LARGE: { on3: close, on5: connack(0x97) },
  CONNECT_PACKET_SIZE_TOO_SMALL: { on3: close, on5: connack(0x97) },
  CONNECT_AUTH_UNSUPPORTED: { on3: close, on5: connack(0x8c) },
  CONNECT_THROTTLED: { on3: close, on5: connack(0x97) },
  CONNECT_TOO_MANY_CONNECTIONS: { on3: close, on5: connack(0x97) },

  PERMISSION_CONNECT_DENIED: { on3: close, on5: connack(0x87) },

  // AWS: closed on both, by reports.
  SESSION_CONNACK_NOT_AWAITED: nothing,

  TRAFFIC_PUBLISH_DENIED: denied,
  TRAFFIC_RETAIN_DENIED: denied,
  TRAFFIC_SUBSCRIBE_DENIED: { on3: close, on5: ack(0x87) },
  TRAFFIC_RECEIVE_DENIED: kept,
  // AWS: documented as silence on 3.1.1; some report a close.
  TRAFFIC_QOS2: { on3: silence, on5: disconnect(0x9b) },
  TRAFFIC_TOPIC_INVALID: wrongName,
  TRAFFIC_TOPIC_RESERVED: wrongName,
  // AWS: unsure on 5: its list has no 0x95.
  TRAFFIC_PAYLOAD_TOO_LARGE: { on3: close, on5: disconnect(0x97) },
  TRAFFIC_PACKET_TOO_LARGE: { on3: close, on5: disconnect(0x95) },
  // AWS: unsure on 5.
  TRAFFIC_TOO_MANY_FILTERS: { on3: close, on5: disconnect(0x97) },
  TRAFFIC_PROTOCOL_ERROR: { on3: close, on5: disconnect(0x82) },
  TRAFFIC_SLOW_CONSUMER: kept,
  TRAFFIC_ANSWER_UNHEARD: kept,
  TRAFFIC_REQUEST_REJECTED: kept,

  // AWS: unsure.
  TRAFFIC_PROPERTY_TOO_LARGE: {
    on3: close,
    on5: ack(0x97),
    on5AtQos0: disconnect(0x97),
    on5Subscribe: disconnect(0x97),
  },
  TRAFFIC_RATE_EXCEEDED: throttled,
  TRAFFIC_READING_DELAYED: kept,
  TRAFFIC_RECEIVE_MAXIMUM_EXCEEDED: { on3: silence, on5: disconnect(0x93) },
  TRAFFIC_TOO_MANY_SUBSCRIPTIONS: { on3: ack(0x80), on5: ack(0x97) },
  // AWS: unsure, these two on 3.1.1.
  TRAFFIC_SUBSCRIBE_THROTTLED: { on3: ack(0x80), on5: ack(0x97) },
  TRAFFIC_RETAIN_LIMIT: throttled,
  // AWS: unsure, these two.
  TRAFFIC_SHARE_INVALID: { on3: close, on5: ack(0x8f) },
  TRAFFIC_SHARE_LIMIT: { on3: ack(0x80), on5: ack(0x97) },
  TRAFFIC_TOPIC_ALIAS_INVALID: { on3: close, on5: disconnect(0x94) },
  TRAFFIC_SUBSCRIPTION_IDENTIFIER: { on3: close, on5: disconnect(0xa1) },
  // AWS: unsure.
  TRAFFIC_AUTH_UNSUPPORTED: { on3: close, on5: disconnect(0x82) },
  TRAFFIC_QUEUE_FULL: kept,
  TRAFFIC_DELIVERY_DROPPED: kept,
  TRAFFIC_DELIVERY_TOO_LARGE: kept,
  TRAFFIC_NOT_KEPT: { on3: close, on5: disconnect(0x83) },

  CLOSE_BY_CLIENT: nothing,
  CLOSE_CONNECTION_LOST: nothing,
  CLOSE_KEEP_ALIVE_TIMEOUT: { on3: close, on5: disconnect(0x8d) },
  CLOSE_DUPLICATE_CLIENT_ID: { on3: close, on5: disconnect(0x8e) },
  CLOSE_BY_BROKER: { on3: close, on5: disconnect(0x8b) },
  CLOSE_TLS_BROKEN: nothing,
  // AWS: unsure; the standard's word for what is nobody's fault but ours.
  CLOSE_INTERNAL_ERROR: { on3: close, on5: disconnect(0x80) },
}

/**
 * @param by the refusal: one without a row here closes, on both versions
 * @param protocolVersion 4, 5, or what a stranger claims
 * @param of the QoS of the PUBLISH that is refused, or that it is a filter of a SUBSCRIBE
 */
export function effectOf(
  { code, evidence }: { code: string; evidence: Record<string, unknown> },
  protocolVersion: number,
  of: { qos?: number | undefined; packet?: 'SUBSCRIBE' } = {},
): Effect {
  const row = Object.hasOwn(effects, code) ? effects[code as EffectCode] : nothing
  if (protocolVersion < 5) return row.on3
  // A fault in a packet's bytes has a reason code of its own.
  const own = code === 'TRAFFIC_PROTOCOL_ERROR' ? evidence['reasonCode'] : undefined
  if (typeof own === 'number') return disconnect(own)
  if (of.packet === 'SUBSCRIBE') return row.on5Subscribe ?? row.on5
  return (of.qos === 0 ? row.on5AtQos0 : undefined) ?? row.on5
}
