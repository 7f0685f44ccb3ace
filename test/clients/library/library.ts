/**
 * An MQTT client library as the tests of this folder see it: what every one can do, in one vocabulary. A new library is one
 * adapter that makes a `Library`; what is tried with it stands in steps.ts.
 */

import type { Flags } from '../local.ts'

export type Protocol = '3.1.1' | '5'

export type Hidden = 'PUBACK' | 'DISCONNECT' | 'session present'

export type Library = {
  /** With its version, for the name of the test. */
  name: string
  protocol: Protocol
  /** What it reads and doesn't show to its user: the code of PUBACK, of DISCONNECT, `session present` of CONNACK. */
  hides?: readonly Hidden[]
  /** Connects once and stays: no library may reconnect behind a test's back. Rejects when it was not let in. */
  connect(options: ConnectOptions): Promise<Client>
}

export type ConnectOptions = {
  /** The files, and the port to dial. */
  flags: Flags
  clientId: string
  /** clean session 0; with MQTT 5 clean start 0, and a session expiry of an hour. */
  persistent?: boolean
  will?: { topic: string; payload: string; qos: 0 | 1; retain?: boolean }
}

export type Client = {
  sessionPresent: boolean
  /** The code in SUBACK. */
  subscribe(filter: string, qos: 0 | 1): Promise<number>
  /** QoS 0: when it was written. QoS 1: the code of PUBACK, 0 with 3.1.1. Never, where the connection ends before. */
  publish(message: Message): Promise<number>
  /** The next message, in the order in which they came. */
  next(): Promise<Message>
  /** When the connection has ended: the code of the broker's DISCONNECT, where the library shows one. */
  ended: Promise<number | undefined>
  /** DISCONNECT, where the connection is still there, and everything freed. */
  leave(): Promise<void>
}

export type Message = {
  topic: string
  payload: string
  qos: 0 | 1
  retain: boolean
  /** MQTT 5. */
  properties?: Properties
}

/** In the order of this list, so that texts of them can be compared. */
export type Properties = {
  contentType?: string
  responseTopic?: string
  correlationData?: string
  userProperties?: [name: string, value: string][]
}
