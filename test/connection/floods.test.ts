/**
 * Floods inside TLS: records and messages that cost a peer nothing and should cost us nothing either, in the place of the
 * second flight and after the handshake. Each connection ends with its code; another client is none the worse for it.
 */

import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { connect as dial } from 'node:net'
import { connect as dialTls } from 'node:tls'
import t from 'tap'
import type { Device } from '../../broker/main.ts'
import { recordProtection } from '../../broker/tls/record-protection.ts'
import {
  afterServerFlight,
  helloBytes as nodeHello,
  rawVisit,
  tlsVisit,
} from '../diagnosis/provoke/visitors.ts'
import { connectPacket, disconnectPacket } from '../helpers/mqtt-bytes.ts'
import { cutEvery } from '../tls/chunks.ts'
import { handshakeMessage, record } from '../tls/hello-bytes.ts'
import { many, sendAll, shared } from './bad-peer.ts'

const { broker, isWell } = await shared(t)

const tooMuch = 'HANDSHAKE_FLIGHT_TOO_LARGE'
const inFlight: [name: string, bytes: () => Buffer, code: string, says?: RegExp][] = [
  [
    'a Certificate that says it has 16 MB',
    () => record(22, Buffer.from([11, 255, 255, 255]), 0x0303),
    tooMuch,
    /says that it has more than 131,072 bytes/,
  ],
  ['10,000 records without a byte', () => many(22, Buffer.alloc(0)), tooMuch, /1,024 records/],
  [
    'a Certificate in records of one byte',
    () =>
      Buffer.concat(
        cutEvery(handshakeMessage(11, Buffer.alloc(9000)), 1).map(b => record(22, b, 0x0303)),
      ),
    tooMuch,
    /1,024 records/,
  ],
  [
    '10,000 HelloRequests, a record each',
    () => many(22, handshakeMessage(0, Buffer.alloc(0))),
    tooMuch,
    /1,024 records/,
  ],
  [
    '200,000 bytes of messages that nobody knows',
    () =>
      Buffer.concat(
        Array.from({ length: 20 }, () =>
          record(22, handshakeMessage(99, Buffer.alloc(10_000)), 0x0303),
        ),
      ),
    tooMuch,
    /160,000 bytes/,
  ],
  ['10,000 ChangeCipherSpecs', () => many(20, Buffer.from([1])), 'CERTIFICATE_MISSING'],
  ['10,000 warnings', () => many(21, Buffer.from([1, 90])), 'HANDSHAKE_ABANDONED'],
  [
    'a compressed Certificate, which nobody offered',
    () =>
      Buffer.concat([
        record(22, handshakeMessage(25, Buffer.alloc(40)), 0x0303),
        record(20, Buffer.from([1]), 0x0303),
        record(22, Buffer.alloc(40), 0x0303),
      ]),
    'CERTIFICATE_MISSING',
  ],
]
for (const [name, bytes, code, says = /./] of inFlight) {
  t.test(`TLS 1.2, in the place of the second flight: ${name}`, async t => {
    await afterServerFlight(broker, socket => sendAll(socket, [bytes()]))
    t.match(await broker.closed(), { code, says })
    await isWell()
  })
}

t.test('TLS 1.3, in the place of the second flight: 10,000 ChangeCipherSpecs', async t => {
  const hello = await nodeHello({ minVersion: 'TLSv1.3', ecdhCurve: 'P-256' })
  await rawVisit(broker, async socket => {
    const answered = once(socket, 'data')
    socket.write(hello)
    await answered
    await sendAll(socket, [many(20, Buffer.from([1]))])
  })
  t.match(await broker.closed(), { code: tooMuch, says: /1,024 records/ })
  await isWell()
})

t.test('TLS 1.2: renegotiation is refused, and a client that insists ends', async t => {
  const device = await broker.createDevice('again')
  await tlsVisit(broker, device, { maxVersion: 'TLSv1.2' }, async socket => {
    socket.write(connectPacket({ clientId: 'again' }))
    await once(socket, 'data')
    socket.renegotiate({}, () => socket.end(disconnectPacket()))
  })
  t.match(await broker.closed({ clientId: 'again' }), {
    code: 'CLOSE_TLS_BROKEN',
    side: 'client',
    evidence: { alert: 40 },
  })
  await isWell()
})

