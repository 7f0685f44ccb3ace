/**
 * One event of ours as AWS IoT would log it to CloudWatch (log group AWSIotLogsV2): which entries, their level, status and
 * fields, in AWS's order. What an AWS entry can't say rides along in `candid`.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/cwl-format.html
 */

import { disconnectReasonOf } from '../diagnosis/disconnect-reasons.ts'
import type { ClosingRecord } from './dossier.ts'
import type { LogEvent, TrafficDenied } from './event.ts'

export type Entry = {
  logLevel: 'ERROR' | 'INFO' | 'DEBUG'
  status: 'Success' | 'Failure'
  eventType: string
  /** What follows the common head. */
  fields: Record<string, unknown>
  candid?: Candid
}

/** The one field that AWS doesn't have. */
export type Candid = {
  connection?: string
  code?: string
  says: string
  remedy?: string
  /** Findings that came before the end. */
  also?: { code: string; says: string }[]
  /** AWS would write no such entry. */
  awsLogs?: false
}

/** What the entries of a connection have in common, once it is connected. */
export type Peer = {
  protocol: string
  clientId: string
  certificateId: string
  remote: { address: string; port: number }
}

/**
 * @param peer of the event's connection, where it is connected
 * @returns none for what AWS has no entry for
 */
export function entriesOf(event: LogEvent, peer: Peer | undefined, time: string): Entry[] {
  switch (event.event) {
    case 'connection.connected': {
      const { address = '', port = 0 } = event.remote ?? {}
      const { clientId, certificateId } = event
      return [success('Connect', asked(clientId, certificateId, { address, port }))]
    }
    case 'connection.closed':
      return endOf(event)
    case 'traffic.denied':
      return [denied(event, peer)]
    case 'traffic.published':
    case 'traffic.delivered': {
      const isIn = event.event === 'traffic.published'
      const retain = isIn && event.retain ? { retain: 'True' } : {}
      const fields = { ...about(event.clientId, peer, event.topic), ...retain }
      return [success(isIn ? 'Publish-In' : 'Publish-Out', fields)]
    }
    case 'traffic.queued':
      return [queued(event)]
    case 'traffic.subscribed': {
      const { subscriptions, clientId } = event
      // Each one that was refused has told it itself.
      if (!subscriptions.some(({ reasonCode }) => reasonCode < REFUSED)) return []
      const topicName = subscriptions.map(({ filter }) => filter).join(',')
      const codes = subscriptions.map(one => ({
        topicName: one.filter,
        reasonCode: one.reasonCode,
      }))
      const more = peer?.protocol === '5' ? { subscriptions: codes } : {}
      return [success('Subscribe', about(clientId, peer, topicName, more))]
    }
    case 'traffic.unsubscribed':
      return [success('Unsubscribe', about(event.clientId, peer))]
    case 'traffic.ping': {
      const { protocol, ...who } = about(event.clientId, peer)
      const at = awsTime(time)
      // We answer in the same turn in which we read it.
      const times = { latency: 0, requestTimestamp: at, responseTimestamp: at }
      return [{ ...success('Ping', { protocol, ...times, ...who }), logLevel: 'DEBUG' }]
    }
    case 'provisioning.issued':
      return [
        success('GetDeviceCredentials', {
          deviceCertificateId: event.certificateId,
          details: event.how === 'csr' ? 'from a signing request' : 'with a new key',
        }),
      ]
    case 'provisioning.provisioned': {
      const { template, certificateId, thingName } = event
      const fields = { provisioningTemplateName: template, deviceCertificateId: certificateId }
      const details = thingName === undefined ? 'no thing' : `thing ${thingName}`
      return [success('ProvisionDevice', { ...fields, details })]
    }
    case 'provisioning.failed':
      return [provisioningFailed(event)]
    default:
      return []
  }
}

/** `2017-08-10 15:37:23.476`, from ISO. */
export function awsTime(iso: string): string {
  return iso.replace('T', ' ').replace('Z', '')
}

