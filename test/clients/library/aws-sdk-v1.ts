/** AWS IoT Device SDK v1 for JavaScript (`awsIot.device`): MQTT.js 4 underneath, with a queue and reconnects of its own. */

import awsIot from 'aws-iot-device-sdk'
import { inbox } from './inbox.ts'
import type { Library, Message } from './library.ts'

export const awsSdkV1: Library = {
  name: 'AWS IoT Device SDK v1, MQTT 3.1.1',
  protocol: '3.1.1',
  async connect({ flags, clientId, persistent = false, will }) {
    const device = new awsIot.device({
      host: flags.sni,
      port: flags.port,
      caPath: flags.ca,
      certPath: flags.cert,
      keyPath: flags.key,
      clientId,
      clean: !persistent,
      // It can't be told to stay away; this is longer than the test.
      baseReconnectTimeMs: LONG_MS,
      minimumConnectionTimeMs: LONG_MS,
      maximumReconnectTimeMs: LONG_MS,
      ...(will && { will: { retain: false, ...will } }),
    })
    const messages = inbox<Message>()
    device.on('message', (topic, payload, { qos, retain }) =>
      messages.put({ topic, payload: payload.toString(), qos: qos === 0 ? 0 : 1, retain }),
    )
    let gone = false
    const ended = new Promise<undefined>(resolve => {
      device.on('close', () => {
        gone = true
        resolve(undefined)
      })
    })
    const sessionPresent = await new Promise<boolean>((resolve, reject) => {
      device.on('connect', connack => resolve(connack.sessionPresent))
      device.on('close', () => reject(new Error('closed before CONNACK')))
      device.on('error', reject)
    })
    return {
      sessionPresent,
      ended,
      next: messages.next,
      subscribe: (filter, qos) =>
        new Promise((resolve, reject) => {
          device.subscribe(filter, { qos }, (error, granted) =>
            error ? reject(error) : resolve(granted[0]?.qos ?? Number.NaN),
          )
        }),
      publish: ({ topic, payload, qos, retain }) =>
        new Promise((resolve, reject) => {
          device.publish(topic, payload, { qos, retain }, error =>
            error ? reject(error) : resolve(0),
          )
        }),
      leave: () => new Promise(resolve => device.end(gone, () => resolve())),
    }
  },
}

const LONG_MS = 300_000
