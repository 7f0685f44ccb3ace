/** Several doors of one broker: each has rules of its own, and behind them is one broker. */

import { connect as dialTls, type SecureVersion } from 'node:tls'
import t from 'tap'
import type { Broker, Device } from '../../broker/main.ts'
import { connect, running } from '../helpers/device.ts'

/** The version agreed, or the number of the alert that came instead. */
function version(
  broker: Broker,
  index: number,
  { ca, certificate: cert, privateKey: key }: Device,
  maxVersion: SecureVersion,
): Promise<string> {
  return new Promise(resolve => {
    const port = broker.ports[index] ?? 0
    const socket = dialTls({ port, servername: 'localhost', ca, cert, key, maxVersion })
    socket.on('error', ({ message }) => resolve(/alert number \d+/.exec(message)?.[0] ?? message))
    socket.on('secureConnect', () => {
      resolve(socket.getProtocol() ?? '')
      socket.destroy()
    })
  })
}

t.test('each listener has its own rules', async t => {
  const broker = await running(t, {
    listeners: [{}, { securityPolicy: 'IoTSecurityPolicy_TLS13_1_3_2022_10' }],
  })
  const device = await broker.createDevice('one')
  t.equal(broker.ports.length, 2)
  t.equal(broker.port, broker.ports[0])
  t.equal(await version(broker, 0, device, 'TLSv1.2'), 'TLSv1.2')
  t.equal(await version(broker, 1, device, 'TLSv1.2'), 'alert number 70')
  t.match(await broker.closed({ code: 'HELLO_VERSION_UNSUPPORTED' }), {
    listener: { port: broker.ports[1] },
    evidence: { securityPolicy: 'IoTSecurityPolicy_TLS13_1_3_2022_10' },
  })
  t.equal(await version(broker, 1, device, 'TLSv1.3'), 'TLSv1.3')
})

t.test('devices on different listeners meet in one broker', async t => {
  const broker = await running(t, { listeners: [{}, {}] })
  const [one, two] = [await broker.createDevice('one'), await broker.createDevice('two')]
  const listens = await connect(t, broker, one)
  const speaks = await connect(t, broker, two, { port: broker.ports[1] ?? 0 })
  await listens.client.subscribeAsync('a', { qos: 1 })
  const came = new Promise(resolve => listens.client.once('message', resolve))
  await speaks.client.publishAsync('a', 'hi', { qos: 1 })
  await came
  t.same(listens.seen.messages, [['a', 'hi', false]])

  // The same client id at the other door takes over.
  const again = await connect(t, broker, one, { port: broker.ports[1] ?? 0 })
  t.equal(again.seen.connack, 0)
  t.match(await broker.closed({ code: 'CLOSE_DUPLICATE_CLIENT_ID' }), {
    clientId: 'one',
    listener: { port: broker.ports[0] },
  })
})

t.test('where one port is taken, none is left open', async t => {
  const other = await running(t)
  const free = await running(t)
  const { port } = free
  await free.stop()
  await t.rejects(running(t, { listeners: [{ port }, { port: other.port }] }), {
    message: /port \d+ is taken/,
  })
  const again = await running(t, { port })
  t.equal(again.port, port)
})
