import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { parsePolicy } from '../../broker/policy/document.ts'
import { narrate } from '../../broker/policy/narrate.ts'
import {
  type AuthorizationRequest,
  compilePolicy,
  type Decision,
  decide,
  type Policy,
  readPolicy,
} from '../../broker/policy/policy.ts'
import { head, type Loose, policy, request, thingName } from './sample.ts'

const thing = `\${${thingName}}`
const isSensor = { [thingName]: 'sensor-1', 'iot:ClientId': 'sensor-1' }

const connect = { Action: 'iot:Connect', Resource: `${head}client/${thing}` }
const publish = { Action: 'iot:Publish', Resource: `${head}topic/data/*` }

const cases: [
  name: string,
  statements: Loose[],
  asked: AuthorizationRequest,
  want: Decision['outcome'],
  decider?: number,
][] = [
  ['no statement', [], request('iot:Connect', 'client/x'), 'IMPLICIT_DENY'],
  ['allowed', [publish], request('iot:Publish', 'topic/data/a/b'), 'ALLOWED', 1],
  ['another resource', [publish], request('iot:Publish', 'topic/date'), 'IMPLICIT_DENY'],
  ['another action', [publish], request('iot:Receive', 'topic/data/a'), 'IMPLICIT_DENY'],
  [
    'explicit deny wins',
    [publish, { ...publish, Effect: 'Deny', Resource: `${head}topic/data/x` }],
    request('iot:Publish', 'topic/data/x'),
    'EXPLICIT_DENY',
    2,
  ],
  [
    'explicit deny that stands first',
    [{ ...publish, Effect: 'Deny', Resource: '*' }, publish],
    request('iot:Publish', 'topic/data/x'),
    'EXPLICIT_DENY',
    1,
  ],
  ['a variable', [connect], request('iot:Connect', 'client/sensor-1', isSensor), 'ALLOWED', 1],
  ['another value', [connect], request('iot:Connect', 'client/x', isSensor), 'IMPLICIT_DENY'],
  ['no value', [connect], request('iot:Connect', 'client/sensor-1'), 'IMPLICIT_DENY'],
  [
    'the old spelling of thing variables',
    [{ ...connect, Resource: `${head}client/\${iot:Thing.ThingName}` }],
    request('iot:Connect', 'client/sensor-1', isSensor),
    'ALLOWED',
    1,
  ],
  [
    'the second of two resources, without a value in the first',
    [{ ...publish, Resource: [`${head}topic/${thing}`, `${head}topic/a`] }],
    request('iot:Publish', 'topic/a'),
    'ALLOWED',
    1,
  ],
  [
    'actions without regard to case',
    [{ ...publish, Action: 'IOT:publish' }],
    request('iot:Publish', 'topic/data/a'),
    'ALLOWED',
    1,
  ],
  [
    'an action asked in other case',
    [publish],
    request('iot:publish', 'topic/data/a'),
    'ALLOWED',
    1,
  ],
  ['iot:*', [{ Action: 'iot:*', Resource: '*' }], request('iot:Connect', 'client/x'), 'ALLOWED', 1],
  ['*', [{ Action: '*', Resource: '*' }], request('iot:Connect', 'client/x'), 'ALLOWED', 1],
  [
    'iot:*Publish',
    [{ Action: 'iot:*Publish', Resource: '*' }],
    request('iot:RetainPublish', 'topic/x'),
    'ALLOWED',
    1,
  ],
  [
    'publish allows no retained message',
    [publish],
    request('iot:RetainPublish', 'topic/data/a'),
    'IMPLICIT_DENY',
  ],
  [
    'jobs under the old prefix',
    [{ Action: 'iot:UpdateJobExecution', Resource: '*' }],
    request('iotjobsdata:UpdateJobExecution', 'thing/x'),
    'ALLOWED',
    1,
  ],
  [
    'NotAction leaves its actions out',
    [{ NotAction: ['iot:Connect'], Resource: '*' }],
    request('iot:Connect', 'client/x'),
    'IMPLICIT_DENY',
  ],
  [
    'NotAction covers the rest',
    [{ NotAction: ['iot:Connect'], Resource: '*' }],
    request('iot:Publish', 'topic/x'),
    'ALLOWED',
    1,
  ],
  [
    'NotResource leaves its resources out',
    [{ Action: 'iot:Receive', NotResource: `${head}topic/secret/*` }],
    request('iot:Receive', 'topic/secret/x'),
    'IMPLICIT_DENY',
  ],
  [
    'NotResource covers the rest',
    [{ Action: 'iot:Receive', NotResource: `${head}topic/secret/*` }],
    request('iot:Receive', 'topic/other'),
    'ALLOWED',
    1,
  ],
  [
    'NotResource without a value never matches',
    [{ Action: 'iot:Receive', NotResource: `${head}topic/${thing}` }],
    request('iot:Receive', 'topic/other'),
    'IMPLICIT_DENY',
  ],
  [
    'a subscription is compared as it was written',
    [{ Action: 'iot:Subscribe', Resource: `${head}topicfilter/a/+/c` }],
    request('iot:Subscribe', 'topicfilter/a/b/c'),
    'IMPLICIT_DENY',
  ],
  [
    'a deny on a filter is walked around by a wider one',
    [
      { Action: 'iot:Subscribe', Resource: '*' },
      { Effect: 'Deny', Action: 'iot:Subscribe', Resource: `${head}topicfilter/a/secret/*` },
    ],
    request('iot:Subscribe', 'topicfilter/a/#'),
    'ALLOWED',
    1,
  ],
  [
    'a client id of + widens a filter that is made from it',
    [{ Action: 'iot:Subscribe', Resource: `${head}topicfilter/my/\${iot:ClientId}/topic` }],
    request('iot:Subscribe', 'topicfilter/my/+/topic', { 'iot:ClientId': '+' }),
    'ALLOWED',
    1,
  ],
  [
    'a deny without a value matches nothing',
    [publish, { ...publish, Effect: 'Deny', Resource: `${head}topic/${thing}/*` }],
    request('iot:Publish', 'topic/data/a'),
    'ALLOWED',
    1,
  ],
]

