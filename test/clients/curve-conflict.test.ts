/**
 * A device that offers one suite and one curve, and a server that has no use for them. For OpenSSL a missing curve and a
 * missing certificate type are the same error; the record must tell them apart.
 */

import t from 'tap'
import type { ClientName } from './build.ts'
import { type DeviceFlags, runDevice } from './device.ts'
import { local } from './local.ts'
import { deviceOrSkip } from './skip.ts'

const SUITE = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
const ACCEPTED = ['x25519', 'secp256r1', 'secp384r1']
const inItsWords = {
  mbedtls: 'TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256',
  wolfssl: 'ECDHE-ECDSA-AES128-GCM-SHA256',
}
const stacks = {
  mbedtls: { stack: 'mbedTLS', variant: 'mbedTLS 2' },
  wolfssl: { stack: 'wolfSSL' },
}

const seen = { ok: false, alert: 40, alertFrom: 'server' } as const
const refusedHello = {
  verdict: 'refused',
  side: 'we',
  phase: { client: 'ClientHello', broker: 'alert' },
  room: 'hello',
  certainty: 'proof',
  sent: { alert: 40, close: 'fin' },
  hello: { cipherSuites: [SUITE] },
  tls: { alerts: [{ from: 'broker', level: 'fatal', number: 40, name: 'handshake_failure' }] },
}
const noGroup = {
  offered: ['secp224r1'],
  accepted: ACCEPTED,
  version: 'TLSv1.2',
  extensionAbsent: false,
}
const noCertificateType = {
  offered: [SUITE],
  offeredKeyTypes: ['ECDSA'],
  serverKeys: ['RSA'],
  cause: 'certificate-type',
  dropped: [{ suite: SUITE, lacks: 'ecdsa-certificate' }],
}

for (const name of ['mbedtls', 'wolfssl'] satisfies ClientName[]) {
  const offer = (curve: string): DeviceFlags & { port?: number } => ({
    port: 0,
    suites: [inItsWords[name]],
    curves: [curve],
    max: 'tls12',
    hold: 0,
  })

  t.test(`${name}: only secp224r1`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const { broker, device } = await local(t)
    const { flags } = await device('device')
    const refused = await runDevice(program, { ...offer('secp224r1'), ...flags })
    t.match(refused.event('handshake'), seen)
    const record = await broker.closed()
    t.match(record, { ...refusedHello, code: 'HELLO_NO_SHARED_GROUP', blame: 'device' })
    t.same(record.evidence, { ...noGroup, suites: [SUITE], ...stacks[name] })
    t.same(record.hello?.groups, ['secp224r1'])
    t.same(record.also, [])

    const right = await runDevice(program, { ...offer('secp256r1'), ...flags })
    t.match(right.event('connack'), { code: 0 }, 'only the curve was wrong')
    const tls = { group: 'secp256r1', cipherSuite: SUITE, serverCertificate: 'ECDSA' }
    t.match(await broker.closed(), { code: 'CLOSE_BY_CLIENT', tls })
  })

  t.test(`${name}: only ECDSA suites, and a server with an RSA certificate`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const { broker, device } = await local(t, { tls: { serverCertificates: ['rsa'] } })
    const { flags } = await device('device')
    const refused = await runDevice(program, { ...offer('secp256r1'), ...flags })
    t.match(refused.event('handshake'), seen)
    const record = await broker.closed()
    t.match(record, { ...refusedHello, code: 'HELLO_NO_SHARED_CIPHER', blame: 'setup' })
    t.match(record.evidence, noCertificateType)
    t.match(record.says, /only ECDSA suites, and this server has only an RSA certificate$/)
    t.same(record.also, [])
  })

  t.test(`${name}: both at once: both are told, and the main one first`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const { broker, device } = await local(t, { tls: { serverCertificates: ['rsa'] } })
    const { flags } = await device('device')
    const refused = await runDevice(program, { ...offer('secp224r1'), ...flags })
    t.match(refused.event('handshake'), seen)
    const record = await broker.closed()
    // No curve would help without an ECDSA certificate.
    t.match(record, { ...refusedHello, code: 'HELLO_NO_SHARED_CIPHER' })
    t.match(record.evidence, noCertificateType)
    t.same(
      record.also.map(({ code }) => code),
      ['HELLO_NO_SHARED_GROUP'],
    )
    t.match(record.also[0]?.evidence, noGroup)
  })
}

t.test('wolfssl tls13: a key share for a curve that it does not offer', async t => {
  const program = await deviceOrSkip(t, 'wolfssl')
  if (!program) return
  const { broker, device } = await local(t)
  const { flags } = await device('device')
  // wolfSSL_CTX_UseSupportedCurve changes the list of groups, and leaves the key share where it was: on P-256.
  const refused = await runDevice(program, { ...flags, curves: ['secp384r1'], min: 'tls13' })
  t.match(refused.event('handshake'), { ok: false, alert: 47, alertFrom: 'server' })
  const record = await broker.closed()
  t.match(record, { room: 'hello', blame: 'device', certainty: 'proof', sent: { alert: 47 } })
  t.match(record.says, /key share is for secp256r1, which is not among the groups that it offers/)
  t.same(record.hello?.groups, ['secp384r1'])
  t.same(record.also, [])
})
