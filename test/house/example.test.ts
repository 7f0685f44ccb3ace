import mqtt from 'mqtt'
import t from 'tap'
import { start } from '../../broker/main.ts'

const region = 'arn:aws:iot:us-east-1:123456789012'
const policy = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 'iot:Connect', Resource: `${region}:client/sensor-1` },
    { Effect: 'Allow', Action: 'iot:Publish', Resource: `${region}:topic/sensor-1/*` },
  ],
}

t.test('a device publishes under its own name, and under no other', async t => {
  const broker = await start({ clock: '2026-01-01T00:00:00Z' })
  t.teardown(() => broker.stop())
  const device = await broker.createDevice('sensor-1', { policy })
  const client = await mqtt.connectAsync({
    protocol: 'mqtts',
    host: broker.host,
    port: broker.port,
    ca: device.ca,
    cert: device.certificate,
    key: device.privateKey,
    clientId: device.thingName,
    protocolVersion: 4,
    reconnectPeriod: 0,
  })
  await client.publishAsync('sensor-1/temperature', '21', { qos: 1 })
  client.publish('sensor-2/temperature', '21', { qos: 1 })

  const record = await broker.closed({ clientId: 'sensor-1' })
  t.equal(record.code, 'TRAFFIC_PUBLISH_DENIED')
  t.equal(record.evidence['resource'], `${region}:topic/sensor-2/temperature`)
  t.equal(record.time, '2026-01-01T00:00:00.000Z')
})
