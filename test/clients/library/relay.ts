/** A way to the broker that can be cut: to a client and to the broker this is a network that has gone, whatever the library. */

import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

export type Relay = { port: number; cut(): void }

/** Everything is cut when the test is over. */
export async function openRelay(t: Test, to: number): Promise<Relay> {
  const open = new Set<Socket>()
  const server = createServer(client => {
    const broker = connect(to, '127.0.0.1')
    for (const socket of [client, broker]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        broker.destroy()
      })
    }
    client.pipe(broker).pipe(client)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  t.teardown(cut)
  return { port: (server.address() as AddressInfo).port, cut }
}
