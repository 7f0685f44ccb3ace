/**
 * What one connection may cost (docs/limits.md), asked by peers that mean it badly: each is cut off with its code, whatever
 * it does, and another client is none the worse for it. The clock stands until the test moves it.
 */

import { once } from 'node:events'
import { connect as dial, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import type { Broker } from '../../broker/main.ts'
import {
  afterServerFlight,
  helloBytes as nodeHello,
  rawVisit,
  tlsVisit,
} from '../diagnosis/provoke/visitors.ts'
import { running } from '../helpers/device.ts'
import { type ManualClock, manualClock } from '../helpers/manual-clock.ts'
import { connectPacket } from '../helpers/mqtt-bytes.ts'
import { cutEvery } from '../tls/chunks.ts'
import { handshakeMessage, record } from '../tls/hello-bytes.ts'
import { many, neighbour, sendAll, shared } from './bad-peer.ts'

const HALF_OPEN = 1000
/** Enough for a connection whose peer answers no FIN to be let go. */
const LINGER_MS = 1000

/** Another connection comes and goes: what was sent before that has arrived. */
async function barrier(broker: Broker): Promise<void> {
  const ended = broker.closed({ code: 'HELLO_ABANDONED' })
  await rawVisit(broker, socket => void socket.end())
  await ended
}

const inHello: [name: string, pieces: () => Iterable<Buffer>, says: RegExp][] = [
  ['a hello of 70,000 bytes, and all of them', () => [bigHello(70_000)], /over 32 KB/],
  [
    'a hello of 30,000 bytes in records of one byte',
    () => [Buffer.concat(cutEvery(message(30_000), 1).map(byte => record(22, byte)))],
    /32 KB came and no ClientHello was complete/,
  ],
  ['a record without a byte', () => [record(22, Buffer.alloc(0))], /a handshake record is empty/],
  [
    '10,000 alerts',
    () => [Buffer.concat(Array.from({ length: 10_000 }, () => record(21, Buffer.from([1, 90]))))],
    /a TLS alert came instead/,
  ],
  [
    '10,000 ChangeCipherSpecs behind half a hello',
    () => [record(22, message(500).subarray(0, 100)), many(20, Buffer.from([1]))],
    /a record of type 20 stands inside the ClientHello/,
  ],
]
const { broker, isWell } = await shared(t)
for (const [name, pieces, says] of inHello) {
  t.test(`in the place of a hello: ${name}`, async t => {
    await rawVisit(broker, socket => sendAll(socket, pieces()))
    t.match(await broker.closed(), { code: 'HELLO_MALFORMED', says })
    await isWell()
  })
}

t.test('a real hello in records of one byte is a hello', async t => {
  const hello = await nodeHello({ maxVersion: 'TLSv1.2' })
  await rawVisit(broker, async socket => {
    const answered = once(socket, 'data')
    socket.write(Buffer.concat(cutEvery(hello.subarray(5), 1).map(byte => record(22, byte))))
    await answered
    socket.end()
  })
  t.match(await broker.closed(), { code: 'HANDSHAKE_ABANDONED' })
})

t.test('a byte a second buys no time: the limit holds for the whole hello', async t => {
  const { broker, clock } = await withClock(t, { handshakeTimeoutSeconds: 10 })
  const hello = await nodeHello({})
  const ended = broker.closed({ code: 'HELLO_TIMEOUT' })
  await drip(broker, clock, cutEvery(hello, 1).slice(0, 9))
  clock.advance(1000)
  t.match(await ended, { evidence: { afterMs: 10_000, bytes: 9 } })
})

t.test('nor does it for the second flight', async t => {
  const { broker, clock } = await withClock(t, { handshakeTimeoutSeconds: 10 })
  const ended = broker.closed({ code: 'HANDSHAKE_TIMEOUT' })
  const flight = cutEvery(record(22, handshakeMessage(11, Buffer.alloc(400)), 0x0303), 1)
  const visit = afterServerFlight(broker, async socket => {
    for (const byte of flight.slice(0, 9)) {
      await sendAll(socket, [byte])
      await barrier(broker)
      clock.advance(1000)
    }
    clock.advance(1000)
  })
  t.match(await ended, { evidence: { afterMs: 10_000, limitMs: 10_000 } })
  await ticking(clock, visit)
})

t.test('nor does it for the CONNECT', async t => {
  const { broker, clock } = await withClock(t, { connectTimeoutSeconds: 10 })
  const device = await broker.createDevice('slow')
  const ended = broker.closed({ code: 'CONNECT_TIMEOUT' })
  const visit = tlsVisit(broker, device, {}, async socket => {
    socket.setNoDelay(true)
    for (const byte of cutEvery(connectPacket({ clientId: 'slow' }), 1).slice(0, 9)) {
      await new Promise<void>(done => void socket.write(byte, () => done()))
      await barrier(broker)
      clock.advance(1000)
    }
    clock.advance(1000)
  })
  t.match(await ended, { evidence: { afterMs: 10_000, bytes: 9 } })
  await ticking(clock, visit)
})

const crowds: [name: string, code: string, greets: boolean][] = [
  ['that say nothing', 'HELLO_TIMEOUT', false],
  ['that send a hello and nothing more', 'HANDSHAKE_TIMEOUT', true],
]
for (const [name, code, greets] of crowds) {
  t.test(`${HALF_OPEN} connections ${name}, and another client`, async t => {
    const codes = new Map<string, number>()
    let over = (): void => {}
    const all = new Promise<void>(resolve => {
      over = resolve
    })
    const clock = manualClock()
    const broker = await running(t, {
      clock,
      log(event) {
        if (event.event !== 'connection.closed' || event.clientId === 'neighbour') return
        codes.set(event.code, (codes.get(event.code) ?? 0) + 1)
        if (codes.get(code) === HALF_OPEN) over()
      },
    })
    const { isWell } = await neighbour(t, broker)
    const waiting = clock.waiting()
    const hello = await nodeHello({ minVersion: 'TLSv1.3' })
    const sockets: Socket[] = []
    t.teardown(() => {
      for (const socket of sockets) socket.destroy()
    })
    for (let index = 0; index < HALF_OPEN; index++) {
      const socket = dial(broker.port, '127.0.0.1')
      sockets.push(socket)
      socket.on('error', () => {})
      await once(socket, 'connect')
      if (!greets) continue
      const answered = once(socket, 'data')
      socket.write(hello)
      await answered
    }
    await isWell()
    t.equal(codes.size, 0, 'all of them are still there')
    clock.advance(60_000)
    await ticking(clock, all)
    t.strictSame([...codes], [[code, HALF_OPEN]])
    t.equal(clock.waiting(), waiting, 'and nothing of them is left')
  })
}

t.test('a client that reads nothing ends like any other', async t => {
  const { broker, clock } = await withClock(t, {})
  const socket = dial({ host: '127.0.0.1', port: broker.port })
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  socket.pause()
  const hello = await nodeHello({ minVersion: 'TLSv1.3' })
  await sendAll(socket, [hello])
  await barrier(broker)
  const ended = broker.closed({ code: 'HANDSHAKE_TIMEOUT' })
  clock.advance(60_000)
  // The close room waits for a FIN that never comes.
  t.match(await ticking(clock, ended), {
    side: 'we',
    phase: { client: 'ClientHello', broker: 'Certificate' },
  })
})

async function withClock(t: Test, tls: object): Promise<{ broker: Broker; clock: ManualClock }> {
  const clock = manualClock()
  return { broker: await running(t, { clock, tls }), clock }
}

/** Moves the clock on until this has happened. */
async function ticking<T>(clock: ManualClock, what: Promise<T>): Promise<T> {
  let over = false
  const done = what.finally(() => {
    over = true
  })
  while (!over) {
    clock.advance(LINGER_MS)
    await new Promise<void>(resolve => setImmediate(resolve))
  }
  return done
}

/** One piece a second, each of which has arrived when the clock moves. */
async function drip(broker: Broker, clock: ManualClock, pieces: Buffer[]): Promise<void> {
  const socket = dial({ host: '127.0.0.1', port: broker.port, noDelay: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  for (const piece of pieces) {
    await sendAll(socket, [piece])
    await barrier(broker)
    clock.advance(1000)
  }
}

function message(length: number): Buffer {
  return handshakeMessage(1, Buffer.alloc(length))
}

/** In as many records as it takes. */
function bigHello(length: number): Buffer {
  return Buffer.concat(cutEvery(message(length), 16_000).map(part => record(22, part)))
}
