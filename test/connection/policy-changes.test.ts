/** Operations on policies while a device is connected: the next packet is judged anew, and record and story name the change. */

import t from 'tap'
import { createJournal } from '../../broker/journal/journal.ts'
import type { Broker, Device } from '../../broker/main.ts'
import { runningClock } from '../../broker/world.ts'
import { allow, connect, running } from '../helpers/device.ts'
import { okay } from '../helpers/operations.ts'

const head = 'arn:aws:iot:us-east-1:123456789012:'
const policyName = 'lamp-policy'
const denying = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 'iot:*', Resource: '*' },
    { Effect: 'Deny', Action: 'iot:Publish', Resource: `${head}topic/a/*` },
  ],
})
const cert = ({ certificateId }: Device) => `${head}cert/${certificateId}`

type Case = {
  name: string
  /** Before the device connects. */
  before?(broker: Broker, device: Device): void
  change(broker: Broker, device: Device): void
  operation: string
  outcome: 'IMPLICIT_DENY' | 'EXPLICIT_DENY'
}

const cases: Case[] = [
  {
    name: 'DetachPolicy',
    change: ({ registry }, device) =>
      okay(registry.operations.detachPolicy({ policyName, target: cert(device) })),
    operation: 'DetachPolicy',
    outcome: 'IMPLICIT_DENY',
  },
  {
    name: 'SetDefaultPolicyVersion',
    before: ({ registry }) =>
      void okay(registry.operations.createPolicyVersion({ policyName, policyDocument: denying })),
    change: ({ registry }) =>
      okay(registry.operations.setDefaultPolicyVersion({ policyName, policyVersionId: '2' })),
    operation: 'SetDefaultPolicyVersion',
    outcome: 'EXPLICIT_DENY',
  },
  {
    name: 'CreatePolicyVersion that makes it the default one',
    change: ({ registry }) =>
      void okay(
        registry.operations.createPolicyVersion({
          policyName,
          policyDocument: denying,
          setAsDefault: true,
        }),
      ),
    operation: 'CreatePolicyVersion',
    outcome: 'EXPLICIT_DENY',
  },
  {
    name: 'AttachPolicy to the group of its thing',
    before({ registry }) {
      const { operations } = registry
      okay(operations.createPolicy({ policyName: 'denies', policyDocument: denying }))
      okay(operations.createThingGroup({ thingGroupName: 'hall' }))
      okay(operations.addThingToThingGroup({ thingGroupName: 'hall', thingName: 'lamp' }))
    },
    change: ({ registry }) =>
      okay(
        registry.operations.attachPolicy({
          policyName: 'denies',
          target: `${head}thinggroup/hall`,
        }),
      ),
    operation: 'AttachPolicy',
    outcome: 'EXPLICIT_DENY',
  },
]

for (const { name, before, change, operation, outcome } of cases)
  t.test(name, async t => {
    let story = ''
    const { write } = createJournal({
      format: 'story',
      write: text => {
        story += text
      },
      clock: runningClock(),
      terminal: false,
    })
    const broker = await running(t, { log: write })
    const device = await broker.createDevice('lamp')
    before?.(broker, device)
    const { client, closed } = await connect(t, broker, device)
    await client.publishAsync('a/b', '1', { qos: 1 })
    change(broker, device)
    t.ok(client.connected, 'a policy alone closes nothing')
    client.publish('a/b', '2', { qos: 1 })
    await closed
    t.match(await broker.closed(), {
      code: 'TRAFFIC_PUBLISH_DENIED',
      says: new RegExp(operation),
      decision: { outcome },
      evidence: { allowedUntil: [{ operation }] },
    })
    t.match(story, operation)
  })

t.test(
  'DeletePolicy is refused while it is attached, and nothing changes for the device',
  async t => {
    const broker = await running(t)
    const device = await broker.createDevice('lamp', { policy: allow(['iot:*', '*']) })
    const { client } = await connect(t, broker, device)
    t.match(broker.registry.operations.deletePolicy({ policyName }), {
      ok: false,
      refusal: { exception: 'DeleteConflictException' },
    })
    await client.publishAsync('a/b', '1', { qos: 1 })
    t.ok(client.connected)
  },
)

t.test('a version that comes and goes without being the default one changes nothing', async t => {
  const broker = await running(t)
  const device = await broker.createDevice('lamp')
  const { client } = await connect(t, broker, device)
  const { operations } = broker.registry
  okay(operations.createPolicyVersion({ policyName, policyDocument: denying }))
  await client.publishAsync('a/b', '1', { qos: 1 })
  okay(operations.deletePolicyVersion({ policyName, policyVersionId: '2' }))
  await client.publishAsync('a/b', '2', { qos: 1 })
  t.ok(client.connected)
})
