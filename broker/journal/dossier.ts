/**
 * The closing record: everything that is known of one connection, written exactly once, when it has ended. Programs and
 * tests build on these names (docs/log.md): add freely, rename nothing without a star in CHANGELOG.md.
 */

import type { AwsView, Blame, Certainty, Room } from '../diagnosis/entry.ts'
import type { CertificateRecord } from '../x509/certificate.ts'

export type ClosingRecord = {
  event: 'connection.closed'
  /** ISO, from the broker's clock. */
  time: string
  level: 'info' | 'warn' | 'error'
  connection: string
  clientId?: string
  thingName?: string
  certificateId?: string
  remote: { address: string; port: number }
  listener: { port: number }
  durationMs: number
  /** `refused`: it never got its CONNACK, or we ended it. `closed`: an ordinary end. */
  verdict: 'refused' | 'closed'
  /** Who ended it: we refuse the client, or the client refuses or leaves us. */
  side: 'we' | 'client'
  /** The last thing that each side had sent. */
  phase: { client: string; broker: string }
  room: Room
  code: string
  says: string
  remedy: string
  blame: Blame
  certainty: Certainty
  evidence: Record<string, unknown>
  repeat: Repeat
  also: { code: string; says: string; remedy: string; evidence: Record<string, unknown> }[]
  aws: AwsView
  /** What this client was shown. */
  sent: { alert?: number; connack?: number; reasonCode?: number; close: 'fin' | 'reset' }
  hello?: HelloRecord
  tls?: TlsRecord
  /** The client's certificates as sent, in order. */
  chain?: CertificateRecord[]
  path?: { anchor?: string; links: string[] }
  mqtt?: MqttRecord
  principal?: PrincipalRecord
  decision?: DecisionRecord
}

/** How often this device has ended with this code in a row. */
export type Repeat = {
  /** This time included. */
  count: number
  /** When it began, and the time before this one (ISO). */
  since: string
  last?: string
  /** How fast, since it began. */
  perMinute?: number
  /** The connection whose record says the same in full. Its line is short then. */
  sameAs?: string
  /** From where, if from more than one address. */
  addresses?: string[]
}

export type HelloRecord = {
  version: string
  versions: string[]
  cipherSuites: string[]
  groups: string[]
  /** Groups that the first hello brought a key for. */
  keyShares: string[]
  signatureAlgorithms: string[]
  /** Where the client wants others for certificates. */
  signatureAlgorithmsCert?: string[]
  sni?: string
  alpn: string[]
  maxFragmentLength?: number
  recordSizeLimit?: number
  /** Bytes of the session ticket that it wants to go on with; we never take one. */
  sessionTicket?: number
  /** How many PSK identities it offers; we never take one. */
  pskIdentities?: number
  /** What is wrong with the form of its extensions. */
  faults?: string[]
  extensions: string[]
  ja3: string
  ja4: string
  /** `variant`: the program or the release, where its lists tell it (`Node`, `Python`, `mbedTLS 3`). */
  stack: { name: string; variant?: string; confidence: 'high' | 'medium' | 'low'; why: string }
}

export type TlsRecord = {
  version?: string
  cipherSuite?: string
  group?: string
  serverCertificate?: 'RSA' | 'ECDSA'
  signatureAlgorithm?: string
  /** Our HelloRetryRequest: the group that we asked a key for, and the groups that the second hello brought keys for. */
  retry?: { group: string; keyShares?: string[] }
  phase: string
  alerts: { from: 'client' | 'broker'; level: string; number: number; name: string }[]
}

export type MqttRecord = {
  protocol: string
  clientId: string
  cleanStart: boolean
  keepAlive: number
  username?: string
  will?: { topic: string; qos: number; retain: boolean; bytes: number }
  packets: { in: number; out: number }
  bytes: { in: number; out: number }
}

export type PrincipalRecord = {
  certificateId: string
  status: string
  caCertificateId?: string
  thingName?: string
  policies: string[]
}

export type DecisionRecord = {
  action: string
  resource: string
  outcome: 'ALLOWED' | 'EXPLICIT_DENY' | 'IMPLICIT_DENY'
  statement?: unknown
  /** On an explicit denial: what in that statement met the request. */
  matched?: unknown
  nearMisses: unknown[]
  missingContextValues: string[]
}
