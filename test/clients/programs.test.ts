/**
 * The foreign clients themselves, against a plain node:tls server: what each one sends and tells in the cases that the
 * broker's tests provoke with them. When a library's new version behaves otherwise, this fails first.
 */

import t from 'tap'
import {
  connectPacket,
  publishPacket,
  readPackets,
  subscribePacket,
} from '../helpers/mqtt-bytes.ts'
import type { ClientName } from './build.ts'
import { type DeviceFlags, type DeviceRun, launchDevice, runDevice } from './device.ts'
import { mosquittoPub, mosquittoSub } from './mosquitto.ts'
import { sClient } from './openssl.ts'
import { type End, listen } from './plain-server.ts'
import { run } from './run.ts'
import { deviceOrSkip, toolOrSkip } from './skip.ts'

const both = ['mbedtls', 'wolfssl'] as const
const newest = {
  mbedtls: /^TLSv1\.[23]$/,
  wolfssl: 'TLSv1.3',
  gnutls: 'TLS1.3',
  bearssl: 'TLSv1.2',
}
const ecdsaGcm = {
  mbedtls: 'TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256',
  wolfssl: 'ECDHE-ECDSA-AES128-GCM-SHA256',
}

for (const name of [...both, 'gnutls', 'bearssl'] satisfies ClientName[]) {
  t.test(`${name}: subscribes, publishes and hears its own messages`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const server = await listen(t)
    const device = await runDevice(program, {
      ...server.device,
      clientId: 'sensor-1',
      subscribe: ['a/b'],
      publish: ['a/b::0', 'a/b:say "hi": now:1'],
      hold: 0,
    })
    t.match(device, { code: 0, stderr: '', timedOut: false })
    t.match(device.event('handshake'), { ok: true, protocol: newest[name] })
    t.match(device.event('connack'), { code: 0, sessionPresent: false })
    t.match(device.event('suback'), { id: 1, code: 1 })
    t.match(device.event('puback'), { id: 2 })
    const messages = device.events.filter(({ event }) => event === 'message')
    t.match(messages, [{ topic: 'a/b', payload: '' }, { payload: 'say "hi": now' }])
    t.match(device.events.at(-1), { event: 'closed', by: 'client' })
    const visit = await server.visit()
    t.match(visit, { peer: 'device-1', clientIds: ['sensor-1'], servername: 'localhost' })
    t.ok(visit.packets.includes('disconnect'), 'it says goodbye')
  })
}

for (const name of both) {
  t.test(`${name}: takes DER files, and names the file that it can't take`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const server = await listen(t)
    const der = { ca: 'ca.der', cert: 'device.der', key: 'device-key.der' }
    const files = Object.fromEntries(Object.entries(der).map(([k, v]) => [k, server.file(v)]))
    const device = await runDevice(program, { ...server.device, ...files, hold: 0 })
    t.match(device.event('connack'), { code: 0 })
    t.match(await server.visit(), { peer: 'device-1' })
    const forced = await runDevice(program, { ...server.device, format: 'der' })
    t.match(forced.event('load'), { ok: false, what: 'ca' })
    const absent = await runDevice(program, { ...server.device, key: server.file('none') })
    t.match(absent.event('load'), { ok: false, what: 'key' })
  })

  t.test(`${name}: refuses a server that it can't trust`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const server = await listen(t)
    const { ca: _, ...trustsNobody } = server.device
    const cases: [string, DeviceFlags, number][] = [
      ['unknown authority', trustsNobody, 48],
      ['another authority', { ...server.device, ca: server.file('stranger.pem') }, 48],
      ['another name', { ...server.device, sni: 'elsewhere' }, 42],
    ]
    for (const [what, flags, alert] of cases) {
      const device = await runDevice(program, flags)
      t.match(device.event('handshake'), { ok: false, alert, alertFrom: 'client' }, what)
      t.match((await server.failure()).code, /ALERT/, `${what}: the server hears it`)
    }
    const careless = await runDevice(program, { ...trustsNobody, noVerify: true, hold: 0 })
    t.match(careless.event('connack'), { code: 0 })
  })

  t.test(`${name}: nothing in common ends with alert 40`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const suites = [ecdsaGcm[name]]
    const p256 = await listen(t, { ecdhCurve: 'P-256:P-384' })
    const wrongCurve: DeviceFlags = { ...p256.device, suites, curves: ['secp224r1'], max: 'tls12' }
    t.match((await runDevice(program, wrongCurve)).event('handshake'), { ok: false, alert: 40 })
    t.match(await p256.failure(), { code: 'ERR_SSL_NO_SHARED_CIPHER' })
    const right = await runDevice(program, { ...wrongCurve, curves: ['secp256r1'], hold: 0 })
    t.match(right.event('handshake'), { ok: true, suite: ecdsaGcm[name], protocol: 'TLSv1.2' })

    const rsa = await listen(t, { server: 'rsa' })
    const wrongKey: DeviceFlags = { ...rsa.device, suites, curves: ['secp256r1'], max: 'tls12' }
    t.match((await runDevice(program, wrongKey)).event('handshake'), { ok: false, alert: 40 })
    t.match(await rsa.failure(), { code: 'ERR_SSL_NO_SHARED_CIPHER' })
  })

  t.test(`${name}: drops the connection where it is told to`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const stops = { certificate: null, handshake: [], connect: ['connect'], connack: ['connect'] }
    for (const reset of [false, true]) {
      for (const [stop, packets] of Object.entries(stops)) {
        const server = await listen(t)
        const closeAfter = stop as keyof typeof stops
        const device = await runDevice(program, { ...server.device, closeAfter, reset })
        t.match(device.events.at(-1), { event: 'closed', by: 'client' })
        t.equal(!!device.event('connack'), stop === 'connack')
        if (packets === null) {
          t.match(device.event('handshake'), { ok: true, partial: true })
          t.match(await server.failure(), { code: 'ECONNRESET' })
        } else if (!reset || stop === 'connack') {
          t.same((await server.visit()).packets, packets, stop)
        } else {
          // A reset may overtake what was sent before it: all that is sure is that it ends.
          await server.over()
        }
      }
    }
  })
}

