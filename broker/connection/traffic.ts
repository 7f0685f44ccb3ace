/**
 * Room 9: every packet of the session: AWS's rules, then the policy, then a service of AWS's (services.ts) or aedes. A refusal
 * ends the connection, as AWS does on MQTT 3.1.1. It also sees the ordinary ends: DISCONNECT, a lost connection, silence.
 */

import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import type { Packet, PublishPacket, SubscribePacket } from '../mqtt/packet.ts'
import type { PacketProblem } from '../mqtt/packet-reader.ts'
import { PAYLOAD_BYTES, publishRule, subscribeRule } from '../mqtt/rules.ts'
import { narrate } from '../policy/narrate.ts'
import type { ResourceType } from '../registry/arn.ts'
import type { House } from './house.ts'
import { keepAliveWatch } from './keep-alive.ts'
import { tellSubscribed, tellUnsubscribed } from './lifecycle.ts'
import { request } from './services.ts'
import type { Asked, InSession, Met, Permitted, Principal, Room, Visit } from './visit.ts'
import { refuse } from './visit.ts'
import { waitFor } from './waiting.ts'

type Known = Met & Asked & Principal & Permitted & InSession

export const traffic: Room<Known, never> = async (visit, house) => {
  const { tls } = visit.handshake
  const { front, keepAlive } = visit.mqtt
  const { session } = visit
  const { clock } = house.world
  const outcome = await waitFor<{ kind: 'ended'; by: Diagnosis }>(
    visit,
    house.world,
    undefined,
    settle => {
      const end = (by: Diagnosis): void => {
        front.take(undefined)
        settle({ kind: 'ended', by })
      }
      const silence = keepAliveWatch(clock, keepAlive, silentMs => {
        const asked = visit.mqtt.connect.keepalive ?? 0
        const evidence = { keepAliveSeconds: keepAlive, asked, silentMs: Math.round(silentMs) }
        end(diagnose('CLOSE_KEEP_ALIVE_TIMEOUT', evidence))
      })
      const lost = (reset: boolean): void => {
        const afterMs = Math.round(clock.elapsed() - visit.startedElapsed)
        end(diagnose('CLOSE_CONNECTION_LOST', { reset, afterMs }))
      }
      const readable = (): void => session.readable()
      const closed = (): void => lost(false)
      session.onEnded = () => end(endOf(visit, house))
      tls.on('readable', readable)
      tls.once('end', closed)
      front.take({
        packet(packet) {
          silence.heard()
          const refusal = judge(packet, visit)
          if (refusal) return end(refusal)
          const asked = packet.cmd === 'publish' ? request(packet, visit, house) : undefined
          if (asked === 'taken') return
          if (asked) return end(asked)
          session.deliver(packet)
          tellSubscriptions(packet, visit, house)
          if (packet.cmd === 'disconnect') end(endOf(visit, house))
        },
        problem: problem => end(problemDiagnosis(problem)),
      })
      // The close_notify may have come with the CONNECT, when nobody was listening for it yet.
      if (tls.readableEnded) closed()
      visit.wire.onEnd(({ reset }) => {
        // A DISCONNECT and the FIN often come together: read what is there before calling it lost.
        front.pump()
        lost(reset)
      })
      return () => {
        silence.stop()
        session.onEnded = undefined
        tls.removeListener('readable', readable)
        tls.removeListener('end', closed)
      }
    },
  )
  if (outcome.kind === 'interrupted') return refuse(outcome.reason)
  if (outcome.kind === 'timeout') throw new Error('a session has no time limit')
  return refuse(outcome.by)
}

function tellSubscriptions(packet: Packet, visit: Visit & Known, house: House): void {
  if (packet.cmd === 'unsubscribe') tellUnsubscribed(visit, house, packet.unsubscriptions)
  if (packet.cmd !== 'subscribe') return
  tellSubscribed(
    visit,
    house,
    packet.subscriptions.map(({ topic }) => topic),
  )
}

