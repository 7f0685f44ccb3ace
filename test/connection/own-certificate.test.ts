/** A server certificate of the user's own through the door: what is sent, what a device then sees, and what we tell of it. */

import { type ConnectionOptions, connect as dialTls, type PeerCertificate } from 'node:tls'
import t from 'tap'
import type { Broker } from '../../broker/main.ts'
import { connect, running } from '../helpers/device.ts'
import { ecKeys, issuerOf, type Minted, minted, rsaKeys } from '../helpers/pki.ts'

const NAME = '*.example.com'
const HOST = 'broker.example.com'
const root = minted({ subject: [['CN', 'My root']], isCa: true })
const between = minted({ subject: [['CN', 'My CA']], isCa: true, issuer: issuerOf(root) })
const p384 = server(ecKeys('P-384'))

function server(keys: Parameters<typeof minted>[1], request = {}): Minted {
  const subject: [string, string][] = [['CN', HOST]]
  return minted({ subject, issuer: issuerOf(between), dnsNames: [NAME], ...request }, keys)
}

const own = (one: Minted) => ({ certificate: one.pem + between.pem, key: one.keyPem })

type Saw = { peer?: PeerCertificate; message?: string; protocol?: string | null }

function visit(broker: Broker, options: ConnectionOptions = {}): Promise<Saw> {
  return new Promise(resolve => {
    const saw: Saw = {}
    const where = { host: '127.0.0.1', port: broker.port, servername: HOST, ca: root.pem }
    const socket = dialTls({ ...where, ...options })
    socket.on('secureConnect', () => {
      saw.peer = socket.getPeerCertificate()
      saw.protocol = socket.getProtocol()
      socket.end()
    })
    socket.on('error', ({ message }) => {
      saw.message ??= message
    })
    socket.on('close', () => resolve(saw))
  })
}

t.test('a P-384 certificate with its chain: a device that trusts its root connects', async t => {
  const broker = await running(t, {
    tls: { serverCertificates: [own(p384)], sni: 'required' },
  })
  const device = await broker.createDevice('device')
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const options = { ca: root.pem, servername: HOST, host: '127.0.0.1', maxVersion }
    const { seen, client } = await connect(t, broker, device, options)
    t.equal(seen.connack, 0, maxVersion)
    await client.endAsync()
    t.match(await broker.closed({ code: 'CLOSE_BY_CLIENT' }), {
      tls: { version: maxVersion, serverCertificate: 'ECDSA' },
      also: [],
    })
  }
})

t.test('a client that does not know its CA is told of it by name', async t => {
  const broker = await running(t, { tls: { serverCertificates: [own(p384)] } })
  await visit(broker, { ca: broker.ca })
  t.match(await broker.closed(), {
    // node:tls leaves without an alert.
    code: 'HANDSHAKE_ABANDONED',
    evidence: { issuer: 'CN=My root', names: [NAME] },
    remedy: /`CN=My root`/,
  })
  await visit(broker, { servername: 'elsewhere' })
  const record = await broker.closed()
  t.match(record.also, [{ code: 'HELLO_SNI_UNKNOWN', remedy: /serve a certificate that has/ }])
})

t.test('the matcher knows its curve', async t => {
  const broker = await running(t, { tls: { serverCertificates: [own(p384)] } })
  const sigalgs = 'ECDSA+SHA256'
  t.match((await visit(broker, { sigalgs, minVersion: 'TLSv1.3' })).message, /alert number 40/)
  t.match(await broker.closed(), {
    code: 'HELLO_NO_SHARED_SIGNATURE_ALGORITHM',
    evidence: { usable: ['ecdsa_secp384r1_sha384'] },
  })
  const ecdhCurve = 'P-256'
  t.match((await visit(broker, { ecdhCurve, maxVersion: 'TLSv1.2' })).message, /alert number 40/)
  t.match(await broker.closed(), { code: 'HELLO_NO_SHARED_GROUP' })
})

t.test('one for each kind of key: the device gets the one that it can use', async t => {
  const rsa = server(rsaKeys())
  const broker = await running(t, { tls: { serverCertificates: [own(rsa), own(p384)] } })
  for (const [sigalgs, served] of [
    ['ECDSA+SHA384:ECDSA+SHA256', p384],
    ['RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA256', rsa],
  ] as const) {
    const { peer } = await visit(broker, { sigalgs, minVersion: 'TLSv1.3' })
    t.equal(peer?.raw.equals(served.der), true, sigalgs)
  }
})

t.test('weak ones are served, with warnings at the start', async t => {
  for (const [one, says] of [
    [server(rsaKeys(1024)), /key of RSA 1024/],
    [server(rsaKeys(), { hash: 'sha1' }), /signed with ecdsa-with-SHA1/],
  ] as const) {
    const told: string[] = []
    const broker = await running(t, {
      clock: Date.UTC(2026, 0, 1),
      tls: { serverCertificates: [{ ...own(one), ca: root.pem }], names: [HOST] },
      log: event => void (event.event === 'broker.warning' && told.push(event.says)),
    })
    t.equal(told.length, 1)
    t.match(told[0], says)
    t.equal(broker.ca, root.pem)
    const { peer } = await visit(broker, {
      rejectUnauthorized: false,
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    t.equal(peer?.raw.equals(one.der), true)
  }
})

t.test('what can not be served stops the start', async t => {
  const wrong = { certificate: p384.pem, key: between.keyPem }
  await t.rejects(running(t, { tls: { serverCertificates: [wrong] } }), {
    message: /the PEM that was given is not the key of/,
  })
})
