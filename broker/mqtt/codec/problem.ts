/**
 * What can be wrong with a packet's bytes, in our words: each fault with the reason code of MQTT 5 for it and the normative
 * statement of either version that it breaks. A fault without a statement is one that the standard forbids in plain prose.
 */

export type PacketProblem = Malformed | TooLarge | UnknownVersion

export type Malformed = {
  kind: 'malformed'
  fault: Fault
  /** Lower case, about the packet: `its topic is not well-formed UTF-8 [MQTT-1.5.3-1]`. */
  says: string
  /** Of MQTT 5 4.13: 0x81 malformed, 0x82 protocol error, or a code of its own. */
  reasonCode: number
  /** `MQTT-1.5.3-1`, of the version that the client speaks; 3.1.1 where its CONNECT is still to come. */
  statement?: string
  /** `PUBLISH`; absent where the type itself is wrong. */
  packet?: PacketName
}

/** `bytes` follow the fixed header, which is all that was read. */
export type TooLarge = { kind: 'too-large'; bytes: number; limit: number; packet: PacketName }

/** A CONNECT of a version whose layout we don't know. */
export type UnknownVersion = { kind: 'unknown-version'; level: number }

export type Version = 4 | 5

/** By packet type, MQTT 5 2.1.2. */
export const PACKET_NAMES = [
  undefined,
  'CONNECT',
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'SUBACK',
  'UNSUBSCRIBE',
  'UNSUBACK',
  'PINGREQ',
  'PINGRESP',
  'DISCONNECT',
  'AUTH',
] as const

export type PacketName = NonNullable<(typeof PACKET_NAMES)[number]>

export type Fault = keyof typeof faults

/** @param what of the packet: a field, or a property */
export function malformed(
  fault: Fault,
  version: Version | undefined,
  packet: PacketName | undefined,
  what = '',
): Malformed {
  const entry: FaultEntry = faults[fault]
  const own = packet && entry.of?.[packet]
  const statement = (own ?? entry)[version === 5 ? 'mqtt5' : 'mqtt311']
  const words = what === '' ? entry.says : entry.says.replace('{}', what)
  return {
    kind: 'malformed',
    fault,
    says: statement === undefined ? words : `${words} [${statement}]`,
    reasonCode: entry.code ?? MALFORMED,
    ...(statement === undefined ? {} : { statement }),
    ...(packet === undefined ? {} : { packet }),
  }
}

type Statements = { mqtt311?: string; mqtt5?: string }

/** `{}` is the field or property in question. */
type FaultEntry = Statements & {
  says: string
  code?: number
  of?: { [name in PacketName]?: Statements }
}

const MALFORMED = 0x81
const PROTOCOL_ERROR = 0x82
const UNSUPPORTED_VERSION = 0x84
const TOPIC_ALIAS_INVALID = 0x94

function both(statement: string): Statements {
  return { mqtt311: statement, mqtt5: statement }
}

