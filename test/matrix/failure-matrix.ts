/**
 * What goes wrong between a device and AWS IoT, row by row: what the client sees on MQTT 3.1.1 and on 5, what the record calls
 * it, and what AWS's lifecycle events and logs say. The test acts each row out with real bytes; docs/failure-matrix.md is
 * printed from this table.
 */

import { generate, type IConnectPacket, type Packet } from 'mqtt-packet'

export type Version = 4 | 5

/** What came after the act, in order: `PUBACK 0x87`, `closed`; `nothing` where the connection stays and nothing came. */
export type Saw = string

export type Row = {
  situation: string
  /** Absent: the row doesn't exist on that version. */
  on3?: Saw
  on5?: Saw
  /** Absent: it is not told. */
  code?: string
  /** Of the `disconnected` event; `connect_failed` for that one; absent: no event of an end. */
  event?: string
  /** `eventType reason` of the entries that fail. */
  log: string[]
  /** The same on the version on which the connection stays. Absent: `log` without its end. */
  logWhereItStays?: string[]
  /** The CONNECT; absent: an ordinary one. */
  connect?: (version: Version) => Partial<Omit<IConnectPacket, 'cmd'>>
  /** The device connects without a host name (SNI). */
  sni?: false
  /** Its certificate was deactivated. */
  inactive?: true
  /** What happens once it is connected. `later` of the clock: ms. */
  act?: (version: Version, clientId: string) => Act
  /** It connects, leaves, and connects again at once: the second time is what is seen. */
  twice?: true
  /** Sent with the CONNECT, in one piece. */
  atOnce?: Packet
  /** Of several packets: only the answers to the last one (its message id) are told. */
  answersTo?: number
  /** Where it is acted out on 3.1.1. */
  on3ElsewhereIn?: string
  /** After the act the clock goes on, until the answers are there. */
  timeGoesBy?: true
}

export type Act = { send: Packet[] } | { bytes: Buffer } | { advanceMs: number } | 'takeover'

const publish = (
  more: Partial<Extract<Packet, { cmd: 'publish' }>>,
  qos: 0 | 1 | 2 = 1,
): (() => Act) => {
  const id = qos > 0 ? { messageId: 7 } : {}
  const base = { cmd: 'publish', topic: 'open/x', payload: '', dup: false, retain: false } as const
  return () => ({ send: [{ ...base, qos, ...id, ...more } as Packet] })
}

const subscribe = (filters: string[], properties?: object): (() => Act) => {
  const subscriptions = filters.map(topic => ({ topic, qos: 1 as const }))
  const more = properties === undefined ? {} : { properties }
  return () => ({ send: [{ cmd: 'subscribe', messageId: 7, subscriptions, ...more } as Packet] })
}

const will = (topic: string, qos: 0 | 1 | 2) => () => ({
  will: { topic, payload: Buffer.from('gone'), qos, retain: false },
})

const DENIED = 'AUTHORIZATION_FAILURE'

