/** An MQTT.js client that behaves like a device: one connection, no reconnect, and everything it saw kept. */

import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import type { Test } from 'tap'
import type { LimitsOption } from '../../broker/config/limit-values.ts'
import type { Broker, Device } from '../../broker/main.ts'

export type Seen = {
  messages: [topic: string, payload: string, retain: boolean][]
  connack?: number
  /** The code of a CONNACK that refused. */
  refusedWith?: number
}

export type Connected = { client: MqttClient; seen: Seen; closed: Promise<void> }

/** Connects, or gives up when the broker closes: `seen.connack` tells which. */
export async function connect(
  t: Test,
  broker: Broker,
  device: Device,
  options: IClientOptions = {},
): Promise<Connected> {
  const client = mqtt.connect({
    host: broker.host,
    port: broker.port,
    protocol: 'mqtts',
    ca: device.ca,
    cert: device.certificate,
    key: device.privateKey,
    clientId: device.thingName,
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...options,
  })
  t.teardown(() => client.end(true))
  const seen: Seen = { messages: [] }
  client.on('error', (error: Error & { code?: unknown }) => {
    if (typeof error.code === 'number') seen.refusedWith = error.code
  })
  client.on('message', (topic, payload, packet) =>
    seen.messages.push([topic, payload.toString(), packet.retain]),
  )
  const closed = new Promise<void>(resolve => client.once('close', () => resolve()))
  await Promise.race([
    closed,
    new Promise<void>(resolve =>
      client.once('connect', packet => {
        seen.connack = packet.returnCode ?? 0
        resolve()
      }),
    ),
  ])
  return { client, seen, closed }
}

/** A device that comes back at once, or doesn't wait, is what many tests are about; AWS has it wait. */
export function unhurried(limits: LimitsOption = {}): LimitsOption {
  return typeof limits === 'string' ? limits : { ...UNHURRIED, ...limits }
}

const UNHURRIED = {
  connectsPerSecondPerClientId: 'off',
  retainedPerSecondPerTopic: 'off',
  packetsBeforeConnack: true,
} as const

/** Starts a broker in this process and stops it after the test. Clients may come back at once. */
export async function running(
  t: Test,
  options: Parameters<typeof import('../../broker/main.ts').start>[0] = {},
): Promise<Broker> {
  const { start } = await import('../../broker/main.ts')
  const broker = await start({ ...options, limits: unhurried(options.limits) })
  t.teardown(() => broker.stop())
  return broker
}

/** A policy of one statement each: `[action, resource without the ARN's head]`. */
export function allow(...rules: [action: string, resource: string][]): unknown {
  return {
    Version: '2012-10-17',
    Statement: rules.map(([action, resource]) => ({
      Effect: 'Allow',
      Action: action,
      Resource: `arn:aws:iot:us-east-1:123456789012:${resource}`,
    })),
  }
}
