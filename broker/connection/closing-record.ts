/** Puts the closing record together from what the rooms have found out. */

import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import type { ClosingRecord, MqttRecord, PrincipalRecord, Repeat } from '../journal/dossier.ts'
import { describe } from '../x509/certificate.ts'
import type { House } from './house.ts'
import { deviceOf, samenessOf } from './sameness.ts'
import { helloRecord, tlsRecord } from './tls-record.ts'
import type { Greeted, Visit } from './visit.ts'

export function closingRecord(
  visit: Visit,
  reason: Diagnosis,
  house: House,
  how: { clientEnded: boolean; refusedWith?: number },
): ClosingRecord {
  const { world } = house
  const { wire, certificate, principal, decision } = visit
  const clientId = visit.mqtt?.connect.clientId
  const certificateId = principal?.registered.certificateId ?? certificate?.leaf.sha256
  const side = sideOf(reason, how.clientEnded)
  const also = visit.findings.filter(finding => finding.code !== reason.code)
  const tls = visit.hello ? tlsRecord(visit as Visit & Greeted, how.refusedWith) : undefined
  const alert = how.refusedWith ?? tls?.alerts.findLast(seen => seen.from === 'broker')?.number
  const record: Omit<ClosingRecord, 'repeat'> = {
    event: 'connection.closed',
    time: new Date(world.clock.now()).toISOString(),
    level: LEVELS[reason.severity],
    connection: visit.id,
    ...(clientId === undefined ? {} : { clientId }),
    ...(principal?.thingName === undefined ? {} : { thingName: principal.thingName }),
    ...(certificateId === undefined ? {} : { certificateId }),
    remote: wire.remote,
    listener: { port: visit.listenerPort },
    durationMs: Math.round(world.clock.elapsed() - visit.startedElapsed),
    verdict: visit.connack === 0 && ORDINARY.has(reason.code) ? 'closed' : 'refused',
    side,
    phase: { client: clientPhase(visit), broker: alert === undefined ? visit.brokerSent : 'alert' },
    room: reason.room,
    code: reason.code,
    says: reason.says,
    remedy: reason.remedy,
    blame: reason.blame,
    certainty: reason.certainty,
    evidence: reason.evidence,
    also: also.map(({ code, says, remedy, evidence }) => ({ code, says, remedy, evidence })),
    aws: reason.aws,
    sent: {
      ...(alert === undefined ? {} : { alert }),
      ...(visit.connack === undefined ? {} : { connack: visit.connack }),
      close: wire.ended()?.reset ? 'reset' : 'fin',
    },
    ...(visit.hello ? { hello: helloRecord({ hello: visit.hello }) } : {}),
    ...(tls ? { tls } : {}),
    ...(certificate
      ? {
          chain: certificate.chain.map(describe),
          path: {
            ...(certificate.anchor ? { anchor: certificate.anchor.id } : {}),
            links: certificate.links,
          },
        }
      : {}),
    ...(visit.mqtt ? { mqtt: mqttRecord(visit.mqtt) } : {}),
    ...(principal ? { principal: principalRecord(principal) } : {}),
    ...(decision ? { decision } : {}),
  }
  return { ...record, repeat: repeatOf(record, reason, visit, house) }
}

function repeatOf(
  record: Omit<ClosingRecord, 'repeat'>,
  reason: Diagnosis,
  visit: Visit,
  { repeats }: House,
): Repeat {
  const by = reason.evidence['by'] as { address?: string } | undefined
  return repeats.note({
    device: deviceOf(visit, reason, record.certificateId),
    code: reason.code,
    connection: visit.id,
    sameness: samenessOf(record),
    inSession: visit.connack === 0,
    addresses: [record.remote.address, ...(by?.address === undefined ? [] : [by.address])],
  })
}

const LEVELS = { info: 'info', note: 'info', warning: 'warn', error: 'error' } as const

/** Ends that refuse nothing. A keep-alive that ran out and a takeover end a session that was fine. */
const ORDINARY: ReadonlySet<string> = new Set([
  'CLOSE_BY_CLIENT',
  'CLOSE_CONNECTION_LOST',
  'CLOSE_KEEP_ALIVE_TIMEOUT',
  'CLOSE_DUPLICATE_CLIENT_ID',
  'CLOSE_BY_BROKER',
])

/** Codes that say that the client refused us or left, whoever then closed the socket. */
const CLIENT_ENDS: ReadonlySet<string> = new Set([
  'HELLO_ABANDONED',
  'HANDSHAKE_SERVER_CERTIFICATE_REJECTED',
  'HANDSHAKE_ABANDONED',
  'HANDSHAKE_ALERT',
  'CONNECT_ABANDONED',
  'CLOSE_BY_CLIENT',
  'CLOSE_CONNECTION_LOST',
])

function sideOf(reason: Diagnosis, clientEnded: boolean): 'we' | 'client' {
  // An alert in its evidence is the client's: it ended TLS, not we.
  const byAlert = reason.code === 'CLOSE_TLS_BROKEN' && reason.evidence['alert'] !== undefined
  return clientEnded || byAlert || CLIENT_ENDS.has(reason.code) ? 'client' : 'we'
}

function clientPhase(visit: Visit): string {
  const { mqtt, handshake, hello } = visit
  if (mqtt) return mqtt.front.packets.in > 1 ? 'MQTT packets' : 'CONNECT'
  if (handshake) return handshake.watch.clientSent()
  return hello ? 'ClientHello' : 'nothing of TLS'
}

function mqttRecord({ connect, front, keepAlive }: NonNullable<Visit['mqtt']>): MqttRecord {
  const { will, username } = connect
  return {
    protocol: PROTOCOLS[connect.protocolVersion ?? 0] ?? 'unknown',
    clientId: connect.clientId,
    cleanStart: connect.clean ?? true,
    keepAlive,
    ...(username === undefined ? {} : { username }),
    ...(will
      ? {
          will: {
            topic: will.topic,
            qos: will.qos ?? 0,
            retain: will.retain ?? false,
            bytes: Buffer.byteLength(will.payload),
          },
        }
      : {}),
    packets: { ...front.packets },
    bytes: { ...front.bytes },
  }
}

const PROTOCOLS: Record<number, string> = { 3: '3.1', 4: '3.1.1', 5: '5' }

function principalRecord({
  registered,
  thingName,
  policies,
}: NonNullable<Visit['principal']>): PrincipalRecord {
  return {
    certificateId: registered.certificateId,
    status: registered.status,
    ...(registered.caCertificateId === undefined
      ? {}
      : { caCertificateId: registered.caCertificateId }),
    ...(thingName === undefined ? {} : { thingName }),
    policies,
  }
}
