/**
 * A device that was asked for its certificate and sends an empty Certificate message. The record must show what we asked
 * for, so that the reader sees that nothing excused the client.
 */

import t, { type Test } from 'tap'
import type { Broker } from '../../broker/main.ts'
import { connectPacket } from '../helpers/mqtt-bytes.ts'
import { type DeviceFlags, runDevice } from './device.ts'
import { local } from './local.ts'
import { sClient } from './openssl.ts'
import { deviceOrSkip, toolOrSkip } from './skip.ts'

/** 42 on TLS 1.2; TLS 1.3 has an alert of its own for it (RFC 8446 4.4.2.4). */
const alerts = { 'TLSv1.2': 42, 'TLSv1.3': 116 }
type Version = keyof typeof alerts

for (const [version, max] of [
  ['TLSv1.2', 'tls12'],
  ['TLSv1.3', 'tls13'],
] as const) {
  t.test(`wolfssl ${max}: its session is older than its certificate`, async t => {
    const program = await deviceOrSkip(t, 'wolfssl')
    if (!program) return
    const { broker, device } = await local(t)
    const { flags } = await device('device')
    const right: DeviceFlags = { ...flags, min: max, max, hold: 0 }
    t.match((await runDevice(program, right)).event('connack'), { code: 0 })
    t.match(await broker.closed(), { code: 'CLOSE_BY_CLIENT', tls: { version } })

    const refused = await runDevice(program, { ...right, certificateAfterSession: true })
    const trouble = { alert: alerts[version], alertFrom: 'server' }
    if (max === 'tls12') t.match(refused.event('handshake'), { ok: false, ...trouble })
    else {
      t.match(refused.event('handshake'), { ok: true }, 'the device believes that it is in')
      t.match(refused.event('read'), trouble)
    }
    t.equal(refused.event('connack'), undefined)
    await isTold(t, broker, version, 'wolfSSL')
  })
}

t.test('mbedtls: no certificate loaded', async t => {
  const program = await deviceOrSkip(t, 'mbedtls')
  if (!program) return
  const { broker, server } = await local(t)
  const refused = await runDevice(program, { ...server, max: 'tls12' })
  t.match(refused.event('handshake'), { ok: false, alert: 42, alertFrom: 'server' })
  await isTold(t, broker, 'TLSv1.2', 'mbedTLS')
})

for (const tls of ['1.2', '1.3'] as const) {
  t.test(`openssl ${tls}: no -cert`, async t => {
    if (!(await toolOrSkip(t, 'openssl'))) return
    const { broker, server } = await local(t)
    const refused = await sClient({ ...server, tls, send: connectPacket(), holdMs: 10_000 })
    const version = `TLSv${tls}` as const
    t.match(refused, { alert: alerts[version], handshake: { ok: tls === '1.3' }, packets: [] })
    await isTold(t, broker, version, 'OpenSSL')
  })
}

async function isTold(t: Test, broker: Broker, version: Version, stack: string): Promise<void> {
  const number = alerts[version]
  const record = await broker.closed()
  t.match(record, {
    verdict: 'refused',
    side: 'we',
    phase: { broker: 'alert' },
    room: 'certificate',
    code: 'CERTIFICATE_MISSING',
    blame: 'device',
    certainty: 'proof',
    evidence: { version, stack, caNamesAsked: 0 },
    sent: { alert: number, close: 'fin' },
    tls: { version, alerts: [{ from: 'broker', number }] },
    hello: { stack: { name: stack } },
  })
  t.notOk(record.chain || record.mqtt || record.certificateId, 'nobody is named')
  // Every kind of certificate that AWS IoT gives out would have been taken.
  const asked = record.evidence['signatureAlgorithmsAsked']
  for (const one of ['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256'])
    t.ok(Array.isArray(asked) && asked.includes(one), `asked for ${one}`)
  if (version === 'TLSv1.2')
    t.match(record.evidence['certificateTypesAsked'], new Set(['rsa_sign', 'ecdsa_sign']))
}
