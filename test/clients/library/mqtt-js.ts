/** MQTT.js: also what MQTTX and Node-RED stand on. */

import { readFile } from 'node:fs/promises'
import mqtt, { type IClientOptions, type IPublishPacket } from 'mqtt'
import { inbox } from './inbox.ts'
import type { ConnectOptions, Library, Message, Properties, Protocol } from './library.ts'

export function mqttJs(protocol: Protocol): Library {
  return {
    name: `MQTT.js, MQTT ${protocol}`,
    protocol,
    async connect(options) {
      const client = mqtt.connect(await clientOptions(options, protocol))
      const messages = inbox<Message>()
      client.on('message', (_topic, _payload, packet) => messages.put(messageOf(packet)))
      let reasonCode: number | undefined
      let gone = false
      client.on('disconnect', packet => {
        reasonCode = packet.reasonCode
      })
      const ended = new Promise<number | undefined>(resolve =>
        client.once('close', () => {
          gone = true
          resolve(reasonCode)
        }),
      )
      const sessionPresent = await new Promise<boolean>((resolve, reject) => {
        client.once('connect', packet => resolve(packet.sessionPresent))
        client.once('close', () => reject(new Error('closed before CONNACK')))
        client.on('error', reject)
      })
      return {
        sessionPresent,
        ended,
        next: messages.next,
        subscribe: (filter, qos) =>
          new Promise((resolve, reject) => {
            // A code of 128 and more is an error; the packet has it too.
            client.subscribe(filter, { qos }, (error, _granted, packet) => {
              const code = packet?.granted[0]
              if (typeof code === 'number') resolve(code)
              else reject(error ?? new Error('no SUBACK'))
            })
          }),
        publish: ({ topic, payload, qos, retain, properties }) =>
          new Promise((resolve, reject) => {
            const packed = properties ? { properties: pack(properties) } : {}
            client.publish(topic, payload, { qos, retain, ...packed }, error => {
              if (error === undefined || error === null) return resolve(0)
              const { code } = error as { code?: unknown }
              if (typeof code === 'number') resolve(code)
              else reject(error)
            })
          }),
        // It would wait for the PUBACK of what it has sent, and that comes no more.
        leave: () => client.endAsync(gone),
      }
    },
  }
}

async function clientOptions(
  { flags, clientId, persistent = false, will }: ConnectOptions,
  protocol: Protocol,
): Promise<IClientOptions> {
  const [ca, cert, key] = await Promise.all([flags.ca, flags.cert, flags.key].map(f => readFile(f)))
  return {
    protocol: 'mqtts',
    host: flags.sni,
    port: flags.port,
    ca: ca as Buffer,
    cert: cert as Buffer,
    key: key as Buffer,
    clientId,
    clean: !persistent,
    protocolVersion: protocol === '5' ? 5 : 4,
    // 0: a client that was closed stays closed.
    reconnectPeriod: 0,
    ...(will && { will: { retain: false, ...will, payload: Buffer.from(will.payload) } }),
    ...(protocol === '5' && persistent && { properties: { sessionExpiryInterval: 3600 } }),
  }
}

function pack({ contentType, responseTopic, correlationData, userProperties }: Properties): object {
  const named: Record<string, string[]> = {}
  for (const [name, value] of userProperties ?? []) {
    named[name] = [...(named[name] ?? []), value]
  }
  return {
    ...(contentType === undefined ? {} : { contentType }),
    ...(responseTopic === undefined ? {} : { responseTopic }),
    ...(correlationData === undefined ? {} : { correlationData: Buffer.from(correlationData) }),
    ...(userProperties && { userProperties: named }),
  }
}

function messageOf({ topic, payload, qos, retain, properties }: IPublishPacket): Message {
  const message = { topic, payload: payload.toString(), qos: qos === 0 ? 0 : 1, retain } as const
  if (!properties || Object.keys(properties).length === 0) return message
  const { contentType, responseTopic, correlationData, userProperties } = properties
  return {
    ...message,
    properties: {
      ...(contentType === undefined ? {} : { contentType }),
      ...(responseTopic === undefined ? {} : { responseTopic }),
      ...(correlationData === undefined ? {} : { correlationData: correlationData.toString() }),
      ...(userProperties && { userProperties: pairsOf(userProperties) }),
    },
  }
}

/** It keeps them by name: the order among the names is that in which each came first. */
function pairsOf(named: object): [string, string][] {
  return Object.entries(named).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, String(value)]),
  )
}
