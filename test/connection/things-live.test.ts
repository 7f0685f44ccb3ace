/** What operations change of a thing, its type, groups and certificates decides the next packet of its connection. */

import t from 'tap'
import type { Answer } from '../../broker/registry/answer.ts'
import type { Registry } from '../../broker/registry/registry.ts'
import { gives } from '../helpers/desk.ts'
import { allow, connect, running } from '../helpers/device.ts'
import { directly } from '../helpers/directly.ts'

const HEAD = 'arn:aws:iot:us-east-1:123456789012:'
const THING = 'iot:Connection.Thing.'
const thingName = 'lamp-1'
const thingGroupName = 'lamps'
const membership = { thingName, thingGroupName }

type Operation = [operation: keyof Registry['operations'], input: object]
type Case = {
  name: string
  topic: string
  clientId?: string
  /** After these the topic is allowed, */
  given: (principal: string) => Operation[]
  /** and after this no longer. */
  taken: (principal: string) => Operation
}

const cases: Case[] = [
  {
    name: 'an attribute',
    topic: 'site/berlin',
    given: () => [
      ['updateThing', { thingName, attributePayload: { attributes: { site: 'berlin' } } }],
    ],
    taken: () => ['updateThing', { thingName, attributePayload: { attributes: { site: 'bern' } } }],
  },
  {
    name: 'the type',
    topic: 'type/lamp',
    given: () => [
      ['createThingType', { thingTypeName: 'lamp' }],
      ['updateThing', { thingName, thingTypeName: 'lamp' }],
    ],
    taken: () => ['updateThing', { thingName, removeThingType: true }],
  },
  {
    name: 'a group with a policy above it',
    topic: 'group/x',
    given: () => [
      ['createThingGroup', { thingGroupName: 'all' }],
      ['createThingGroup', { thingGroupName, parentGroupName: 'all' }],
      ['attachPolicy', { policyName: 'of-group', target: `${HEAD}thinggroup/all` }],
      ['addThingToThingGroup', membership],
    ],
    taken: () => ['removeThingFromThingGroup', membership],
  },
  {
    name: 'the attachment',
    topic: 'name/lamp-1',
    given: () => [],
    taken: principal => ['detachThingPrincipal', { thingName, principal }],
  },
  {
    name: 'an exclusive attachment, under another client id',
    topic: 'name/lamp-1',
    clientId: 'other',
    given: principal => [
      ['detachThingPrincipal', { thingName, principal }],
      ['attachThingPrincipal', { thingName, principal, thingPrincipalType: 'EXCLUSIVE_THING' }],
    ],
    taken: principal => ['detachThingPrincipal', { thingName, principal }],
  },
]

for (const { name, topic, clientId = thingName, given, taken } of cases)
  t.test(`${name} acts on the next packet`, async t => {
    const broker = await running(t)
    const { registry } = broker
    directly(registry).putPolicy(
      'of-group',
      JSON.stringify(allow(['iot:Publish', 'topic/group/*'])),
    )
    const device = await broker.createDevice(thingName, {
      policy: allow(
        ['iot:Connect', 'client/*'],
        ['iot:Publish', `topic/site/\${${THING}Attributes[site]}`],
        ['iot:Publish', `topic/type/\${${THING}ThingTypeName}`],
        ['iot:Publish', `topic/name/\${${THING}ThingName}`],
      ),
    })
    const principal = `${HEAD}cert/${device.certificateId}`
    const act = ([operation, input]: Operation): void => {
      const run = registry.operations[operation] as (input: object) => Answer<unknown>
      gives(run(input))
    }
    const { client, closed } = await connect(t, broker, device, { clientId })
    for (const operation of given(principal)) act(operation)
    await client.publishAsync(topic, 'x', { qos: 1 })
    act(taken(principal))
    client.publish(topic, 'x', { qos: 1 })
    await closed
    t.match(await broker.closed({ clientId }), {
      code: 'TRAFFIC_PUBLISH_DENIED',
      decision: { outcome: 'IMPLICIT_DENY', resource: `${HEAD}topic/${topic}` },
    })
  })
