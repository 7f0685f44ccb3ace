/** A node:tls server that knows just enough MQTT to try the foreign clients on, without the broker. */

import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import tls, { type TLSSocket } from 'node:tls'
import { parser } from 'mqtt-packet'
import type { Test } from 'tap'
import { publishPacket } from '../helpers/mqtt-bytes.ts'
import { issuerOf, minted, mintedDevice, pki, rsaKeys } from '../helpers/pki.ts'

/** How the server answers the CONNECT, if not by CONNACK. */
export type End = 'close_notify' | 'fin' | 'reset'

type ServerOptions = {
  server?: 'rsa' | 'ec'
  ecdhCurve?: string
  end?: End
  mustVerify?: boolean
}

type Visit = {
  peer: string | undefined
  servername: string | false
  packets: string[]
  clientIds: string[]
}

/** Listens on a free port until the test ends, with a PKI of its own in the test's folder. */
export async function listen(t: Test, options: ServerOptions = {}) {
  const folder = t.testdir(fixtures())
  const file = (name: string) => join(folder, name)
  const { certificate, key } = serverIdentity(options.server ?? 'ec')
  const visits = queue<Visit>()
  const failures = queue<NodeJS.ErrnoException>()
  const overs = queue<void>()
  const sockets = new Set<TLSSocket>()
  const server = tls.createServer({
    cert: certificate,
    key,
    requestCert: true,
    rejectUnauthorized: options.mustVerify ?? false,
    ...(options.ecdhCurve !== undefined && { ecdhCurve: options.ecdhCurve }),
  })
  server.on('tlsClientError', failures.push)
  server.on('connection', socket => socket.on('close', () => overs.push()))
  server.on('secureConnection', socket => {
    sockets.add(socket)
    serve(socket, options.end, visits.push)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    file,
    /** Flags of a device that gets in. */
    device: {
      port,
      ca: file('ca.pem'),
      cert: file('device.pem'),
      key: file('device.key'),
      sni: 'localhost',
    },
    visit: visits.next,
    failure: failures.next,
    over: overs.next,
    publish(topic: string, payload: string) {
      for (const socket of sockets) socket.write(publishPacket({ topic, payload }))
    },
  }
}

function serve(socket: TLSSocket, end: End | undefined, done: (visit: Visit) => void): void {
  const common = socket.getPeerCertificate().subject?.CN
  const visit: Visit = {
    peer: Array.isArray(common) ? common[0] : common,
    servername: (socket as TLSSocket & { servername: string | false }).servername,
    packets: [],
    clientIds: [],
  }
  const packets = parser()
  packets.on('packet', packet => {
    visit.packets.push(packet.cmd)
    if (packet.cmd === 'connect') {
      visit.clientIds.push(packet.clientId)
      if (end) return finish(socket, end)
      socket.write(Buffer.from([0x20, 2, 0, 0]))
    }
    const id = packet.messageId ?? 0
    if (packet.cmd === 'subscribe') socket.write(Buffer.from([0x90, 3, id >> 8, id, 1]))
    if (packet.cmd === 'publish') {
      // The echo comes first, so that whoever has its PUBACK has had its message.
      socket.write(publishPacket({ topic: packet.topic, payload: packet.payload }))
      if (packet.qos === 1) socket.write(Buffer.from([0x40, 2, id >> 8, id]))
    }
  })
  packets.on('error', () => socket.destroy())
  socket.on('data', bytes => packets.parse(bytes))
  socket.on('error', () => {})
  // Node 20, TLS 1.3: a write that meets the client's RST may never call back, and then only `end` comes, never `close`.
  socket.on('end', () => socket.destroy())
  socket.on('close', () => done(visit))
}

/** node:tls always says close_notify; a bare FIN or RST needs the socket underneath. */
function finish(socket: TLSSocket, end: End): void {
  const under = (socket as TLSSocket & { _parent: Socket })._parent
  if (end === 'close_notify') socket.end()
  else if (end === 'fin') under.end()
  else under.resetAndDestroy()
}

/** A list to wait at: the oldest first. */
function queue<T>() {
  const ready: T[] = []
  const waiting: ((value: T) => void)[] = []
  return {
    push(value: T) {
      const taker = waiting.shift()
      if (taker) taker(value)
      else ready.push(value)
    },
    next: () =>
      new Promise<T>(resolve => {
        if (ready.length > 0) resolve(ready.shift() as T)
        else waiting.push(resolve)
      }),
  }
}

function fixtures(): Record<string, string | Buffer> {
  const { root, stranger } = pki()
  const device = mintedDevice('device-1', root)
  return {
    'ca.pem': root.pem,
    'ca.der': root.der,
    'stranger.pem': stranger.ca.pem,
    'device.pem': device.pem,
    'device.der': device.der,
    'device.key': device.keyPem,
    'device-key.der': device.privateKey.export({ type: 'sec1', format: 'der' }),
  }
}

function serverIdentity(kind: 'rsa' | 'ec'): { certificate: string; key: string } {
  const { pem, keyPem } = minted(
    {
      subject: [['CN', 'server']],
      issuer: issuerOf(pki().root),
      extendedKeyUsage: ['serverAuth'],
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
    },
    ...(kind === 'rsa' ? [rsaKeys()] : []),
  )
  return { certificate: pem, key: keyPem }
}
