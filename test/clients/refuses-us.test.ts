/**
 * Devices that don't accept our server certificate. Those that say so by an alert are believed, as far as that alert goes;
 * those that leave in silence are not claimed to have said anything.
 */

import tls from 'node:tls'
import t from 'tap'
import type { Device } from '../../broker/main.ts'
import { minted, PKI_NOW } from '../helpers/pki.ts'
import type { ClientName } from './build.ts'
import { runDevice } from './device.ts'
import { local } from './local.ts'
import { mosquittoPub } from './mosquitto.ts'
import { sClient } from './openssl.ts'
import { deviceOrSkip, toolOrSkip } from './skip.ts'

const strangerPem = () => minted({ subject: [['CN', 'Stranger CA']], isCa: true }).pem

const rejected = (number: number, name: string, stack: string) => ({
  verdict: 'refused',
  side: 'client',
  phase: { client: 'alert', broker: 'Certificate' },
  room: 'handshake',
  code: 'HANDSHAKE_SERVER_CERTIFICATE_REJECTED',
  blame: 'device',
  evidence: { alert: number, alertName: name, stack, names: ['localhost', '127.0.0.1', '::1'] },
  tls: { alerts: [{ from: 'client', number, name }] },
  hello: { stack: { name: stack } },
})
const unknownCa = (stack: string) => ({
  ...rejected(48, 'unknown_ca', stack),
  certainty: 'proof',
  says: /it does not trust the CA that signed it \(alert 48 unknown_ca\)$/,
})

const devices: [ClientName, 'tls12' | 'tls13', string][] = [
  ['mbedtls', 'tls12', 'mbedTLS'],
  ['wolfssl', 'tls12', 'wolfSSL'],
  ['wolfssl', 'tls13', 'wolfSSL'],
]
for (const [name, version, stack] of devices) {
  t.test(`${name} ${version}: it has another CA`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const { broker, device, file } = await local(t)
    const { flags } = await device('device')
    const ca = await file(strangerPem())
    const seen = await runDevice(program, { ...flags, ca, min: version, max: version })
    t.match(seen.event('handshake'), { ok: false, alert: 48, alertFrom: 'client' })
    t.match(await broker.closed(), unknownCa(stack))
  })

  t.test(`${name} ${version}: it expects another host name`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const { broker, device } = await local(t)
    const { flags } = await device('device')
    const sni = 'iot.example.com'
    const seen = await runDevice(program, { ...flags, sni, min: version, max: version })
    t.match(seen.event('handshake'), { ok: false, alert: 42, alertFrom: 'client' })
    const record = await broker.closed()
    t.match(record, rejected(42, 'bad_certificate', stack))
    t.not(record.certainty, 'proof', 'the number alone does not tell')
    t.match(record.evidence, { sni, candidates: [{ cause: 'name' }] })
    t.match(record.remedy, /let the device dial `localhost`/)
    t.match(record.also, [{ code: 'HELLO_SNI_UNKNOWN', evidence: { sni } }])
  })
}

const policies = {
  '1.2': 'IoTSecurityPolicy_TLS12_1_2_2022_10',
  '1.3': 'IoTSecurityPolicy_TLS13_1_3_2022_10',
} as const

/** Node finishes the handshake on TLS 1.2 before it looks at our certificate. */
const silentCodes = { '1.2': 'CONNECT_ABANDONED', '1.3': 'HANDSHAKE_ABANDONED' } as const

