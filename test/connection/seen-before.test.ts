/** What is remembered of an offer and of a chain must not show: a device that comes back is told of as it was the first time. */

import t from 'tap'
import { connect, running } from '../helpers/device.ts'
import { directly } from '../helpers/directly.ts'

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${version}: the record of a device that comes back is the same again`, async t => {
    const broker = await running(t)
    const device = await broker.createDevice('device')
    // Options of node:tls, which MQTT.js passes on without naming them in its types.
    const onlyThat: object = { minVersion: version, maxVersion: version }
    const visit = async () => {
      const { client } = await connect(t, broker, device, onlyThat)
      await client.endAsync()
      const { hello, tls, chain, path, principal, decision } = await broker.closed({
        code: 'CLOSE_BY_CLIENT',
      })
      return { hello, tls, chain, path, principal, decision }
    }
    const first = await visit()
    t.match(first.tls, { version, signatureAlgorithm: String, serverCertificate: /RSA|ECDSA/ })
    t.match(first.hello, { ja4: String, stack: { name: 'OpenSSL' } })
    t.strictSame(await visit(), first)
    t.strictSame(await visit(), first)
  })
}

t.test('a chain that was judged before is judged anew when the registry has changed', async t => {
  const broker = await running(t)
  const device = await broker.createDevice('device')
  const { client } = await connect(t, broker, device)
  await client.endAsync()
  await broker.closed({ code: 'CLOSE_BY_CLIENT' })
  directly(broker.registry).setStatus(device.certificateId, 'INACTIVE')
  t.equal((await connect(t, broker, device)).seen.connack, undefined)
  t.match(await broker.closed(), { code: 'REGISTRATION_INACTIVE' })
})
