/** An HTTP proxy that leads every CONNECT to one port of this machine, whatever host it names. */

import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export async function launchTunnel(to: number): Promise<{ port: number; close(): Promise<void> }> {
  const open = new Set<Socket>()
  const proxy = createServer()
  proxy.on('connect', (_request, client: Socket) => {
    const server = connect(to, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(server).pipe(client)
    })
    for (const socket of [client, server]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => open.delete(socket))
    }
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  return {
    port: (proxy.address() as AddressInfo).port,
    close() {
      for (const socket of open) socket.destroy()
      return new Promise(resolve => proxy.close(() => resolve()))
    },
  }
}
