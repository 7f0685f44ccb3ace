/** The server's side of a bench: starts once, then tells how much processor time it has used. */

import { setImmediate } from 'node:timers/promises'
import { answer } from './child.ts'
import type { Materials } from './materials.ts'

export type ServerQuestion =
  | { ask: 'start'; materials: Materials; limits: 'aws' | 'off' }
  | { ask: 'cpu' }
  | { ask: 'memory' }

/** `port` to `start`; `ms` of processor time so far to `cpu`; resident `bytes` to `memory`. */
export type ServerAnswer = { port: number } | { ms: number } | { bytes: number }

/** @param start gives the port that it listens on */
export function serve(
  start: (materials: Materials, limits: 'aws' | 'off') => Promise<number>,
): void {
  answer<ServerQuestion, ServerAnswer>(async question => {
    if (question.ask === 'start') {
      return { port: await start(question.materials, question.limits) }
    }
    if (question.ask === 'memory') {
      // The second one collects what the first one's finalizers have let go.
      for (let time = 0; time < 2; time++) {
        globalThis.gc?.()
        await setImmediate()
      }
      return { bytes: process.memoryUsage.rss() }
    }
    const { user, system } = process.cpuUsage()
    return { ms: (user + system) / 1000 }
  })
}
