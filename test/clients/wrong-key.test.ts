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
