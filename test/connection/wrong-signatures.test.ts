/**
 * Chains with signatures that don't verify. OpenSSL leaves an error behind for each, and Node takes it for a failure, or
 * throws where nobody can catch it: any stranger could stop the process. broker/tls/flight.ts says what is done about it.
 */

import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as dialTls } from 'node:tls'
import t, { type Test } from 'tap'
import type { Broker } from '../../broker/main.ts'
import { toPem } from '../../broker/x509/pem.ts'
import { sClient } from '../clients/openssl.ts'
import { toolOrSkip } from '../clients/skip.ts'
import { connect, running } from '../helpers/device.ts'
import { connectPacket } from '../helpers/mqtt-bytes.ts'
import { ecKeys, type KeyPair, mintedDevice, pki, rsaKeys } from '../helpers/pki.ts'

const kinds = { ec: ecKeys(), rsa4096: rsaKeys(4096) }

type Chain = { pem: string; keyPem: string }

const { signer, bare, impostors, root } = pki()

/** What is sent, and the code that it ends with. Registered are `signer` and `bare.signer`, for registration. */
const chains: [name: string, send: (cn: string, keys: KeyPair) => Chain, code: string][] = [
  ['the right chain', chainOf(signer, signer.der), 'REGISTRATION_JITR_PENDING'],
  ['another key', chainOf(signer, impostors.otherKey.der), 'REGISTRATION_JITR_PENDING'],
  [
    'another key, as signer',
    chainOf(impostors.otherKey, impostors.otherKey.der),
    'CERTIFICATE_SIGNER_MISMATCH',
  ],
  [
    'another key without identifiers',
    chainOf(bare.signer, impostors.noIdentifiers.der),
    'REGISTRATION_JITR_PENDING',
  ],
  [
    'another key without identifiers, as signer',
    chainOf(impostors.noIdentifiers, impostors.noIdentifiers.der),
    'CERTIFICATE_SIGNER_MISMATCH',
  ],
  ['a rebuilt certificate', chainOf(signer, impostors.rebuilt.der), 'REGISTRATION_JITR_PENDING'],
  ['a damaged signer', chainOf(signer, damaged(signer.der)), 'REGISTRATION_JITR_PENDING'],
  [
    'a damaged device certificate',
    (cn, keys) => {
      const device = mintedDevice(cn, signer, keys)
      return { pem: pemOf(damaged(device.der)) + signer.pem, keyPem: device.keyPem }
    },
    'CERTIFICATE_SIGNER_MISMATCH',
  ],
]

/** How the second flight is cut on its way: whole, one byte at a time, and around Node's own 1,024. */
const CUTS = [undefined, 1, 333, 1023, 1025]

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${version}: strangers with every such chain never stop the broker`, async t => {
    const uncaught: unknown[] = []
    const catcher = (error: unknown): number => uncaught.push(error)
    process.on('uncaughtException', catcher)
    t.teardown(() => process.off('uncaughtException', catcher))
    const broker = await running(t)
    broker.registerAuthority(signer.pem)
    broker.registerAuthority(bare.signer.pem)
    for (const [index, cut] of CUTS.entries()) {
      const port = cut === undefined ? broker.port : await cutting(t, broker.port, cut)
      for (const [kind, keys] of Object.entries(kinds)) {
        for (const [name, send, code] of chains) {
          const seen = await visit(broker, port, send(`${kind}-${index}`, keys), version)
          const record = await broker.closed()
          const what = `${name}, ${kind}, in pieces of ${cut ?? 'any size'}`
          t.equal(record.code, code, what)
          t.same(seen, { secured: true, connack: false }, `${what}: what the client saw`)
        }
      }
    }
    const device = await broker.createDevice('rightful')
    const { seen } = await connect(t, broker, device)
    t.equal(seen.connack, 0, 'a rightful device still connects')
    t.same(uncaught, [])
  })
}

t.test(
  'a proof of the key that is longer than a piece of Node does no harm to such a chain',
  async t => {
    if (!(await toolOrSkip(t, 'openssl'))) return
    const broker = await running(t)
    broker.registerAuthority(bare.signer.pem)
    const files = t.testdir({
      'device.pem': bare.device.pem,
      'device.key': bare.device.keyPem,
      'right.pem': bare.signer.pem,
      'wrong.pem': impostors.noIdentifiers.pem + root.pem,
    })
    const come = (chain: string) =>
      sClient({
        port: broker.port,
        cert: join(files, 'device.pem'),
        key: join(files, 'device.key'),
        certChain: join(files, chain),
        tls: '1.3',
        // Fills each record of the flight up to 2 KB, as a key of RSA 8192 would.
        args: ['-record_padding', '2048'],
        send: connectPacket(),
        holdMs: 10_000,
      })
    await come('wrong.pem')
    const record = await broker.closed()
    t.equal(record.code, 'REGISTRATION_JITR_PENDING')
    t.match(record.also, [{ code: 'CHAIN_SIGNER_DIFFERS' }])
    await come('right.pem')
    t.match(await broker.closed(), { code: 'REGISTRATION_PENDING_ACTIVATION', also: [] })
  },
)

type Seen = { secured: boolean; connack: boolean }

/** Comes, says CONNECT, and stays until it is thrown out. */
async function visit(
  broker: Broker,
  port: number,
  { pem, keyPem }: Chain,
  version: 'TLSv1.2' | 'TLSv1.3',
): Promise<Seen> {
  const seen: Seen = { secured: false, connack: false }
  const socket = dialTls({
    host: '127.0.0.1',
    port,
    servername: broker.host,
    ca: broker.ca,
    cert: pem,
    key: keyPem,
    minVersion: version,
    maxVersion: version,
  })
  socket.on('secureConnect', () => {
    seen.secured = true
    socket.write(connectPacket())
  })
  socket.on('data', () => {
    seen.connack = true
  })
  // How it was thrown out, the broker's record tells.
  socket.on('error', () => {})
  await new Promise(resolve => socket.once('close', resolve))
  return seen
}

/** A port in front of the broker's; what a client sends goes on in pieces of `size` bytes, each in a segment of its own. */
async function cutting(t: Test, brokerPort: number, size: number): Promise<number> {
  const proxy = createServer(client => {
    const broker = dial({ port: brokerPort, host: '127.0.0.1', noDelay: true })
    let waiting = Buffer.alloc(0)
    let busy = false
    const next = (): void => {
      busy = waiting.length > 0
      if (!busy) return
      const piece = waiting.subarray(0, size)
      waiting = waiting.subarray(size)
      broker.write(piece, () => setImmediate(next))
    }
    client.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk])
      if (!busy) next()
    })
    broker.pipe(client)
    const over = (socket: Socket, other: Socket): void => {
      socket.on('error', () => {})
      socket.on('close', () => other.destroy())
    }
    over(client, broker)
    over(broker, client)
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  t.teardown(() => proxy.close())
  return (proxy.address() as AddressInfo).port
}

function chainOf(issuer: typeof signer, sent: Buffer) {
  return (cn: string, keys: KeyPair): Chain => {
    const device = mintedDevice(cn, issuer, keys)
    return { pem: device.pem + pemOf(sent) + root.pem, keyPem: device.keyPem }
  }
}

/** The same certificate with one bit of its signature changed. */
function damaged(der: Buffer): Buffer {
  const copy = Buffer.from(der)
  const last = copy.length - 1
  copy.writeUInt8(copy.readUInt8(last) ^ 1, last)
  return copy
}

function pemOf(der: Buffer): string {
  return toPem('CERTIFICATE', der)
}