export const rows: Row[] = [
  {
    situation: 'the certificate is registered and INACTIVE',
    inactive: true,
    on3: 'closed',
    on5: 'closed',
    code: 'REGISTRATION_INACTIVE',
    log: ['Connection.AuthNError DEVICE_CERTIFICATE_INACTIVE'],
  },
  {
    situation: 'no host name (SNI), and the listener demands one',
    sni: false,
    on3: 'a TLS alert',
    on5: 'a TLS alert',
    code: 'HELLO_SNI_MISSING',
    log: ['Connection.AuthNError NOT_AUTHENTICATED'],
  },
  {
    situation: 'CONNECT is not allowed by a policy',
    connect: () => ({ clientId: 'denied' }),
    on3: 'closed',
    on5: 'CONNACK 0x87, closed',
    code: 'PERMISSION_CONNECT_DENIED',
    event: 'connect_failed',
    log: [`Connect ${DENIED}`],
  },
  {
    situation: 'the topic of the will is not allowed by a policy',
    connect: will('denied/x', 0),
    on3: 'closed',
    on5: 'CONNACK 0x87, closed',
    code: 'PERMISSION_CONNECT_DENIED',
    event: 'connect_failed',
    log: [`Connect ${DENIED}`],
  },
  {
    situation: 'a will with QoS 2',
    connect: will('open/x', 2),
    on3: 'closed',
    on5: 'CONNACK 0x9b, closed',
    code: 'CONNECT_WILL_QOS2',
    log: ['Connect CLIENT_ERROR'],
  },
  {
    situation: 'a client id that begins with `$`',
    connect: () => ({ clientId: '$mine' }),
    on3: 'closed',
    on5: 'CONNACK 0x85, closed',
    code: 'CONNECT_CLIENT_ID_INVALID',
    log: ['Connect CLIENT_ERROR'],
  },
  {
    situation: 'a client id of 129 bytes',
    connect: () => ({ clientId: 'x'.repeat(129) }),
    on3: 'closed',
    on5: 'CONNACK 0x85, closed',
    code: 'CONNECT_CLIENT_ID_INVALID',
    log: ['Connect CLIENT_ERROR'],
  },
  {
    situation: 'a second CONNECT on one connection',
    act: (version, clientId) => ({ bytes: connectBytes(version, { clientId }) }),
    on3: 'closed',
    on5: 'DISCONNECT 0x82, closed',
    code: 'TRAFFIC_PROTOCOL_ERROR',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
  },
  {
    situation: 'the same client id connects elsewhere: what the older connection sees',
    act: () => 'takeover',
    on3: 'closed',
    on5: 'DISCONNECT 0x8e, closed',
    code: 'CLOSE_DUPLICATE_CLIENT_ID',
    event: 'DUPLICATE_CLIENTID',
    log: ['Disconnect DUPLICATE_CLIENT_ID'],
  },
  {
    situation: 'a client id connects twice within a second',
    on3: 'closed',
    on5: 'CONNACK 0x97, closed',
    code: 'CONNECT_THROTTLED',
    log: ['Connect THROTTLED'],
    twice: true,
  },
  {
    situation: 'PUBLISH with QoS 1 is not allowed by a policy',
    act: publish({ topic: 'denied/x' }),
    on3: 'closed',
    on5: 'PUBACK 0x87',
    code: 'TRAFFIC_PUBLISH_DENIED',
    event: 'AUTH_ERROR',
    log: [`Publish-In ${DENIED}`, `Disconnect ${DENIED}`],
  },
  {
    situation: 'PUBLISH with QoS 0 is not allowed by a policy',
    act: publish({ topic: 'denied/x' }, 0),
    on3: 'closed',
    on5: 'DISCONNECT 0x87, closed',
    code: 'TRAFFIC_PUBLISH_DENIED',
    event: 'AUTH_ERROR',
    log: [`Publish-In ${DENIED}`, `Disconnect ${DENIED}`],
  },
  {
    situation: 'SUBSCRIBE is not allowed by a policy',
    act: subscribe(['denied/x']),
    on3: 'closed',
    on5: 'SUBACK 0x87',
    code: 'TRAFFIC_SUBSCRIBE_DENIED',
    event: 'AUTH_ERROR',
    log: [`Subscribe ${DENIED}`, `Disconnect ${DENIED}`],
  },
  {
    situation: 'a message comes that `iot:Receive` does not allow',
    act: () => ({
      send: [...packets(subscribe(['deaf/x'])()), ...packets(publish({ topic: 'deaf/x' }, 0)())],
    }),
    on3: 'SUBACK 0x01',
    on5: 'SUBACK 0x01',
    code: 'TRAFFIC_RECEIVE_DENIED',
    log: [`Publish-Out ${DENIED}`],
  },
  {
    situation: 'PUBLISH with RETAIN, without `iot:RetainPublish`',
    act: publish({ retain: true }),
    on3: 'closed',
    on5: 'PUBACK 0x87',
    code: 'TRAFFIC_RETAIN_DENIED',
    event: 'AUTH_ERROR',
    log: [`Publish-In ${DENIED}`, `Disconnect ${DENIED}`],
  },
  {
    situation: 'PUBLISH to a reserved topic (`$`) that is not for publishing',
    act: publish({ topic: '$mine/x' }),
    on3: 'closed',
    on5: 'PUBACK 0x90',
    code: 'TRAFFIC_TOPIC_RESERVED',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
    logWhereItStays: ['Publish-In CLIENT_ERROR'],
  },
  {
    situation: 'SUBSCRIBE to a reserved filter that AWS does not have',
    act: subscribe(['$mine/x']),
    on3: 'closed',
    on5: 'SUBACK 0x8f',
    code: 'TRAFFIC_TOPIC_RESERVED',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
    logWhereItStays: ['Subscribe CLIENT_ERROR'],
  },
  {
    situation: 'nine filters in one SUBSCRIBE',
    act: subscribe(Array.from({ length: 9 }, (_, index) => `open/${index}`)),
    on3: 'closed',
    on5: 'DISCONNECT 0x97, closed',
    code: 'TRAFFIC_TOO_MANY_FILTERS',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
  },
  {
    situation: 'the 51st subscription of a connection',
    on3: 'SUBACK 0x80',
    on5: 'SUBACK 0x97',
    code: 'TRAFFIC_TOO_MANY_SUBSCRIPTIONS',
    log: ['Subscribe THROTTLED'],
    act: () => ({
      send: upTo(51).flatMap(messageId => {
        const [packet] = packets(subscribe([`open/${messageId}`])())
        return packet ? [{ ...packet, messageId } as Packet] : []
      }),
    }),
    answersTo: 51,
  },
  {
    situation: 'a payload over 128 KB',
    act: publish({ payload: Buffer.alloc(131_073) }),
    on3: 'closed',
    on5: 'DISCONNECT 0x97, closed',
    code: 'TRAFFIC_PAYLOAD_TOO_LARGE',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
  },
  {
    situation: 'over 100 publishes in a second on one connection, with QoS 1',
    on3: 'nothing',
    on5: 'PUBACK 0x97',
    code: 'TRAFFIC_RATE_EXCEEDED',
    log: ['Publish-In THROTTLED'],
    act: () => ({
      send: upTo(101).flatMap(messageId => packets(publish({ messageId })())),
    }),
    answersTo: 101,
  },
  {
    situation: 'over 512 KB in a second on one connection: it is read later',
    on3: 'PUBACK',
    on5: 'PUBACK 0x00',
    code: 'TRAFFIC_READING_DELAYED',
    log: [],
    act: () => ({
      send: upTo(8).flatMap(messageId =>
        packets(publish({ messageId, payload: Buffer.alloc(100_000) })()),
      ),
    }),
    answersTo: 8,
    timeGoesBy: true,
  },
  {
    situation:
      'over 100 messages with QoS 1 that were not acknowledged yet; on 3.1.1 they are read later',
    on3: 'PUBACK',
    // Here the 101st would be over the rate, too.
    on3ElsewhereIn: 'test/connection/unacknowledged.test.ts',
    on5: 'DISCONNECT 0x93, closed',
    code: 'TRAFFIC_RECEIVE_MAXIMUM_EXCEEDED',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
    // The subscription of a persistent session waits for the store, and each PUBACK behind its SUBACK.
    connect: () => ({ properties: { sessionExpiryInterval: 60 } }),
    act: unacknowledged,
    answersTo: 108,
  },
  {
    situation: 'PUBLISH with QoS 2',
    act: publish({}, 2),
    on3: 'nothing',
    on5: 'DISCONNECT 0x9b, closed',
    code: 'TRAFFIC_QOS2',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
    logWhereItStays: ['Publish-In CLIENT_ERROR'],
  },
  {
    situation: 'a topic with eight slashes',
    act: publish({ topic: 'open/2/3/4/5/6/7/8/9' }),
    on3: 'closed',
    on5: 'PUBACK 0x90',
    code: 'TRAFFIC_TOPIC_INVALID',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
    logWhereItStays: ['Publish-In CLIENT_ERROR'],
  },
  {
    situation: 'a topic of 257 bytes',
    act: publish({ topic: `open/${'x'.repeat(252)}` }),
    on3: 'closed',
    on5: 'PUBACK 0x90',
    code: 'TRAFFIC_TOPIC_INVALID',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
    logWhereItStays: ['Publish-In CLIENT_ERROR'],
  },
  {
    situation: 'a packet before CONNACK has come',
    on3: 'closed',
    on5: 'closed',
    code: 'SESSION_CONNACK_NOT_AWAITED',
    log: ['Connect CLIENT_ERROR'],
    atOnce: { cmd: 'pingreq' },
  },
  {
    situation: 'a malformed packet: UNSUBSCRIBE with wrong flags',
    act: () => ({ bytes: Buffer.of(0xa0, 7, 0, 7, 0, 3, 0x61, 0x2f, 0x62) }),
    on3: 'closed',
    on5: 'DISCONNECT 0x81, closed',
    code: 'TRAFFIC_PROTOCOL_ERROR',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
  },
  {
    situation: 'silence for one and a half times the keep-alive',
    connect: () => ({ keepalive: 30 }),
    act: () => ({ advanceMs: 45_000 }),
    on3: 'closed',
    on5: 'DISCONNECT 0x8d, closed',
    code: 'CLOSE_KEEP_ALIVE_TIMEOUT',
    event: 'MQTT_KEEP_ALIVE_TIMEOUT',
    log: ['Disconnect MQTT_KEEP_ALIVE_TIMEOUT'],
  },
  {
    situation: 'a topic alias over 8',
    act: publish({ properties: { topicAlias: 9 } }),
    on5: 'DISCONNECT 0x94, closed',
    code: 'TRAFFIC_TOPIC_ALIAS_INVALID',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
  },
  {
    situation: 'a subscription identifier',
    act: subscribe(['open/x'], { subscriptionIdentifier: 1 }),
    on5: 'DISCONNECT 0xa1, closed',
    code: 'TRAFFIC_SUBSCRIPTION_IDENTIFIER',
    event: 'CLIENT_ERROR',
    log: ['Disconnect CLIENT_ERROR'],
  },
  {
    situation: 'a Maximum Packet Size below 512',
    connect: () => ({ properties: { maximumPacketSize: 511 } }),
    on5: 'CONNACK 0x97, closed',
    code: 'CONNECT_PACKET_SIZE_TOO_SMALL',
    log: ['Connect CLIENT_ERROR'],
  },
]