for (const max of ['tls12', 'tls13'] as const) {
  t.test(`wolfssl ${max}: a session older than its certificate sends an empty one`, async t => {
    const program = await deviceOrSkip(t, 'wolfssl')
    if (!program) return
    const server = await listen(t)
    const flags: DeviceFlags = { ...server.device, min: max, max, hold: 0 }
    t.match((await runDevice(program, flags)).event('connack'), { code: 0 })
    t.equal((await server.visit()).peer, 'device-1', 'in the right order it has one')
    await runDevice(program, { ...flags, certificateAfterSession: true })
    t.equal((await server.visit()).peer, undefined)
  })
}

// What a refusal after the handshake looks like from the device's own code: the last case.
const ends: [ClientName, 'tls12' | 'tls13', End, object][] = [
  ['mbedtls', 'tls12', 'close_notify', { returned: -0x7880, alert: 0, alertFrom: 'server' }],
  ['mbedtls', 'tls12', 'fin', { returned: 0, tcp: 'fin' }],
  ['mbedtls', 'tls12', 'reset', { returned: -0x50, tcp: 'reset' }],
  ['wolfssl', 'tls12', 'close_notify', { returned: 0, alert: 0, alertFrom: 'server' }],
  ['wolfssl', 'tls13', 'close_notify', { returned: 0, alert: 0, alertFrom: 'server' }],
  ['wolfssl', 'tls13', 'fin', { returned: 0, tcp: 'fin' }],
  ['wolfssl', 'tls13', 'reset', { tcp: 'reset' }],
  ['gnutls', 'tls13', 'close_notify', { returned: 0, alert: 0, alertFrom: 'server' }],
  ['gnutls', 'tls13', 'fin', { words: /non-properly terminated/, tcp: 'fin' }],
  ['bearssl', 'tls12', 'close_notify', { returned: 0, alert: 0, alertFrom: 'server' }],
  ['bearssl', 'tls12', 'fin', { words: 'BR_ERR_IO', tcp: 'fin' }],
]
for (const [name, version, end, want] of ends) {
  t.test(`${name} ${version}: its first read when the server ends with ${end}`, async t => {
    const program = await deviceOrSkip(t, name)
    if (!program) return
    const server = await listen(t, { end })
    const device = await runDevice(program, { ...server.device, max: version, min: version })
    t.match(device.event('handshake'), { ok: true })
    t.equal(device.event('connack'), undefined)
    t.match(device.event('read'), want)
    t.match(device.events.at(-1), { event: 'closed', by: 'broker' })
  })
}

