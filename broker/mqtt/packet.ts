/** MQTT packets as the rooms see them: those that a client sends, read and well-formed, and those that we send. */

import type { Forwarded } from './message.ts'

/** What a client may send. */
export type Packet =
  | ConnectPacket
  | PublishPacket
  | AckPacket
  | SubscribePacket
  | UnsubscribePacket
  | PingreqPacket
  | DisconnectPacket
  | AuthPacket

/** In order; a name may come more than once. */
export type UserProperties = [name: string, value: string][]

export type ConnectPacket = {
  cmd: 'connect'
  /** 3: MQTT 3.1, which looks like 3.1.1 and is not served. */
  protocolVersion: 3 | 4 | 5
  clientId: string
  clean: boolean
  /** Seconds. */
  keepalive: number
  username?: string
  password?: Buffer
  will?: Will
  properties?: ConnectProperties
}

export type Will = {
  topic: string
  payload: Buffer
  qos: 0 | 1 | 2
  retain: boolean
  properties?: WillProperties
}

/** Intervals in seconds. */
export type WillProperties = Forwarded & {
  willDelayInterval?: number
  messageExpiryInterval?: number
}

export type ConnectProperties = {
  /** Seconds; 0xffffffff is without end. */
  sessionExpiryInterval?: number
  receiveMaximum?: number
  maximumPacketSize?: number
  topicAliasMaximum?: number
  requestResponseInformation?: boolean
  requestProblemInformation?: boolean
  userProperties?: UserProperties
  authenticationMethod?: string
  authenticationData?: Buffer
}

export type PublishPacket = {
  cmd: 'publish'
  /** On MQTT 5 empty where an alias stands for it. */
  topic: string
  /** A view on what was read. */
  payload: Buffer
  qos: 0 | 1 | 2
  retain: boolean
  dup: boolean
  /** Above QoS 0. */
  messageId?: number
  properties?: PublishProperties
}

export type PublishProperties = Forwarded & {
  /** Seconds. */
  messageExpiryInterval?: number
  topicAlias?: number
}

/** `reasonCode` is 0 on 3.1.1. */
export type AckPacket = {
  cmd: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'
  messageId: number
  reasonCode: number
  properties?: Explanation
}

/** What tells people why. */
export type Explanation = { reasonString?: string; userProperties?: UserProperties }

export type SubscribePacket = {
  cmd: 'subscribe'
  messageId: number
  /** One at least. */
  subscriptions: RequestedSubscription[]
  properties?: { subscriptionIdentifier?: number; userProperties?: UserProperties }
}

/** `nl` no local, `rap` retain as published, `rh` retain handling: false, false and 0 on 3.1.1. */
export type RequestedSubscription = {
  topic: string
  qos: 0 | 1 | 2
  nl: boolean
  rap: boolean
  rh: 0 | 1 | 2
}

export type UnsubscribePacket = {
  cmd: 'unsubscribe'
  messageId: number
  /** One at least. */
  unsubscriptions: string[]
  properties?: { userProperties?: UserProperties }
}

export type PingreqPacket = { cmd: 'pingreq' }

export type DisconnectPacket = {
  cmd: 'disconnect'
  reasonCode: number
  properties?: Explanation & { sessionExpiryInterval?: number }
}

/** Of MQTT 5. AWS: not supported. */
export type AuthPacket = {
  cmd: 'auth'
  reasonCode: number
  properties?: Explanation & { authenticationMethod?: string; authenticationData?: Buffer }
}

/** What we send, but for PUBLISH, which has its own way (codec/encode-publish.ts). Codes are of the client's own version. */
export type Answer =
  | {
      cmd: 'connack'
      sessionPresent: boolean
      reasonCode: number
      properties?: ConnackProperties
    }
  | { cmd: 'puback'; messageId: number; reasonCode?: number; properties?: Explanation }
  | { cmd: 'suback'; messageId: number; granted: number[]; properties?: Explanation }
  /** On 3.1.1 it has no codes. */
  | { cmd: 'unsuback'; messageId: number; granted: number[]; properties?: Explanation }
  | { cmd: 'pingresp' }
  /** Of MQTT 5: on 3.1.1 a server sends none. */
  | { cmd: 'disconnect'; reasonCode: number; properties?: Explanation }

export type ConnackProperties = Explanation & {
  sessionExpiryInterval?: number
  receiveMaximum?: number
  maximumQoS?: 0 | 1
  retainAvailable?: boolean
  maximumPacketSize?: number
  assignedClientIdentifier?: string
  topicAliasMaximum?: number
  wildcardSubscriptionAvailable?: boolean
  subscriptionIdentifiersAvailable?: boolean
  sharedSubscriptionAvailable?: boolean
  /** Seconds. */
  serverKeepAlive?: number
}
