/** Clients that end the handshake themselves: what the record says depends on how far they had come, and on sizes. */

import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { start } from '../../broker/main.ts'
import { afterServerFlight, chainOf, changing, tlsVisit } from '../diagnosis/provoke/visitors.ts'
import {
  certificateMessage,
  handshakeRecord12,
  keyExchangeMessage,
  plainHello,
} from '../helpers/client-flight.ts'
import { PKI_NOW, pki } from '../helpers/pki.ts'
import { vector } from '../tls/hello-bytes.ts'

const EMPTY = handshakeRecord12(certificateMessage())
const OWN = handshakeRecord12(certificateMessage(pki().device.certificate.der))
const KEY_EXCHANGE = handshakeRecord12(keyExchangeMessage())

type Left = { name: string; hello?: Buffer; sends: Buffer[]; record: object; causes?: string[] }

const lefts: Left[] = [
  {
    name: 'it has sent its certificate, and does not prove its key',
    sends: [OWN, KEY_EXCHANGE],
    record: { code: 'HANDSHAKE_ABANDONED', certainty: 'guess', also: [] },
    causes: ['key', 'network', 'user'],
  },
  {
    name: 'it has sent an empty Certificate',
    sends: [EMPTY],
    record: { code: 'HANDSHAKE_ABANDONED', also: [{ code: 'CERTIFICATE_MISSING' }] },
    causes: ['certificate', 'network', 'user'],
  },
  {
    name: 'an empty Certificate, and then a verdict on ours',
    sends: [EMPTY, alert(43)],
    record: {
      code: 'HANDSHAKE_SERVER_CERTIFICATE_REJECTED',
      evidence: { alert: 43 },
      phase: { client: 'alert' },
      also: [{ code: 'CERTIFICATE_MISSING' }],
    },
  },
  {
    name: 'an alert does not hide how far it had come',
    sends: [OWN, alert(80)],
    record: { code: 'HANDSHAKE_ALERT', says: /the client's last message was Certificate\)/ },
  },
  {
    name: 'our record is larger than it asked for by record_size_limit',
    hello: plainHello({ more: [[28, Buffer.from([2, 0])]] }),
    sends: [],
    record: { code: 'HANDSHAKE_ABANDONED', evidence: { fragmentLimit: 512 } },
    causes: ['memory', 'trust', 'clock', 'name', 'user'],
  },
  {
    name: 'max_fragment_length is answered, so our records are no reason',
    hello: plainHello({ maxFragmentLengthCode: 1 }),
    sends: [],
    record: { evidence: { fragmentLimit: 512, largestRecord: 512 } },
    causes: ['trust', 'clock', 'name', 'user'],
  },
]

for (const { name, hello = plainHello(), sends, record, causes } of lefts) {
  t.test(name, async t => {
    const broker = await start()
    t.teardown(() => broker.stop())
    await afterServerFlight(broker, socket => void socket.end(Buffer.concat(sends)), hello)
    const closed = await broker.closed()
    t.match(closed, { verdict: 'refused', side: 'client', ...record })
    if (causes === undefined) return
    const { candidates } = closed.evidence as { candidates: { cause: string }[] }
    t.same(
      candidates.map(({ cause }) => cause),
      causes,
    )
  })
}

t.test('a wait before the ClientHello is not counted as a wait after our certificate', async t => {
  const broker = await start()
  t.teardown(() => broker.stop())
  const waitedMs = 200
  const late = (): Promise<void> => pause(waitedMs)
  await afterServerFlight(broker, socket => void socket.end(), plainHello(), late)
  const { evidence, durationMs } = await broker.closed()
  // A timer may come 1 ms early, and both figures are rounded.
  t.ok(Number(evidence['afterMs']) <= durationMs - waitedMs + 3)
})

t.test('on TLS 1.2 too, a record that does not open is told as that', async t => {
  const broker = await start({ clock: PKI_NOW })
  t.teardown(() => broker.stop())
  let changedCipher = false
  const port = await changing(t, broker, record => {
    const finished = changedCipher && record[0] === HANDSHAKE
    if (record[0] === CHANGE_CIPHER_SPEC) changedCipher = true
    return finished
      ? Buffer.concat([record.subarray(0, -1), Buffer.from([~record.at(-1)! & 255])])
      : record
  })
  const versions = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
  const saw = await tlsVisit(broker, chainOf(pki().device), { ...versions, port })
  t.match(await broker.closed(), {
    side: 'we',
    code: 'HANDSHAKE_UNREADABLE',
    certainty: 'proof',
    sent: { alert: 20 },
  })
  t.equal(saw.alert, 20)
})

const HANDSHAKE = 22
const CHANGE_CIPHER_SPEC = 20

function alert(number: number): Buffer {
  return Buffer.concat([Buffer.from([21, 3, 3]), vector(2, Buffer.from([2, number]))])
}
