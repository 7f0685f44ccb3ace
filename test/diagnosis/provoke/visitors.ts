/** Clients for provocations: bare TCP, TLS with MQTT bytes, and TLS whose records are changed on their way. */

import { once } from 'node:events'
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as dialTls, type TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import type { Broker, Device, DeviceOptions } from '../../../broker/main.ts'
import { type ConnectOptions, connectPacket, readPackets } from '../../helpers/mqtt-bytes.ts'
import type { Minted } from '../../helpers/pki.ts'
import type { Saw } from './provocation.ts'

/** What a bare client does; it ends when the script and the connection have. */
export type RawScript = (socket: Socket, received: () => Buffer) => Promise<void> | void

/** Bare TCP. */
export async function rawVisit(broker: Pick<Broker, 'port'>, script: RawScript): Promise<Saw> {
  const socket = dial({ host: '127.0.0.1', port: broker.port, allowHalfOpen: true })
  let all = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    all = Buffer.concat([all, chunk])
  })
  socket.on('end', () => socket.end())
  // A reset is an end like any other here; the record tells how it was.
  socket.on('error', () => {})
  const over = new Promise(resolve => socket.once('close', resolve))
  await once(socket, 'connect')
  await script(socket, () => all)
  await over
  const alert = records(all).bodies.find(body => body.readUInt8(0) === ALERT && body.length === 7)
  return alert === undefined ? {} : { alert: alert.readUInt8(6) }
}

/**
 * A TLS 1.2 ClientHello, a real one unless it is given, and whatever the script does when the server's first flight is there.
 * @param before awaited between the connect and the hello
 */
export async function afterServerFlight(
  broker: Pick<Broker, 'port'>,
  script: RawScript,
  given?: Buffer,
  before?: () => Promise<void>,
): Promise<Saw> {
  const hello = given ?? (await helloBytes({ maxVersion: 'TLSv1.2' }))
  return rawVisit(broker, async (socket, received) => {
    await before?.()
    socket.write(hello)
    while (!received().subarray(-4).equals(SERVER_HELLO_DONE)) await once(socket, 'data')
    await script(socket, received)
  })
}

const ALERT = 21
const SERVER_HELLO_DONE = Buffer.from([14, 0, 0, 0])

/** The ClientHello that node:tls would send with these options. */
export async function helloBytes(options: ConnectionOptions): Promise<Buffer> {
  let take: (bytes: Buffer) => void = () => {}
  const first = new Promise<Buffer>(resolve => {
    take = resolve
  })
  const nowhere = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      take(chunk)
      done()
    },
  })
  const client = dialTls({ socket: nowhere, servername: 'localhost', ...options })
  client.on('error', () => {})
  const bytes = await first
  client.destroy()
  return bytes
}

export type TlsScript = (socket: TLSSocket, packets: () => string[]) => Promise<void> | void

export type Credentials = { certificate?: string; privateKey?: string }

/** TLS, by node:tls. The script runs when the handshake is over; without one it just waits to be thrown out. */
export async function tlsVisit(
  broker: Broker,
  credentials: Credentials,
  options: ConnectionOptions = {},
  script: TlsScript = () => {},
): Promise<Saw> {
  const { certificate, privateKey } = credentials
  const socket = dialTls({
    host: '127.0.0.1',
    port: broker.port,
    servername: broker.host,
    ca: broker.ca,
    ...(certificate !== undefined && { cert: certificate }),
    ...(privateKey !== undefined && { key: privateKey }),
    ...options,
  })
  const saw: Saw = {}
  let all = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    all = Buffer.concat([all, chunk])
    const [first] = readPackets(all)
    if (first?.cmd === 'connack') saw.connack = first.returnCode ?? 0
  })
  socket.on('error', error => {
    const alert = /SSL alert number (\d+)/.exec(error.message)?.[1]
    if (alert !== undefined) saw.alert = Number(alert)
  })
  const over = new Promise(resolve => socket.once('close', resolve))
  socket.once('secureConnect', () => {
    // A script that fails would leave the test waiting: end it instead, and let the record tell.
    Promise.resolve(script(socket, () => readPackets(all).map(({ cmd }) => cmd))).catch(() =>
      socket.destroy(),
    )
  })
  await over
  // MQTT 5: a DISCONNECT with a reason code and no properties.
  const last = all.subarray(-4)
  if (last.length === 4 && last.readUInt16BE(0) === 0xe002) saw.reasonCode = last.readUInt8(2)
  return saw
}

/** Registers a device, connects it, and when it has its CONNACK sends these bytes, or does what the script says. */
export async function session(
  broker: Broker,
  {
    device: given,
    connect,
    script,
  }: {
    device?: DeviceOptions
    connect?: ConnectOptions
    script: Buffer | TlsScript
  },
): Promise<Saw> {
  const device = await broker.createDevice('device', given)
  return sessionOf(broker, device, script, connect)
}

export function sessionOf(
  broker: Broker,
  device: Device,
  script: Buffer | TlsScript,
  connect: ConnectOptions = {},
): Promise<Saw> {
  return tlsVisit(broker, device, {}, async (socket, packets) => {
    socket.write(connectPacket({ clientId: device.thingName, ...connect }))
    while (packets()[0] !== 'connack') await once(socket, 'data')
    if (Buffer.isBuffer(script)) socket.write(script)
    else await script(socket, packets)
  })
}

/** Sends its CONNECT and waits to be thrown out. */
export function connectVisit(
  broker: Broker,
  credentials: Credentials,
  connect: ConnectOptions = {},
  options: ConnectionOptions = {},
): Promise<Saw> {
  return tlsVisit(broker, credentials, options, socket => {
    socket.write(connectPacket(connect))
  })
}

/** A minted certificate, with others behind it in the chain. */
export function chainOf(device: Minted, ...behind: Minted[]): Credentials {
  const certificate = [device, ...behind].map(({ pem }) => pem).join('')
  return { certificate, privateKey: device.keyPem }
}

/** A port before the broker's, on which `change` may alter each record of the client. */
export async function changing(
  t: Test,
  broker: Broker,
  change: (record: Buffer) => Buffer,
): Promise<number> {
  const server = createServer(client => {
    const onward = dial({ host: '127.0.0.1', port: broker.port })
    let waiting: Buffer = Buffer.alloc(0)
    client.on('data', (chunk: Buffer) => {
      const { bodies, rest } = records(Buffer.concat([waiting, chunk]))
      waiting = rest
      for (const record of bodies) onward.write(change(record))
    })
    onward.pipe(client)
    client.on('error', () => {})
    onward.on('error', () => {})
    client.on('close', () => onward.destroy())
    onward.on('close', () => client.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Whole TLS records with their headers, and what is left. */
function records(bytes: Buffer): { bodies: Buffer[]; rest: Buffer } {
  const bodies: Buffer[] = []
  let rest = bytes
  while (rest.length >= 5 && rest.length >= 5 + rest.readUInt16BE(3)) {
    const end = 5 + rest.readUInt16BE(3)
    bodies.push(rest.subarray(0, end))
    rest = rest.subarray(end)
  }
  return { bodies, rest }
}
