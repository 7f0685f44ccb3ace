/**
 * Tells AWS's lifecycle events of a connection, one function for each. They are published as any message is: who may
 * subscribe to them and receive them is a matter of policies.
 *
 * Their order: `connected` before anything that the client publishes. `disconnected` before the will: AWS promises no order, and
 * whoever gets both knows already why the client has gone. AWS's own advice is to wait some seconds before believing either.
 */

import type { DisconnectReason } from '../diagnosis/disconnect-reasons.ts'
import { type LifecycleClient, type LifecycleFacts, lifecycleEvent } from '../mqtt/lifecycle.ts'
import type { Present } from '../mqtt/presence.ts'
import { uuidFrom } from '../world.ts'
import type { House } from './house.ts'
import type { Asked, Principal, Visit } from './visit.ts'

type Known = Visit & Asked & Principal

/** @param sessionPresent as CONNACK has said it */
export function tellConnected(visit: Known, house: House, sessionPresent: boolean): void {
  const present = house.presence.came(visit.mqtt.connect.clientId, sessionPresent)
  visit.present = present
  const { versionNumber } = present
  const ipAddress = visit.wire.remote.address
  tell(visit, house, present, { eventType: 'connected', ipAddress, versionNumber })
}

/**
 * Where `connected` was told; once.
 * @param expirySeconds of the session that stays; 0: none
 */
export function tellDisconnected(
  visit: Visit,
  house: House,
  disconnectReason: DisconnectReason,
  expirySeconds: number,
): void {
  const { present, mqtt, principal } = visit
  if (!present || !mqtt || !principal) return
  delete visit.present
  const { versionNumber } = present
  const known = Object.assign(visit, { mqtt, principal })
  tell(known, house, present, { eventType: 'disconnected', disconnectReason, versionNumber })
  house.presence.left(mqtt.connect.clientId, present, expirySeconds)
}

/** The policies don't allow its CONNECT, or the topic of its will. */
export function tellConnectFailed(visit: Known, house: House): void {
  const ipAddress = visit.wire.remote.address
  // There is no session yet that it could be the identifier of.
  const none = { sessionIdentifier: uuidFrom(house.world.random(16)) }
  tell(visit, house, none, { eventType: 'connect_failed', ipAddress })
}

/** @param filters those that were granted; without any there is no event */
export function tellSubscribed(visit: Known, house: House, filters: string[]): void {
  if (filters.length === 0 || !visit.present) return
  tell(visit, house, visit.present, { eventType: 'subscribed', topics: filters })
}

export function tellUnsubscribed(visit: Known, house: House, filters: string[]): void {
  if (filters.length === 0 || !visit.present) return
  tell(visit, house, visit.present, { eventType: 'unsubscribed', topics: filters })
}

function tell(
  { mqtt, principal }: Known,
  house: House,
  { sessionIdentifier }: Pick<Present, 'sessionIdentifier'>,
  facts: LifecycleFacts,
): void {
  const { certificateId } = principal.registered
  // AWS: only where the client connects by the exclusive attachment of its certificate.
  const thingName = house.registry.exclusiveThingOf(certificateId)
  const client: LifecycleClient = {
    clientId: mqtt.connect.clientId,
    ...(thingName === undefined ? {} : { thingName }),
    sessionIdentifier,
    certificateId,
  }
  const event = lifecycleEvent(client, facts, house.world.clock.now())
  if (event) house.mqtt.publish(event.topic, event.payload)
}
