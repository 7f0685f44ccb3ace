/**
 * ClientHellos that no library of today writes, byte by byte: old versions, a demand on the signature under our certificate,
 * and an alert in the place of a hello.
 */

import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import type { ClosingRecord } from '../../broker/journal/dossier.ts'
import { start } from '../../broker/main.ts'
import {
  type HelloSpec,
  helloBytes,
  list16,
  record,
  sslv2HelloBytes,
  vector,
} from '../tls/hello-bytes.ts'

const SUITES = [0xc02f, 0x2f]
const CURVES = { groups: [23], pointFormats: [0], signatureAlgorithms: [0x0401] }
const modern: HelloSpec = { cipherSuites: SUITES, ...CURVES }
const certificatesBy = (...ids: number[]): HelloSpec => ({
  ...modern,
  more: [[50, vector(2, list16(ids))]],
})

const rows: [name: string, bytes: Buffer, alert: number | undefined, expected: object][] = [
  [
    'SSLv2',
    sslv2HelloBytes(0x0002, [0x2f]),
    70,
    { code: 'HELLO_VERSION_UNSUPPORTED', evidence: { offered: ['SSLv2'] } },
  ],
  [
    'the SSLv2 form up to TLS 1.0',
    sslv2HelloBytes(0x0301, [0x2f]),
    70,
    { code: 'HELLO_VERSION_UNSUPPORTED', evidence: { offered: ['TLSv1.0'] } },
  ],
  [
    'SSLv3',
    helloBytes({ version: 0x0300, cipherSuites: SUITES }),
    40,
    { code: 'HELLO_VERSION_UNSUPPORTED', evidence: { offered: ['SSLv3'] } },
  ],
  [
    'TLS 1.0',
    helloBytes({ ...modern, version: 0x0301 }),
    70,
    { code: 'HELLO_VERSION_UNSUPPORTED', evidence: { offered: ['TLSv1.0'] } },
  ],
  [
    'TLS 1.1',
    helloBytes({ ...modern, version: 0x0302 }),
    70,
    { code: 'HELLO_VERSION_UNSUPPORTED', evidence: { offered: ['TLSv1.1'] } },
  ],
  [
    'certificates signed with ECDSA only',
    helloBytes(certificatesBy(0x0403)),
    40,
    {
      code: 'HELLO_NO_SHARED_SIGNATURE_ALGORITHM',
      says: "the client takes certificates signed with ecdsa_secp256r1_sha256 (signature_algorithms_cert), and this server's are signed with rsa_pkcs1_sha256",
      remedy: /^enable rsa_pkcs1_sha256 for certificates in the device/,
    },
  ],
  [
    'an alert in the place of the hello',
    record(21, Buffer.from([2, 40])),
    undefined,
    {
      code: 'HELLO_MALFORMED',
      says: 'the client gave up before its ClientHello: a TLS alert came instead: 40 handshake_failure',
      remedy: /^look at the device's TLS settings/,
    },
  ],
]

for (const [name, bytes, alert, expected] of rows) {
  t.test(name, async t => {
    const { seen, closed } = await visit(bytes)
    t.match(closed, { verdict: 'refused', ...expected })
    t.equal(closed.sent.alert, alert, 'the record says what was sent')
    t.equal(seen[0] === 21 ? seen[6] : undefined, alert, 'the client got it')
  })
}

t.test('certificates signed as ours is are taken', async t => {
  const { seen } = await visit(helloBytes(certificatesBy(0x0401, 0x0403)))
  t.equal(seen[0], 22, 'a ServerHello')
})

/** Sends the bytes, reads one piece and leaves. */
async function visit(bytes: Buffer): Promise<{ seen: Buffer; closed: ClosingRecord }> {
  const broker = await start()
  const socket = connect(broker.port, '127.0.0.1')
  const pieces: Buffer[] = []
  socket.on('data', piece => {
    pieces.push(piece)
    socket.end()
  })
  socket.write(bytes)
  await once(socket, 'close')
  const closed = await broker.closed()
  await broker.stop()
  return { seen: Buffer.concat(pieces), closed }
}
