/**
 * Every code of the catalogue is provoked from outside: a client comes over a real socket with real bytes, and what the
 * record says must be what that client saw. How, stands in provoke/, one file for each room.
 */

import t from 'tap'
import { type Code, catalogue } from '../../broker/diagnosis/catalogue.ts'
import { type Broker, type StartOptions, start } from '../../broker/main.ts'
import { unhurried } from '../helpers/device.ts'
import { PKI_NOW } from '../helpers/pki.ts'
import { certificate } from './provoke/certificate.ts'
import { chain } from './provoke/chain.ts'
import { close } from './provoke/close.ts'
import { connect } from './provoke/connect.ts'
import { handshake } from './provoke/handshake.ts'
import { hello } from './provoke/hello.ts'
import type { Provocation, Unprovoked } from './provoke/provocation.ts'
import { registration } from './provoke/registration.ts'
import { session } from './provoke/session.ts'
import { permission, traffic } from './provoke/traffic.ts'
import { trafficLimits } from './provoke/traffic-limits.ts'

const provocations: { [C in Code]: Provocation | Unprovoked } = {
  ...hello,
  ...handshake,
  ...certificate,
  ...chain,
  ...connect,
  ...registration,
  ...permission,
  ...session,
  ...traffic,
  ...trafficLimits,
  ...close,
}

/** One broker for all that need nothing special of it. */
let accepted = 0
const shared = start({
  limits: unhurried({ bytesPerSecond: 'off' }),
  clock: PKI_NOW,
  log(event) {
    if (event.event === 'connection.accepted') accepted++
  },
})
t.teardown(async () => (await shared).stop())

/** Cases that want the very same options share a broker. */
const started = new Map<StartOptions, Promise<Broker>>()
t.teardown(async () => {
  for (const broker of started.values()) await (await broker).stop()
})

for (const [code, provocation] of Object.entries(provocations)) {
  if ('unprovoked' in provocation) continue
  t.test(code, async t => {
    const broker = await brokerFor(provocation.options)
    // Records of the cases before may have this code too.
    const before = provocation.options === undefined ? accepted : 0
    const saw = await provocation.act(broker, t)
    const { findingOf, verdict, side, sent = {}, evidence = {} } = provocation
    const record = await broker.closed(
      ({ connection, code: main, also }) =>
        Number(connection.slice(1)) > before &&
        (findingOf === undefined ? main === code : also.some(finding => finding.code === code)),
    )
    t.match(record, { code: findingOf ?? code, verdict, side })
    const told = record.also.find(finding => finding.code === code) ?? record
    t.match(told.evidence, evidence)
    t.same(saw, sent, 'what the client saw')
    const { close: _, ...recorded } = record.sent
    t.same(recorded, sent, 'what the record says that it saw')
  })
}

t.test('hardly any code is beyond a client', async t => {
  t.same(Object.keys(provocations).sort(), Object.keys(catalogue).sort())
  const unprovoked = Object.keys(provocations).filter(
    code => 'unprovoked' in provocations[code as Code],
  )
  t.same(unprovoked, ['CLOSE_INTERNAL_ERROR'])
})

async function brokerFor(options: StartOptions | undefined): Promise<Broker> {
  if (options === undefined) return shared
  const broker = started.get(options) ?? start(options)
  started.set(options, broker)
  return broker
}
