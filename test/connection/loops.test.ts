/** Devices that fail again and again, over real sockets: what their records say of it. */

import t from 'tap'
import type { LogEvent } from '../../broker/journal/journal.ts'
import type { Broker } from '../../broker/main.ts'
import { tlsVisit } from '../diagnosis/provoke/visitors.ts'
import { allow, connect, running } from '../helpers/device.ts'
import { manualClock } from '../helpers/manual-clock.ts'
import { connectPacket } from '../helpers/mqtt-bytes.ts'

/** One visit without a certificate, as a device whose certificate isn't loaded makes it. */
async function withoutCertificate(broker: Broker, maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3') {
  await tlsVisit(broker, {}, { maxVersion })
  return broker.closed({ code: 'CERTIFICATE_MISSING' })
}

t.test('a loop without a certificate, until one is loaded', async t => {
  const clock = manualClock()
  const events: LogEvent[] = []
  const broker = await running(t, { clock, log: event => void events.push(event) })
  const first = await withoutCertificate(broker)
  t.strictSame(first.repeat, { count: 1, since: first.time })
  clock.advance(10_000)
  const second = await withoutCertificate(broker)
  const known = { since: first.time, last: first.time, perMinute: 6, sameAs: first.connection }
  t.strictSame(second.repeat, { count: 2, ...known })
  t.ok(second.hello && second.evidence, 'closed() gives the whole record all the same')
  clock.advance(10_000)
  const other = await withoutCertificate(broker, 'TLSv1.2')
  t.match(other.repeat, { count: 1, sameAs: undefined }, 'another offer is another client')

  const device = await broker.createDevice('late')
  const packet = connectPacket({ clientId: 'late' })
  await tlsVisit(broker, device, {}, socket => void socket.end(packet))
  await broker.closed({ certificateId: device.certificateId })
  const connected = events.find(({ event }) => event === 'connection.connected')
  t.match(connected, {
    refusals: { count: 2, since: first.time, last: second.time, code: 'CERTIFICATE_MISSING' },
  })
})

t.test('a session that is ended for the same publish each time; then for another', async t => {
  const broker = await running(t)
  const policy = allow(['iot:Connect', 'client/*'])
  const device = await broker.createDevice('loud', { policy })
  const denied = async (topic: string) => {
    const { client, closed } = await connect(t, broker, device)
    client.publish(topic, '1')
    await closed
    return broker.closed({ code: 'TRAFFIC_PUBLISH_DENIED' })
  }
  const { connection } = await denied('x')
  t.match((await denied('x')).repeat, { count: 2, sameAs: connection })
  t.match((await denied('y')).repeat, { count: 3, sameAs: undefined })
  t.match((await denied('x')).repeat, { count: 4, sameAs: connection })
})

t.test('two devices that take a client id from each other are one case', async t => {
  const broker = await running(t)
  const devices = [await broker.createDevice('one'), await broker.createDevice('two')] as const
  const counts: number[] = []
  let [older, newer] = devices
  await connect(t, broker, older, { clientId: 'shared' })
  for (let time = 0; time < 4; time++) {
    await connect(t, broker, newer, { clientId: 'shared' })
    const { repeat } = await broker.closed({ code: 'CLOSE_DUPLICATE_CLIENT_ID' })
    counts.push(repeat.count)
    ;[older, newer] = [newer, older]
  }
  t.strictSame(counts, [1, 2, 3, 4])
})
