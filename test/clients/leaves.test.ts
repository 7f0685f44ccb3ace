/** Devices that stop in the middle without a word: they hang up, or they fall silent. Why is a guess, and stays one. */

import { once } from 'node:events'
import net from 'node:net'
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
const atOurCertificate = { client: 'ClientHello', broker: 'Certificate' }

for (const [name, version, stack] of devices) {
  const min = version
  for (const reset of [false, true]) {
    t.test(`${name} ${version}: ${reset ? 'resets' : 'closes'} at our certificate`, async t => {
      const program = await deviceOrSkip(t, name)
      if (!program) return
      const { broker, device } = await local(t)
      const { flags } = await device('device')
      const closeAfter = 'certificate'
      const seen = await runDevice(program, { ...flags, min, max: version, closeAfter, reset })
      t.match(seen.event('handshake'), { ok: true, partial: true })
      const record = await broker.closed()
      t.match(record, {
        verdict: 'refused',
        side: 'client',
        phase: atOurCertificate,
        room: 'handshake',
        code: 'HANDSHAKE_ABANDONED',
        certainty: 'guess',
        evidence: { reset, closeNotify: false, stack },
        sent: { close: reset ? 'reset' : 'fin' },
      })
      t.match(
        record.says,
        reset ? /^the client reset the connection / : /^the client closed the connection /,
      )
      t.match(record.says, /without an alert .*; perhaps /)
      const { candidates } = record.evidence
      const causes = Array.isArray(candidates) ? candidates.map(({ cause }) => cause) : []
      for (const cause of ['trust', 'name', 'clock', 'memory']) t.ok(causes.includes(cause), cause)
      t.same(record.tls?.alerts, [])
    })
  }

  t.test(`${name} ${version}: falls silent at our certificate`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const { broker, device } = await local(t, { tls: { handshakeTimeoutSeconds: 0.4 } })
    const { flags } = await device('device')
    const closeAfter = 'certificate'
    const seen = await runDevice(program, { ...flags, min, max: version, closeAfter, hold: 10_000 })
    t.match(seen.events.at(-1), { event: 'closed', by: 'broker', tcp: 'fin' })
    const record = await broker.closed()
    t.match(record, {
      verdict: 'refused',
      side: 'we',
      phase: atOurCertificate,
      code: 'HANDSHAKE_TIMEOUT',
      certainty: 'likely',
      evidence: { limitMs: 400, stack },
    })
    t.match(record.says, /certificate was sent, the client's last message was ClientHello$/)
  })

  t.test(
    `${name} ${version}: leaves between handshake and CONNECT, or falls silent there`,
    async t => {
      const program = await deviceOrSkip(t, name)
      if (!program) return
      const { broker, device } = await local(t, { tls: { connectTimeoutSeconds: 0.4 } })
      const { flags, id } = await device('device')
      const right = { ...flags, min, max: version, closeAfter: 'handshake' } as const
      const leaves = await runDevice(program, right)
      t.match(leaves.event('handshake'), { ok: true })
      t.match(await broker.closed(), {
        side: 'client',
        phase: { client: 'Finished', broker: 'Finished' },
        code: 'CONNECT_ABANDONED',
        certainty: 'guess',
        certificateId: id,
        evidence: { bytes: 0, stack },
      })
      const silent = await runDevice(program, { ...right, hold: 10_000 })
      t.match(silent.events.at(-1), { event: 'closed', by: 'broker', tcp: 'fin' })
      t.match(await broker.closed(), {
        side: 'we',
        code: 'CONNECT_TIMEOUT',
        certificateId: id,
        evidence: { bytes: 0, stack },
      })
    },
  )
}

t.test('a connection without a ClientHello: a probe, or a device that never starts', async t => {
  const { broker } = await local(t, { tls: { handshakeTimeoutSeconds: 0.4 } })
  const half = Buffer.from('160301010001', 'hex')
  for (const [what, bytes] of [
    ['nothing', Buffer.alloc(0)],
    ['half a hello', half],
  ] as const) {
    const evidence = { bytes: bytes.length }
    const dial = async () => {
      const socket = net.connect(broker.port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(bytes)
      return socket
    }
    ;(await dial()).end()
    const left = { side: 'client', room: 'hello', code: 'HELLO_ABANDONED', evidence }
    t.match(await broker.closed(), { ...left, sent: { close: 'fin' } }, what)
    const silent = await dial()
    silent.resume()
    await once(silent, 'end')
    const waited = { side: 'we', room: 'hello', code: 'HELLO_TIMEOUT', evidence }
    t.match(await broker.closed(), waited, what)
  }
})