/** The row that ends everything is acted out last: a stop of the broker. */
export const stop: Row & { on3: Saw; on5: Saw } = {
  situation: 'the service ends the connection: the broker is stopped',
  on3: 'closed',
  on5: 'DISCONNECT 0x8b, closed',
  code: 'CLOSE_BY_BROKER',
  event: 'SERVER_INITIATED_DISCONNECT',
  log: [],
}

/** Of a client that the row leaves connected, or not. */
function unacknowledged(): Act {
  return {
    send: [
      ...packets(subscribe(['open/other'])()),
      ...upTo(101).flatMap(messageId => packets(publish({ messageId: messageId + 7 })())),
    ],
  }
}

export function logOf({ log, logWhereItStays }: Row, stays: boolean): string[] {
  if (!stays) return log
  return logWhereItStays ?? log.filter(entry => !entry.startsWith('Disconnect'))
}

/** Whether the connection is still there after what the client saw. */
export function staysAfter(saw: Saw): boolean {
  return !/closed|alert/.test(saw)
}

export function connectBytes(
  version: Version,
  options: Partial<Omit<IConnectPacket, 'cmd'>>,
): Buffer {
  const base = {
    protocolId: 'MQTT',
    protocolVersion: version,
    clean: true,
    keepalive: 1200,
  } as const
  return generate({ cmd: 'connect', clientId: '', ...base, ...options })
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

function packets(act: Act): Packet[] {
  return typeof act === 'object' && 'send' in act ? act.send : []
}
