/** AWS IoT Device SDK v2 for JavaScript: one client for MQTT 5 and another for 3.1.1, both aws-crt (C) underneath. */

import { once } from 'node:events'
import { iot, mqtt, mqtt5 } from 'aws-iot-device-sdk-v2'
import { inbox } from './inbox.ts'
import type { ConnectOptions, Library, Message, Properties } from './library.ts'

export const awsSdkV2: Library = {
  name: 'AWS IoT Device SDK v2, MQTT 3.1.1',
  protocol: '3.1.1',
  async connect(options) {
    const connection = new mqtt.MqttClient().new_connection(config311(options))
    const messages = inbox<Message>()
    // The callback given to `subscribe` gets nothing of a session that a new process resumes: this event does.
    connection.on('message', (topic, payload, _dup, qos, retain) =>
      messages.put({ topic, payload: text(payload), qos: qos === 0 ? 0 : 1, retain }),
    )
    let gone = false
    const ended = new Promise<undefined>(resolve => {
      connection.on('interrupt', () => {
        gone = true
        resolve(undefined)
        // It would dial again in a second.
        void connection.disconnect().catch(() => undefined)
      })
    })
    return {
      sessionPresent: await connection.connect(),
      ended,
      next: messages.next,
      async subscribe(filter, qos) {
        const { qos: granted } = await connection.subscribe(filter, qos)
        return granted
      },
      async publish({ topic, payload, qos, retain }) {
        await connection.publish(topic, payload, qos, retain)
        return 0
      },
      async leave() {
        if (gone) return
        gone = true
        await connection.disconnect()
      },
    }
  },
}

export const awsSdkV2Five: Library = {
  name: 'AWS IoT Device SDK v2, MQTT 5',
  protocol: '5',
  async connect(options) {
    const client = new mqtt5.Mqtt5Client(config5(options))
    const messages = inbox<Message>()
    client.on('messageReceived', ({ message }) => messages.put(messageOf(message)))
    let gone = false
    const free = async (packet?: mqtt5.DisconnectPacket): Promise<void> => {
      if (gone) return
      gone = true
      const stopped = once(client, 'stopped')
      client.stop(packet)
      await stopped
      client.close()
    }
    const ended = new Promise<number | undefined>(resolve => {
      client.on('disconnection', ({ disconnect }) => {
        resolve(disconnect?.reasonCode)
        // It would dial again in a second: two with one client id would throw each other out for ever.
        void free()
      })
    })
    const welcome = new Promise<boolean>((resolve, reject) => {
      client.on('connectionSuccess', ({ connack }) => resolve(connack.sessionPresent))
      client.on('connectionFailure', ({ error }) => void free().then(() => reject(error)))
    })
    client.start()
    return {
      sessionPresent: await welcome,
      ended,
      next: messages.next,
      async subscribe(topicFilter, qos) {
        const { reasonCodes } = await client.subscribe({ subscriptions: [{ topicFilter, qos }] })
        return reasonCodes[0] ?? Number.NaN
      },
      async publish({ topic: topicName, payload, qos, retain, properties }) {
        const packet = { topicName, payload, qos, retain, ...(properties && pack(properties)) }
        const puback = await client.publish(packet)
        return puback?.reasonCode ?? 0
      },
      // `stop()` alone closes without DISCONNECT, and that sends the will.
      leave: () => free({ reasonCode: mqtt5.DisconnectReasonCode.NormalDisconnection }),
    }
  },
}

function config311({ flags, clientId, persistent = false, will }: ConnectOptions) {
  const builder = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder_from_path(
    flags.cert,
    flags.key,
  )
    .with_certificate_authority_from_path(undefined, flags.ca)
    .with_endpoint(flags.sni)
    .with_port(flags.port)
    .with_client_id(clientId)
    .with_clean_session(!persistent)
  return (will ? builder.with_will({ retain: false, ...will }) : builder).build()
}

function config5({ flags, clientId, persistent = false, will }: ConnectOptions) {
  return iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromPath(
    flags.sni,
    flags.cert,
    flags.key,
  )
    .withCertificateAuthorityFromPath(undefined, flags.ca)
    .withPort(flags.port)
    .withSessionBehavior(mqtt5.ClientSessionBehavior[persistent ? 'RejoinAlways' : 'Clean'])
    .withConnectProperties({
      clientId,
      keepAliveIntervalSeconds: 60,
      ...(persistent && { sessionExpiryIntervalSeconds: 3600 }),
      ...(will && {
        will: {
          topicName: will.topic,
          payload: will.payload,
          qos: will.qos,
          retain: will.retain ?? false,
        },
      }),
    })
    .build()
}

function pack({ contentType, responseTopic, correlationData, userProperties }: Properties): object {
  return {
    ...(contentType === undefined ? {} : { contentType }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined ? {} : { correlationData }),
    ...(userProperties && {
      userProperties: userProperties.map(([name, value]) => ({ name, value })),
    }),
  }
}

function messageOf(packet: mqtt5.PublishPacket): Message {
  const { topicName: topic, qos, retain = false } = packet
  const { contentType, responseTopic, correlationData, userProperties } = packet
  const properties: Properties = {
    ...(contentType === undefined ? {} : { contentType: text(contentType) }),
    ...(responseTopic === undefined ? {} : { responseTopic: text(responseTopic) }),
    ...(correlationData === undefined ? {} : { correlationData: text(correlationData) }),
    ...(userProperties?.length && {
      userProperties: userProperties.map(({ name, value }): [string, string] => [name, value]),
    }),
  }
  return {
    topic,
    payload: text(packet.payload ?? ''),
    qos: qos === 0 ? 0 : 1,
    retain,
    ...(Object.keys(properties).length > 0 && { properties }),
  }
}

/** What it calls a payload: text, bytes, or JSON. */
function text(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString()
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()
  }
  return JSON.stringify(value)
}
