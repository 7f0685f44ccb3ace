/** What repetitions are counted by: strangers choose what is in it, and must not choose how much of it is kept. */

import t from 'tap'
import { deviceOf, samenessOf } from '../../broker/connection/sameness.ts'
import type { Visit } from '../../broker/connection/visit.ts'
import { diagnose } from '../../broker/diagnosis/diagnosis.ts'
import { rawVisit } from '../diagnosis/provoke/visitors.ts'
import { running } from '../helpers/device.ts'

const KEPT = 256
const refusal = diagnose('HELLO_TIMEOUT', { afterMs: 1, bytes: 0 })

/** A visit as far as its device is read from it. */
function visit(cipherSuites: number[], clientId?: string): Visit {
  const seen = {
    wire: { remote: { address: '192.0.2.7', port: 1 } },
    hello: { parsed: { cipherSuites } },
    ...(clientId === undefined ? {} : { mqtt: { connect: { clientId } } }),
  }
  return seen as unknown as Visit
}

t.test('an offer of thousands of suites and a client id of thousands of letters', async t => {
  const suites = Array.from({ length: 15_000 }, (_, at) => at)
  const keys = [
    deviceOf(visit(suites), refusal, undefined),
    deviceOf(visit(suites.toReversed()), refusal, undefined),
    deviceOf(visit([], 'a'.repeat(60_000)), refusal, undefined),
    deviceOf(visit([], 'b'.repeat(60_000)), refusal, undefined),
  ]
  t.equal(new Set(keys).size, keys.length, 'each is another device')
  for (const key of keys) t.ok(key.length <= KEPT, `${key.length}`)
  t.equal(deviceOf(visit(suites), refusal, undefined), keys[0], 'and the same one again')
})

t.test('an ending with much evidence', async t => {
  const broker = await running(t)
  await rawVisit(broker, socket => void socket.end('not TLS'))
  const record = await broker.closed()
  const long = (why: string) => samenessOf({ ...record, evidence: { why: why.repeat(9000) } })
  t.ok(long('a').length <= KEPT)
  t.not(long('a'), long('b'))
  t.equal(long('a'), long('a'))
})
