/**
 * The command that everybody tries first: `openssl s_client`, with files as AWS and other tools give them, in and out of the
 * registry. An unregistered certificate is refused with the one of two codes that says what to register.
 */

import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Broker } from '../../broker/main.ts'
import { running } from '../helpers/device.ts'
import { directly } from '../helpers/directly.ts'
import { connectPacket, readPackets } from '../helpers/mqtt-bytes.ts'
import { ecKeys, type Minted, mintedDevice, pki } from '../helpers/pki.ts'
import { type SClientOptions, type SClientRun, sClient } from './openssl.ts'
import { toolOrSkip } from './skip.ts'

/** Connects as `clientId` and waits for an answer or for the end. */
function visit(
  broker: Broker,
  options: Omit<SClientOptions, 'port'>,
  clientId = 'device',
): Promise<SClientRun> {
  return sClient({
    port: broker.port,
    send: connectPacket({ clientId }),
    enough: received => readPackets(received).length > 0,
    holdMs: 10_000,
    ...options,
  })
}

/** DER files of a device, and its `-certform`, `-keyform` flags. */
function derFiles(t: Test, certificate: Buffer, key: Buffer): Partial<SClientOptions> {
  const folder = t.testdir({ 'device.der': certificate, 'device.key.der': key })
  return {
    cert: join(folder, 'device.der'),
    key: join(folder, 'device.key.der'),
    args: ['-certform', 'DER', '-keyform', 'DER'],
  }
}

/** One test with openssl at hand. */
function test(name: string, body: (t: Test) => Promise<void>): void {
  t.test(name, async t => {
    if (await toolOrSkip(t, 'openssl')) await body(t)
  })
}

for (const keyType of ['rsa', 'ec'] as const) {
  test(`a registered device connects with DER files (${keyType})`, async t => {
    const broker = await running(t)
    const device = await broker.createDevice('device', { keyType })
    const files = derFiles(t, derOf(device.certificate), derOf(device.privateKey))
    for (const tls of ['1.2', '1.3'] as const) {
      const client = await visit(broker, { ...files, tls })
      t.match(client.packets, [{ cmd: 'connack', returnCode: 0 }], tls)
      t.match(await broker.closed(), {
        code: 'CLOSE_CONNECTION_LOST',
        verdict: 'closed',
        side: 'client',
        certificateId: device.certificateId,
        tls: { version: `TLSv${tls}` },
        sent: { connack: 0 },
      })
    }
  })
}

