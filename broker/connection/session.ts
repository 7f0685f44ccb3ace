/**
 * Room 8: the MQTT session. An older connection with the same client id is closed first; then the session is begun or resumed,
 * and CONNACK is sent.
 */

import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import type { Message } from '../mqtt/message.ts'
import { createRate, type Rate } from '../mqtt/rates.ts'
import { type Delivery, type Link, ROOM_BYTES } from '../mqtt/session/link.ts'
import { narrate } from '../policy/narrate.ts'
import { endByBug } from './bug.ts'
import { connackPacket } from './connack.ts'
import { tellDenied } from './denied.ts'
import type { House } from './house.ts'
import { tellConnected } from './lifecycle.ts'
import { certificateName, type Told } from './live.ts'
import { endOfRegistration } from './registration.ts'
import { namesOf } from './sameness.ts'
import {
  type Asked,
  type Authorizer,
  type InSession,
  type Met,
  type Permitted,
  type Principal,
  pass,
  type Room,
  refuse,
  type Secured,
  type Visit,
} from './visit.ts'

type Known = Met & Secured & Asked & Principal & Permitted

export const session: Room<Known, InSession> = async (visit, house) => {
  const { clientId } = visit.mqtt.connect
  // Before the older connection is closed: who may not come in doesn't take over.
  const full = throttled(visit, house)
  if (full) return refuse(full)
  const { certificateId } = visit.principal.registered
  const by = { connection: visit.id, address: visit.wire.remote.address, certificateId }
  // Again and again: while we wait for one to go, another may have taken the place.
  for (let older = house.sessions.get(clientId); older; older = house.sessions.get(clientId)) {
    await older.end(diagnose('CLOSE_DUPLICATE_CLIENT_ID', { clientId, by }))
  }
  // The wait may have been long enough for the certificate to be deactivated, or for the client to leave.
  if (visit.ending) return refuse(visit.ending)
  const still = house.registry.certificate(certificateId)
  if (still?.status !== 'ACTIVE') return refuse(endOfRegistration(still, house.registry, visit))
  const own = house.open.get(visit.id)
  if (own) house.sessions.set(clientId, own)
  const check = (change: Told): void => {
    const now = house.registry.certificate(certificateId)
    if (now?.status !== 'ACTIVE')
      void own?.end(endOfRegistration(now, house.registry, visit, change))
  }
  // AWS ends the sessions of a certificate that leaves ACTIVE within minutes; here it is at once.
  visit.watches.push(house.live.watch([certificateName(certificateId)], check))

  // After a FIN there may be more to read: a device may send CONNECT, PUBLISH and DISCONNECT at once and leave.
  const end = visit.wire.ended()
  if (end?.reset) {
    const afterMs = Math.round(house.world.clock.elapsed() - visit.startedElapsed)
    return refuse(diagnose('CLOSE_CONNECTION_LOST', { reset: true, afterMs }))
  }
  const { limits } = visit.settings.config
  const { connect, front } = visit.mqtt
  // AWS: a client must wait for its CONNACK.
  if (!limits.packetsBeforeConnack && front.more()) {
    return refuse(diagnose('SESSION_CONNACK_NOT_AWAITED', {}))
  }
  const protocol = connect.protocolVersion === 5 ? 5 : 4
  const asked =
    protocol === 5 ? (connect.properties?.sessionExpiryInterval ?? 0) : persistent(visit)
  const begun = house.mqtt.begin({
    clientId,
    protocol,
    cleanStart: connect.clean ?? true,
    // AWS: a longer one is cut, and the client is told on MQTT 5.
    expirySeconds: Math.min(asked, limits.sessionExpirySeconds),
  })
  // From here on the close room has it to leave, whatever happens in this one.
  Object.assign(visit, { session: begun.session })
  front.packets.out++
  front.write(connackPacket(visit, begun))
  welcome(visit, house, begun.present)
  const rate = createRate(house.world.clock)
  begun.session.attach(linkOf(visit, rate, house))
  return pass({ session: begun.session, rate })
}

/** AWS: a 3.1.1 session that is not clean lasts for the account's quota. */
function persistent({ mqtt: { connect } }: Visit & Known): number {
  return connect.clean === false ? Number.POSITIVE_INFINITY : 0
}

/** AWS: so many CONNECTs in a second, and so many connections. */
function throttled({ mqtt, settings }: Visit & Known, house: House): Diagnosis | undefined {
  const { connectsPerSecondPerClientId, connectsPerSecond, connections } = settings.config.limits
  const { clientId } = mqtt.connect
  if (house.rates.connectsOf.take(clientId, connectsPerSecondPerClientId) > 0) {
    const perSecond = connectsPerSecondPerClientId
    return diagnose('CONNECT_THROTTLED', { clientId, of: 'client id', perSecond })
  }
  if (house.rates.connects.take(connectsPerSecond) > 0) {
    const perSecond = connectsPerSecond
    return diagnose('CONNECT_THROTTLED', { clientId, of: 'account', perSecond })
  }
  if (house.sessions.size < connections || house.sessions.has(clientId)) return undefined
  return diagnose('CONNECT_TOO_MANY_CONNECTIONS', { limit: connections })
}

