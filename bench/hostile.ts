/**
 * `npm run hostile`: what peers that mean it badly cost the broker, and what its other clients feel of them. The figures of
 * docs/limits.md come from here. The broker runs in a process of its own; its memory is taken after a garbage collection.
 *
 *     npm run hostile
 *     npm run hostile -- --connections 200
 */

import { once } from 'node:events'
import { connect as dial, type Socket } from 'node:net'
import { cpus } from 'node:os'
import { Duplex } from 'node:stream'
import { connect as dialTls, type TLSSocket } from 'node:tls'
import { parseArgs } from 'node:util'
import { generate, parser } from 'mqtt-packet'
import type { Device } from '../broker/main.ts'
import { startChild } from './child.ts'
import type { HostileAnswer, HostileQuestion } from './server-hostile.ts'

const { values } = parseArgs({ options: { connections: { type: 'string', default: '1000' } } })
const connections = Math.min(10_000, Math.max(1, Number(values.connections) || 1000))

const hello13 = await helloOf('TLSv1.3')
const hello12 = await helloOf('TLSv1.2')
/** A Certificate of 100,000 bytes that is never finished: the most that is held for a peer, nearly. */
const halfFlight = Buffer.concat([
  record(22, Buffer.from([11, 1, 134, 160])),
  ...Array.from({ length: 6 }, () => record(22, Buffer.alloc(16_000))),
])

console.log(`Node ${process.versions.node}, ${cpus().length} cores (${cpus()[0]?.model}), loopback`)
console.log(`${connections} connections each; the neighbour publishes QoS 1 to itself\n`)
console.log(row(['that', 'memory each', 'cpu each', 'neighbour before', 'with them']))
await crowd('say nothing', async () => {})
await crowd('send half a hello', async socket => {
  socket.write(hello12.subarray(0, 100))
})
await crowd('TLS 1.2 hello, no more', socket => answered(socket, hello12))
await crowd('TLS 1.3 hello, no more', socket => answered(socket, hello13))
await crowd('half a Certificate of 100 KB', async socket => {
  await answered(socket, hello12)
  socket.write(halfFlight)
})
console.log(`\n${row(['cut off', 'cpu each', 'code'])}`)
const tiny = record(22, Buffer.from([0]))
await cutOff('30 KB hello, 1-byte records', [
  record(22, Buffer.from([1, 0, 117, 48])),
  Buffer.concat(Array.from({ length: 6000 }, () => tiny)),
])
await cutOff('10,000 empty records', [hello12, repeated(record(22, Buffer.alloc(0)))], true)
await cutOff('10,000 ChangeCipherSpecs', [hello13, repeated(record(20, Buffer.from([1])))], true)
await cutOff('200 KB of unknown messages', [hello12, Buffer.concat(unknownMessages())], true)

type Bench = {
  connected(): Promise<Socket>
  /** Memory of the process (resident), processor time so far, the code of the last end. */
  usage(): Promise<{ bytes: number; cpuMs: number; code: string }>
  /** Median of the neighbour's round trips, in ms. */
  latency(): Promise<number>
}

/** A broker of its own for each case: memory that an earlier one has let go would hide what the next one takes. */
async function withBroker(run: (bench: Bench) => Promise<void>): Promise<void> {
  const node = ['--expose-gc']
  const server = startChild<HostileQuestion, HostileAnswer>('server-hostile.js', { node })
  const started = await server.ask({ ask: 'start' })
  if (!('port' in started)) throw new Error('the broker did not say its port')
  const { port, device } = started
  const neighbour = await mqttSession(port, device)
  const latency = async (): Promise<number> => {
    const times: number[] = []
    for (let time = 0; time < 200; time++) {
      const begin = performance.now()
      await neighbour.publish()
      times.push(performance.now() - begin)
    }
    return times.sort((a, b) => a - b)[times.length >> 1] ?? 0
  }
  await latency()
  await run({
    connected: () => connected(port),
    async usage() {
      const answer = await server.ask({ ask: 'usage' })
      if (!('bytes' in answer)) throw new Error('no usage')
      return answer
    },
    latency,
  })
  await server.stop()
  neighbour.socket.destroy()
}

/** Opens them all and leaves them open while the neighbour goes on. */
function crowd(name: string, greet: (socket: Socket) => Promise<void>): Promise<void> {
  return withBroker(bench => crowded(name, greet, bench))
}