/** The end of a connection: as its own entry says it, and before that the packet that a policy has refused. */
function endOf(record: ClosingRecord): Entry[] {
  const { code, sent, mqtt, certificateId, remote } = record
  if (sent.connack !== 0) return [neverConnected(record)]
  const who = asked(mqtt?.clientId, certificateId, remote)
  const packet = DENIED_PACKETS[code]
  const topicName = record.evidence['topic']
  const { protocol, ...rest } = who
  const first = packet && failure(packet, { protocol, topicName, ...rest }, record)
  const disconnectReason = disconnectReasonOf(record)
  const candid = candidOf(record)
  const fine = FINE.has(disconnectReason)
  const last = fine
    ? { ...success('Disconnect', { ...who, disconnectReason }), candid }
    : withReason(failure('Disconnect', who, record), { disconnectReason })
  return first ? [first, last] : [last]
}

/** Ends that AWS logs as a success. Of the others only the takeover has been seen, as a failure. */
const FINE: ReadonlySet<string> = new Set([
  'CLIENT_INITIATED_DISCONNECT',
  'CONNECTION_LOST',
  'SERVER_INITIATED_DISCONNECT',
])

const DENIED_PACKETS: Record<string, string> = {
  TRAFFIC_PUBLISH_DENIED: 'Publish-In',
  TRAFFIC_RETAIN_DENIED: 'Publish-In',
  TRAFFIC_SUBSCRIBE_DENIED: 'Subscribe',
}

/** Authentication has failed, or the CONNECT was refused. */
function neverConnected(record: ClosingRecord): Entry {
  const { mqtt, room, hello, certificateId, remote, listener, aws } = record
  const authentication = mqtt === undefined || AUTHENTICATING.has(room)
  if (!authentication)
    return failure('Connect', asked(mqtt.clientId, certificateId, remote), record)
  const reason = authenticationReason(record)
  const { protocol, ...who } = asked(mqtt?.clientId, certificateId, remote)
  const sni = hello?.sni
  // AWS finds the account by the SNI; without it nothing is logged, and nothing of a handshake that fails.
  const logged = sni !== undefined && (aws.logReason !== undefined || AUTHENTICATING.has(room))
  return {
    logLevel: 'ERROR',
    status: 'Failure',
    eventType: 'Connection.AuthNError',
    fields: {
      protocol,
      authenticationType: 'AWS_X509',
      ...who,
      targetPort: listener.port,
      ...(sni === undefined ? {} : { serverNameIndication: sni }),
      reason,
      details: DETAILS[reason],
    },
    candid: { ...candidOf(record), ...(logged ? {} : { awsLogs: false }) },
  }
}

const AUTHENTICATING: ReadonlySet<string> = new Set(['certificate', 'registration'])

/** AWS has no code for a certificate that waits, and none for anything in a handshake. */
function authenticationReason({ aws, code }: ClosingRecord): string {
  const { logReason } = aws
  if (logReason !== undefined && Object.hasOwn(DETAILS, logReason)) return logReason
  if (code === 'CLOSE_INTERNAL_ERROR') return 'INTERNAL_SERVER_ERROR'
  if (/^REGISTRATION_(PENDING|JITR_PENDING)/.test(code)) return 'DEVICE_CERTIFICATE_INACTIVE'
  if (/^REGISTRATION_(JITP|TEMPLATE)/.test(code)) return 'DEVICE_CERTIFICATE_NOT_REGISTERED'
  return 'NOT_AUTHENTICATED'
}

/** AWS's words for its reasons. */
const DETAILS: Record<string, string> = {
  AUTHORIZATION_FAILURE: 'Authorization Failure',
  DUPLICATE_CLIENT_ID: 'A new connection was established with the same client ID',
  DEVICE_CERTIFICATE_INACTIVE: 'Device certificate is not active',
  DEVICE_CERTIFICATE_NOT_REGISTERED: 'Device certificate is not registered',
  DEVICE_CERTIFICATE_REVOKED: 'Device certificate is revoked',
  INTERNAL_SERVER_ERROR: 'Internal server error',
  NOT_AUTHENTICATED: 'The credentials provided could not be authenticated',
  SNI_MISUSED: 'The client used an SNI that is not associated with this account',
}

function denied(event: TrafficDenied, peer: Peer | undefined): Entry {
  const { packet, evidence, clientId, code, says, remedy, connection } = event
  const eventType = packet === undefined ? 'Publish-Out' : PACKETS[packet]
  const topic = evidence['topic'] ?? evidence['filter']
  const reason = reasonOf(code)
  return {
    logLevel: 'ERROR',
    status: 'Failure',
    eventType,
    fields: {
      ...about(clientId, peer, typeof topic === 'string' ? topic : undefined),
      reason,
      details: DETAILS[reason] ?? says,
    },
    candid: { connection, code, says, remedy },
  }
}