export const faults = {
  'packet-type': { says: 'its type is a reserved one' },
  'header-flags': {
    says: 'the reserved flags of its header are wrong',
    mqtt311: 'MQTT-2.2.2-2',
    mqtt5: 'MQTT-2.1.3-1',
    of: {
      PUBREL: both('MQTT-3.6.1-1'),
      SUBSCRIBE: both('MQTT-3.8.1-1'),
      UNSUBSCRIBE: both('MQTT-3.10.1-1'),
      DISCONNECT: both('MQTT-3.14.1-1'),
      AUTH: { mqtt5: 'MQTT-3.15.1-1' },
    },
  },
  'qos-3': { says: 'both of its QoS bits are set', ...both('MQTT-3.3.1-4') },
  'dup-at-qos-0': { says: 'it has the DUP flag and QoS 0', ...both('MQTT-3.3.1-2') },
  'length-too-long': { says: 'its {} takes more than four bytes' },
  'length-not-shortest': {
    says: 'its {} takes more bytes than it needs',
    mqtt5: 'MQTT-1.5.5-1',
  },
  'only-of-servers': { says: 'only a server sends this packet', code: PROTOCOL_ERROR },

  'cut-short': {
    says: 'it ends before its {} does',
    of: { CONNECT: both('MQTT-3.1.4-1') },
  },
  'left-over': {
    says: 'it goes on after its last field',
    of: { CONNECT: both('MQTT-3.1.4-1') },
  },
  'ill-formed-text': {
    says: 'its {} is not well-formed UTF-8',
    mqtt311: 'MQTT-1.5.3-1',
    mqtt5: 'MQTT-1.5.4-1',
  },
  'null-in-text': {
    says: 'its {} holds the null character',
    mqtt311: 'MQTT-1.5.3-2',
    mqtt5: 'MQTT-1.5.4-2',
  },
  'packet-identifier-0': {
    says: 'its packet identifier is 0',
    code: PROTOCOL_ERROR,
    mqtt311: 'MQTT-2.3.1-1',
    mqtt5: 'MQTT-2.2.1-3',
    of: {
      PUBACK: { mqtt311: 'MQTT-2.3.1-6', mqtt5: 'MQTT-2.2.1-5' },
      PUBREC: { mqtt311: 'MQTT-2.3.1-6', mqtt5: 'MQTT-2.2.1-5' },
      PUBREL: { mqtt311: 'MQTT-2.3.1-6', mqtt5: 'MQTT-2.2.1-5' },
      PUBCOMP: { mqtt5: 'MQTT-2.2.1-5' },
    },
  },
  'reason-code': {
    says: 'its reason code {} is none that a client may send',
    code: PROTOCOL_ERROR,
    of: {
      PUBACK: { mqtt5: 'MQTT-3.4.2-1' },
      PUBREC: { mqtt5: 'MQTT-3.5.2-1' },
      PUBREL: { mqtt5: 'MQTT-3.6.2-1' },
      PUBCOMP: { mqtt5: 'MQTT-3.7.2-1' },
      DISCONNECT: { mqtt5: 'MQTT-3.14.2-1' },
      AUTH: { mqtt5: 'MQTT-3.15.2-1' },
    },
  },

  'protocol-name': {
    says: 'its protocol name is not MQTT',
    code: UNSUPPORTED_VERSION,
    ...both('MQTT-3.1.2-1'),
  },
  'connect-reserved-flag': {
    says: 'the reserved flag among its connect flags is set',
    ...both('MQTT-3.1.2-3'),
  },
  'will-qos-without-will': {
    says: 'it has a will QoS and no will',
    mqtt311: 'MQTT-3.1.2-13',
    mqtt5: 'MQTT-3.1.2-11',
  },
  'will-retain-without-will': {
    says: 'it has the will retain flag and no will',
    mqtt311: 'MQTT-3.1.2-15',
    mqtt5: 'MQTT-3.1.2-13',
  },
  'will-qos-3': {
    says: 'its will QoS is 3',
    mqtt311: 'MQTT-3.1.2-14',
    mqtt5: 'MQTT-3.1.2-12',
  },
  'password-without-username': {
    says: 'it has a password and no user name',
    mqtt311: 'MQTT-3.1.2-22',
  },
  'authentication-data-without-method': {
    says: 'it has authentication data and no authentication method',
    code: PROTOCOL_ERROR,
  },

  'no-filter': {
    says: 'it holds no topic filter',
    code: PROTOCOL_ERROR,
    of: {
      SUBSCRIBE: { mqtt311: 'MQTT-3.8.3-3', mqtt5: 'MQTT-3.8.3-2' },
      UNSUBSCRIBE: both('MQTT-3.10.3-2'),
    },
  },
  'subscription-reserved-bits': {
    says: 'the reserved bits of a subscription are set',
    mqtt311: 'MQTT-3.8.3-4',
    mqtt5: 'MQTT-3.8.3-5',
  },
  'subscription-qos-3': {
    says: 'it asks for QoS 3',
    code: PROTOCOL_ERROR,
    mqtt311: 'MQTT-3.8.3-4',
  },
  'retain-handling-3': { says: 'it asks for retain handling 3', code: PROTOCOL_ERROR },
  'no-local-on-shared': {
    says: 'it asks for no local on a shared subscription',
    code: PROTOCOL_ERROR,
    mqtt5: 'MQTT-3.8.3-4',
  },

  'property-unknown': { says: 'it has a property {}, which MQTT 5 does not know' },
  'property-not-here': { says: 'the property {} does not belong in this packet' },
  'property-repeated': { says: 'it has the property {} twice', code: PROTOCOL_ERROR },
  'property-zero': { says: 'its property {} is 0', code: PROTOCOL_ERROR },
  'property-not-0-or-1': { says: 'its property {} is neither 0 nor 1', code: PROTOCOL_ERROR },
  'topic-alias-0': {
    says: 'its topic alias is 0',
    code: TOPIC_ALIAS_INVALID,
    mqtt5: 'MQTT-3.3.2-8',
  },
  'subscription-identifier-of-client': {
    says: 'it has a subscription identifier, which only a server gives to a message',
    code: PROTOCOL_ERROR,
    mqtt5: 'MQTT-3.3.4-6',
  },
  'response-topic-wildcard': {
    says: 'its response topic has a wildcard',
    code: PROTOCOL_ERROR,
    mqtt5: 'MQTT-3.3.2-14',
  },
} as const satisfies Record<string, FaultEntry>