function linkOf(visit: Visit & Known, rate: Rate, house: House): Link {
  const { limits } = visit.settings.config
  const { authorize } = visit
  const { front, connect } = visit.mqtt
  const { properties = {} } = connect
  const { journal } = house
  return {
    write(packet) {
      front.packets.out++
      front.write(packet)
    },
    waiting: front.waiting,
    mayReceive(topic) {
      // Called while another device's packet is handled: a bug here must not end that one.
      try {
        return mayReceive(topic, visit, house, authorize)
      } catch (error) {
        endByBug(visit)(error)
        return false
      }
    },
    receiveMaximum: properties.receiveMaximum ?? Number.POSITIVE_INFINITY,
    maximumPacketSize: properties.maximumPacketSize ?? Number.POSITIVE_INFINITY,
    topicAliasMaximum: properties.topicAliasMaximum ?? 0,
    allowance: () =>
      rate.take(limits.publishesPerSecond) ||
      house.rates.publishesOut.take(limits.publishesOutPerSecond),
    told(what, message) {
      if (what !== 'delivered') tellDropped(what, message, visit, house)
      else if (journal.traffic) {
        const { topic, qos, retain, payload } = message
        const own = { connection: visit.id, clientId: connect.clientId }
        journal.write({
          event: 'traffic.delivered',
          ...own,
          topic,
          qos,
          retain,
          bytes: payload.length,
        })
      }
    },
  }
}

/** AWS: a message that iot:Receive doesn't allow is silently not delivered. Silently for the client: we do say it. */
function mayReceive(
  topic: string,
  visit: Visit & Known,
  house: House,
  authorize: Authorizer,
): boolean {
  const decision = authorize('iot:Receive', 'topic', topic)
  if (decision.outcome === 'ALLOWED') return true
  const { action, resource, outcome, nearMisses, allowedUntil } = decision
  const denied = diagnose('TRAFFIC_RECEIVE_DENIED', {
    action,
    resource,
    topic,
    outcome,
    nearMisses,
    policies: visit.principal.policies,
    narration: narrate(decision),
    ...(allowedUntil === undefined ? {} : { allowedUntil }),
  })
  tellDenied(denied, {}, visit, house, decision)
  return false
}

function tellDropped(
  what: Exclude<Delivery, 'delivered'>,
  { topic, payload }: Message,
  visit: Visit & Known,
  house: House,
): void {
  tellDenied(droppedBy(what, topic, payload.length, visit), {}, visit, house)
}

function droppedBy(
  what: Exclude<Delivery, 'delivered'>,
  topic: string,
  payloadBytes: number,
  { mqtt, settings }: Visit & Known,
): Diagnosis {
  const { limits } = settings.config
  if (what === 'queue-full') {
    return diagnose('TRAFFIC_QUEUE_FULL', { topic, limit: limits.queuedMessages })
  }
  if (what === 'too-large') {
    const limit = mqtt.connect.properties?.maximumPacketSize ?? 0
    return diagnose('TRAFFIC_DELIVERY_TOO_LARGE', { topic, payloadBytes, limit })
  }
  const bytes = mqtt.front.waiting()
  if (bytes > ROOM_BYTES) {
    return diagnose('TRAFFIC_SLOW_CONSUMER', { bytes, limit: ROOM_BYTES, topic })
  }
  return diagnose('TRAFFIC_DELIVERY_DROPPED', { topic, perSecond: limits.publishesPerSecond })
}

function welcome(visit: Visit & Known, house: House, sessionPresent: boolean): void {
  const { principal, mqtt, secured } = visit
  // Gone before it could be told: then it has seen no CONNACK.
  if (visit.handshake.tls.writable) visit.connack = 0
  visit.brokerSent = 'CONNACK'
  tellConnected(visit, house, sessionPresent)
  const refusals = house.repeats.gotIn(namesOf(visit))
  house.journal.write({
    event: 'connection.connected',
    connection: visit.id,
    clientId: mqtt.connect.clientId,
    ...(principal.thingName === undefined ? {} : { thingName: principal.thingName }),
    certificateId: principal.registered.certificateId,
    protocol: mqtt.connect.protocolVersion === 5 ? '5' : '3.1.1',
    policies: principal.policies,
    keepAlive: mqtt.keepAlive,
    cleanStart: mqtt.connect.clean ?? true,
    sessionPresent,
    remote: visit.wire.remote,
    tls: { version: secured.version, cipherSuite: secured.cipherSuite },
    ...(refusals ? { refusals } : {}),
  })
}
