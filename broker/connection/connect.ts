/** Room 5: the first MQTT packet. AWS reads it before it decides about the certificate, and so do we. */

import type { Limits } from '../config/limits.ts'
import { leftWithoutConnectCandidates } from '../diagnosis/abandonment.ts'
import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import type { PacketProblem } from '../mqtt/codec/problem.ts'
import { createFront, type Front } from '../mqtt/front.ts'
import type { ConnectPacket, Packet } from '../mqtt/packet.ts'
import { connectRule, effectiveKeepAlive } from '../mqtt/rules.ts'
import { recogniseProtocol } from '../tls/first-bytes.ts'
import { endByBug } from './bug.ts'
import { refusedConnack } from './connack.ts'
import { certificateFacts, stack } from './handshake-end.ts'
import type { House } from './house.ts'
import {
  type Asked,
  type Greeted,
  type Judged,
  type Met,
  pass,
  type Room,
  refuse,
  type Secured,
  type Visit,
} from './visit.ts'
import { waitFor } from './waiting.ts'

type Known = Greeted & Met & Judged & Secured

type Outcome =
  | { kind: 'packet'; packet: Packet }
  | { kind: 'problem'; problem: PacketProblem }
  | { kind: 'end'; closeNotify: boolean }

export const connect: Room<Known, Asked> = async (visit, house) => {
  const { tls } = visit.handshake
  const { config } = visit.settings
  const front = createFront(tls, endByBug(visit), config.limits.packetBytes)
  const limitMs = config.tls.connectTimeoutSeconds * 1000
  const outcome = await waitFor<Outcome>(visit, house.world, limitMs, settle => {
    const take = { packet: first, problem: broken }
    function first(packet: Packet): void {
      front.take(undefined)
      settle({ kind: 'packet', packet })
    }
    function broken(problem: PacketProblem): void {
      settle({ kind: 'problem', problem })
    }
    const ended = (): void => settle({ kind: 'end', closeNotify: true })
    tls.on('readable', front.pump)
    tls.once('end', ended)
    const forget = visit.wire.onEnd(() => {
      // What the client sent before its FIN may still wait to be read.
      front.pump()
      settle({ kind: 'end', closeNotify: false })
    })
    front.take(take)
    return () => {
      forget()
      tls.removeListener('readable', front.pump)
      tls.removeListener('end', ended)
    }
  })
  if (outcome.kind === 'interrupted') return refuse(outcome.reason)
  if (outcome.kind !== 'packet') {
    // The certificate was refused already; the client only didn't wait to be told.
    const { pending } = visit.certificate
    const own = withoutConnect(outcome, visit, house, front)
    if (!pending && outcome.kind === 'problem' && outcome.problem.kind === 'unknown-version') {
      refuseVersion(outcome.problem.level, visit, front)
    }
    return pending ? refuse(pending, [own]) : refuse(own)
  }
  const { packet } = outcome
  if (packet.cmd !== 'connect') {
    const why = `the first packet is ${packet.cmd.toUpperCase()}, not CONNECT`
    return refuse(diagnose('CONNECT_NOT_MQTT', { firstBytes: hex(front), protocol: 'MQTT', why }))
  }
  const asked: Asked = {
    mqtt: {
      front,
      ...named(packet, house),
      keepAlive: effectiveKeepAlive(packet.keepalive, visit.settings.config.limits),
    },
  }
  Object.assign(visit, asked)
  // Who the client is comes first: AWS looks at the certificate before anything in the CONNECT.
  if (visit.certificate.pending) return pass(asked)
  const refusal = judge(packet, visit.settings.config.limits)
  return refusal === undefined ? pass(asked) : refuse(refusal)
}

function withoutConnect(
  outcome: Exclude<Outcome, { kind: 'packet' }> | { kind: 'timeout' },
  visit: Visit & Known,
  house: House,
  front: Front,
): Diagnosis {
  const afterMs = Math.round(house.world.clock.elapsed() - visit.secured.at)
  const bytes = front.bytes.in
  if (outcome.kind === 'timeout') {
    return diagnose('CONNECT_TIMEOUT', { afterMs, bytes, ...stack(visit) })
  }
  if (outcome.kind === 'problem') {
    const spoken = recogniseProtocol(front.firstBytes())
    const protocol = spoken === undefined || spoken === 'unknown' ? {} : { protocol: spoken }
    const { problem } = outcome
    if (problem.kind === 'unknown-version') return unsupported(problem.level)
    const why =
      problem.kind === 'malformed' ? problem.says : `it says it has ${problem.bytes} bytes`
    return diagnose('CONNECT_NOT_MQTT', { firstBytes: hex(front), ...protocol, why })
  }
  const facts = {
    afterMs,
    bytes,
    tlsVersion: visit.secured.version,
    closeNotify: outcome.closeNotify,
    ...stack(visit),
  }
  return diagnose('CONNECT_ABANDONED', {
    ...facts,
    candidates: leftWithoutConnectCandidates({
      ...facts,
      certificate: certificateFacts(visit, house),
    }),
  })
}

function judge(packet: ConnectPacket, limits: Limits): Diagnosis | undefined {
  const { protocolVersion } = packet
  if (protocolVersion !== MQTT_3_1_1 && protocolVersion !== MQTT_5) {
    return unsupported(protocolVersion)
  }
  const broken = connectRule(packet, limits)
  return broken && diagnose(broken.code, broken.evidence as never)
}

function unsupported(level: number): Diagnosis {
  const protocol = PROTOCOLS[level] ?? `MQTT level ${level}`
  return diagnose('CONNECT_PROTOCOL_UNSUPPORTED', { protocol, level, accepted: ['3.1.1', '5'] })
}

/** [MQTT-3.1.2-2]: in the form that the client may understand. The rest of its CONNECT can't be read. */
function refuseVersion(level: number, visit: Visit, front: Front): void {
  visit.connack = level >= MQTT_5 ? 0x84 : 1
  visit.brokerSent = 'CONNACK'
  front.write(refusedConnack(visit.connack, level))
  front.flush()
}

/** AWS makes up a client id for a client that sends none: `$GEN/<uuid>`. */
function named(packet: ConnectPacket, house: House): { connect: ConnectPacket; assigned?: true } {
  if (packet.clientId !== '') return { connect: packet }
  const clientId = `$GEN/${house.world.random(16).toString('hex')}`
  return { connect: { ...packet, clientId }, assigned: true }
}

const MQTT_3_1_1 = 4
const MQTT_5 = 5
const PROTOCOLS: Record<number, string> = { 3: '3.1', 4: '3.1.1', 5: '5' }

function hex(front: Front): string {
  return front.firstBytes().subarray(0, 16).toString('hex')
}
