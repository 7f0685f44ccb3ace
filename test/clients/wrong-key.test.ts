/** A device whose private key isn't the one of its certificate. Most stacks load the pair without a look at it. */

import t from 'tap'
import type { ClientName } from './build.ts'
import { runDevice } from './device.ts'
import { local } from './local.ts'
import { deviceOrSkip } from './skip.ts'

const devices: [ClientName, 'tls12' | 'tls13', string][] = [
  ['mbedtls', 'tls12', 'mbedTLS'],
  ['wolfssl', 'tls12', 'wolfSSL'],
  ['wolfssl', 'tls13', 'wolfSSL'],
]

for (const [name, version, stack] of devices) {
  for (const keyType of ['ec', 'rsa'] as const) {
    t.test(`${name} ${version}: the key of another ${keyType} certificate`, async t => {
      const program = await deviceOrSkip(t, name)
      if (!program) return
      const { broker, device } = await local(t)
      const { flags, id } = await device('device', { keyType })
      const { flags: other } = await device('other', { keyType })
      const right = { ...flags, min: version, max: version, hold: 0 }
      t.match((await runDevice(program, right)).event('connack'), { code: 0 })
      t.match(await broker.closed(), { code: 'CLOSE_BY_CLIENT', certificateId: id })

      const seen = await runDevice(program, { ...right, key: other.key })
      const trouble = { alert: 51, alertFrom: 'server' }
      if (version === 'tls12') t.match(seen.event('handshake'), { ok: false, ...trouble })
      else {
        t.match(seen.event('handshake'), { ok: true }, 'the device believes that it is in')
        t.match(seen.event('read') ?? seen.event('write'), trouble)
      }
      t.equal(seen.event('connack'), undefined)
      const record = await broker.closed()
      t.match(record, {
        verdict: 'refused',
        side: 'we',
        room: 'handshake',
        code: 'HANDSHAKE_KEY_MISMATCH',
        blame: 'device',
        certificateId: id,
        evidence: { subject: 'CN=AWS IoT Certificate', sha256: id, alert: 51, stack },
        sent: { alert: 51, close: 'fin' },
        tls: { alerts: [{ from: 'broker', number: 51, name: 'decrypt_error' }] },
        chain: [{ sha256: id }],
      })
      t.notOk(record.mqtt || record.principal, 'who can not prove its key is nobody')
    })
  }
}

for (const [name, version, stack] of devices) {
  t.test(`${name} ${version}: an RSA key for an EC certificate`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const { broker, device } = await local(t)
    const { flags, id } = await device('device')
    const { flags: other } = await device('other', { keyType: 'rsa' })
    const wrong = { ...flags, key: other.key, min: version, max: version }
    const seen = await runDevice(program, wrong)
    const trouble = { alert: 47, alertFrom: 'server' }
    t.match(seen.event(version === 'tls12' ? 'handshake' : 'read'), trouble)
    t.match(await broker.closed(), {
      code: 'HANDSHAKE_KEY_MISMATCH',
      certainty: 'likely',
      evidence: { sha256: id, openssl: 'ERR_SSL_WRONG_SIGNATURE_TYPE', stack },
      sent: { alert: 47 },
    })
  })
}

// Looks like a wrong key from afar, and isn't.
for (const [name, stack] of [
  ['mbedtls', 'mbedTLS'],
  ['wolfssl', 'wolfSSL'],
] as const) {
  t.test(`${name}: a right key on a curve that its hello does not offer`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const { broker, device } = await local(t)
    const { flags, id } = await device('device')
    const seen = await runDevice(program, { ...flags, curves: ['x25519'], max: 'tls12' })
    t.match(seen.event('handshake'), { ok: false, alert: 47, alertFrom: 'server' })
    const record = await broker.closed()
    t.match(record, {
      verdict: 'refused',
      side: 'we',
      code: 'HANDSHAKE_CURVE_NOT_OFFERED',
      blame: 'device',
      certificateId: id,
      evidence: { sha256: id, offered: ['x25519'], stack },
      sent: { alert: 47 },
    })
    t.match(
      record.says,
      /`CN=AWS IoT Certificate` is on .*256.*, and the client offers only x25519$/,
    )
  })
}
