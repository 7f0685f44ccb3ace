/** All sessions, by client id: begun, resumed, kept for a while after their connection, ended. */

import type { Limits } from '../../config/limits.ts'
import type { Clock } from '../../world.ts'
import type { Keep, Kept } from '../keep.ts'
import { type Away, createSession, type Session } from './session.ts'

export type Sessions = {
  get(clientId: string): Session | undefined
  /**
   * Takes over a session that a start has found, while no client has come yet. One that was connected when the broker ended
   * counts from now, since nobody knows when its connection ended.
   */
  restore(kept: Kept['sessions'][number]): Session
  /**
   * The session of a CONNECT: the one that is there, or a new one.
   * AWS: a session of one protocol version can't be resumed by the other.
   */
  begin(asked: Begin): { session: Session; present: boolean }
  /** Its connection has ended: it lasts for as long as was agreed. */
  leave(session: Session): void
  /** Ends it now, with all that it was owed. */
  end(session: Session): void
  count(): number
  stop(): void
}

export type Begin = {
  clientId: string
  protocol: 4 | 5
  cleanStart: boolean
  /** 0: it ends with its connection. */
  expirySeconds: number
}

export type SessionsNeeds = {
  clock: Clock
  /** As they are now: a session has those of the time when it was begun. */
  limits(): Limits
  keep: Keep
  attached(session: Session): void
  away: Away
  /** Told when a session has ended, to take it out of all subscriptions and to send its will; and what it was owed. */
  ended(session: Session, owed: ReturnType<Session['outgoing']['clear']>): void
}

/** MQTT 5 3.1.2.11.2: this session never expires. */
const FOR_EVER = 0xffff_ffff

export function createSessions({
  clock,
  limits,
  keep,
  attached,
  away,
  ended,
}: SessionsNeeds): Sessions {
  const byClientId = new Map<string, Session>()
  const timers = new Map<Session, () => void>()

  const sessions: Sessions = {
    get: clientId => byClientId.get(clientId),
    restore({ record, messages }) {
      const { clientId, protocol, expirySeconds, endedAt } = record
      const own = { clientId, protocol, expirySeconds, limits: limits(), kept: messages }
      const session = createSession({ ...own, clock, keep, attached, away })
      byClientId.set(clientId, session)
      const goneMs = endedAt === undefined ? 0 : Math.max(0, clock.now() - endedAt)
      startTimer(session, Math.max(0, expirySeconds - goneMs / 1000))
      return session
    },
    begin({ clientId, protocol, cleanStart, expirySeconds }) {
      const known = byClientId.get(clientId)
      if (known) {
        stopTimer(known)
        if (!cleanStart && known.protocol === protocol) {
          known.expirySeconds = expirySeconds
          if (expirySeconds > 0) known.save()
          else keep.session(clientId, undefined)
          return { session: known, present: true }
        }
        sessions.end(known)
      }
      const own = { clientId, protocol, expirySeconds, limits: limits() }
      const session = createSession({ ...own, clock, keep, attached, away })
      byClientId.set(clientId, session)
      session.save()
      return { session, present: false }
    },
    leave(session) {
      session.detach()
      if (byClientId.get(session.clientId) !== session) return
      if (session.expirySeconds === 0) return sessions.end(session)
      session.save(clock.now())
      startTimer(session, session.expirySeconds)
    },
    end(session) {
      stopTimer(session)
      if (byClientId.get(session.clientId) === session) byClientId.delete(session.clientId)
      const owed = session.outgoing.clear()
      keep.session(session.clientId, undefined)
      ended(session, owed)
    },
    count: () => byClientId.size,
    stop() {
      for (const stop of timers.values()) stop()
      timers.clear()
    },
  }
  return sessions

  function startTimer(session: Session, seconds: number): void {
    stopTimer(session)
    if (session.expirySeconds === FOR_EVER) return
    timers.set(
      session,
      clock.after(seconds * 1000, () => sessions.end(session)),
    )
  }

  function stopTimer(session: Session): void {
    timers.get(session)?.()
    timers.delete(session)
  }
}
