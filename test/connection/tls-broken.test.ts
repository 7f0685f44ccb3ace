/** Bytes that break TLS in the middle of a session: the alert in the record is the one that the client got. */

import { once } from 'node:events'
import { connect as dial } from 'node:net'
import { connect as dialTls } from 'node:tls'
import t from 'tap'
import { running } from '../helpers/device.ts'
import { connectPacket } from '../helpers/mqtt-bytes.ts'

const record = (type: number, length: number, fragment = Buffer.alloc(length, 7)): Buffer =>
  Buffer.concat([Buffer.from([type, 3, 3, length >> 8, length & 255]), fragment])

const cases: [name: string, bytes: Buffer, openssl: RegExp, alert: number][] = [
  ['plain text', Buffer.from('plain text, past TLS'), /^ERR_SSL_WRONG_VERSION_NUMBER$/, 70],
  [
    'a record that was not encrypted',
    record(23, 60),
    /BAD_RECORD_MAC$|CIPHER_OPERATION_FAILED$/,
    20,
  ],
  ['a record that is too long', record(23, 0x7fff, Buffer.alloc(64)), /_LENGTH_TOO_LONG$/, 22],
]

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  for (const [name, bytes, openssl, alert] of cases) {
    t.test(`${version}: ${name}`, async t => {
      const broker = await running(t)
      const { certificate, privateKey, ca } = await broker.createDevice('device')
      const wire = dial({ host: '127.0.0.1', port: broker.port })
      const client = dialTls({
        socket: wire,
        servername: broker.host,
        cert: certificate,
        key: privateKey,
        ca,
        minVersion: version,
        maxVersion: version,
      })
      let heard = ''
      client.on('error', error => {
        heard = error.message
      })
      const over = new Promise(resolve => client.once('close', resolve))
      client.write(connectPacket())
      await once(client, 'data')
      client.resume()
      wire.write(bytes)
      await over
      t.match(heard, `SSL alert number ${alert}`)
      t.match(await broker.closed(), {
        code: 'CLOSE_TLS_BROKEN',
        verdict: 'refused',
        side: 'we',
        evidence: { openssl },
        sent: { connack: 0, alert },
        phase: { broker: 'alert' },
      })
    })
  }
}
