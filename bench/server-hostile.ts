/** The broker that `npm run hostile` is about, in a process of its own. */

import { type Device, start } from '../broker/main.ts'
import { answer } from './child.ts'

export type HostileQuestion = { ask: 'start' } | { ask: 'usage' }

export type HostileAnswer =
  | { port: number; device: Device }
  /** Resident memory after a collection, processor time so far, and the code of the last end. */
  | { bytes: number; cpuMs: number; code: string }

let code = ''
const broker = await start({
  limits: 'off',
  tls: { handshakeTimeoutSeconds: 600 },
  log(event) {
    if (event.event === 'connection.closed') code = event.code
  },
})

answer<HostileQuestion, HostileAnswer>(async ({ ask }) => {
  if (ask === 'start') return { port: broker.port, device: await broker.createDevice('neighbour') }
  globalThis.gc?.()
  const { rss } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return { bytes: rss, cpuMs: (user + system) / 1000, code }
})
