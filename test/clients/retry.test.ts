/** A client whose key share is for a group that we don't take: our HelloRetryRequest, and what the record says of both hellos. */

import { once } from 'node:events'
import { connect as dial } from 'node:net'
import { connect } from 'node:tls'
import t from 'tap'
import { type HelloSpec, helloBytes, record } from '../tls/hello-bytes.ts'
import { local } from './local.ts'

const options = { tls: { groups: ['secp256r1' as const] } }

t.test('Node offers x25519 first, and brings the other key when it is asked', async t => {
  const { broker } = await local(t, options)
  const { certificate: cert, privateKey: key } = await broker.createDevice('sensor-1')
  const client = connect({
    port: broker.port,
    host: '127.0.0.1',
    servername: broker.host,
    ca: broker.ca,
    cert,
    key,
    ecdhCurve: 'X25519:P-256',
    minVersion: 'TLSv1.3',
  })
  await once(client, 'secureConnect')
  client.end()
  t.match(await broker.closed(), {
    hello: { keyShares: ['x25519'], groups: ['x25519', 'secp256r1'] },
    tls: { group: 'secp256r1', retry: { group: 'secp256r1', keyShares: ['secp256r1'] } },
  })
})

const first: HelloSpec = {
  versions: [0x0304],
  cipherSuites: [0x1301],
  groups: [29, 23],
  keyShares: [29],
  signatureAlgorithms: [0x0403, 0x0804],
}

const answers: [name: string, bytes: Buffer, want: object][] = [
  [
    'the same hello again',
    helloBytes(first),
    {
      verdict: 'refused',
      side: 'we',
      code: 'HELLO_RULE_BROKEN',
      says: /asked for a key share for secp256r1, its second ClientHello has a key share for x25519/,
      tls: { retry: { group: 'secp256r1', keyShares: ['x25519'] } },
    },
  ],
  [
    'an alert',
    record(21, Buffer.from([2, 47]), 0x0303),
    {
      verdict: 'refused',
      side: 'client',
      code: 'HANDSHAKE_ALERT',
      says: /alert 47 illegal_parameter \(we asked for another key share, .*: it has no key for the group/,
      evidence: { retried: true },
      tls: { retry: { group: 'secp256r1' } },
    },
  ],
]
for (const [name, bytes, want] of answers) {
  t.test(`the retry is answered with ${name}`, async t => {
    const { broker } = await local(t, options)
    const socket = dial(broker.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(helloBytes(first))
    await once(socket, 'data')
    socket.write(bytes)
    socket.resume()
    t.match(await broker.closed(), want)
    socket.destroy()
  })
}
