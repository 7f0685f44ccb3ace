/** Real handshakes of node:tls with itself, in memory, with every byte of both directions and the key log kept. */

import { X509Certificate } from 'node:crypto'
import { Duplex } from 'node:stream'
import { connect, createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import { pki } from '../helpers/pki.ts'

export type Recording = {
  /** In the order of time; neighbours are of different sides. */
  turns: { from: 'client' | 'server'; bytes: Buffer }[]
  secrets: Map<string, Buffer>
  /** What node:tls says about it. */
  version: string
  cipher: string
  /** DER, as the client was told to send them. */
  chain: Buffer[]
}

export type Recipe = {
  version: 'TLSv1.2' | 'TLSv1.3'
  /** OpenSSL's name. */
  suite?: string
  groups?: string
  client: 'ec' | 'rsa' | 'chain' | 'none'
  server?: 'ec' | 'rsa'
}

/** Runs one until both sides are done with it. */
export async function recordHandshake(recipe: Recipe): Promise<Recording> {
  const turns: Recording['turns'] = []
  const secrets = new Map<string, Buffer>()
  const [clientEnd, serverEnd] = wirePair((from, bytes) => {
    const last = turns.at(-1)
    if (last?.from === from) last.bytes = Buffer.concat([last.bytes, bytes])
    else turns.push({ from, bytes })
  })
  const { certificates, keyPem } = identity(recipe.client)
  const server = new TLSSocket(serverEnd, {
    isServer: true,
    secureContext: createSecureContext({ ...serverOptions(recipe) }),
    requestCert: true,
    rejectUnauthorized: false,
  })
  server.on('keylog', (line: Buffer) => {
    const [label = '', , secret = ''] = line.toString('latin1').trim().split(' ')
    secrets.set(label, Buffer.from(secret, 'hex'))
  })
  const client = connect({
    socket: clientEnd,
    servername: 'localhost',
    ...(recipe.client === 'none' ? {} : { cert: certificates.join(''), key: keyPem }),
    rejectUnauthorized: false,
    ...(recipe.groups === undefined ? {} : { ecdhCurve: 'X25519:P-256:P-384' }),
  })
  const over = new Promise<void>(resolve => {
    server.once('secure', resolve)
    server.once('error', () => resolve())
  })
  client.on('error', () => undefined)
  server.on('error', () => undefined)
  await over
  const recording: Recording = {
    turns: turns.map(turn => ({ ...turn })),
    secrets,
    version: server.getProtocol() ?? '',
    cipher: server.getCipher()?.standardName ?? '',
    chain: certificates.map(pem => new X509Certificate(pem).raw),
  }
  client.destroy()
  server.destroy()
  return recording
}

function serverOptions({ version, suite, groups, server = 'ec' }: Recipe): SecureContextOptions {
  const { device, rsaDevice } = pki()
  const own = server === 'ec' ? device : rsaDevice
  return {
    cert: own.pem,
    key: own.keyPem,
    minVersion: version,
    maxVersion: version,
    ...(suite === undefined ? {} : { ciphers: suite }),
    ...(groups === undefined ? {} : { ecdhCurve: groups }),
  }
}

function identity(kind: Recipe['client']): { certificates: string[]; keyPem: string } {
  const { device, rsaDevice, signer, root } = pki()
  if (kind === 'none') return { certificates: [], keyPem: '' }
  if (kind === 'rsa') return { certificates: [rsaDevice.pem], keyPem: rsaDevice.keyPem }
  const certificates = kind === 'ec' ? [device.pem] : [device.pem, signer.pem, root.pem]
  return { certificates, keyPem: device.keyPem }
}

/** Two ends of a wire; `see` is told of each write. */
function wirePair(see: (from: 'client' | 'server', bytes: Buffer) => void): [Duplex, Duplex] {
  const end = (from: 'client' | 'server', other: () => Duplex): Duplex =>
    new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _, done) {
        see(from, Buffer.from(chunk))
        other().push(chunk)
        done()
      },
    })
  const client: Duplex = end('client', () => server)
  const server: Duplex = end('server', () => client)
  return [client, server]
}