async function crowded(
  name: string,
  greet: (socket: Socket) => Promise<void>,
  { connected, usage, latency }: Bench,
): Promise<void> {
  // The first few make what is made once.
  const sockets: Socket[] = []
  for (let index = 0; index < 20; index++) {
    const socket = await connected()
    sockets.push(socket)
    await greet(socket)
  }
  const before = await usage()
  const quiet = await latency()
  for (let index = 0; index < connections; index++) {
    const socket = await connected()
    sockets.push(socket)
    await greet(socket)
  }
  const among = await latency()
  const after = await usage()
  const kilobytes = (after.bytes - before.bytes) / connections / 1024
  const cpu = (after.cpuMs - before.cpuMs) / connections
  console.log(
    row([
      name,
      `${kilobytes.toFixed(1)} KB`,
      `${cpu.toFixed(2)} ms`,
      `${quiet.toFixed(2)} ms`,
      `${among.toFixed(2)} ms`,
    ]),
  )
  for (const socket of sockets) socket.destroy()
}

/** One after the other, each until the broker ends it. */
function cutOff(name: string, pieces: Buffer[], waits = false): Promise<void> {
  return withBroker(async ({ connected, usage }) => {
    const visit = () => cutOffOnce(pieces, waits, connected)
    const times = 50
    // What runs for the first time is slow.
    for (let time = 0; time < times; time++) await visit()
    const before = await usage()
    for (let time = 0; time < times; time++) await visit()
    const after = await usage()
    console.log(row([name, `${((after.cpuMs - before.cpuMs) / times).toFixed(2)} ms`, after.code]))
  })
}

async function cutOffOnce(
  pieces: Buffer[],
  waits: boolean,
  connected: () => Promise<Socket>,
): Promise<void> {
  const socket = await connected()
  const over = new Promise(resolve => socket.once('close', resolve))
  const [first = Buffer.alloc(0), ...others] = pieces
  if (waits) await answered(socket, first)
  else socket.write(first)
  for (const piece of others) socket.write(piece)
  await over
}

async function connected(port: number): Promise<Socket> {
  const socket = dial({ host: '127.0.0.1', port, noDelay: true })
  socket.on('error', () => {})
  socket.on('data', () => {})
  await once(socket, 'connect')
  return socket
}

async function answered(socket: Socket, hello: Buffer): Promise<void> {
  const answer = once(socket, 'data')
  socket.write(hello)
  await answer
}

type Session = { socket: TLSSocket; publish(): Promise<void> }

async function mqttSession(port: number, device: Device): Promise<Session> {
  const { ca, certificate, privateKey, thingName } = device
  const socket = dialTls({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    ca,
    cert: certificate,
    key: privateKey,
  })
  const reader = parser()
  let told: (cmd: string) => void = () => {}
  reader.on('packet', packet => told(packet.cmd))
  socket.on('data', chunk => reader.parse(chunk))
  const heard = (wanted: string): Promise<void> =>
    new Promise(resolve => {
      told = cmd => void (cmd === wanted && resolve())
    })
  const ask = async (packet: Parameters<typeof generate>[0], wanted: string): Promise<void> => {
    const answer = heard(wanted)
    socket.write(generate(packet))
    await answer
  }
  await once(socket, 'secureConnect')
  await ask({ cmd: 'connect', clientId: thingName, clean: true, keepalive: 1200 }, 'connack')
  const subscriptions = [{ topic: 'n', qos: 0 as const }]
  await ask({ cmd: 'subscribe', messageId: 1, subscriptions }, 'suback')
  const packet = { cmd: 'publish', topic: 'n', payload: 'x', messageId: 2 } as const
  const publish = { ...packet, qos: 1, dup: false, retain: false } as const
  return { socket, publish: () => ask(publish, 'publish') }
}

/** The hello that node:tls sends. */
function helloOf(version: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  return new Promise(resolve => {
    const nowhere = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk)
        done()
      },
    })
    const versions = { minVersion: version, maxVersion: version }
    dialTls({ socket: nowhere, servername: 'localhost', ...versions }).on('error', () => {})
  })
}

function record(type: number, fragment: Buffer): Buffer {
  const { length } = fragment
  return Buffer.concat([Buffer.from([type, 3, 3, length >> 8, length & 255]), fragment])
}

function repeated(bytes: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: 10_000 }, () => bytes))
}

function unknownMessages(): Buffer[] {
  const message = Buffer.concat([Buffer.from([99, 0, 39, 16]), Buffer.alloc(10_000)])
  return Array.from({ length: 20 }, () => record(22, message))
}

function row([first = '', ...cells]: string[]): string {
  return first.padEnd(29) + cells.map(cell => cell.padStart(17)).join(' ')
}