for (const [name, statements, asked, want, decider] of cases)
  t.test(name, async t => {
    const decision = decide([policy('p', ...statements)], asked)
    t.equal(decision.outcome, want)
    t.equal(decision.statement?.index, decider)
    if (want === 'ALLOWED') t.same(decision.nearMisses, [])
  })

t.test('policies add up, and a deny in one of them wins', async t => {
  const allowing = policy('allowing', publish)
  const other = policy('other', connect)
  const denying = policy('denying', { ...publish, Effect: 'Deny', Sid: 'Stop' })
  const asked = request('iot:Publish', 'topic/data/a')
  t.equal(decide([other, allowing], asked).outcome, 'ALLOWED')
  t.match(decide([allowing, other, denying], asked), {
    outcome: 'EXPLICIT_DENY',
    statement: { policy: 'denying', index: 1, sid: 'Stop', effect: 'Deny' },
    nearMisses: [],
  })
})

t.test('a policy that does not load is no policy', async t => {
  const { policy: read, problems } = readPolicy('p', '{}')
  t.equal(read, undefined)
  t.equal(problems[0]?.severity, 'error')
})

t.test('an unknown operator in a document made by hand lets nothing through', async t => {
  const made = compilePolicy('made', {
    statements: [
      {
        effect: 'Allow',
        action: { not: false, values: [{ text: '*' }] },
        resource: { not: false, values: [{ text: '*' }] },
        conditions: [{ operator: 'Whatever', key: 'iot:ClientId', values: ['x'] }],
      },
    ],
  })
  const asked = request('iot:Connect', 'client/x', { 'iot:ClientId': 'x' })
  t.equal(decide([made], asked).outcome, 'IMPLICIT_DENY')
})

t.test('the starter policy lets two devices talk, and nothing more', async t => {
  const text = readFileSync('policies/device.json', 'utf8')
  const { policy: starter, problems } = readPolicy('device', text)
  t.same(problems, [])
  const table: [action: string, resource: string, want: Decision['outcome']][] = [
    ['iot:Connect', 'client/sensor-1', 'ALLOWED'],
    ['iot:Connect', 'client/sensor-2', 'IMPLICIT_DENY'],
    ['iot:Publish', 'topic/sensor-1/temperature', 'ALLOWED'],
    ['iot:Publish', 'topic/sensor-2/temperature', 'IMPLICIT_DENY'],
    ['iot:Publish', 'topic/shared/hello', 'ALLOWED'],
    ['iot:Receive', 'topic/shared/hello', 'ALLOWED'],
    ['iot:Subscribe', 'topicfilter/shared/#', 'ALLOWED'],
    ['iot:Subscribe', 'topicfilter/sensor-1/+', 'ALLOWED'],
    ['iot:Subscribe', 'topicfilter/#', 'IMPLICIT_DENY'],
    ['iot:RetainPublish', 'topic/shared/hello', 'IMPLICIT_DENY'],
  ]
  for (const [action, resource, want] of table)
    t.equal(decide([starter!], request(action, resource, isSensor)).outcome, want, resource)
})

