/**
 * Room 9: every packet of the session. A refusal shows itself as AWS's would on the client's protocol version (effects.ts):
 * some end the connection. The room also sees the ordinary ends: DISCONNECT, a lost connection, silence.
 */

import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import type { PacketProblem } from '../mqtt/codec/problem.ts'
import { effectOf } from '../mqtt/effects.ts'
import type { DisconnectPacket, Packet } from '../mqtt/packet.ts'
import { createRate } from '../mqtt/rates.ts'
import { ROOM_BYTES } from '../mqtt/session/link.ts'
import type { Decision } from '../policy/decision.ts'
import { type Acknowledgements, createAcknowledgements } from './acknowledgements.ts'
import type { House } from './house.ts'
import { keepAliveWatch } from './keep-alive.ts'
import { publish } from './publish.ts'
import { subscribe, unsubscribe } from './subscribe.ts'
import type { Asked, InSession, Permitted, Principal, Room, Secured, Visit } from './visit.ts'
import { refuse } from './visit.ts'
import { waitFor } from './waiting.ts'

type Known = Asked & Secured & Principal & Permitted & InSession

/** What this room knows of its connection, beside the visit. */
export type Traffic = {
  acknowledgements: Acknowledgements
  /** Of the client, MQTT 5: its topics by their aliases. */
  aliases: Map<number, string>
  /** The last decision that denied something. */
  denied: Decision | undefined
}

export type InTraffic = Visit & Known & { traffic: Traffic }

/** Why the connection is to end. `qos`: of the PUBLISH that was refused. */
export type Refused = { by: Diagnosis; qos?: number }

export const traffic: Room<Known, never> = async (visit, house) => {
  const tls = visit.handshake?.tls
  if (tls === undefined) throw new Error('a session without a handshake')
  const { front, keepAlive } = visit.mqtt
  const { session, settings } = visit
  const { clock } = house.world
  const outcome = await waitFor<{ kind: 'ended'; by: Diagnosis }>(
    visit,
    house.world,
    undefined,
    settle => {
      const end = ({ by, qos }: Refused): void => {
        front.take(undefined)
        const effect = effectOf(by, session.protocol, { qos })
        if (effect.does === 'disconnect') visit.farewell = effect.reasonCode
        if (visit.traffic?.denied && by.side === 'we') visit.decision = visit.traffic.denied
        settle({ kind: 'ended', by })
      }
      const lost = (reset: boolean): void => {
        const afterMs = Math.round(clock.elapsed() - visit.startedElapsed)
        end({ by: diagnose('CLOSE_CONNECTION_LOST', { reset, afterMs }) })
      }
      const silence = keepAliveWatch(clock, keepAlive, silentMs => {
        const asked = visit.mqtt.connect.keepalive ?? 0
        const evidence = { keepAliveSeconds: keepAlive, asked, silentMs: Math.round(silentMs) }
        end({ by: diagnose('CLOSE_KEEP_ALIVE_TIMEOUT', evidence) })
      })
      const taker = {
        packet(packet: Packet): void {
          silence.heard()
          const exceeded = receiveMaximum(packet, known)
          if (exceeded) {
            end(exceeded)
            return
          }
          const refused = handle(packet, known, house)
          if (refused) {
            end(refused)
            return
          }
          if (!mayReadOn()) front.take(undefined)
        },
        problem: (problem: PacketProblem): void => end({ by: problemDiagnosis(problem) }),
      }
      const known: InTraffic = Object.assign(visit, {
        traffic: {
          acknowledgements: createAcknowledgements(send, readOn, () =>
            end({ by: diagnose('TRAFFIC_NOT_KEPT', {}) }),
          ),
          aliases: new Map<number, string>(),
          denied: undefined,
        },
      })
      /**
       * INVARIANT: a client that doesn't read what it gets can't make us keep more and more of it: neither is it read then. On
       * MQTT 3.1.1 it can't be told how much may be unanswered either; on 5 it was, and who sends too much is to be found out.
       */
      function mayReadOn(): boolean {
        const most = settings.config.limits.inflightIn * (session.protocol === 5 ? 2 : 1)
        return known.traffic.acknowledgements.waiting() < most && front.waiting() < ROOM_BYTES
      }
      function readOn(): void {
        if (mayReadOn()) front.take(taker)
      }
      function send(answer: Buffer): void {
        front.packets.out++
        front.write(answer)
      }
      const bytesRate = createRate(clock)
      let stopHolding: (() => void) | undefined
      const drained = (): void => {
        session.outgoing.pump()
        readOn()
      }
      const closed = (): void => lost(false)
      tls.on('readable', front.pump)
      tls.on('drain', drained)
      tls.once('end', closed)
      front.meter(bytes => {
        const { bytesPerSecond } = settings.config.limits
        const ms = bytesRate.spend(bytesPerSecond, bytes)
        if (ms === 0) return false
        tellDelayed(visit, { bytesPerSecond, ms })
        stopHolding = clock.after(ms, front.resume)
        return true
      })
      front.take(taker)
      // The close_notify may have come with the CONNECT, when nobody was listening for it yet.
      if (tls.readableEnded) closed()
      visit.wire.onEnd(({ reset }) => {
        // A DISCONNECT and the FIN often come together: read what is there before calling it lost.
        front.meter(undefined)
        front.resume()
        lost(reset)
      })
      return () => {
        // INVARIANT: what is still unread is nobody's: the session may be another connection's by now.
        front.take(undefined)
        silence.stop()
        stopHolding?.()
        front.meter(undefined)
        known.traffic.acknowledgements.stop()
        tls.removeListener('readable', front.pump)
        tls.removeListener('drain', drained)
        tls.removeListener('end', closed)
      }
    },
  )
  if (outcome.kind === 'interrupted') {
    const effect = effectOf(outcome.reason, session.protocol)
    if (effect.does === 'disconnect') visit.farewell = effect.reasonCode
    return refuse(outcome.reason)
  }
  if (outcome.kind === 'timeout') throw new Error('a session has no time limit')
  return refuse(outcome.by)
}

