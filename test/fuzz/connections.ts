/**
 * Spoiled bytes against a running broker, over real sockets: exactly one closing record for each connection, nothing that
 * nobody caught, nothing left open. The clients are recordings and real TLS stacks whose bytes are changed on their way.
 */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as dial, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as dialTls } from 'node:tls'
import fc from 'fast-check'
import { type Device, start } from '../../broker/main.ts'
import { unhurried } from '../helpers/device.ts'
import { connectPacket, disconnectPacket, publishPacket } from '../helpers/mqtt-bytes.ts'
import { captured } from '../tls/captured.ts'
import { anyCut, type Cut, cut } from '../tls/chunks.ts'
import { spoiled } from './bytes.ts'
import type { Target } from './targets.ts'

type Visit = {
  version: 'TLSv1.2' | 'TLSv1.3'
  /** Which write of the client is changed: 0 is its hello. */
  turn: number
  damage: { at: number; xor: number; drop: number }[]
  how: Cut
  end: 'fin' | 'reset'
}

/** How long a client may wait for a broker that says nothing, before it leaves. */
const PATIENCE_MS = 150

/** A broker of its own; `stop` ends it and holds that every connection had its record. */
export async function connectionTarget(): Promise<{ target: Target; stop(): Promise<void> }> {
  const accepted: string[] = []
  const closed: string[] = []
  const broker = await start({
    limits: unhurried(),
    log(event) {
      if (event.event === 'connection.accepted') accepted.push(event.connection)
      if (event.event === 'connection.closed') closed.push(event.connection)
    },
  })
  const device = await broker.createDevice('fuzz')
  const ended = async (): Promise<void> => {
    const { code, evidence } = await broker.closed()
    assert.notEqual(code, 'CLOSE_INTERNAL_ERROR', JSON.stringify(evidence))
    assert.deepEqual(closed, accepted, 'one closing record for each connection, in its order')
    accepted.length = 0
    closed.length = 0
  }
  const hellos = captured().map(({ bytes }) => bytes)
  const bare = fc.record({ bytes: spoiled(hellos), how: anyCut, end: anyEnd })
  const property = fc.asyncProperty(fc.oneof(bare, anyVisit), async visit => {
    if ('bytes' in visit) await say(broker.port, visit.bytes, visit.how, visit.end)
    else await talk(broker.port, device, visit)
    await ended()
  })
  return { target: { name: 'connections', property }, stop: () => broker.stop() }
}

const anyEnd = fc.constantFrom<Visit['end']>('fin', 'reset')

const anyVisit: fc.Arbitrary<Visit> = fc.record({
  version: fc.constantFrom('TLSv1.2', 'TLSv1.3'),
  turn: fc.nat(3),
  damage: fc.array(
    fc.record({ at: fc.nat(5000), xor: fc.nat(255), drop: fc.oneof(fc.constant(0), fc.nat(60)) }),
    { maxLength: 3 },
  ),
  how: anyCut,
  end: anyEnd,
})

async function say(port: number, bytes: Buffer, how: Cut, end: Visit['end']): Promise<void> {
  const socket = await connected(port)
  for (const piece of cut(bytes, how)) await send(socket, piece)
  await leave(socket, end)
}

/** A device that connects, publishes and says goodbye, as far as its damaged bytes let it. */
async function talk(port: number, device: Device, visit: Visit): Promise<void> {
  const raw = await connected(port)
  let turn = 0
  const wire = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      const bytes = turn++ === visit.turn ? visit.damage.reduce(spoil, chunk) : chunk
      void sendAll(raw, cut(bytes, visit.how)).then(() => done())
    },
  })
  raw.on('data', chunk => wire.push(chunk))
  const over = new Promise<void>(resolve => raw.once('close', () => resolve()))
  const tls = dialTls({
    socket: wire,
    servername: 'localhost',
    ca: device.ca,
    cert: device.certificate,
    key: device.privateKey,
    minVersion: visit.version,
    maxVersion: visit.version,
  })
  const failed = new Promise<void>(resolve => tls.once('error', () => resolve()))
  tls.on('error', () => {})
  tls.once('secureConnect', () => {
    tls.write(connectPacket({ clientId: 'fuzz' }))
    tls.write(publishPacket({ topic: 'a', payload: 'b' }))
    tls.write(disconnectPacket())
  })
  const patience = AbortSignal.timeout(PATIENCE_MS)
  await Promise.race([over, failed, once(patience, 'abort')])
  await leave(raw, visit.end)
  tls.destroy()
}

function spoil(bytes: Buffer, { at, xor, drop }: Visit['damage'][number]): Buffer {
  if (bytes.length === 0) return bytes
  const place = at % bytes.length
  const copy = Buffer.concat([bytes.subarray(0, place + 1), bytes.subarray(place + 1 + drop)])
  copy.writeUInt8(copy.readUInt8(place) ^ xor, place)
  return copy
}

async function connected(port: number): Promise<Socket> {
  const socket = dial({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => {})
  // What comes back must be read, or the end is never seen.
  socket.on('data', () => {})
  await once(socket, 'connect')
  return socket
}

async function sendAll(socket: Socket, pieces: Buffer[]): Promise<void> {
  for (const piece of pieces) await send(socket, piece)
}

/** A turn of the event loop for each piece, so that it arrives as one. */
async function send(socket: Socket, piece: Buffer): Promise<void> {
  if (piece.length === 0 || socket.destroyed || !socket.writable) return
  await new Promise<void>(done => void socket.write(piece, () => done()))
}

async function leave(socket: Socket, end: Visit['end']): Promise<void> {
  if (socket.closed) return
  const over = once(socket, 'close')
  if (end === 'fin') socket.end()
  else socket.resetAndDestroy()
  await over
}
