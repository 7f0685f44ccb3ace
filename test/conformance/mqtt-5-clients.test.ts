/**
 * What other people's clients of MQTT 5 read out of what we send: a statement that both sides have to understand in the same
 * way is shown better with a reader that isn't ours.
 */

import { once } from 'node:events'
import { iot, mqtt5 } from 'aws-iot-device-sdk-v2'
import mqtt, { type IPublishPacket, type MqttClient } from 'mqtt'
import t from 'tap'
import type { Device } from '../../broker/main.ts'
import { running } from '../helpers/device.ts'

const broker = await running(t)

await t.test('MQTT.js: aliases of both sides, request and response', async t => {
  const asker = await mqttJs(await broker.createDevice('asker'))
  const answerer = await mqttJs(await broker.createDevice('answerer'))
  await answerer.subscribeAsync('questions/+', { qos: 1 })
  answerer.on('message', (topic, payload, { properties = {} }) => {
    const { responseTopic = '', correlationData } = properties
    const more = correlationData ? { correlationData } : {}
    answerer.publish(responseTopic, `${topic}: ${payload}`, { qos: 1, properties: more })
  })
  await asker.subscribeAsync('answers/me', { qos: 1 })
  for (const count of [1, 2, 3]) {
    const answer = nextMessage(asker)
    const correlationData = Buffer.of(count)
    const properties = { responseTopic: 'answers/me', correlationData }
    await asker.publishAsync('questions/how', `${count}`, { qos: 1, properties })
    const [topic, { payload, properties: own }] = await answer
    t.same([topic, payload.toString()], ['answers/me', `questions/how: ${count}`])
    t.same(own?.correlationData, correlationData)
    t.equal(own?.topicAlias, 1)
  }

  async function mqttJs({ certificate, privateKey, ca, thingName }: Device) {
    const client = await mqtt.connectAsync({
      host: broker.host,
      port: broker.port,
      protocol: 'mqtts',
      ca,
      cert: certificate,
      key: privateKey,
      clientId: thingName,
      protocolVersion: 5,
      reconnectPeriod: 0,
      autoAssignTopicAlias: true,
      properties: { topicAliasMaximum: 4 },
    })
    t.teardown(() => client.end(true))
    return client
  }
})

await t.test('the AWS SDK: what was agreed, and user properties in their order', async t => {
  const device = await broker.createDevice('device')
  const { client, settings } = await sdk(device)
  t.match(settings, {
    clientId: 'device',
    rejoinedSession: false,
    maximumQos: 1,
    sessionExpiryInterval: 3600,
    receiveMaximumFromServer: 100,
    maximumPacketSizeToServer: 149_504,
    topicAliasMaximumToServer: 8,
    serverKeepAlive: 30,
    retainAvailable: true,
    wildcardSubscriptionsAvailable: true,
    subscriptionIdentifiersAvailable: false,
    sharedSubscriptionsAvailable: true,
  })
  await client.subscribe({ subscriptions: [{ topicFilter: 'a/#', qos: 1 }] })
  const userProperties = ['z', 'a', 'z'].map((name, index) => ({ name, value: `${index}` }))
  for (const payload of ['one', 'two']) {
    const got = once(client, 'messageReceived')
    await client.publish({ topicName: 'a/b', qos: 1, payload, userProperties })
    const [{ message }] = (await got) as [mqtt5.MessageReceivedEvent]
    t.match(message, { topicName: 'a/b', userProperties })
  }
  client.stop({ reasonCode: 0 })

  async function sdk({ certificate, privateKey, ca }: Device) {
    const builder = iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromMemory(
      broker.host,
      certificate,
      privateKey,
    )
    const config = builder
      .withCertificateAuthority(ca)
      .withPort(broker.port)
      .withSessionBehavior(mqtt5.ClientSessionBehavior.RejoinAlways)
      .withTopicAliasingOptions({
        outboundBehavior: mqtt5.OutboundTopicAliasBehaviorType.LRU,
        inboundBehavior: mqtt5.InboundTopicAliasBehaviorType.Enabled,
      })
      .withConnectProperties({
        clientId: 'device',
        keepAliveIntervalSeconds: 30,
        sessionExpiryIntervalSeconds: 7200,
      })
      .build()
    const client = new mqtt5.Mqtt5Client(config)
    const connected = once(client, 'connectionSuccess')
    client.start()
    const [{ settings }] = (await connected) as [mqtt5.ConnectionSuccessEvent]
    return { client, settings }
  }
})

// The SDK's MQTT 5 client keeps the process alive, closed or not.
t.teardown(() => process.exit())
t.end()

/** The topic as the client has worked it out, and the packet as it came. */
function nextMessage(client: MqttClient): Promise<[topic: string, packet: IPublishPacket]> {
  return new Promise(resolve =>
    client.once('message', (topic, _payload, packet) => resolve([topic, packet])),
  )
}