/** MQTT 5 [MQTT-3.3.4-7]: the client was told in its CONNACK how much may be unanswered. */
function receiveMaximum(
  packet: Packet,
  { session, settings, traffic }: InTraffic,
): Refused | undefined {
  if (packet.cmd !== 'publish' || packet.qos === 0 || session.protocol !== 5) return undefined
  const limit = settings.config.limits.inflightIn
  const inflight = traffic.acknowledgements.pubacks() + 1
  if (inflight <= limit) return undefined
  return { by: diagnose('TRAFFIC_RECEIVE_MAXIMUM_EXCEEDED', { inflight, limit }) }
}

/** AWS reads later what is over: once is enough for a person. */
function tellDelayed({ findings }: Visit, evidence: { bytesPerSecond: number; ms: number }): void {
  if (findings.some(({ code }) => code === 'TRAFFIC_READING_DELAYED')) return
  findings.push(diagnose('TRAFFIC_READING_DELAYED', evidence))
}

function handle(packet: Packet, visit: InTraffic, house: House): Refused | undefined {
  visit.traffic.denied = undefined
  switch (packet.cmd) {
    case 'publish':
      return publish(packet, visit, house)
    case 'subscribe':
      return subscribe(packet, visit, house)
    case 'unsubscribe':
      return unsubscribe(packet, visit, house)
    case 'puback':
      visit.session.outgoing.acknowledge(packet.messageId)
      return undefined
    case 'pingreq': {
      visit.traffic.acknowledgements.give(PINGRESP, undefined)
      if (house.journal.traffic) {
        const own = { connection: visit.id, clientId: visit.mqtt.connect.clientId }
        house.journal.write({ event: 'traffic.ping', ...own })
      }
      return undefined
    }
    case 'disconnect':
      return leave(packet, visit, house)
    case 'connect':
      return secondConnect()
    case 'auth':
      return { by: diagnose('TRAFFIC_AUTH_UNSUPPORTED', { authReason: packet.reasonCode }) }
    default:
      // AWS: no QoS 2, so none of its packets; the others are a server's to send.
      return protocolError(
        'a client does not send this packet to AWS IoT',
        packet.cmd.toUpperCase(),
      )
  }
}

const PINGRESP = Buffer.of(0xd0, 0)

function leave(packet: DisconnectPacket, visit: InTraffic, house: House): Refused | undefined {
  const { session, settings } = visit
  const expiry = packet.properties?.sessionExpiryInterval
  if (expiry !== undefined) {
    // MQTT 5 [MQTT-3.1.2-23], 3.14.2.2.2: what was 0 stays 0.
    if (expiry > 0 && session.expirySeconds === 0) {
      return protocolError('its session expiry interval was 0 and can only stay 0', 'DISCONNECT')
    }
    session.expirySeconds = Math.min(expiry, settings.config.limits.sessionExpirySeconds)
  }
  // MQTT 5 3.14.2.1: 0x04 asks for the will.
  visit.orderly = packet.reasonCode !== DISCONNECT_WITH_WILL
  const afterMs = Math.round(house.world.clock.elapsed() - visit.startedElapsed)
  return { by: diagnose('CLOSE_BY_CLIENT', { afterMs }) }
}

const DISCONNECT_WITH_WILL = 4

function protocolError(why: string, packet: string): Refused {
  return { by: diagnose('TRAFFIC_PROTOCOL_ERROR', { why, packet }) }
}

function problemDiagnosis(problem: PacketProblem): Diagnosis {
  switch (problem.kind) {
    case 'unknown-version':
      return secondConnect().by
    case 'too-large':
      return diagnose('TRAFFIC_PACKET_TOO_LARGE', { bytes: problem.bytes, limit: problem.limit })
    default: {
      const { says, packet, reasonCode } = problem
      const evidence = { why: says, reasonCode, ...(packet && { packet }) }
      return diagnose('TRAFFIC_PROTOCOL_ERROR', evidence)
    }
  }
}

function secondConnect(): Refused {
  return protocolError('a second CONNECT on one connection', 'CONNECT')
}
