/**
 * AWS's six security policies through the door, each on a listener of its own: every suite of AWS's table by a real handshake.
 * And what AWS has on none of them: resumed sessions, renegotiation, CA names in the CertificateRequest.
 */

import { once } from 'node:events'
import { type ConnectionOptions, connect as dialTls, type TLSSocket } from 'node:tls'
import t from 'tap'
import { securityPolicies } from '../../broker/config/shape.ts'
import { type Device, start } from '../../broker/main.ts'
import { run } from '../clients/run.ts'
import { toolOrSkip } from '../clients/skip.ts'
import { unhurried } from '../helpers/device.ts'
import { connectPacket } from '../helpers/mqtt-bytes.ts'

const broker = await start({
  limits: unhurried(),
  listeners: securityPolicies.map(securityPolicy => ({ securityPolicy })),
})
t.teardown(() => broker.stop())
const device = await broker.createDevice('device', { keyType: 'rsa' })

// AWS: https://docs.aws.amazon.com/iot/latest/developerguide/transport-security.html
const GCM = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384']
const CBC = ['AES128-SHA256', 'AES128-SHA', 'AES256-SHA']
const ECDHE = [...GCM, ...CBC, 'AES256-SHA384'].flatMap(name => [
  `ECDHE-RSA-${name}`,
  `ECDHE-ECDSA-${name}`,
])
const STATIC = [...GCM, ...CBC, 'AES256-SHA256']
const L = [...ECDHE, ...STATIC]
const T13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']
const NOWHERE = [
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-CCM',
  'DHE-RSA-AES128-GCM-SHA256',
]

const table: Record<(typeof securityPolicies)[number], string[]> = {
  IoTSecurityPolicy_TLS13_1_3_2022_10: T13,
  IoTSecurityPolicy_TLS13_1_2_2022_10: [...T13, ...L],
  IoTSecurityPolicy_TLS12_1_2_2022_10: L,
  IoTSecurityPolicy_TLS12_1_0_2016_01: L.filter(name => name !== 'AES128-SHA256'),
  // DIFFERS: AWS has DHE-RSA-AES256-SHA here too.
  IoTSecurityPolicy_TLS12_1_0_2015_01: L,
  IoTSecurityPolicy_TLS13_1_2_2022_01: [...T13.slice(0, 2), ...ECDHE, 'AES128-SHA', 'AES256-SHA'],
}

function options(index: number, more: ConnectionOptions = {}): ConnectionOptions {
  const { ca, certificate: cert, privateKey: key }: Device = device
  const port = broker.ports[index] ?? 0
  return { host: '127.0.0.1', port, servername: 'localhost', ca, cert, key, ...more }
}

/** The suite that was agreed on, or the number of the alert that came. */
function visit(given: ConnectionOptions): Promise<string> {
  return new Promise(resolve => {
    const socket = dialTls(given)
    socket.on('secureConnect', () => {
      resolve(socket.getCipher().name)
      socket.destroy()
    })
    socket.on('error', ({ message }) => resolve(/alert number (\d+)/.exec(message)?.[1] ?? message))
  })
}

for (const [index, policy] of securityPolicies.entries()) {
  t.test(policy, async t => {
    for (const ciphers of [...T13, ...L, ...NOWHERE]) {
      const tls13 = ciphers.startsWith('TLS_')
      const only = tls13 ? 'TLSv1.3' : 'TLSv1.2'
      const versions = { minVersion: only, maxVersion: only } as const
      // Node wants a suite of TLS 1.2 in the list even for TLS 1.3 alone.
      const saw = await visit(options(index, { ciphers, ...versions }))
      const accepted = table[policy]
      const hasVersion = accepted.some(name => name.startsWith('TLS_') === tls13)
      t.equal(saw, accepted.includes(ciphers) ? ciphers : hasVersion ? '40' : '70', ciphers)
    }
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
    t.equal(await visit(options(index, { ...old, ciphers: 'DEFAULT@SECLEVEL=0' })), '70', 'TLS 1.1')
  })
}

const LATEST = securityPolicies.indexOf('IoTSecurityPolicy_TLS13_1_2_2022_10')

async function connected(given: ConnectionOptions, clientId = 'device'): Promise<TLSSocket> {
  const socket = dialTls(given)
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  socket.write(connectPacket({ clientId }))
  await once(socket, 'data')
  return socket
}

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`no session is resumed, ${maxVersion}`, async t => {
    const first = await connected(options(LATEST, { maxVersion }))
    const session = first.getSession()
    first.destroy()
    await once(first, 'close')
    t.ok(session)
    const second = await connected(options(LATEST, { maxVersion, ...(session && { session }) }))
    t.equal(second.isSessionReused(), false)
    second.destroy()
    await once(second, 'close')
  })
}

t.test('a client that asks for renegotiation gets none', async t => {
  const socket = await connected(options(LATEST, { maxVersion: 'TLSv1.2' }), 'again')
  const refused = await new Promise<string>(resolve => {
    socket.on('error', ({ message }) => resolve(message))
    socket.renegotiate({ rejectUnauthorized: true }, error => resolve(error?.message ?? 'done'))
  })
  t.match(refused, /no renegotiation|alert number 100/i)
  socket.destroy()
  // OpenSSL's client ends TLS with alert 40 then.
  t.match(await broker.closed({ clientId: 'again' }), {
    code: 'CLOSE_TLS_BROKEN',
    side: 'client',
    evidence: { alert: 40 },
    sent: { connack: 0 },
  })
})

t.test('the CertificateRequest names no CA', async t => {
  if (!(await toolOrSkip(t, 'openssl'))) return
  for (const version of ['-tls1_2', '-tls1_3']) {
    const where = ['-connect', `127.0.0.1:${broker.ports[LATEST]}`, '-servername', 'localhost']
    const { stdout } = await run('openssl', ['s_client', ...where, version])
    t.match(stdout.toString(), /No client certificate CA names sent/, version)
  }
})
