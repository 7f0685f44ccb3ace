/**
 * Decisions per second on a device's policy of five statements with three variables: through the cache of a connection, past
 * it, by the engine alone, and by the evaluator that one writes first, side by side in one process.
 */

import { authorizer } from '../broker/connection/authorize.ts'
import { createLive } from '../broker/connection/live.ts'
import { contextOf } from '../broker/policy/context.ts'
import { decide } from '../broker/policy/policy.ts'
import type { Context } from '../broker/policy/variables.ts'
import { createRegistry } from '../broker/registry/registry.ts'
import { createWorld, runningClock } from '../broker/world.ts'
import { directly } from '../test/helpers/directly.ts'
import { naiveDecision, type PlainDocument } from './policy-naive.ts'

const head = 'arn:aws:iot:us-east-1:123456789012:'
const thing = `\${iot:Connection.Thing.ThingName}`
const site = `\${iot:Connection.Thing.Attributes[site]}`
const client = `\${iot:ClientId}`

const document: PlainDocument = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['iot:Connect'], Resource: [`${head}client/${thing}`] },
    {
      Effect: 'Allow',
      Action: ['iot:Publish', 'iot:Receive'],
      Resource: [`${head}topic/dt/${site}/${thing}/*`, `${head}topic/cmd/${thing}/*`],
    },
    {
      Effect: 'Allow',
      Action: ['iot:Subscribe'],
      Resource: [`${head}topicfilter/cmd/${thing}/*`],
    },
    {
      Effect: 'Allow',
      Action: ['iot:Publish'],
      Resource: [`${head}topic/$aws/things/${thing}/shadow/*`],
    },
    { Effect: 'Deny', Action: ['iot:Publish'], Resource: [`${head}topic/dt/*/${client}/secret/*`] },
  ],
}

/** More than any cache of a connection holds. */
const TOPICS = 20_000
const SAMPLE_MS = 500

/** Runs it; gives the lines of the table. */
export function benchPolicy(rounds: number): string[] {
  const { facts, house, policies, visit } = setting()
  const authorize = authorizer(visit, house)
  const { context, reasons } = contextOf(facts)
  const plain = plainOf(context)
  const topics = Array.from({ length: TOPICS }, (_, index) => `dt/hall-3/sensor-1/value/${index}`)
  const foreign = topics.map(topic => topic.replace('sensor-1', 'sensor-2'))
  const arns = topics.map(topic => `${head}topic/${topic}`)
  const action = 'iot:Publish'
  const cases: [name: string, decide: (index: number) => string][] = [
    ['cached', index => authorize(action, 'topic', topics[index % 100]!).outcome],
    ['uncached', index => authorize(action, 'topic', topics[index]!).outcome],
    [
      'engine alone',
      index => decide(policies, { action, resource: arns[index]!, context, reasons }).outcome,
    ],
    ['naive', index => naiveDecision([document], action, arns[index]!, plain)],
    ['denied, with its trace', index => authorize(action, 'topic', foreign[index]!).outcome],
  ]
  const found = cases.map(([name, ask]) => {
    run(ask, 300)
    const samples = Array.from({ length: rounds }, () => run(ask, SAMPLE_MS)).sort((a, b) => a - b)
    return { name, perSecond: samples[samples.length >> 1]! }
  })
  const naive = found.find(({ name }) => name === 'naive')!.perSecond
  return [
    'policy decisions: iot:Publish, five statements with three variables; per second of processor time',
    '',
    ...found.map(
      ({ name, perSecond }) =>
        `${name.padEnd(24)}${perSecond.toFixed(0).padStart(12)}/s${(perSecond / naive).toFixed(1).padStart(10)} x naive`,
    ),
  ]
}

/** Per second of processor time: other programs on the machine must not count. */
function run(ask: (index: number) => string, ms: number): number {
  const started = process.cpuUsage()
  let count = 0
  let letters = 0
  let used = 0
  while (used < ms * 1000) {
    for (let index = 0; index < TOPICS; index += 1) letters += ask(index).length
    count += TOPICS
    const { system, user } = process.cpuUsage(started)
    used = system + user
  }
  // The answers are used, so that no compiler may leave them out.
  if (letters === 0) throw new Error('no answers')
  return (count / used) * 1_000_000
}

/** A connection as the authorizer sees it, without a socket. */
function setting() {
  const account = { id: '123456789012', region: 'us-east-1' }
  const registry = createRegistry({ world: createWorld(runningClock()), account: () => account })
  directly(registry).putPolicy('device', JSON.stringify(document))
  directly(registry).putThing({ thingName: 'sensor-1', attributes: { site: 'hall-3' } })
  directly(registry).attachThing('c1', 'sensor-1')
  directly(registry).attachPolicy('c1', 'device')
  const names = {
    subjectAttributes: { CommonName: ['AWS IoT Certificate'] },
    subjectAlternativeNames: {},
    issuerAttributes: { OrganizationalUnit: ['Amazon Web Services'] },
    issuerAlternativeNames: {},
    serialNumber: '0a1b',
  }
  // Only what the authorizer reads of them.
  const visit = {
    mqtt: { connect: { clientId: 'sensor-1', clean: true } },
    principal: { registered: { certificateId: 'c1', certificate: names } },
    wire: { remote: { address: '127.0.0.1' } },
    hello: { parsed: { sni: 'localhost' } },
    watches: [],
  } as unknown as Parameters<typeof authorizer>[0]
  const house = {
    registry,
    live: createLive(registry, runningClock()),
    settings: () => ({ config: { account } }),
    world: createWorld(runningClock()),
  } as unknown as Parameters<typeof authorizer>[1]
  const facts = {
    clientId: 'sensor-1',
    certificateId: 'c1',
    sourceIp: '127.0.0.1',
    domainName: 'localhost',
    things: [{ thingName: 'sensor-1', attributes: { site: 'hall-3' } }],
  }
  return { facts, house, policies: registry.policiesOf('c1').policies, visit }
}

function plainOf(context: Context): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(context))
    if (typeof value === 'string') plain[name] = value
  return plain
}
