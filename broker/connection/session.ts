/**
 * Room 8: the MQTT session. An older connection with the same client id is closed first; then aedes takes the CONNECT,
 * restores the session and sends CONNACK.
 */

import { diagnose } from '../diagnosis/diagnosis.ts'
import { createLine } from '../mqtt/line.ts'
import { narrate } from '../policy/narrate.ts'
import { endByBug } from './bug.ts'
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
  type Session,
  type Visit,
} from './visit.ts'
import { waitFor } from './waiting.ts'

type Known = Met & Secured & Asked & Principal & Permitted
type Outcome = { kind: 'connack'; sessionPresent: boolean } | { kind: 'ended' }

export const session: Room<Known, InSession> = async (visit, house) => {
  const { clientId } = visit.mqtt.connect
  const { certificateId } = visit.principal.registered
  const by = { connection: visit.id, address: visit.wire.remote.address, certificateId }
  // Again and again: while we wait for one to go, another may have taken the place.
  for (let older = house.sessions.get(clientId); older; older = house.sessions.get(clientId)) {
    await older.end(diagnose('CLOSE_DUPLICATE_CLIENT_ID', { clientId, by }))
  }
  // The wait may have been long enough for the certificate to be deactivated.
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

  const limitMs = visit.settings.config.tls.connectTimeoutSeconds * 1000
  let made: Session | undefined
  const outcome = await waitFor<Outcome>(visit, house.world, limitMs, settle => {
    made = open(visit, house, sessionPresent => settle({ kind: 'connack', sessionPresent }))
    made.onEnded = () => settle({ kind: 'ended' })
    Object.assign(visit, { session: made })
    // After a FIN there may be more to read: a device may send CONNECT, PUBLISH and DISCONNECT at once and leave.
    visit.wire.onEnd(({ reset }) => void (reset && settle({ kind: 'ended' })))
    return undefined
  })
  if (outcome.kind === 'interrupted') return refuse(outcome.reason)
  if (outcome.kind === 'timeout' || made === undefined) {
    return refuse(diagnose('CLOSE_INTERNAL_ERROR', { error: 'no CONNACK was made in time' }))
  }
  if (outcome.kind === 'ended') {
    const afterMs = Math.round(house.world.clock.elapsed() - visit.startedElapsed)
    const reset = visit.wire.ended()?.reset ?? false
    return refuse(diagnose('CLOSE_CONNECTION_LOST', { reset, afterMs }))
  }
  made.onEnded = undefined
  welcome(visit, house, outcome.sessionPresent)
  return pass({ session: made })
}

function open(
  visit: Visit & Known,
  house: House,
  connack: (sessionPresent: boolean) => void,
): Session {
  const { authorize } = visit
  const { front, connect } = visit.mqtt
  const line = createLine(front, {
    connackSent: connack,
    ended(error) {
      if (made.ended) return
      made.ended = { error }
      made.onEnded?.()
    },
    mayReceive(topic) {
      // Called while another device's packet is handled: a bug here must not end that one.
      try {
        return mayReceive(topic, visit, house, authorize)
      } catch (error) {
        endByBug(visit)(error)
        return false
      }
    },
    tooSlow(bytes, limit) {
      made.tooSlow ??= { bytes, limit }
      made.onEnded?.()
    },
  })
  const made: Session = { ...house.mqtt.admit(line, connect), onEnded: undefined }
  return made
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
  const { code, says, remedy, evidence } = denied
  // Once per topic is enough for a person; the rest would bury it.
  const told = visit.findings.some(
    known => known.code === code && known.evidence['topic'] === topic,
  )
  if (told || visit.findings.length >= FINDINGS_LIMIT) return false
  visit.findings.push(denied)
  house.journal.write({
    event: 'traffic.denied',
    connection: visit.id,
    clientId: visit.mqtt.connect.clientId,
    certificateId: visit.principal.registered.certificateId,
    code,
    says,
    remedy,
    evidence,
    decision,
  })
  return false
}

const FINDINGS_LIMIT = 50

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
    protocol: '3.1.1',
    policies: principal.policies,
    keepAlive: mqtt.keepAlive,
    cleanStart: mqtt.connect.clean ?? true,
    sessionPresent,
    remote: visit.wire.remote,
    tls: { version: secured.version, cipherSuite: secured.cipherSuite },
    ...(refusals ? { refusals } : {}),
  })
}
