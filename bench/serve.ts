/** The server's side of a bench: starts once, then tells how much processor time it has used. */

import { answer } from './child.ts'
import type { Materials } from './materials.ts'

export type ServerQuestion = { ask: 'start'; materials: Materials } | { ask: 'cpu' }

/** `port` to `start`; `ms` of processor time so far to `cpu`. */
export type ServerAnswer = { port: number } | { ms: number }

/** @param start gives the port that it listens on */
export function serve(start: (materials: Materials) => Promise<number>): void {
  answer<ServerQuestion, ServerAnswer>(async question => {
    if (question.ask === 'start') return { port: await start(question.materials) }
    const { user, system } = process.cpuUsage()
    return { ms: (user + system) / 1000 }
  })
}
