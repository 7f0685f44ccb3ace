/** A device that provisions itself by claim, with MQTT.js: it asks on `$aws/...` topics and waits for the answers. */

import { decode, encode } from 'cborg'
import type { Test } from 'tap'
import type { LogEvent } from '../../broker/journal/event.ts'
import { type Broker, type Device, type StartOptions, start } from '../../broker/main.ts'
import { allow, type Connected, connect, unhurried } from './device.ts'
import { directly } from './directly.ts'

/** Nearly all values are texts; of the others tests only look at the whole. */
export type Answered = { topic: string; body: { [key: string]: string } }

export type Claimant = Connected & {
  /** Publishes a request and gives its answer, whichever it is. */
  ask(operation: string, body?: unknown): Promise<Answered>
  /** The bytes as they are. */
  send(operation: string, payload: Buffer | string): Promise<Answered>
}

/** What a claim certificate may do, CSR and every template too. */
export const CLAIM_POLICY = allow(
  ['iot:Connect', 'client/*'],
  ['iot:Publish', 'topic/$aws/certificates/*'],
  ['iot:Publish', 'topic/$aws/provisioning-templates/*'],
  ['iot:Receive', 'topic/$aws/certificates/*'],
  ['iot:Receive', 'topic/$aws/provisioning-templates/*'],
  ['iot:Subscribe', 'topicfilter/$aws/certificates/*'],
  ['iot:Subscribe', 'topicfilter/$aws/provisioning-templates/*'],
)

/** A template that names the thing by the parameter `SerialNumber` and lets it do everything. */
export const FLEET_TEMPLATE = {
  Parameters: {
    SerialNumber: { Type: 'String' },
    Colour: { Type: 'String', Default: 'grey' },
    'AWS::IoT::Certificate::Id': { Type: 'String' },
  },
  Resources: {
    thing: {
      Type: 'AWS::IoT::Thing',
      Properties: {
        ThingName: { 'Fn::Join': ['', ['fleet-', { Ref: 'SerialNumber' }]] },
        AttributePayload: { colour: { Ref: 'Colour' } },
      },
    },
    certificate: {
      Type: 'AWS::IoT::Certificate',
      Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'ACTIVE' },
    },
    policy: {
      Type: 'AWS::IoT::Policy',
      Properties: { PolicyDocument: allow(['iot:*', '*']) },
    },
  },
  DeviceConfiguration: { server: { 'Fn::Join': ['', ['s-', { Ref: 'SerialNumber' }]] } },
}

/** Puts a template as CreateProvisioningTemplate would, of the type FLEET_PROVISIONING. */
export function putFleetTemplate(
  broker: Broker,
  name: string,
  body: unknown = FLEET_TEMPLATE,
  more: object = {},
): void {
  const { registry } = broker
  directly(registry).putTemplate(name, JSON.stringify(body))
  const { desk } = registry
  desk.transact(() => {
    const record = desk.tables.templates.get(name)
    if (record) desk.tables.templates.put(name, { ...record, type: 'FLEET_PROVISIONING', ...more })
    return { ok: true, value: undefined }
  })
}

/** Connects with the claim certificate and subscribes to every answer. */
export async function claimant(
  t: Test,
  broker: Broker,
  device: Device,
  options: { clientId?: string; format?: 'json' | 'cbor'; template?: string; qos?: 0 | 1 } = {},
): Promise<Claimant> {
  const { clientId = device.thingName, format = 'json', template = 'fleet', qos = 1 } = options
  const connected = await connect(t, broker, device, { clientId })
  const { client } = connected
  const topics: { [operation: string]: string } = {
    create: `$aws/certificates/create/${format}`,
    'create-from-csr': `$aws/certificates/create-from-csr/${format}`,
    provision: `$aws/provisioning-templates/${template}/provision/${format}`,
  }
  for (const topic of Object.values(topics)) {
    await client.subscribeAsync([`${topic}/accepted`, `${topic}/rejected`], { qos })
  }
  const claim: Claimant = {
    ...connected,
    ask(operation, body) {
      if (body === undefined) return claim.send(operation, '')
      const payload = format === 'json' ? JSON.stringify(body) : Buffer.from(encode(body))
      return claim.send(operation, payload)
    },
    send(operation, payload) {
      const topic = topics[operation] ?? operation
      const answer = new Promise<Answered>(resolve => {
        const hear = (on: string, bytes: Buffer): void => {
          if (!on.startsWith(`${topic}/`)) return
          client.removeListener('message', hear)
          const body = format === 'json' ? JSON.parse(bytes.toString()) : decode(bytes)
          resolve({ topic: on, body: body as Answered['body'] })
        }
        client.on('message', hear)
      })
      client.publish(topic, payload, { qos })
      return answer
    },
  }
  return claim
}

/** A broker with the template `fleet`, and a device with the claim certificate. */
export async function fleet(
  t: Test,
  options: StartOptions = {},
): Promise<{ broker: Broker; claim: Device; events: LogEvent[] }> {
  const events: LogEvent[] = []
  const broker = await start({
    ...options,
    limits: unhurried(options.limits),
    log: event => events.push(event),
  })
  t.teardown(() => broker.stop())
  putFleetTemplate(broker, 'fleet')
  return { broker, claim: await broker.createDevice('claim', { policy: CLAIM_POLICY }), events }
}
