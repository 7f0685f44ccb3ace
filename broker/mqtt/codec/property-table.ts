/** The properties of MQTT 5 (2.2.2.2, table 2-4): their numbers, what they hold, and the packets that a client may use them in. */

export type Kind = 'flag' | 'uint8' | 'uint16' | 'uint32' | 'varint' | 'text' | 'binary' | 'pair'

export type Property = {
  id: number
  name: PropertyName
  kind: Kind
  /** As people know it. */
  title: string
  /** Where a client may have it; none: only a server sends it. */
  of: readonly Bearer[]
}

/** Packets with properties that a client sends, and the will in its CONNECT. */
export type Bearer =
  | 'CONNECT'
  | 'will'
  | 'PUBLISH'
  | 'PUBACK'
  | 'PUBREC'
  | 'PUBREL'
  | 'PUBCOMP'
  | 'SUBSCRIBE'
  | 'UNSUBSCRIBE'
  | 'DISCONNECT'
  | 'AUTH'

export type PropertyName = (typeof rows)[number][1]

const MESSAGE = ['PUBLISH', 'will'] as const
const ACKS = ['PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP'] as const
const AUTHENTICATION = ['CONNECT', 'AUTH'] as const
const ALL = [
  'CONNECT',
  ...MESSAGE,
  ...ACKS,
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'DISCONNECT',
  'AUTH',
] as const

const rows = [
  [1, 'payloadFormatIndicator', 'uint8', MESSAGE],
  [2, 'messageExpiryInterval', 'uint32', MESSAGE],
  [3, 'contentType', 'text', MESSAGE],
  [8, 'responseTopic', 'text', MESSAGE],
  [9, 'correlationData', 'binary', MESSAGE],
  [11, 'subscriptionIdentifier', 'varint', ['PUBLISH', 'SUBSCRIBE']],
  [17, 'sessionExpiryInterval', 'uint32', ['CONNECT', 'DISCONNECT']],
  [18, 'assignedClientIdentifier', 'text', []],
  [19, 'serverKeepAlive', 'uint16', []],
  [21, 'authenticationMethod', 'text', AUTHENTICATION],
  [22, 'authenticationData', 'binary', AUTHENTICATION],
  [23, 'requestProblemInformation', 'flag', ['CONNECT']],
  [24, 'willDelayInterval', 'uint32', ['will']],
  [25, 'requestResponseInformation', 'flag', ['CONNECT']],
  [26, 'responseInformation', 'text', []],
  [28, 'serverReference', 'text', []],
  [31, 'reasonString', 'text', [...ACKS, 'DISCONNECT', 'AUTH']],
  [33, 'receiveMaximum', 'uint16', ['CONNECT']],
  [34, 'topicAliasMaximum', 'uint16', ['CONNECT']],
  [35, 'topicAlias', 'uint16', ['PUBLISH']],
  [36, 'maximumQoS', 'uint8', []],
  [37, 'retainAvailable', 'flag', []],
  [38, 'userProperties', 'pair', ALL],
  [39, 'maximumPacketSize', 'uint32', ['CONNECT']],
  [40, 'wildcardSubscriptionAvailable', 'flag', []],
  [41, 'subscriptionIdentifiersAvailable', 'flag', []],
  [42, 'sharedSubscriptionAvailable', 'flag', []],
] as const satisfies [number, string, Kind, readonly Bearer[]][]

export const PROPERTIES: readonly Property[] = rows.map(([id, name, kind, of]) => ({
  id,
  name,
  kind,
  of,
  title: name === 'userProperties' ? 'user property' : words(name),
}))

const byId: readonly (Property | undefined)[] = Array.from({ length: 43 }, (_, id) =>
  PROPERTIES.find(one => one.id === id),
)

export function propertyOf(id: number): Property | undefined {
  return byId[id]
}

/** `receiveMaximum` -> `receive maximum`. */
function words(name: string): string {
  return name.replace('QoS', 'Qos').replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}
