/** What a connection lends to its session for as long as it lasts. */

import type { Message } from '../message.ts'

export type Link = {
  /** Writes soon; counts one packet. */
  write(packet: Buffer): void
  /** Bytes written that the client has not taken yet. */
  waiting(): number
  /** iot:Receive. */
  mayReceive(topic: string): boolean
  /** MQTT 5 3.1.2.11.3, .4, .5: what the client can take. Infinity, or 0 for aliases, where it said nothing. */
  receiveMaximum: number
  maximumPacketSize: number
  topicAliasMaximum: number
  /** Takes one delivery from the connection's rate. @returns 0, or in how many ms it may be tried again */
  allowance(): number
  /** Told of what becomes of a message. */
  told(what: Delivery, message: Message): void
}

/**
 * `dropped`: QoS 0 over the rate, or for a client that doesn't take what it gets; `too-large`: over what the client said that
 * it takes [MQTT-3.1.2-24]; `queue-full`: QoS 1, and the session keeps as many as it may.
 */
export type Delivery = 'delivered' | 'dropped' | 'too-large' | 'queue-full'

/** From here on, what may be dropped is, and what may not waits: bytes that one client can make us keep in its socket. */
export const ROOM_BYTES = 1024 * 1024
