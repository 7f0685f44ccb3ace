/** The TCP door: each socket that comes in goes into the corridor. */

import { createServer, type Server, type Socket } from 'node:net'
import { receive } from './corridor.ts'
import type { House } from './house.ts'

export type Listener = { port: number; close(): Promise<void> }

export type ListenProblem = { code: string; says: string; hint: string }

/**
 * Listens on all addresses of `host`.
 * @returns the problem, if the port can't be had: it is an ordinary thing that it is taken
 */
export function listen(
  host: string,
  port: number,
  house: House,
): Promise<Listener | { problem: ListenProblem }> {
  // Half open: a client's FIN doesn't end our side before the close room has spoken.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) => {
    void receive(socket, house)
  })
  return new Promise(resolve => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve({ problem: problemOf(error, host, port) })
    })
    server.listen({ host, port }, () => {
      server.removeAllListeners('error')
      // After listening, an error is one of accepting a single connection (too many open files): that one is lost.
      server.on('error', () => undefined)
      resolve({ port: portOf(server), close: () => closed(server) })
    })
  })
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function closed(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
  })
}

function problemOf(error: NodeJS.ErrnoException, host: string, port: number): ListenProblem {
  const code = error.code ?? ''
  switch (code) {
    case 'EADDRINUSE':
      return {
        code,
        says: `port ${port} is taken by another program`,
        hint: `stop it, or take another port: \`listeners\` in config.yaml, or candid start --port ${port + 1}`,
      }
    case 'EACCES':
      return {
        code,
        says: `port ${port} needs more rights than this user has`,
        hint: 'take a port from 1024 on: candid start --port 8883',
      }
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return {
        code,
        says: `\`${host}\` is no address of this machine`,
        hint: "set the listener's `host` to '::' for all addresses",
      }
    default:
      return {
        code,
        says: `can't listen on port ${port}: ${error.message}`,
        hint: 'see `listeners` in config.yaml',
      }
  }
}
