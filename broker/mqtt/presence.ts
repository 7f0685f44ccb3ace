/**
 * What lifecycle events remember of a client id from one connection to the next: its `versionNumber`, by which a subscriber
 * puts events in order, and the identifier of its session.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
 */

import { uuidFrom, type World } from '../world.ts'

export type Presence = {
  /**
   * A connection has got its CONNACK.
   * @param resumed it goes on with the session of the one before
   */
  came(clientId: string, resumed: boolean): Present
  /**
   * It has ended.
   * @param expirySeconds of its session; 0: it ends with the connection
   */
  left(clientId: string, present: Present, expirySeconds: number): void
}

/** The same for all events of one connection. */
export type Present = { versionNumber: number; sessionIdentifier: string }

/** AWS: after about an hour without a connection the number begins at 0 again; with a session, after its lifetime. */
const HOUR_SECONDS = 3600
/** Clients that are away: one that makes up client ids must not fill the memory. The first to leave is forgotten first. */
const REMEMBERED = 100_000

export function createPresence(world: World): Presence {
  const away = new Map<string, Present & { until: number }>()
  return {
    came(clientId, resumed) {
      const last = away.get(clientId)
      away.delete(clientId)
      const before = last && world.clock.elapsed() < last.until ? last : undefined
      return {
        versionNumber: before === undefined ? 0 : before.versionNumber + 1,
        sessionIdentifier:
          resumed && before !== undefined ? before.sessionIdentifier : uuidFrom(world.random(16)),
      }
    },
    left(clientId, present, expirySeconds) {
      const now = world.clock.elapsed()
      const until = now + (expirySeconds > 0 ? expirySeconds : HOUR_SECONDS) * 1000
      away.delete(clientId)
      away.set(clientId, { ...present, until })
      for (const [oldest, { until: end }] of away) {
        if (end > now && away.size <= REMEMBERED) break
        away.delete(oldest)
      }
    },
  }
}
