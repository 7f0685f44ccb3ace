/**
 * The AWS IoT Device SDK v2 as its users write it: builder from files, connect, subscribe, publish, disconnect. An ordinary
 * visit must leave an ordinary record.
 */

import { iot, mqtt } from 'aws-iot-device-sdk-v2'
import t from 'tap'
import { local } from './local.ts'

for (const [version, policy] of [
  ['TLSv1.2', 'IoTSecurityPolicy_TLS12_1_2_2022_10'],
  ['TLSv1.3', 'IoTSecurityPolicy_TLS13_1_2_2022_10'],
] as const) {
  t.test(`the AWS IoT Device SDK on ${version}: publishes and gets its own messages`, async t => {
    const { broker, device } = await local(t, { tls: { securityPolicy: policy } })
    const { flags, id } = await device('device')
    const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder_from_path(
      flags.cert,
      flags.key,
    )
      .with_certificate_authority_from_path(undefined, flags.ca)
      .with_client_id('device')
      .with_clean_session(true)
      .with_endpoint(broker.host)
      .with_port(broker.port)
      .build()
    const connection = new mqtt.MqttClient().new_connection(config)

    t.equal(await connection.connect(), false, 'no session was there')
    const got: [string, number][] = []
    let two: () => void
    const both = new Promise<void>(resolve => {
      two = resolve
    })
    const granted = await connection.subscribe(
      'device/#',
      mqtt.QoS.AtLeastOnce,
      (topic, payload, _, qos) => {
        got.push([`${topic} ${Buffer.from(payload).toString()}`, qos])
        if (got.length === 2) two()
      },
    )
    t.match(granted, { topic: 'device/#', qos: 1, error_code: 0 })
    await connection.publish('device/zero', 'a', mqtt.QoS.AtMostOnce)
    await connection.publish('device/one', 'b', mqtt.QoS.AtLeastOnce)
    await both
    t.same(got.toSorted(), [
      ['device/one b', 1],
      ['device/zero a', 0],
    ])
    await connection.disconnect()

    const record = await broker.closed()
    t.match(record, {
      verdict: 'closed',
      side: 'client',
      code: 'CLOSE_BY_CLIENT',
      certainty: 'proof',
      clientId: 'device',
      certificateId: id,
      sent: { connack: 0, close: 'fin' },
      hello: {
        sni: 'localhost',
        alpn: ['x-amzn-mqtt-ca'],
        stack: { name: 's2n', confidence: 'high' },
      },
      tls: { version },
    })
    t.same(record.also, [], 'and nothing to tell')
  })
}
