/**
 * Room 10, the only way out: shows the client what it is to see, frees everything, and writes the one closing record.
 */

import type { TLSSocket } from 'node:tls'
import { alertFor, type Diagnosis } from '../diagnosis/diagnosis.ts'
import { disconnectReasonOf } from '../diagnosis/disconnect-reasons.ts'
import type { Room } from '../diagnosis/entry.ts'
import { effectOf } from '../mqtt/effects.ts'
import type { Will } from '../mqtt/session/will.ts'
import { plainAlert } from '../tls/handshake-watch.ts'
import type { Clock } from '../world.ts'
import { closingRecord } from './closing-record.ts'
import { refusedConnack } from './connack.ts'
import type { House } from './house.ts'
import { tellDisconnected } from './lifecycle.ts'
import type { Visit } from './visit.ts'

/**
 * @param reason why it ends: a refusal, or an ordinary end
 * @param released called as soon as the MQTT session is free: a takeover doesn't wait for a dead peer's last FIN
 */
export async function close(
  visit: Visit,
  reason: Diagnosis,
  house: House,
  released: () => void,
): Promise<void> {
  const { wire } = visit
  for (const stop of visit.watches.splice(0)) stop()
  const clientEnded = wire.ended() !== undefined
  const refusedWith = clientEnded ? undefined : refusalAlert(visit, reason)
  if (!clientEnded) sayGoodbye(visit, reason)
  const record = closingRecord(visit, reason, house, {
    clientEnded,
    ...(refusedWith === undefined ? {} : { refusedWith }),
  })

  const { session } = visit
  tellDisconnected(visit, house, disconnectReasonOf(reason), session?.expirySeconds ?? 0)
  // The session is left first, so that a will is published and the next connection finds it free.
  if (session) house.mqtt.leave(session, visit.orderly ? undefined : willOf(visit))
  const { clientId } = visit.mqtt?.connect ?? {}
  const own = house.open.get(visit.id)
  if (clientId !== undefined && own && house.sessions.get(clientId) === own) {
    house.sessions.delete(clientId)
  }
  released()
  show(visit, refusedWith, house.world.clock)
  await wire.gone
  visit.handshake?.tls.destroy()
  house.open.delete(visit.id)
  house.journal.write(record)
  house.closed(record)
}

/** The last MQTT packet: a CONNACK that refuses, or on MQTT 5 a DISCONNECT with its reason code. */
function sayGoodbye(visit: Visit, reason: Diagnosis): void {
  const { mqtt, session, farewell } = visit
  if (mqtt === undefined) return
  const { front, connect } = mqtt
  if (session === undefined) {
    const effect = effectOf(reason, connect.protocolVersion)
    if (effect.does !== 'connack' || visit.connack !== undefined) return
    visit.connack = effect.reasonCode
    visit.brokerSent = 'CONNACK'
    front.packets.out++
    front.write(refusedConnack(effect.reasonCode, connect.protocolVersion))
  } else if (farewell !== undefined && session.protocol === 5) {
    visit.brokerSent = 'DISCONNECT'
    front.packets.out++
    front.write(Buffer.of(0xe0, 2, farewell, 0))
  }
}

/** The will as a message; its topic was authorised at CONNECT. */
function willOf({ mqtt }: Visit): Will | undefined {
  const will = mqtt?.connect.will
  if (mqtt === undefined || will === undefined) return undefined
  const { topic, payload, qos, retain } = will
  const { willDelayInterval = 0, messageExpiryInterval, ...forwarded } = will.properties ?? {}
  return {
    message: {
      topic,
      payload,
      qos: qos === 0 ? 0 : 1,
      retain,
      from: mqtt.connect.clientId,
      ...(Object.keys(forwarded).length > 0 ? { properties: forwarded } : {}),
    },
    delaySeconds: willDelayInterval,
    ...(messageExpiryInterval === undefined ? {} : { expirySeconds: messageExpiryInterval }),
  }
}

/** What goes out at the end: an alert of our own, or a close_notify, then FIN. */
function show(visit: Visit, refusedWith: number | undefined, clock: Clock): void {
  const { wire, handshake, secured } = visit
  if (refusedWith !== undefined) {
    handshake?.line.cut()
    wire.write(handshake ? handshake.watch.sealAlert(refusedWith) : plainAlert(refusedWith))
  } else if (secured && handshake && !handshake.line.isCut()) {
    closeTls(visit, handshake.tls, clock)
    return
  } else handshake?.line.cut()
  wire.finish()
}

/** AWS ends TLS properly: what was written, close_notify, then FIN. A client that takes nothing is not waited for. */
function closeTls(visit: Visit, tls: TLSSocket, clock: Clock): void {
  const { wire, mqtt } = visit
  mqtt?.front.flush()
  const cancel = clock.after(FLUSH_MS, wire.finish)
  tls.end(() => {
    cancel()
    wire.finish()
  })
}

const FLUSH_MS = 1000

/** The alert of a refusal before the handshake is done that is ours: OpenSSL has sent its own where it refused. */
function refusalAlert(visit: Visit, reason: Diagnosis): number | undefined {
  const { handshake, secured } = visit
  const alert = alertFor(reason)
  // Before our ServerHello nothing of OpenSSL is there yet.
  if (handshake === undefined) return reason.room === 'hello' ? alert : undefined
  if (secured !== undefined || handshake.line.isCut()) return undefined
  if (!JUDGING_ROOMS.has(reason.room)) return undefined
  if (reason.code !== 'CERTIFICATE_MISSING') return alert
  // RFC 8446 4.4.2.4 has an alert of its own for it; TLS 1.2 has only the general ones.
  return (handshake.watch.serverHello()?.version ?? 0) >= TLS13 ? CERTIFICATE_REQUIRED : alert
}

/** Registration too: the certificate room may find that a certificate is one of ours, but not registered. */
const JUDGING_ROOMS: ReadonlySet<Room> = new Set(['certificate', 'handshake', 'registration'])
const TLS13 = 0x0304
const CERTIFICATE_REQUIRED = 116
