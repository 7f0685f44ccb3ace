/**
 * What a refusal does to the client, on MQTT 3.1.1 and on 5: the same rule shows itself in different ways.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html (reason codes of MQTT 5), and what devices report.
 */

export type Effect =
  /** The connection ends without a word. */
  | { does: 'close' }
  /** The connection ends with a DISCONNECT, or before its session with a CONNACK. */
  | { does: 'disconnect' | 'connack'; reasonCode: number }
  /** PUBACK or SUBACK; the connection stays. */
  | { does: 'ack'; reasonCode: number }
  /** Nothing is sent and nothing done; the connection stays. */
  | { does: 'silence' }

type Row = {
  on3: Effect
  /** For SUBSCRIBE, and PUBLISH with QoS 1: what can be acknowledged. */
  on5: Effect
  /** For a PUBLISH with QoS 0, which can't. Absent: the same. */
  on5AtQos0?: Effect
  /** For a filter of a SUBSCRIBE. Absent: the same. */
  on5Subscribe?: Effect
}

const close: Effect = { does: 'close' }
const ack = (reasonCode: number): Effect => ({ does: 'ack', reasonCode })
const disconnect = (reasonCode: number): Effect => ({ does: 'disconnect', reasonCode })
const connack = (reasonCode: number): Effect => ({ does: 'connack', reasonCode })

const denied: Row = { on3: close, on5: ack(0x87), on5AtQos0: disconnect(0x87) }

const topic: Row = {
  on3: close,
  on5: ack(0x90),
  on5AtQos0: disconnect(0x90),
  on5Subscribe: ack(0x8f),
}

const rows: Record<string, Row> = {
  CONNECT_PROTOCOL_UNSUPPORTED: { on3: connack(1), on5: connack(0x84) },
  CONNECT_CLIENT_ID_INVALID: { on3: close, on5: connack(0x85) },
  CONNECT_WILL_INVALID: { on3: close, on5: connack(0x90) },
  PERMISSION_CONNECT_DENIED: { on3: close, on5: connack(0x87) },
  TRAFFIC_PUBLISH_DENIED: denied,
  TRAFFIC_RETAIN_DENIED: denied,
  TRAFFIC_SUBSCRIBE_DENIED: denied,
  TRAFFIC_QOS2: { on3: close, on5: disconnect(0x9b) },
  TRAFFIC_TOPIC_INVALID: topic,
  TRAFFIC_TOPIC_RESERVED: topic,
  TRAFFIC_PAYLOAD_TOO_LARGE: { on3: close, on5: disconnect(0x97) },
  TRAFFIC_TOO_MANY_FILTERS: { on3: close, on5: disconnect(0x97) },
  TRAFFIC_PROTOCOL_ERROR: { on3: close, on5: disconnect(0x82) },
  CLOSE_DUPLICATE_CLIENT_ID: { on3: close, on5: disconnect(0x8e) },
  CLOSE_KEEP_ALIVE_TIMEOUT: { on3: close, on5: disconnect(0x8d) },
  CLOSE_BY_BROKER: { on3: close, on5: disconnect(0x8b) },
}

/**
 * @param by the refusal; a fault in a packet's bytes has its own reason code in its evidence
 * @param protocolVersion 4, 5, or what a stranger claims
 * @param of the QoS of the PUBLISH that is refused, or that it is a SUBSCRIBE
 */
export function effectOf(
  by: { code: string; evidence: Record<string, unknown> },
  protocolVersion: number,
  of: { qos?: number | undefined; packet?: 'SUBSCRIBE' } = {},
): Effect {
  const row = rows[by.code]
  if (row === undefined) return close
  if (protocolVersion < 5) return row.on3
  const effect =
    (of.packet === 'SUBSCRIBE' ? row.on5Subscribe : undefined) ??
    (of.qos === 0 ? row.on5AtQos0 : undefined) ??
    row.on5
  const own = by.evidence['reasonCode']
  return effect.does === 'disconnect' && typeof own === 'number' ? disconnect(own) : effect
}
