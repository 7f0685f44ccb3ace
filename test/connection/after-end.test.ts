/** What a client has sent and nobody has read when its connection is ended by us: it has no effect any more. */

import { connect as dialTls } from 'node:tls'
import t from 'tap'
import { connect, running } from '../helpers/device.ts'
import { connectPacket, publishPacket, subscribePacket } from '../helpers/mqtt-bytes.ts'

t.test('what waits to be read when the client is taken over is not handled', async t => {
  const broker = await running(t, { limits: { bytesPerSecond: 2000 } })
  const watcher = await connect(t, broker, await broker.createDevice('watcher'))
  await watcher.client.subscribeAsync('said', { qos: 1 })
  const device = await broker.createDevice('device')
  const older = dialTls({
    port: broker.port,
    host: '127.0.0.1',
    servername: broker.host,
    cert: device.certificate,
    key: device.privateKey,
    ca: device.ca,
  })
  older.on('error', () => undefined)
  older.write(connectPacket({ clean: false }))
  await new Promise(resolve => older.once('data', resolve))
  const heard = new Promise(resolve => watcher.client.once('message', resolve))
  // More than may be read in this second: what comes then is read later.
  const filler = publishPacket({ topic: 'filler', payload: 'x'.repeat(40_000) })
  older.write(Buffer.concat([publishPacket({ topic: 'said', payload: 'in time' }), filler]))
  await heard
  const late = [subscribePacket(['late']), publishPacket({ topic: 'said', payload: 'too late' })]
  await new Promise<void>(sent => older.write(Buffer.concat(late), () => sent()))
  const newer = await connect(t, broker, device, { clean: false })
  older.destroy()
  t.equal((await broker.closed({ clientId: 'device' })).code, 'CLOSE_DUPLICATE_CLIENT_ID')
  await watcher.client.publishAsync('late', 'x', { qos: 1 })
  await newer.client.publishAsync('said', 'by the newer', { qos: 1 })
  await newer.client.subscribeAsync('end', { qos: 1 })
  t.same(
    watcher.seen.messages.map(([, payload]) => payload),
    ['in time', 'by the newer'],
  )
  t.same(newer.seen.messages, [], 'and its session has no subscription by it')
})
