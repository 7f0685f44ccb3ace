/** What the broker tells of, as data: one type per event of docs/log.md. Time and level are added by the journal. */

import type { ClosingRecord, DecisionRecord } from './dossier.ts'

/** As rooms report it. */
export type LogEvent =
  | BrokerEvent
  | ConnectionEvent
  | ProvisioningEvent
  | RegistryEvent
  | TrafficDenied
  | TrafficEvent
  | ClosingRecord

/** One open port, and what it asks of a client. */
export type ListenerRecord = {
  host: string
  port: number
  securityPolicy: string
  sni: 'optional' | 'required'
  alpn: 'optional' | 'required'
}

export type BrokerEvent =
  | {
      event: 'broker.ready'
      /** Of the first listener. */
      host: string
      port: number
      listeners: ListenerRecord[]
      endpoint: string
      /** The file that a device needs in order to trust this broker. */
      ca?: string
      config?: string
      /** The folder that keeps what the registry learns, or `memory`. */
      state: string
      version: string
      /** Commands to copy: make a first device (absent where there is one), and connect it. */
      next?: { createDevice?: string; publish: string }
    }
  | { event: 'broker.warning'; says: string; hint?: string; file?: string; line?: number }
  /** What the files declare was read, at start and again after a change. */
  | {
      event: 'broker.declared'
      devices: number
      authorities: number
      policies: number
      templates: number
      /** Policies that are new, gone or not as before, and what that means; not at the start. */
      changed?: { policies: string[]; says: string }
    }
  | { event: 'broker.stopped' }

/** Whom the event is about, as far as it is known by then. */
export type Subject = {
  connection: string
  clientId?: string
  thingName?: string
  certificateId?: string
}

export type ConnectionEvent =
  | (Subject & {
      event: 'connection.accepted'
      remote: { address: string; port: number }
      listener: { port: number }
    })
  | (Subject & {
      event: 'connection.finding'
      severity: 'info' | 'note' | 'warning' | 'error'
      code: string
      says: string
      remedy: string
      evidence: Record<string, unknown>
    })
  | (Subject & {
      event: 'connection.connected'
      protocol: string
      clientId: string
      certificateId: string
      policies: string[]
      /** Seconds, as in force. */
      keepAlive: number
      cleanStart: boolean
      sessionPresent: boolean
      remote?: { address: string; port: number }
      tls?: { version: string; cipherSuite: string }
      /** How it was refused before it got in, if it was. Times are ISO, `code` is the last. */
      refusals?: { count: number; since: string; last: string; code: string }
    })

/** Somebody changed the registry by an operation of AWS's control plane. */
export type RegistryEvent = {
  event: 'registry.changed'
  /** AWS's name: `UpdateCertificate`. */
  operation: string
  /** What the caller called itself. */
  by: string
  /** `cert/<id>`, `policy/device`, ... */
  resources: string[]
}

/** A packet or a delivery was refused, and the connection stays: where it ends, the closing record tells it. */
export type TrafficDenied = Subject & {
  event: 'traffic.denied'
  /** Absent: a delivery. */
  packet?: 'PUBLISH' | 'SUBSCRIBE' | 'UNSUBSCRIBE'
  /** What it was answered with; absent: with nothing. */
  reasonCode?: number
  code: string
  says: string
  remedy: string
  evidence: Record<string, unknown>
  decision?: DecisionRecord
}

/**
 * One for each packet, or message: made only where `journal.traffic` says that somebody wants them. The connection's own
 * `connection.connected` has told whose it is.
 */
export type TrafficEvent = TrafficPacket | TrafficQueued

type TrafficPacket = { connection: string; clientId: string } & PacketFacts

type PacketFacts =
  /** Taken from a client: policy and limits have let it through. */
  | ({ event: 'traffic.published' } & MessageFacts)
  /** On its way to a subscriber, who is `clientId`. */
  | ({ event: 'traffic.delivered' } & MessageFacts)
  /** `subscriptions` in the packet's order; 0 to 2 granted that QoS, 0x80 and more refused. */
  | { event: 'traffic.subscribed'; subscriptions: { filter: string; reasonCode: number }[] }
  | { event: 'traffic.unsubscribed'; filters: string[] }
  /** PINGREQ. */
  | { event: 'traffic.ping' }

/** A message for a session whose client is away, or takes no more just now; `dropped`: it is not kept, and why. */
export type TrafficQueued = {
  event: 'traffic.queued'
  /** Of the session. */
  clientId: string
  dropped?: 'full' | 'throttled'
} & Omit<MessageFacts, 'retain'>

type MessageFacts = {
  topic: string
  qos: 0 | 1
  retain: boolean
  /** Of the payload. */
  bytes: number
}

/** `certificateId` is that of the device; with fleet provisioning the connection's own is `claimCertificateId`. */
export type ProvisioningEvent = Partial<Subject> & {
  caCertificateId?: string
  claimCertificateId?: string
} & (
    | { event: 'provisioning.registered'; certificateId: string; status: string; topic?: string }
    /** `expires`: ISO, when its token ends. */
    | {
        event: 'provisioning.issued'
        certificateId: string
        how: 'keys' | 'csr'
        status: string
        expires: string
      }
    /** Never provisioned, and deleted. */
    | { event: 'provisioning.expired'; certificateId: string }
    | {
        event: 'provisioning.provisioned'
        certificateId: string
        template: string
        policies: string[]
        /** What the certificate is now. */
        status?: string
        /** Properties of what existed that stay as they were, though the template says otherwise. */
        kept?: string[]
      }
    | {
        event: 'provisioning.failed'
        /** Of the request, with fleet provisioning. */
        topic?: string
        template?: string
        code: string
        says: string
        remedy: string
        parameter?: string
        resource?: string
        /** AWS's exception, of the call that was refused. */
        exception?: string
        evidence?: Record<string, unknown>
      }
  )