t.test('a device can be waited for and stopped', async t => {
  const program = await deviceOrSkip(t, 'mbedtls')
  if (!program) return
  const server = await listen(t)
  const flags: DeviceFlags = { ...server.device, subscribe: ['a'], hold: 15_000 }
  const device = launchDevice(program, flags)
  t.match(await device.event('suback'), { event: 'suback', code: 1 })
  await t.rejects(Promise.all([device.event('message'), device.stop()]), /never printed/)
  t.match(await device.done, { signal: 'SIGTERM', timedOut: false } satisfies Partial<DeviceRun>)
})

t.test('a wrong flag is told', async t => {
  const program = await deviceOrSkip(t, 'mbedtls')
  if (!program) return
  for (const args of [['--nonsense', 'x'], ['--publish', 'a:b'], ['--min', 'tls11'], ['--port']]) {
    const refused = await run(program, args)
    t.match(refused, { code: 3, stdout: Buffer.alloc(0) }, args.join(' '))
    t.match(refused.stderr, `flag \`${args[0]}\``)
  }
})

for (const version of ['1.2', '1.3'] as const) {
  t.test(`openssl s_client ${version}: MQTT through stdin`, async t => {
    if (!(await toolOrSkip(t, 'openssl'))) return
    const server = await listen(t)
    const { device } = server
    const client = await sClient({
      ...{ port: device.port, ca: device.ca, cert: device.cert, key: device.key, tls: version },
      send: Buffer.concat([
        connectPacket(),
        subscribePacket(['x']),
        publishPacket({ topic: 'x', qos: 1, payload: 'y' }),
      ]),
      enough: received => readPackets(received).length === 4,
    })
    t.match(client.handshake, { ok: true, protocol: `TLSv${version}`, verification: 'OK' })
    const commands = client.packets.map(({ cmd }) => cmd).sort()
    t.same(commands, ['connack', 'puback', 'publish', 'suback'])
    t.equal(client.alert, undefined)
    t.match(await server.visit(), { peer: 'device-1', servername: 'localhost' })
  })
}

t.test('openssl s_client: alerts of either side, DER files, no SNI', async t => {
  if (!(await toolOrSkip(t, 'openssl'))) return
  const server = await listen(t)
  const port = server.device.port
  const refused = await sClient({ port, tls: '1.2', cipher: 'ECDHE-RSA-AES256-SHA' })
  t.match(refused, { alert: 40, handshake: { ok: false } })
  t.match(await server.failure(), { code: 'ERR_SSL_NO_SHARED_CIPHER' })
  const distrusts = await sClient({ port, ca: server.file('stranger.pem') })
  t.match(distrusts, { handshake: { ok: false } })
  t.match((await server.failure()).code, /ALERT_UNKNOWN_CA/)
  const [cert, key] = [server.file('device.der'), server.file('device-key.der')]
  const der = await sClient({ port, cert, key, sni: false, holdMs: 0 })
  t.equal(der.handshake.ok, true)
  t.match(await server.visit(), { peer: 'device-1', servername: false })
})

t.test('openssl s_client 1.3: the alert comes after a handshake that was fine', async t => {
  if (!(await toolOrSkip(t, 'openssl'))) return
  const server = await listen(t, { mustVerify: true })
  const client = await sClient({ port: server.device.port, tls: '1.3', holdMs: 5000 })
  t.match(client, { handshake: { ok: true }, alert: 116, timedOut: false })
})

t.test('mosquitto_pub and mosquitto_sub', async t => {
  if (!(await toolOrSkip(t, 'mosquitto_pub'))) return
  const server = await listen(t)
  const { port, ca, cert, key } = server.device
  const device = { port, ca, cert, key, topic: 'a/b', qos: 1 } as const
  const published = await mosquittoPub({ ...device, clientId: 'pub', message: 'hello' })
  t.match(published, { code: 0, stderr: '' })
  t.match(await server.visit(), { peer: 'device-1', clientIds: ['pub'] })
  const subscriber = mosquittoSub({ ...device, clientId: 'sub' })
  await subscriber.saw(/received SUBACK/)
  server.publish('a/b', 'news')
  const subscribed = await subscriber.done
  t.match(subscribed, { code: 0 })
  t.match(subscribed.stdout.toString(), 'a/b news')
})

t.test('a program that is not here, or never ends', async t => {
  t.match(await run('candid-no-such-program', []), { code: null, notFound: true })
  t.match(await run('sleep', ['30'], { timeoutMs: 50 }), { timedOut: true, signal: 'SIGKILL' })
})
