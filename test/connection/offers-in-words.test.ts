/** What a refused offer is said to be, and what would help: words about the version at hand, and no more than was offered. */

import t from 'tap'
import { start } from '../../broker/main.ts'
import { rawVisit } from '../diagnosis/provoke/visitors.ts'
import { plainHello } from '../helpers/client-flight.ts'

const shared = start()
t.teardown(async () => (await shared).stop())

async function refusal(hello: Buffer) {
  const broker = await shared
  await rawVisit(broker, socket => void socket.write(hello))
  return broker.closed(({ verdict }) => verdict === 'refused')
}

t.test('without a list of versions a client has said the highest only', async t => {
  const record = await refusal(plainHello({ version: 0x0301 }))
  t.match(record, {
    code: 'HELLO_VERSION_UNSUPPORTED',
    says: /^the client offers TLSv1\.0 at the most, and /,
    evidence: { offered: ['TLSv1.0'], atMost: true },
  })
  t.same(record.hello?.versions, ['TLSv1.0'])
  const listed = await refusal(plainHello({ versions: [0x0302, 0x0301] }))
  t.match(listed, { says: /^the client offers TLSv1\.1 and TLSv1\.0, and / })
})

t.test('a client of TLS 1.2 is not told to enable suites of TLS 1.3', async t => {
  const record = await refusal(plainHello({ cipherSuites: [0x009e, 0x1301] }))
  t.match(record, { code: 'HELLO_NO_SHARED_CIPHER', evidence: { version: 'TLSv1.2' } })
  t.match(record.remedy, /^enable TLS_ECDHE_/)
  const { accepted } = record.evidence as { accepted: string[] }
  t.ok(accepted.every(name => name.includes('_WITH_')))
  const newer = await refusal(
    plainHello({ versions: [0x0304], keyShares: [23], cipherSuites: [0xc02b] }),
  )
  t.match(newer, { code: 'HELLO_NO_SHARED_CIPHER', evidence: { version: 'TLSv1.3' } })
  t.match(newer.remedy, /^enable TLS_AES_/)
})

t.test('signature algorithms that devices have are named, for each kind of key', async t => {
  const { remedy } = await refusal(plainHello({ signatureAlgorithms: [0x0201, 0x0203] }))
  for (const name of ['ecdsa_secp256r1_sha256', 'rsa_pkcs1_sha256']) t.match(remedy, name)
  t.notMatch(remedy, /sha384|sha512/)
})
