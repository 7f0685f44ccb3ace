/** Device certificates outside their dates, by the broker's clock: at CONNECT, as AWS IoT does it, or in the handshake. */

import t from 'tap'
import { connectPacket } from '../helpers/mqtt-bytes.ts'
import { PKI_NOW, pki } from '../helpers/pki.ts'
import type { ClientName } from './build.ts'
import { runDevice } from './device.ts'
import { local } from './local.ts'
import { sClient } from './openssl.ts'
import { deviceOrSkip, toolOrSkip } from './skip.ts'

const now = new Date(PKI_NOW).toISOString()
const cases = [
  {
    which: 'expired',
    code: 'CERTIFICATE_EXPIRED',
    alert: 45,
    evidence: { notAfter: '2025-12-31T00:00:00.000Z', now },
    distance: /ran out on 2025-12-31T00:00:00.000Z, 24 h ago(; the device's own clock says \S+)?$/,
  },
  {
    which: 'notYetValid',
    code: 'CERTIFICATE_NOT_YET_VALID',
    alert: 42,
    evidence: { notBefore: '2026-01-02T00:00:00.000Z', now },
    distance:
      /valid only from 2026-01-02T00:00:00.000Z, 24 h from now(; the device's own clock says \S+, and the certificate is valid then)?$/,
  },
] as const
const devices: [ClientName, 'tls12' | 'tls13'][] = [
  ['mbedtls', 'tls12'],
  ['wolfssl', 'tls12'],
  ['wolfssl', 'tls13'],
]

const told = { verdict: 'refused', side: 'we', room: 'certificate', certainty: 'proof' }

for (const [name, version] of devices) {
  t.test(`${name} ${version}: told at CONNECT`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const { broker, flags } = await local(t, { clock: PKI_NOW })
    broker.registerAuthority(pki().signer.pem)
    for (const { which, code, evidence, distance } of cases) {
      const { pem, keyPem, certificate } = pki()[which]
      const files = { ...(await flags(pem, keyPem)), min: version, max: version }
      const seen = await runDevice(program, { ...files, clientId: 'dev-1' })
      t.match(seen.event('handshake'), { ok: true }, which)
      t.equal(seen.event('connack'), undefined)
      t.match(seen.event('read'), { alert: 0, alertFrom: 'server' }, 'an end without a reason')
      const record = await broker.closed()
      t.match(record, {
        ...{ ...told, code, evidence, clientId: 'dev-1', certificateId: certificate.sha256 },
        time: now,
        phase: { client: 'CONNECT', broker: 'Finished' },
      })
      t.same(record.sent, { close: 'fin' })
      t.match(record.says, distance)
    }
  })

  t.test(`${name} ${version}: told in the handshake`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const tls = { refuseCertificates: 'in-handshake' } as const
    const { broker, flags } = await local(t, { clock: PKI_NOW, tls })
    broker.registerAuthority(pki().signer.pem)
    for (const { which, code, alert, evidence } of cases) {
      const { pem, keyPem, certificate } = pki()[which]
      const files = { ...(await flags(pem, keyPem)), min: version, max: version }
      const seen = await runDevice(program, files)
      const trouble = { alert, alertFrom: 'server' }
      if (version === 'tls12') t.match(seen.event('handshake'), { ok: false, ...trouble }, which)
      else t.match(seen.event('read') ?? seen.event('write'), trouble, which)
      const record = await broker.closed()
      t.match(record, {
        ...{ ...told, code, evidence, certificateId: certificate.sha256 },
        phase: { broker: 'alert' },
        tls: { alerts: [{ from: 'broker', number: alert }] },
      })
      t.same(record.sent, { alert, close: 'fin' })
      t.equal(record.mqtt, undefined)
    }
  })
}

t.test('the same certificate, and a clock at its last second', async t => {
  if (!(await toolOrSkip(t, 'openssl'))) return
  for (const [clock, code] of [
    ['2025-12-31T00:00:00Z', 'REGISTRATION_JITR_PENDING'],
    ['2025-12-31T00:00:01Z', 'CERTIFICATE_EXPIRED'],
  ] as const) {
    const { broker, flags } = await local(t, { clock })
    broker.registerAuthority(pki().signer.pem)
    const { pem, keyPem } = pki().expired
    await sClient({ ...(await flags(pem, keyPem)), send: connectPacket(), holdMs: 10_000 })
    t.equal((await broker.closed()).code, code, clock)
  }
})
