/**
 * AWS's lifecycle events, which every broker of AWS publishes and nobody can switch off: their topics and payloads, keys in
 * AWS's order.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
 */

import type { DisconnectReason } from '../diagnosis/disconnect-reasons.ts'

/** Whom an event is about. */
export type LifecycleClient = {
  clientId: string
  /** Of an exclusive attachment (EXCLUSIVE_THING), and of no other. */
  thingName?: string
  /** A UUID, for the life of the session. */
  sessionIdentifier: string
  certificateId: string
}

export type LifecycleFacts =
  | { eventType: 'connected'; ipAddress: string; versionNumber: number }
  | { eventType: 'disconnected'; disconnectReason: DisconnectReason; versionNumber: number }
  | { eventType: 'connect_failed'; ipAddress: string }
  /** `topics`: the filters. */
  | { eventType: 'subscribed' | 'unsubscribed'; topics: string[] }

/**
 * @param timestamp ms since 1970
 * @returns undefined for a client id with `#` or `+`: AWS has no events for it
 */
export function lifecycleEvent(
  client: LifecycleClient,
  facts: LifecycleFacts,
  timestamp: number,
): { topic: string; payload: Buffer } | undefined {
  const { clientId, thingName } = client
  if (/[#+]/.test(clientId)) return undefined
  const head = { clientId, ...(thingName === undefined ? {} : { thingName }), timestamp }
  const { eventType } = facts
  const kind = eventType === 'subscribed' || eventType === 'unsubscribed' ? SUBSCRIPTIONS : PRESENCE
  return {
    topic: `$aws/events/${kind}/${eventType}/${clientId}`,
    payload: Buffer.from(JSON.stringify({ ...head, ...rest(client, facts) })),
  }
}

const PRESENCE = 'presence'
const SUBSCRIPTIONS = 'subscriptions'

/** What follows the timestamp. */
function rest(
  { sessionIdentifier, certificateId: principalIdentifier }: LifecycleClient,
  facts: LifecycleFacts,
): Record<string, unknown> {
  const { eventType } = facts
  const who = { sessionIdentifier, principalIdentifier }
  switch (eventType) {
    case 'connected': {
      const { ipAddress, versionNumber } = facts
      return { eventType, ...who, ipAddress, versionNumber }
    }
    case 'disconnected': {
      const { disconnectReason, versionNumber } = facts
      const clientInitiatedDisconnect = disconnectReason === 'CLIENT_INITIATED_DISCONNECT'
      return { eventType, ...who, clientInitiatedDisconnect, disconnectReason, versionNumber }
    }
    case 'connect_failed':
      return {
        eventType,
        // AWS: the only value that there is; and here the principal stands before the session.
        connectFailureReason: 'AUTHORIZATION_FAILED',
        principalIdentifier,
        sessionIdentifier,
        ipAddress: facts.ipAddress,
      }
    default:
      return { eventType, ...who, topics: facts.topics }
  }
}
