/** Ends that are easy to miss: TLS that breaks after the handshake, and a peer that answers with what is no TLS. */

import { once } from 'node:events'
import { connect as dial, type Socket } from 'node:net'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import t, { type Test } from 'tap'
import type { Broker, Device } from '../../broker/main.ts'
import { running } from '../helpers/device.ts'
import { directly } from '../helpers/directly.ts'
import { connectPacket } from '../helpers/mqtt-bytes.ts'

type Version = 'TLSv1.2' | 'TLSv1.3'

/** A device whose raw socket is at hand, so that bytes can be sent past TLS. */
async function device(
  t: Test,
  { port }: Broker,
  { certificate, privateKey, ca }: Device,
  version: Version,
): Promise<{ tls: TLSSocket; raw: Socket }> {
  const raw = dial(port, '127.0.0.1')
  const tls = tlsConnect({
    socket: raw,
    servername: 'localhost',
    cert: certificate,
    key: privateKey,
    ca,
    minVersion: version,
    maxVersion: version,
  })
  raw.on('error', () => undefined)
  tls.on('error', () => undefined)
  t.teardown(() => raw.destroy())
  await once(tls, 'secureConnect')
  return { tls, raw }
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${version}: bytes past TLS in a session end it at once, as what they are`, async t => {
    const broker = await running(t)
    const { tls, raw } = await device(t, broker, await broker.createDevice('a'), version)
    tls.write(connectPacket({ clientId: 'a' }))
    await once(tls, 'data')
    raw.write('plain text from another task')
    t.match(await broker.closed(), {
      code: 'CLOSE_TLS_BROKEN',
      side: 'we',
      verdict: 'refused',
      sent: { connack: 0 },
    })
  })

  t.test(`${version}: CONNECT and close_notify in one go leave no session behind`, async t => {
    const broker = await running(t)
    const { tls } = await device(t, broker, await broker.createDevice('a'), version)
    tls.end(connectPacket({ clientId: 'a' }))
    t.match(await broker.closed(), { code: 'CLOSE_CONNECTION_LOST', side: 'client' })
  })
}

t.test('a certificate that is deactivated while its takeover waits gets no session', async t => {
  const broker = await running(t)
  const identity = await broker.createDevice('a')
  const older = await device(t, broker, identity, 'TLSv1.3')
  older.tls.write(connectPacket({ clientId: 'a' }))
  await once(older.tls, 'data')
  const newer = await device(t, broker, identity, 'TLSv1.3')
  newer.tls.write(connectPacket({ clientId: 'a' }))
  const first = await broker.closed()
  t.equal(first.code, 'CLOSE_DUPLICATE_CLIENT_ID')
  directly(broker.registry).setStatus(identity.certificateId, 'INACTIVE')
  t.match(await broker.closed(), { code: 'REGISTRATION_INACTIVE', connection: 'c2' })
})

t.test('a bug on the way of a packet ends that connection, not the broker', async t => {
  const broker = await running(t)
  const { tls } = await device(t, broker, await broker.createDevice('a'), 'TLSv1.3')
  tls.write(connectPacket({ clientId: 'a' }))
  await once(tls, 'data')
  const { policiesOf } = broker.registry
  broker.registry.policiesOf = () => {
    throw new Error('made for this test')
  }
  directly(broker.registry).putThing({ thingName: 'a', attributes: {} })
  const { publishPacket } = await import('../helpers/mqtt-bytes.ts')
  tls.write(publishPacket({ topic: 'x', payload: 'y' }))
  t.match(await broker.closed(), {
    code: 'CLOSE_INTERNAL_ERROR',
    blame: 'broker',
    evidence: { error: /made for this test/ },
  })
  broker.registry.policiesOf = policiesOf
  const again = await device(t, broker, await broker.createDevice('c'), 'TLSv1.3')
  again.tls.write(connectPacket({ clientId: 'c' }))
  const [connack] = await once(again.tls, 'data')
  t.same([...connack], [0x20, 2, 0, 0])
})

/** Talks to the broker through a socket that gives our second write another content. */
async function answering(t: Test, broker: Broker, version: Version, answer: string): Promise<void> {
  const helper = dial(broker.port, '127.0.0.1')
  t.teardown(() => helper.destroy())
  helper.on('error', () => undefined)
  const { Duplex } = await import('node:stream')
  let writes = 0
  const tunnel = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      helper.write(writes++ === 0 ? chunk : answer, () => done())
    },
  })
  helper.on('data', chunk => tunnel.push(chunk))
  const tls = tlsConnect({
    socket: tunnel,
    rejectUnauthorized: false,
    minVersion: version,
    maxVersion: version,
  })
  tls.on('error', () => undefined)
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${version}: an answer that is no TLS is not told as a missing certificate`, async t => {
    const broker = await running(t)
    await answering(t, broker, version, 'GET / HTTP/1.1\r\n\r\n')
    t.match(await broker.closed(), {
      code: 'HANDSHAKE_UNREADABLE',
      evidence: { says: /no TLS records/ },
      sent: { alert: 20 },
    })
  })
}
