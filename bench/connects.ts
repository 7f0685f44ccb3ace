/** Connects per second: TCP, TLS, CONNECT, CONNACK, DISCONNECT, and the server's close, each device one after another. */

import type { Dial, Done } from './client.ts'
import { dial, leave } from './dial.ts'

/** @param devices connect at the same time, each under its own name */
export async function connects(devices: Dial[], ms: number): Promise<Done> {
  const begun = performance.now()
  let count = 0
  await Promise.all(
    devices.map(async device => {
      while (performance.now() - begun < ms) {
        await leave(await dial(device))
        count++
      }
    }),
  )
  return { count, ms: performance.now() - begun }
}