for (const version of ['1.2', '1.3'] as const) {
  t.test(`openssl ${version}: it has another CA`, async t => {
    if (!(await toolOrSkip(t, 'openssl'))) return
    const { broker, device, file } = await local(t)
    const { flags } = await device('device')
    const ca = await file(strangerPem())
    const seen = await sClient({ ...flags, ca, tls: version })
    t.match(seen, { handshake: { ok: false } })
    t.match(await broker.closed(), { ...unknownCa('OpenSSL'), tls: { version: `TLSv${version}` } })
  })

  t.test(`mosquitto_pub ${version}: it has another CA`, async t => {
    if (!(await toolOrSkip(t, 'mosquitto_pub'))) return
    // The server's policy, for mosquitto_pub's own `--tls-version tlsv1.2` takes 1.3 all the same.
    const { broker, device, file } = await local(t, { tls: { securityPolicy: policies[version] } })
    const { flags } = await device('device')
    const ca = await file(strangerPem())
    const seen = await mosquittoPub({ ...flags, ca, topic: 'a', message: 'x' })
    t.not(seen.code, 0)
    t.match(await broker.closed(), { ...unknownCa('OpenSSL'), tls: { version: `TLSv${version}` } })
  })

  t.test(`node ${version}: it has another CA, and leaves in silence`, async t => {
    // The broker's clock was set, so it is none to judge our certificate by: that one is made for the real time.
    const { broker } = await local(t, { clock: PKI_NOW })
    const device = await broker.createDevice('device')
    const seen = await dial(broker.port, version, { ...device, ca: strangerPem() })
    t.match(seen, { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
    const record = await broker.closed()
    const code = silentCodes[version]
    t.match(record, { verdict: 'refused', side: 'client', code, certainty: 'guess' })
    t.match(record.evidence, { stack: 'OpenSSL', candidates: [{ cause: 'trust' }] })
    t.match(record.says, /; perhaps /)
    t.same(
      record.tls?.alerts.filter(({ number }) => number !== 0),
      [],
    )
  })
}

for (const version of ['1.2', '1.3'] as const) {
  t.test(`node ${version}: it expects another host name, and leaves in silence`, async t => {
    const { broker } = await local(t)
    const device = await broker.createDevice('device')
    const servername = 'iot.example.com'
    const seen = await dial(broker.port, version, device, servername)
    t.match(seen, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    t.match(await broker.closed(), {
      code: silentCodes[version],
      certainty: 'likely',
      blame: 'device',
      says: /perhaps it asked for `iot.example.com`, and our certificate has `localhost`/,
      evidence: { candidates: [{ cause: 'name' }] },
      also: [{ code: 'HELLO_SNI_UNKNOWN' }],
    })
  })

  t.test(`node ${version}: our own certificate ran out`, async t => {
    const yesterday = Date.now() - 398 * 24 * 60 * 60 * 1000
    const { broker } = await local(t, { serverCertificatesAt: yesterday })
    const seen = await dial(broker.port, version, await broker.createDevice('device'))
    t.match(seen, { code: 'CERT_HAS_EXPIRED' })
    t.match(await broker.closed(), {
      code: silentCodes[version],
      certainty: 'likely',
      blame: 'setup',
      says: /perhaps our certificate ran out on 20/,
      remedy: /^give this broker a server certificate that is valid now/,
      evidence: { candidates: [{ cause: 'outdated' }] },
    })
  })
}

t.test('openssl: our own certificate ran out, and the device is not to blame', async t => {
  if (!(await toolOrSkip(t, 'openssl'))) return
  const { broker, device } = await local(t, {
    serverCertificatesAt: Date.now() - 398 * 24 * 60 * 60 * 1000,
  })
  const { flags } = await device('device')
  t.match(await sClient(flags), { handshake: { ok: false } })
  t.match(await broker.closed(), {
    ...rejected(45, 'certificate_expired', 'OpenSSL'),
    blame: 'setup',
    says: /\(alert 45 certificate_expired\): our certificate ran out on 20/,
    remedy: /^give this broker a server certificate that is valid now/,
  })
})

/** @returns the error with which node:tls gives up */
function dial(
  port: number,
  version: '1.2' | '1.3',
  { ca, certificate: cert, privateKey: key }: Device,
  servername = 'localhost',
): Promise<NodeJS.ErrnoException> {
  const only = `TLSv${version}` as const
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      ...{ host: '127.0.0.1', servername, port, ca, cert, key },
      minVersion: only,
      maxVersion: only,
    })
    socket.once('error', resolve)
    socket.once('secureConnect', () => {
      socket.destroy()
      reject(new Error('it was taken for trusted'))
    })
  })
}
