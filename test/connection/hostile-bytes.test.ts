/**
 * Strangers and broken devices: cut, damaged and random bytes in any pieces, that then end, reset or stall. Each connection
 * gets exactly one closing record, nothing is thrown, and no connection stays open.
 */

import { connect as dial, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { type Broker, type Device, start } from '../../broker/main.ts'
import { unhurried } from '../helpers/device.ts'
import { pki } from '../helpers/pki.ts'
import { captured } from '../tls/captured.ts'
import { anyCut, type Cut, cut } from '../tls/chunks.ts'
import { handshakeMessage, record } from '../tls/hello-bytes.ts'

type Ending = 'fin' | 'reset' | 'stall'
const anyEnding = fc.constantFrom<Ending>('fin', 'reset', 'stall')

type Damage = { at: number; xor: number }
const anyDamage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(3000),
  xor: fc.integer({ min: 1, max: 255 }),
})

t.test('hellos that are cut, damaged or noise', async t => {
  const watched = await watchedBroker(t)
  const noise = fc.uint8Array({ minLength: 1, maxLength: 600 }).map(bytes => Buffer.from(bytes))
  const hellos = captured().map(({ bytes }) => bytes)
  const damaged = fc
    .tuple(fc.constantFrom(...hellos), fc.array(anyDamage, { minLength: 1, maxLength: 4 }))
    .map(([bytes, damages]) => damages.reduce((sum, one) => spoil(sum, one), bytes))
  const short = fc
    .tuple(fc.constantFrom(...hellos), fc.nat(2000))
    .map(([bytes, length]) => bytes.subarray(0, length % bytes.length))
  const more = fc.tuple(fc.constantFrom(...hellos), noise).map(pair => Buffer.concat(pair))
  const inRecords = fc
    .array(fc.tuple(fc.constantFrom(20, 21, 22, 23), noise), { maxLength: 4 })
    .map(list => Buffer.concat(list.map(([type, bytes]) => record(type, bytes))))
  const anyBytes = fc.oneof(noise, damaged, short, more, inRecords)
  const visits = fc.sample(fc.tuple(anyBytes, anyCut, anyEnding), { seed: 11, numRuns: 150 })
  await inTurns(visits, 15, async ([bytes, how, ending]) => {
    const socket = await connected(watched.broker)
    await send(socket, cut(bytes, how))
    await leave(socket, ending)
  })
  await watched.allClosed(t, visits.length)
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${version}: a device whose bytes are damaged or end on the way`, async t => {
    const watched = await watchedBroker(t)
    const device = await watched.broker.createDevice('dev-1')
    const anyVisit = fc.record({
      damage: fc.option(anyDamage),
      end: fc.nat(3000),
      how: anyCut,
      ending: anyEnding,
    })
    const visits = fc.sample(anyVisit, { seed: 12, numRuns: 60 })
    await inTurns(visits, 10, async ({ damage, end, how, ending }) => {
      const socket = await connected(watched.broker)
      await handshakeThrough(socket, device, version, { damage, end, how })
      await leave(socket, ending)
    })
    await watched.allClosed(t, visits.length)
  })

  t.test(`${version}: chains with wrong signatures`, async t => {
    const watched = await watchedBroker(t)
    const { impostors, device, signer, stranger } = pki()
    const chains = [
      [impostors.noIdentifiers.device, impostors.noIdentifiers],
      [impostors.otherKey.device, impostors.otherKey],
      [device, impostors.rebuilt],
      [device, stranger.ca, signer],
      [device, signer, signer, signer, signer, signer, signer, signer],
    ]
    const visits = [...chains, ...chains, ...chains]
    await inTurns(visits, 5, async chain => {
      const [leaf = device] = chain
      const socket = await connected(watched.broker)
      const certificate = chain.map(({ pem }) => pem).join('')
      const identity = { certificate, privateKey: leaf.keyPem, ca: watched.broker.ca }
      const whole = { damage: null, end: Number.POSITIVE_INFINITY, how: { size: 100 } }
      await handshakeThrough(socket, identity, version, whole)
      await leave(socket, 'fin')
    })
    await watched.allClosed(t, visits.length)
    // Every client came through the handshake: a wrong signature in the chain is for us to judge.
    t.strictSame([...watched.codes], ['CERTIFICATE_ISSUER_UNKNOWN'])
  })
}

const endless: [name: string, first: Buffer, piece: Buffer, code: RegExp][] = [
  [
    'handshake records of a hello that never ends',
    helloOf(30_000),
    record(22, zeros(1)),
    /HELLO_MALFORMED/,
  ],
  ['a hello of 16 MB', helloOf(0xffffff), record(22, zeros(16_000)), /HELLO_MALFORMED/],
  ['noise', Buffer.from('noise'), zeros(16_000), /HELLO_NOT_TLS/],
  ['a request line', Buffer.from('GET /'), Buffer.alloc(16_000, 'a'), /HELLO_NOT_TLS/],
  [
    'plain MQTT that never ends',
    Buffer.from('10ffffff7f00044d515454', 'hex'),
    zeros(999),
    /HELLO_NOT_TLS/,
  ],
  [
    'a second flight that never ends',
    captured().find(({ name }) => name === 'openssl-3.0-tls12')?.bytes ?? zeros(0),
    record(22, handshakeMessage(16, zeros(400)), 0x0303),
    /HANDSHAKE_FLIGHT_TOO_LARGE/,
  ],
]
for (const [name, first, piece, code] of endless) {
  t.test(`endless bytes are cut: ${name}`, async t => {
    const watched = await watchedBroker(t, 60)
    const socket = await connected(watched.broker)
    const { sent, gone } = pour(socket, first, piece, code.test('HANDSHAKE_FLIGHT_TOO_LARGE'))
    const closing = await watched.broker.closed({ connection: 'c1' })
    await gone
    t.match(closing.code, code)
    t.ok(sent() > 0, `${sent()} bytes were sent`)
    await watched.allClosed(t, 1)
  })
}

/** A broker that counts: connections that came, closing records by connection, exceptions that nobody caught. */
async function watchedBroker(t: Test, handshakeTimeoutSeconds = 0.3) {
  const accepted: string[] = []
  const closed: string[] = []
  const codes = new Set<string>()
  const uncaught: unknown[] = []
  const note = (error: unknown): void => void uncaught.push(error)
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  let seen = (): void => undefined
  const broker = await start({
    limits: unhurried(),
    tls: { handshakeTimeoutSeconds, connectTimeoutSeconds: handshakeTimeoutSeconds },
    log(event) {
      if (event.event === 'connection.accepted') accepted.push(event.connection)
      if (event.event !== 'connection.closed') return
      closed.push(event.connection)
      codes.add(event.code)
      seen()
    },
  })
  t.teardown(() => {
    process.off('uncaughtException', note)
    process.off('unhandledRejection', note)
  })
  return {
    broker,
    codes,
    async allClosed(t: Test, visits: number) {
      await new Promise<void>(done => {
        seen = () => void (closed.length >= visits && done())
        seen()
      })
      // A connection that were still open would be ended now, and be told with another code.
      await broker.stop()
      t.equal(accepted.length, visits)
      t.strictSame([...closed].sort(), [...accepted].sort(), 'one closing record each')
      t.strictSame(uncaught, [])
      t.notOk(codes.has('CLOSE_INTERNAL_ERROR'), 'no bug in a room')
      t.notOk(codes.has('CLOSE_BY_BROKER'), 'none was left open')
    },
  }
}

function connected({ port }: Broker): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dial({ port, host: '127.0.0.1', noDelay: true }, () => {
      resolve(socket)
    })
    socket.once('error', reject)
    socket.on('error', () => undefined)
    // What comes back is of no interest here, but must be read, or the end is never seen.
    socket.on('data', () => undefined)
  })
}

/** Pieces with a turn of the event loop in between, so that they arrive as pieces. */
async function send(socket: Socket, pieces: Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed || socket.writableEnded) return
    if (piece.length > 0) await new Promise<void>(done => socket.write(piece, () => done()))
  }
}

/** Ends the visit. A client that stalls is ended by the broker, which is waited for. */
async function leave(socket: Socket, ending: Ending): Promise<void> {
  if (ending === 'fin') socket.end()
  if (ending === 'reset') socket.resetAndDestroy()
  if (!socket.closed) await new Promise<void>(done => socket.once('close', () => done()))
}

type Way = { damage: Damage | null; end: number; how: Cut }

/** A real TLS client whose bytes are damaged at one place and end at another. Resolves when it has come to an end. */
function handshakeThrough(
  socket: Socket,
  identity: Pick<Device, 'certificate' | 'privateKey' | 'ca'>,
  version: 'TLSv1.2' | 'TLSv1.3',
  { damage, end, how }: Way,
): Promise<void> {
  return new Promise(resolve => {
    let sent = 0
    const wire = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _, done) {
        const spoilt = damage ? spoil(chunk, { ...damage, at: damage.at - sent }, false) : chunk
        const kept = spoilt.subarray(0, Math.max(0, end - sent))
        sent += chunk.length
        void send(socket, cut(kept, how)).then(() => {
          done()
          if (sent >= end) resolve()
        })
      },
    })
    socket.on('data', (chunk: Buffer) => wire.push(chunk))
    socket.once('close', () => resolve())
    const tls = tlsConnect({
      socket: wire,
      cert: identity.certificate,
      key: identity.privateKey,
      ca: identity.ca,
      servername: 'localhost',
      minVersion: version,
      maxVersion: version,
    })
    tls.on('error', () => resolve())
    // Far enough: what comes then is MQTT, which others test.
    tls.once('secureConnect', () => setImmediate(resolve))
  })
}

/** One byte changed; places beyond the end wrap around, unless they are to be left alone. */
function spoil(bytes: Buffer, { at, xor }: Damage, wrap = true): Buffer {
  const place = wrap ? at % bytes.length : at
  if (place < 0 || place >= bytes.length) return bytes
  const copy = Buffer.from(bytes)
  copy[place] = (copy[place] ?? 0) ^ xor
  return copy
}

/** Writes for as long as the other side takes it. */
function pour(socket: Socket, first: Buffer, piece: Buffer, answered: boolean) {
  let sent = 0
  const more = (): void => {
    while (!socket.destroyed && socket.writable) {
      sent += piece.length
      if (!socket.write(piece)) return
    }
  }
  socket.on('drain', more)
  // A second flight follows our answer; what is no hello gets none before it is cut.
  if (answered) socket.once('data', more)
  socket.write(first, answered ? undefined : more)
  return { sent: () => sent, gone: new Promise<void>(done => socket.once('close', () => done())) }
}

async function inTurns<T>(list: T[], atOnce: number, visit: (one: T) => Promise<void>) {
  const waiting = [...list]
  const worker = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await visit(one)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** The start of a ClientHello that says so many bytes. */
function helloOf(length: number): Buffer {
  const header = Buffer.from([1, length >> 16, (length >> 8) & 255, length & 255])
  return record(22, header)
}

function zeros(length: number): Buffer {
  return Buffer.alloc(length)
}
