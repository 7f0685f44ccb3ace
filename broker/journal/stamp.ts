/** Gives each event its time and its level. */

import type { Clock } from '../world.ts'
import type { LogEvent } from './event.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'

/** An event as it is written. */
export type Stamped = LogEvent & {
  /** ISO, from the broker's clock. */
  time: string
  level: Level
  /** Paths of what was hidden, where something was. */
  redacted?: string[]
}

/** A closing record brings its own time and level. */
export function stamp(event: LogEvent, clock: Clock): Stamped {
  if (event.event === 'connection.closed') return event
  return { ...event, time: new Date(clock.now()).toISOString(), level: levelOf(event) }
}

export function levelOf(event: LogEvent): Level {
  switch (event.event) {
    case 'connection.closed':
      return event.level
    case 'connection.accepted':
    case 'traffic.delivered':
    case 'traffic.ping':
    case 'traffic.published':
    case 'traffic.subscribed':
    case 'traffic.unsubscribed':
      return 'debug'
    case 'traffic.queued':
      return event.dropped === undefined ? 'debug' : 'warn'
    case 'broker.warning':
    case 'traffic.denied':
      return 'warn'
    case 'connection.finding':
      return event.severity === 'error' || event.severity === 'warning' ? 'warn' : 'info'
    case 'provisioning.failed':
      return event.claimCertificateId === undefined ? 'error' : 'warn'
    case 'broker.ready':
    case 'broker.declared':
    case 'broker.stopped':
    case 'connection.connected':
    case 'provisioning.expired':
    case 'provisioning.issued':
    case 'provisioning.provisioned':
    case 'provisioning.registered':
    case 'registry.changed':
      return 'info'
    default:
      return event satisfies never
  }
}