/** TLS 1.3 after the handshake, with records that no TLS stack would send. */
type Sealer = { seal(type: number, content: Buffer): Buffer; update(): Buffer }

const KEY_UPDATE = (answer: number): Buffer => handshakeMessage(24, Buffer.from([answer]))

const afterwards: [name: string, flood: (sealer: Sealer) => Buffer[], code: string][] = [
  [
    '2,000 KeyUpdates that want an answer each, and a goodbye',
    sealer => [
      ...Array.from({ length: 2000 }, () => sealer.update()),
      sealer.seal(23, disconnectPacket()),
    ],
    'CLOSE_BY_CLIENT',
  ],
  [
    '10,000 records without a byte',
    sealer => Array.from({ length: 10_000 }, () => sealer.seal(23, Buffer.alloc(0))),
    'CLOSE_TLS_BROKEN',
  ],
  [
    '10,000 warnings',
    sealer => Array.from({ length: 10_000 }, () => sealer.seal(21, Buffer.from([1, 90]))),
    'CLOSE_TLS_BROKEN',
  ],
  ['10,000 ChangeCipherSpecs', () => [many(20, Buffer.from([1]))], 'CLOSE_TLS_BROKEN'],
  [
    '10,000 HelloRequests',
    sealer =>
      Array.from({ length: 10_000 }, () => sealer.seal(22, handshakeMessage(0, Buffer.alloc(0)))),
    'CLOSE_TLS_BROKEN',
  ],
  [
    'a message that says it has 16 MB, and some of it',
    sealer => [
      sealer.seal(22, Buffer.from([24, 255, 255, 255])),
      ...Array.from({ length: 20 }, () => sealer.seal(22, Buffer.alloc(16_000))),
    ],
    'CLOSE_TLS_BROKEN',
  ],
]
const flooding = await broker.createDevice('flooding')
for (const [name, flood, code] of afterwards) {
  t.test(`TLS 1.3, in a session: ${name}`, async t => {
    const ended = broker.closed({ clientId: 'flooding' })
    await flooded(flooding, flood)
    t.equal((await ended).code, code)
    await isWell()
  })
}

/** Finishes the handshake with node:tls and goes on by hand: CONNECT, and when it is answered the flood. */
async function flooded(device: Device, flood: (sealer: Sealer) => Buffer[]): Promise<void> {
  const socket = dial({ host: '127.0.0.1', port: broker.port })
  socket.on('error', () => {})
  const over = new Promise(resolve => socket.once('close', resolve))
  let secret: Buffer | undefined
  const tls = dialTls({
    socket,
    servername: 'localhost',
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
    ca: device.ca,
    cert: device.certificate,
    key: device.privateKey,
  })
  tls.on('error', () => {})
  tls.on('keylog', (line: Buffer) => {
    const [label, , hex = ''] = line.toString('latin1').trim().split(' ')
    if (label === 'CLIENT_TRAFFIC_SECRET_0') secret = Buffer.from(hex, 'hex')
  })
  await once(tls, 'secureConnect')
  if (secret === undefined) throw new Error('the key log has no secret of the client')
  const answered = once(tls, 'data')
  tls.write(connectPacket({ clientId: 'flooding' }))
  await answered
  const sealer = sealerOf(secret)
  // The CONNECT was the first record under these keys.
  sealer.seal(23, Buffer.alloc(0))
  await sendAll(socket, flood(sealer))
  await over
}

function sealerOf(first: Buffer): Sealer {
  let secret = first
  let keys = recordProtection(TLS_AES_128_GCM_SHA256, secret)
  const seal: Sealer['seal'] = (type, content) => {
    const sealed = keys?.seal(type, content)
    if (sealed === undefined) throw new Error('no keys')
    return sealed
  }
  return {
    seal,
    update() {
      const asked = seal(22, KEY_UPDATE(1))
      secret = nextSecret(secret)
      keys = recordProtection(TLS_AES_128_GCM_SHA256, secret)
      return asked
    },
  }
}

const TLS_AES_128_GCM_SHA256 = 0x1301

/** RFC 8446 7.2. */
function nextSecret(secret: Buffer): Buffer {
  const label = Buffer.from('tls13 traffic upd', 'latin1')
  const info = Buffer.concat([Buffer.from([0, 32, label.length]), label, Buffer.from([0, 1])])
  return createHmac('sha256', secret).update(info).digest()
}