const PACKETS = { PUBLISH: 'Publish-In', SUBSCRIBE: 'Subscribe', UNSUBSCRIBE: 'Unsubscribe' }

/** Of a packet that was refused while the connection stays. */
function reasonOf(code: string): string {
  if (code.endsWith('_DENIED')) return 'AUTHORIZATION_FAILURE'
  return THROTTLED.test(code) ? 'THROTTLED' : 'CLIENT_ERROR'
}

/** Refusals that pass with time, or when something else has ended. */
const THROTTLED = /RATE|THROTTLE|QUOTA|LIMIT|TOO_MANY/

function queued(event: Extract<LogEvent, { event: 'traffic.queued' }>): Entry {
  const { topic: topicName, clientId, dropped } = event
  const fields = { topicName, clientId, qos: '1', protocol: 'MQTT' }
  if (dropped === undefined) return success('Queued', fields)
  // Of a queue that is full AWS says nothing; it is no server error.
  return {
    ...success('Queued', { ...fields, details: 'Throttled while queueing offline message' }),
    logLevel: 'ERROR',
    status: 'Failure',
    candid: {
      says:
        dropped === 'full' ? 'the queue of the session is full' : 'too many were queued at once',
    },
  }
}

function provisioningFailed(event: Extract<LogEvent, { event: 'provisioning.failed' }>): Entry {
  const { template, certificateId, claimCertificateId, topic, connection } = event
  const { code, says, remedy } = event
  const create = topic?.startsWith('$aws/certificates/') ?? false
  const id = certificateId ?? claimCertificateId
  return {
    logLevel: 'ERROR',
    status: 'Failure',
    eventType: create ? 'GetDeviceCredentials' : 'ProvisionDevice',
    fields: {
      ...(template === undefined ? {} : { provisioningTemplateName: template }),
      ...(id === undefined ? {} : { deviceCertificateId: id }),
      details: says,
    },
    candid: { ...(connection === undefined ? {} : { connection }), code, says, remedy },
  }
}

function success(eventType: string, fields: Record<string, unknown>): Entry {
  return { logLevel: 'INFO', status: 'Success', eventType, fields }
}

/** Where AWS's own words are not known, the reason is that of its lifecycle event, and the details are ours. */
function failure(eventType: string, fields: Record<string, unknown>, record: ClosingRecord): Entry {
  const throttled = THROTTLED.test(record.code) && record.sent.connack !== 0
  const reason = record.aws.logReason ?? (throttled ? 'THROTTLED' : disconnectReasonOf(record))
  const details = DETAILS[reason] ?? record.says
  return {
    logLevel: 'ERROR',
    status: 'Failure',
    eventType,
    fields: { ...fields, reason, details },
    candid: candidOf(record),
  }
}

function withReason(entry: Entry, more: Record<string, unknown>): Entry {
  return { ...entry, fields: { ...entry.fields, ...more } }
}

function candidOf({ connection, code, says, remedy, also }: ClosingRecord): Candid {
  const findings = also.map(one => ({ code: one.code, says: one.says }))
  return { connection, code, says, remedy, ...(findings.length > 0 ? { also: findings } : {}) }
}

/** Who has asked, with what is known of it. */
function asked(
  clientId: string | undefined,
  principalId: string | undefined,
  remote: { address: string; port: number },
): Record<string, unknown> {
  return {
    protocol: 'MQTT',
    ...(clientId === undefined ? {} : { clientId }),
    ...(principalId === undefined ? {} : { principalId }),
    sourceIp: remote.address,
    sourcePort: remote.port,
  }
}

/** The same of a packet: AWS puts its topic before the client. */
function about(
  clientId: string | undefined,
  peer: Peer | undefined,
  topicName?: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const topic = topicName === undefined ? {} : { topicName }
  if (peer === undefined) return { protocol: 'MQTT', ...topic, ...more, clientId }
  const { protocol, ...who } = asked(peer.clientId, peer.certificateId, peer.remote)
  return { protocol, ...topic, ...more, ...who }
}

/** Reason codes from here on refuse, MQTT 5 2.4. */
const REFUSED = 0x80
