/**
 * A client's will: published when its connection ends in any way but an orderly DISCONNECT, at once or after its delay; and at
 * once when the session ends before that [MQTT-3.1.3-9]. A client that is back in time takes it away.
 */

import type { Clock } from '../../world.ts'
import type { Message } from '../message.ts'

export type Will = {
  message: Message
  /** MQTT 5 3.1.3.2.2; 0 for 3.1.1. */
  delaySeconds: number
  /** Of the message, counted from when it is published. */
  expirySeconds?: number
}

export type Wills = {
  /** The connection has ended: the will is due. @param sessionSeconds how long its session lasts from now on */
  due(clientId: string, will: Will, sessionSeconds: number): void
  /** The client has come back: it is not sent [MQTT-3.1.3-9]. */
  cancel(clientId: string): void
  /** The session has ended: it is sent now. */
  hurry(clientId: string): void
  stop(): void
}

export function createWills(clock: Clock, publish: (message: Message) => void): Wills {
  const waiting = new Map<string, { send: () => void; stop: () => void }>()

  function take(clientId: string): { send: () => void } | undefined {
    const one = waiting.get(clientId)
    one?.stop()
    waiting.delete(clientId)
    return one
  }

  return {
    due(clientId, { message, delaySeconds, expirySeconds }, sessionSeconds) {
      const send = (): void => {
        waiting.delete(clientId)
        const expiry =
          expirySeconds === undefined ? {} : { expiresAt: clock.elapsed() + expirySeconds * 1000 }
        publish({ ...message, ...expiry })
      }
      const seconds = Math.min(delaySeconds, sessionSeconds)
      if (seconds === 0) return send()
      take(clientId)
      waiting.set(clientId, { send, stop: clock.after(seconds * 1000, send) })
    },
    cancel: clientId => void take(clientId),
    hurry: clientId => take(clientId)?.send(),
    stop() {
      for (const { stop } of waiting.values()) stop()
      waiting.clear()
    },
  }
}
