/** Puts the closing record together from what the rooms have found out. */

import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import type { ClosingRecord, MqttRecord, PrincipalRecord, Repeat } from '../journal/dossier.ts'
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
  const side = how.clientEnded ? 'client' : reason.side
  const also = visit.findings.filter(finding => finding.code !== reason.code)
  const tls = visit.hello ? tlsRecord(visit as Visit & Greeted, how.refusedWith) : undefined
  const alert = how.refusedWith ?? tls?.alerts.findLast(seen => seen.from === 'broker')?.number
  // Conditional spreads in the literal would cost each connection more than all the rest of it.
  const who: Pick<ClosingRecord, 'clientId' | 'thingName' | 'certificateId'> = {}
  if (clientId !== undefined) who.clientId = clientId
  if (principal?.thingName !== undefined) who.thingName = principal.thingName
  if (certificateId !== undefined) who.certificateId = certificateId
  const sent: Partial<ClosingRecord['sent']> = {}
  if (alert !== undefined) sent.alert = alert
  if (visit.connack !== undefined) sent.connack = visit.connack
  if (visit.farewell !== undefined && !how.clientEnded) sent.reasonCode = visit.farewell
  const known: Known = {}
  if (visit.hello) known.hello = helloRecord(visit as Visit & Greeted)
  if (tls) known.tls = tls
  if (certificate) {
    const { anchor, links } = certificate
    known.chain = certificate.chain.map(house.certificates.describe)
    known.path = anchor ? { anchor: anchor.id, links } : { links }
  }
  if (visit.mqtt) known.mqtt = mqttRecord(visit.mqtt)
  if (principal) known.principal = principalRecord(principal)
  if (decision) known.decision = decision
  const record: Omit<ClosingRecord, 'repeat'> = {
    event: 'connection.closed',
    time: new Date(world.clock.now()).toISOString(),
    level: LEVELS[reason.severity],
    connection: visit.id,
    ...who,
    remote: wire.remote,
    listener: { port: visit.settings.port },
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
    sent: Object.assign(sent, { close: wire.ended()?.reset ? ('reset' as const) : 'fin' }),
    ...known,
  }
  return Object.assign(record, { repeat: repeatOf(record, reason, visit, house) })
}

type Known = Partial<
  Pick<ClosingRecord, 'hello' | 'tls' | 'chain' | 'path' | 'mqtt' | 'principal' | 'decision'>
>

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
