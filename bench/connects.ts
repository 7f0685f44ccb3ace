/** Whole connects and bare handshakes, each device one after another. */

import type { TLSSocket } from 'node:tls'
import type { Dial, Done } from './client.ts'
import { dial, leave, shake } from './dial.ts'

/** TCP, TLS, CONNECT, CONNACK, DISCONNECT, and the server's close. */
export function connects(devices: Dial[], ms: number): Promise<Done> {
  return repeat(devices, ms, async device => leave(await dial(device)))
}

/** TCP, TLS, the client's close_notify and FIN, and the server's close. No MQTT. */
export function handshakes(devices: Dial[], ms: number): Promise<Done> {
  return repeat(devices, ms, async device => goAway(await shake(device)))
}

/** @param devices go to work at the same time, each under its own name */
async function repeat(
  devices: Dial[],
  ms: number,
  once: (device: Dial) => Promise<void>,
): Promise<Done> {
  const begun = performance.now()
  let count = 0
  await Promise.all(
    devices.map(async device => {
      while (performance.now() - begun < ms) {
        await once(device)
        count++
      }
    }),
  )
  return { count, ms: performance.now() - begun }
}

function goAway(socket: TLSSocket): Promise<void> {
  return new Promise(resolve => {
    socket.on('error', () => undefined)
    socket.once('close', () => resolve())
    socket.end()
    // Who reads nothing never hears the end.
    socket.resume()
  })
}
