/** One device's connection: its beginning and its end. */

import { connect, type TLSSocket } from 'node:tls'
import { generate, type Packet } from 'mqtt-packet'
import type { Dial } from './client.ts'

/** TCP and TLS. Rejects with what went wrong first. */
export function shake({ port, thingName, secureContext }: Dial): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', secureContext })
    socket.setNoDelay(true)
    const refused = (): void => reject(new Error(`${thingName} was closed in its handshake`))
    socket.once('error', reject)
    socket.once('close', refused)
    socket.once('secureConnect', () => {
      socket.removeListener('close', refused)
      resolve(socket)
    })
  })
}

/** TCP, TLS, CONNECT, CONNACK. Rejects with what went wrong first. */
export async function dial(device: Dial): Promise<TLSSocket> {
  const { thingName } = device
  const socket = await shake(device)
  return new Promise((resolve, reject) => {
    const refused = (): void => reject(new Error(`${thingName} was closed before its CONNACK`))
    socket.once('error', reject)
    socket.once('close', refused)
    socket.once('data', (bytes: Buffer) => {
      socket.removeListener('close', refused)
      if (bytes[0] === 0x20 && bytes[3] === 0) resolve(socket)
      else reject(new Error(`${thingName} got ${bytes.toString('hex')} for a CONNACK`))
    })
    socket.write(
      bytesOf({
        cmd: 'connect',
        clientId: thingName,
        clean: true,
        keepalive: 1200,
        protocolId: 'MQTT',
        protocolVersion: 4,
      }),
    )
  })
}

/** DISCONNECT, and the server's close. aedes resets the connection then, which is its good right. */
export function leave(socket: TLSSocket): Promise<void> {
  return new Promise(resolve => {
    socket.on('error', () => undefined)
    socket.once('close', () => resolve())
    socket.end(bytesOf({ cmd: 'disconnect' }))
  })
}

export function bytesOf(packet: Packet): Buffer {
  return generate(packet)
}
