/**
 * What is known of one connection while it passes the rooms. Each room says with its type what it needs to be known, and
 * answers with what is known afterwards.
 */

import type { TLSSocket } from 'node:tls'
import type { Diagnosis, Finding, Verdict } from '../diagnosis/diagnosis.ts'
import type { Front } from '../mqtt/front.ts'
import type { ConnectPacket } from '../mqtt/packet.ts'
import type { Present } from '../mqtt/presence.ts'
import type { Rate } from '../mqtt/rates.ts'
import type { Session } from '../mqtt/session/session.ts'
import type { Decision } from '../policy/decision.ts'
import type { ResourceType } from '../registry/arn.ts'
import type { RegisteredCertificate } from '../registry/registry.ts'
import type { Hello } from '../tls/client-hello.ts'
import type { Flight } from '../tls/flight.ts'
import type { HandshakeWatch } from '../tls/handshake-watch.ts'
import type { Judgement } from '../x509/judge.ts'
import type { House, Settings } from './house.ts'
import type { HelloFacts } from './known-hellos.ts'
import type { Told } from './live.ts'
import type { TlsLine } from './tls-line.ts'
import type { Traffic } from './traffic.ts'
import type { Wire } from './wire.ts'

export type Arrived = {
  id: string
  wire: Wire
  /**
   * Its listener's, as they were when it came. INVARIANT: what a client was offered and what is said of it are the same, though
   * config.yaml may change while a client thinks for a quarter of a minute about our certificate.
   */
  settings: Settings
  /** ms since 1970, and monotonic ms. */
  startedAt: number
  startedElapsed: number
}

export type Greeted = { hello: { bytes: Buffer; parsed: Hello } & HelloFacts }

export type Met = {
  handshake: {
    tls: TLSSocket
    line: TlsLine
    watch: HandshakeWatch
    flight: Flight
    /** By the elapsed clock: when the whole ClientHello was there. */
    begun: number
  }
}

export type Judged = {
  certificate: Judgement & {
    leaf: NonNullable<Judgement['leaf']>
    /** A refusal that waits for the CONNECT, as AWS does it. */
    pending?: Diagnosis
  }
}

export type Secured = { secured: { at: number; version: string; cipherSuite: string } }

export type Asked = {
  mqtt: {
    front: Front
    connect: ConnectPacket
    /** Seconds, as in force. */
    keepAlive: number
    /** The client id is one that we gave it. */
    assigned?: true
  }
}

export type Principal = {
  principal: { registered: RegisteredCertificate; thingName?: string; policies: string[] }
}

export type Permitted = { decision: Decision; authorize: Authorizer }

/** Asks the policies of this connection: `authorize('iot:Publish', 'topic', 'a/b')`. */
export type Authorizer = (action: string, type: ResourceType, name: string) => Answered

/** With the changes in the registry, where it was allowed on this connection until one of them. */
export type Answered = Decision & { allowedUntil?: Told[] }

/** `rate`: its publishes and deliveries together. */
export type InSession = { session: Session; rate: Rate }

/** All of it, as far as it is known by now. */
export type Visit = Arrived & {
  findings: Finding[]
  /** The last thing that our side had sent, in the protocol's words. */
  brokerSent: string
  /** When that was, on the monotonic clock, while the handshake runs. */
  brokerSentElapsed?: number
  /** Between the lifecycle events `connected` and `disconnected`. */
  present?: Present
  /** A CONNACK that was sent, and its code. */
  connack?: number
  /** MQTT 5: the reason code of the DISCONNECT that it is to end with. */
  farewell?: number
  /** The client has ended it with a DISCONNECT: its will is not sent. */
  orderly?: boolean
  /** Room 9's own. */
  traffic?: Traffic
  /** Set while a room waits, so that the connection can be ended from outside. */
  interrupt: ((reason: Diagnosis) => void) | undefined
  /** Ends what waits for changes that concern this connection. */
  watches: (() => void)[]
  /** Why it is to end, when nobody was waiting as it was ended from outside. */
  ending?: Diagnosis
} & Partial<Greeted & Met & Judged & Secured & Asked & Principal & Permitted & InSession>

/** Ends a connection from outside its rooms: the room that waits is told, or else the next one is not entered. */
export function endVisit(visit: Visit, reason: Diagnosis): void {
  if (visit.interrupt) visit.interrupt(reason)
  else visit.ending ??= reason
}

/** One room of the corridor. `Needs` is what the rooms before it have found out. */
export type Room<Needs, Adds> = (
  visit: Visit & Needs,
  house: House,
) => Verdict<Adds> | Promise<Verdict<Adds>>

/** A room's good answer. */
export function pass<T>(value: T, findings: Finding[] = []): Verdict<T> {
  return { ok: true, value, findings }
}

/** A room's refusal, or the end of the connection while it was there. */
export function refuse<T>(refusal: Diagnosis, findings: Finding[] = []): Verdict<T> {
  return { ok: false, refusal, findings }
}