const action = fc.constantFrom('iot:Connect', 'iot:Publish', 'iot:Subscribe', 'iot:*', '*')
const resource = fc
  .tuple(
    fc.constantFrom('topic/', 'topicfilter/', 'client/', '*'),
    fc.constantFrom('a', 'a/*', '?', '*', thing, `a/${thing}`, ''),
  )
  .map(([type, name]) => (type === '*' ? '*' : head + type + name))
const condition = fc.constantFrom<Loose>(
  {},
  { 'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['LastWill'] } },
  { StringNotEquals: { 'iot:ClientId': 'a' } },
  { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
)
const statement = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.array(action, { minLength: 1, maxLength: 2 }),
    Resource: fc.array(resource, { minLength: 1, maxLength: 2 }),
    turned: fc.boolean(),
    Condition: condition,
  })
  .map(({ turned, Resource, ...rest }) => ({
    ...rest,
    [turned ? 'NotResource' : 'Resource']: Resource,
  }))
const policies = fc
  .array(fc.array(statement, { maxLength: 3 }), { maxLength: 3 })
  .map(lists => lists.map((list, index) => policy(`p${index}`, ...list)))
const asked = fc
  .record({
    action: fc.constantFrom('iot:Connect', 'iot:Publish', 'iot:Subscribe', 'iot:Receive'),
    type: fc.constantFrom('topic/', 'topicfilter/', 'client/'),
    name: fc.constantFrom('a', 'a/b', 'b', 'a/a', '*'),
    thing: fc.option(fc.constantFrom('a', 'b', '*'), { nil: undefined }),
    will: fc.boolean(),
  })
  .map(({ action, type, name, thing, will }) =>
    request(action, type + name, {
      [thingName]: thing,
      'iot:ClientId': thing,
      'iot:ConnectAttributes': will ? ['LastWill'] : [],
      'aws:SourceIp': will ? '10.1.2.3' : undefined,
    }),
  )

t.test('adding a deny never widens', async t => {
  fc.assert(
    fc.property(policies, statement, asked, (policies, statement, asked) => {
      const more = [...policies, policy('more', { ...statement, Effect: 'Deny' })]
      return isAllowed(policies, asked) || !isAllowed(more, asked)
    }),
  )
  t.pass()
})

t.test('adding an allow never narrows, but for what is denied anyway', async t => {
  fc.assert(
    fc.property(policies, statement, asked, (policies, statement, asked) => {
      const more = [...policies, policy('more', { ...statement, Effect: 'Allow' })]
      return !isAllowed(policies, asked) || isAllowed(more, asked)
    }),
  )
  t.pass()
})

t.test('the order of policies changes nothing but who is named', async t => {
  const outcomes = new Set<string>()
  fc.assert(
    fc.property(policies, asked, (policies, asked) => {
      const { outcome } = decide(policies, asked)
      outcomes.add(outcome)
      return outcome === decide(policies.toReversed(), asked).outcome
    }),
    { numRuns: 500 },
  )
  t.equal(outcomes.size, 3, 'the property has seen every outcome')
})

t.test('deciding and telling never throws, whatever is asked', async t => {
  const word = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('iot:Publish', head, ':::::'),
  )
  fc.assert(
    fc.property(
      policies,
      word,
      word,
      fc.dictionary(word, fc.oneof(word, fc.array(word))),
      (policies, action, resource, context) => {
        const decision = decide(policies, { action, resource, context })
        const line = narrate(decision)
        return !/[\n\r]|undefined/.test(line.replaceAll(resource, ''))
      },
    ),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('any string is taken as a pattern, and told of', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), asked, (text, asked) => {
      const statement = { Effect: 'Allow', Action: 'iot:*', Resource: `${head}${text}` }
      const { document } = parsePolicy(JSON.stringify({ Statement: statement }))
      if (document) narrate(decide([compilePolicy('p', document)], asked))
      return true
    }),
    { numRuns: 500 },
  )
  t.pass()
})

function isAllowed(policies: Policy[], asked: AuthorizationRequest): boolean {
  return decide(policies, asked).outcome === 'ALLOWED'
}