test('a registered device connects with ECDHE-RSA-AES256-SHA alone', async t => {
  const broker = await running(t)
  const device = await broker.createDevice('device', { keyType: 'rsa' })
  const client = await visit(broker, {
    ...derFiles(t, derOf(device.certificate), derOf(device.privateKey)),
    tls: '1.2',
    cipher: 'ECDHE-RSA-AES256-SHA',
  })
  t.equal(client.handshake.suite, 'ECDHE-RSA-AES256-SHA')
  t.match(client.packets, [{ cmd: 'connack', returnCode: 0 }])
  t.match(await broker.closed(), {
    verdict: 'closed',
    hello: { cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', /SCSV/] },
    tls: { cipherSuite: 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', serverCertificate: 'RSA' },
  })
})

type Refused = {
  name: string
  /** Sets the stage, and gives the certificate that is not registered. */
  stage(broker: Broker): Promise<Minted> | Minted
  code: string
  says: RegExp
  remedy: RegExp
  evidence: object
}

const refused: Refused[] = [
  {
    name: 'nobody knows its issuer: no CA is registered',
    stage: () => pki().stranger.device,
    code: 'CERTIFICATE_ISSUER_UNKNOWN',
    says: /issued by `CN=Stranger CA`: no CA is registered, and the certificate is not registered itself/,
    remedy: /register `CN=Stranger CA` with `candid ca register`/,
    evidence: { issuer: 'CN=Stranger CA', registered: [] },
  },
  {
    name: 'nobody knows its issuer: another CA is registered',
    stage(broker) {
      broker.registerAuthority(pki().signer.pem)
      return pki().stranger.device
    },
    code: 'CERTIFICATE_ISSUER_UNKNOWN',
    says: /issued by `CN=Stranger CA`: no registered CA signed it/,
    remedy: /register `CN=Stranger CA`/,
    evidence: { registered: [{ subject: 'CN=Acme signer, O=Acme' }] },
  },
  {
    name: 'it signed itself',
    stage: () => pki().selfSigned,
    code: 'CERTIFICATE_ISSUER_UNKNOWN',
    says: /is self-signed, and the certificate is not registered itself/,
    remedy: /register this very certificate/,
    evidence: { selfSigned: true },
  },
  {
    name: 'only the root above its signer is registered',
    stage(broker) {
      broker.registerAuthority(pki().root.pem)
      // Without its chain: the signer is not known by any other way.
      return pki().device
    },
    code: 'CERTIFICATE_ISSUER_UNKNOWN',
    says: /issued by `CN=Acme signer, O=Acme`: no registered CA signed it/,
    remedy: /register `CN=Acme signer, O=Acme`/,
    evidence: { registered: [{ subject: 'CN=Acme root, O=Acme' }] },
  },
  {
    name: 'renewed with the same key, by whomever',
    async stage(broker) {
      const keys = ecKeys()
      register(broker, mintedDevice('old', pki().signer, keys), 'the-thing')
      return mintedDevice('new', pki().stranger.ca, keys)
    },
    code: 'REGISTRATION_NOT_REGISTERED',
    says: /is not registered, and no registered CA signed it; registered is `[0-9a-f]{16}\.\.\.` with the same key: a renewed certificate has an id of its own$/,
    remedy:
      /register the new certificate too: .*; or load the registered one \(thing `the-thing`\) into the device again$/,
    evidence: { same: 'key', near: [{ thingName: 'the-thing', subject: 'CN=old, O=Acme' }] },
  },
  {
    name: 'renewed with another key and the same names',
    stage(broker) {
      register(broker, mintedDevice('dev-7', pki().signer), 'dev-7')
      register(broker, mintedDevice('dev-8', pki().signer), 'dev-8')
      return mintedDevice('dev-7', pki().signer)
    },
    code: 'REGISTRATION_NOT_REGISTERED',
    says: /with the same subject and issuer/,
    remedy: /\(thing `dev-7`\)/,
    evidence: { same: 'subject', near: [{ thingName: 'dev-7' }] },
  },
  {
    name: 'another device of the same issuer, forgotten when the others were registered',
    stage(broker) {
      register(broker, mintedDevice('dev-7', pki().signer), 'dev-7')
      return mintedDevice('dev-9', pki().signer)
    },
    code: 'REGISTRATION_NOT_REGISTERED',
    says: /registered is `[0-9a-f]{16}\.\.\.` from the same issuer$/,
    remedy: /^register this certificate: /,
    evidence: { same: 'issuer', issuer: 'CN=Acme signer, O=Acme' },
  },
  {
    name: 'an issuer of the same name whose key identifier says that it is another',
    stage(broker) {
      register(broker, mintedDevice('dev-7', pki().signer), 'dev-7')
      return pki().impostors.otherKey.device
    },
    code: 'CERTIFICATE_ISSUER_UNKNOWN',
    says: /no CA is registered/,
    remedy: /register `CN=Acme signer, O=Acme`/,
    evidence: { issuer: 'CN=Acme signer, O=Acme' },
  },
  {
    name: 'its CA is registered, and INACTIVE',
    stage(broker) {
      broker.registerAuthority(pki().signer.pem, { status: 'INACTIVE' })
      return pki().device
    },
    code: 'REGISTRATION_CA_INACTIVE',
    says: /its CA `CN=Acme signer, O=Acme` is INACTIVE/,
    remedy: /candid ca activate [0-9a-f]{16}/,
    evidence: { subject: 'CN=Acme signer, O=Acme' },
  },
  {
    name: 'its CA is registered, and registers no devices by itself',
    stage(broker) {
      broker.registerAuthority(pki().signer.pem, { autoRegistration: 'DISABLE' })
      return pki().device
    },
    code: 'REGISTRATION_AUTO_DISABLED',
    says: /its CA `CN=Acme signer, O=Acme` has auto-registration switched off/,
    remedy: /candid ca enable-registration [0-9a-f]{16}/,
    evidence: { subject: 'CN=Acme signer, O=Acme' },
  },
]

for (const { name, stage, code, says, remedy, evidence } of refused) {
  test(`not registered: ${name}`, async t => {
    const broker = await running(t)
    const device = await stage(broker)
    const key = device.privateKey.export({ type: 'pkcs8', format: 'der' })
    const client = await visit(broker, derFiles(t, device.der, key))
    t.equal(client.handshake.ok, true, 'as on AWS, TLS itself is fine')
    t.same(client.packets, [], 'and CONNECT gets no answer')
    t.equal(client.alert, undefined)
    const record = await broker.closed()
    t.match(record, { verdict: 'refused', side: 'we', code, evidence, clientId: 'device' })
    t.match(record.says, says)
    t.match(record.remedy, remedy)
    t.match(record, { certificateId: device.certificate.sha256, sent: { close: 'fin' } })
    t.notOk('connack' in record.sent || 'alert' in record.sent)
  })
}

for (const [tls, code, alert, stage] of [
  ['1.2', 'CERTIFICATE_ISSUER_UNKNOWN', 46, () => undefined],
  ['1.3', 'CERTIFICATE_ISSUER_UNKNOWN', 46, () => undefined],
  ['1.2', 'REGISTRATION_NOT_REGISTERED', 46, registerNeighbour],
  ['1.3', 'REGISTRATION_NOT_REGISTERED', 46, registerNeighbour],
] as const) {
  test(`refused in the handshake on TLS ${tls}: ${code} shows as alert ${alert}`, async t => {
    const broker = await running(t, { tls: { refuseCertificates: 'in-handshake' } })
    stage(broker)
    const { der, privateKey } = pki().device
    const key = privateKey.export({ type: 'pkcs8', format: 'der' })
    const client = await visit(broker, { ...derFiles(t, der, key), tls })
    t.equal(client.alert, alert)
    t.match(await broker.closed(), { code, verdict: 'refused', side: 'we', sent: { alert } })
  })
}

function registerNeighbour(broker: Broker): void {
  register(broker, pki().device2, 'dev-2')
}

/** As `devices` in config.yaml would. */
function register(broker: Broker, { certificate }: Minted, thingName: string): void {
  const certificateId = certificate.sha256
  directly(broker.registry).putThing({ thingName, attributes: {} })
  directly(broker.registry).attachThing(certificateId, thingName)
  directly(broker.registry).registerCertificate({
    certificate,
    status: 'ACTIVE',
    source: { kind: 'declared', file: 'config.yaml' },
  })
}

/** The bytes in a PEM of one block. */
function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[A-Z ]+-----/g, ''), 'base64')
}
