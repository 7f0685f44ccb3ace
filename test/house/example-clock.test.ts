import mqtt from 'mqtt'
import t from 'tap'
import { start } from '../../broker/main.ts'

t.test('a device that falls silent is told of by its will', async t => {
  const broker = await start({ clock: 'manual' })
  t.teardown(() => broker.stop())
  const device = await broker.createDevice('sensor-1')
  const options: mqtt.IClientOptions = {
    protocol: 'mqtts',
    host: broker.host,
    port: broker.port,
    ca: device.ca,
    cert: device.certificate,
    key: device.privateKey,
    protocolVersion: 4,
    reconnectPeriod: 0,
  }
  const watcher = await mqtt.connectAsync({ ...options, clientId: 'watcher', keepalive: 1200 })
  await watcher.subscribeAsync('sensor-1/lost')
  const lost = new Promise(resolve => watcher.once('message', resolve))
  const will = {
    topic: 'sensor-1/lost',
    payload: Buffer.from('gone'),
    qos: 0,
    retain: false,
  } as const
  await mqtt.connectAsync({ ...options, clientId: 'sensor-1', keepalive: 60, will })

  await broker.clock.advance('90s')
  const record = await broker.closed({ clientId: 'sensor-1' })
  t.equal(record.code, 'CLOSE_KEEP_ALIVE_TIMEOUT')
  t.equal(record.durationMs, 90_000)
  t.equal(await lost, 'sensor-1/lost')
})