function judge(packet: Packet, visit: Visit & Known): Diagnosis | undefined {
  if (lacksIdentifier(packet)) {
    const why = 'its packet identifier is 0 [MQTT-2.3.1-1]'
    return diagnose('TRAFFIC_PROTOCOL_ERROR', { why, packet: packet.cmd.toUpperCase() })
  }
  switch (packet.cmd) {
    case 'publish':
      return judgePublish(packet, visit)
    case 'subscribe':
      return judgeSubscribe(packet, visit)
    case 'unsubscribe':
    case 'puback':
    case 'pingreq':
    case 'disconnect':
      return undefined
    case 'connect': {
      const why = 'a second CONNECT on one connection'
      return diagnose('TRAFFIC_PROTOCOL_ERROR', { why, packet: 'CONNECT' })
    }
    default: {
      // AWS: no QoS 2, so none of its packets; the others are a server's to send.
      const why = 'a client does not send this packet to AWS IoT'
      return diagnose('TRAFFIC_PROTOCOL_ERROR', { why, packet: packet.cmd.toUpperCase() })
    }
  }
}

/** SUBSCRIBE, UNSUBSCRIBE and a PUBLISH above QoS 0 must have one. */
function lacksIdentifier(packet: Packet): boolean {
  if (packet.cmd === 'publish') return packet.qos > 0 && packet.messageId === 0
  return (packet.cmd === 'subscribe' || packet.cmd === 'unsubscribe') && packet.messageId === 0
}

function judgePublish(packet: PublishPacket, visit: Visit & Known): Diagnosis | undefined {
  const broken = publishRule(packet)
  if (broken) return diagnose(broken.code, broken.evidence as never)
  const { topic, qos } = packet
  const denied = ask('TRAFFIC_PUBLISH_DENIED', 'iot:Publish', 'topic', topic, qos, visit)
  if (denied || !packet.retain) return denied
  return ask('TRAFFIC_RETAIN_DENIED', 'iot:RetainPublish', 'topic', topic, qos, visit)
}

function judgeSubscribe(packet: SubscribePacket, visit: Visit & Known): Diagnosis | undefined {
  const broken = subscribeRule(packet)
  if (broken) return diagnose(broken.code, broken.evidence as never)
  for (const { topic, qos } of packet.subscriptions) {
    const action = 'iot:Subscribe'
    const denied = ask('TRAFFIC_SUBSCRIBE_DENIED', action, 'topicfilter', topic, qos, visit)
    if (denied) return denied
  }
  return undefined
}

function ask(
  code: 'TRAFFIC_PUBLISH_DENIED' | 'TRAFFIC_RETAIN_DENIED' | 'TRAFFIC_SUBSCRIBE_DENIED',
  action: string,
  type: ResourceType,
  topic: string,
  qos: number,
  visit: Visit & Known,
): Diagnosis | undefined {
  const decision = visit.authorize(action, type, topic)
  if (decision.outcome === 'ALLOWED') return undefined
  visit.decision = decision
  const { allowedUntil } = decision
  return diagnose(code, {
    action,
    resource: decision.resource,
    topic,
    outcome: decision.outcome,
    nearMisses: decision.nearMisses,
    policies: visit.principal.policies,
    narration: narrate(decision),
    qos,
    ...(allowedUntil === undefined ? {} : { allowedUntil }),
  })
}

function problemDiagnosis(problem: PacketProblem): Diagnosis {
  if (problem.kind === 'malformed') return diagnose('TRAFFIC_PROTOCOL_ERROR', { why: problem.says })
  return diagnose('TRAFFIC_PAYLOAD_TOO_LARGE', { bytes: problem.bytes, limit: PAYLOAD_BYTES })
}

/** aedes has let go: after a DISCONNECT, for an error of the protocol, or because the client takes nothing. */
function endOf(visit: Visit & Known, house: House): Diagnosis {
  const { ended, tooSlow } = visit.session
  if (tooSlow) return diagnose('TRAFFIC_SLOW_CONSUMER', tooSlow)
  if (ended?.error) return diagnose('TRAFFIC_PROTOCOL_ERROR', { why: ended.error.message })
  const afterMs = Math.round(house.world.clock.elapsed() - visit.startedElapsed)
  return diagnose('CLOSE_BY_CLIENT', { afterMs })
}
