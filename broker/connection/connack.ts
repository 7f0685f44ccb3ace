/** CONNACK as AWS sends it: on MQTT 5 with what the broker grants and what it doesn't do. */

import { encode } from '../mqtt/codec/encode.ts'
import type { Session } from '../mqtt/session/session.ts'
import type { Asked, Visit } from './visit.ts'

/** Of a session that was begun. AWS: https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt5 */
export function connackPacket(
  { mqtt, settings }: Visit & Asked,
  { session, present }: { session: Session; present: boolean },
): Buffer {
  const { connect, keepAlive, assigned } = mqtt
  if (session.protocol === 4) return Buffer.of(0x20, 2, present ? 1 : 0, 0)
  const { limits } = settings.config
  return encode(
    {
      cmd: 'connack',
      reasonCode: 0,
      sessionPresent: present,
      properties: {
        sessionExpiryInterval: session.expirySeconds,
        receiveMaximum: Math.min(limits.inflightIn, 65_535),
        maximumQoS: 1,
        retainAvailable: true,
        maximumPacketSize: limits.packetBytes,
        ...(assigned ? { assignedClientIdentifier: connect.clientId } : {}),
        topicAliasMaximum: Math.min(limits.topicAliases, 65_535),
        wildcardSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: true,
        serverKeepAlive: keepAlive,
      },
    },
    5,
  )
}

/** Of a refusal. On 3.1.1 AWS refuses without a CONNACK, but for a protocol that it doesn't know [MQTT-3.1.2-2]. */
export function refusedConnack(reasonCode: number, protocolVersion: number): Buffer {
  if (protocolVersion < 5) return Buffer.of(0x20, 2, 0, reasonCode)
  return Buffer.of(0x20, 3, 0, reasonCode, 0)
}
