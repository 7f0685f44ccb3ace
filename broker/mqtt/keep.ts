/**
 * What the MQTT side keeps beyond a stop or a crash: persistent sessions with their QoS 1 messages, and retained messages.
 * Changes are told as they happen; whoever acknowledges a message to its publisher waits for `durable` first.
 */

import type { Message } from './message.ts'

export type Keep = {
  /** A session was begun or changed; undefined: it has ended, and its messages with it. */
  session(clientId: string, record: SessionRecord | undefined): void
  /** A QoS 1 message that a session is owed, by its number there; undefined: it was acknowledged, or given up. */
  message(clientId: string, number: number, message: Message | undefined): void
  /** The retained message of a topic; undefined: it has none any more. */
  retained(topic: string, message: Message | undefined): void
  /** Goes up with each change that somebody may want to be sure of. */
  told(): number
  /**
   * When all that was told so far would survive a crash: `true`; `false`: it would not, and nothing will until the next start,
   * since a write has failed. Undefined where nothing is waiting. Never rejects.
   */
  durable(): Promise<boolean> | undefined
}

export type SessionRecord = {
  clientId: string
  /** AWS: a session of one version can't be resumed by the other. */
  protocol: 4 | 5
  expirySeconds: number
  /** By `clock.now()`: when its connection ended. Absent while it is connected. */
  endedAt?: number
  subscriptions: SubscriptionRecord[]
}

export type SubscriptionRecord = {
  /** As the client gave it, `$share/...` included. */
  filter: string
  qos: 0 | 1
  noLocal?: true
  retainAsPublished?: true
}

/** What a start finds. Messages by their numbers, in order. */
export type Kept = {
  sessions: { record: SessionRecord; messages: KeptMessages }[]
  /** What waited for a group of shared subscriptions, by the group's name: `$share/...`. */
  shared?: { name: string; messages: KeptMessages }[]
  retained: Message[]
}

export type KeptMessages = [number: number, message: Message][]

/** Keeps nothing beyond the process. */
export const forgetful: Keep = {
  session: () => undefined,
  message: () => undefined,
  retained: () => undefined,
  told: () => 0,
  durable: () => undefined,
}
