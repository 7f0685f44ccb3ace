import t from 'tap'
import { narrate } from '../../broker/policy/narrate.ts'
import { type AuthorizationRequest, decide, type NearMiss } from '../../broker/policy/policy.ts'
import { head, type Loose, policy, request, thingName } from './sample.ts'

const thing = `\${${thingName}}`
const isSensor = { [thingName]: 'sensor-1', 'iot:ClientId': 'sensor-1' }
const denied = (what: string) =>
  `no statement allows ${what}; nearest is statement 1 of policy \`p\`: `

const cases: [
  name: string,
  statement: Loose,
  asked: AuthorizationRequest,
  miss: Partial<NearMiss>,
  words: string,
][] = [
  [
    'another client id',
    { Action: 'iot:Connect', Resource: `${head}client/${thing}` },
    request('iot:Connect', 'client/sensor-2', isSensor),
    {
      element: 'Resource',
      asked: `${head}client/sensor-2`,
      pattern: `${head}client/${thing}`,
      resolved: `${head}client/sensor-1`,
      differsAt: head.length + 'client/sensor-'.length,
    },
    `${denied('`iot:Connect` on `client/sensor-2`')}its resource is \`client/sensor-1\` for this device and differs from \`2\` on`,
  ],
  [
    'a variable without a value',
    { Action: 'iot:Connect', Resource: `${head}client/${thing}` },
    request(
      'iot:Connect',
      'client/x',
      {},
      { [thingName]: 'the certificate is attached to no thing' },
    ),
    {
      element: 'Resource',
      unresolved: [thingName],
      why: 'the certificate is attached to no thing',
    },
    `${denied('`iot:Connect` on `client/x`')}its resource \`client/${thing}\` needs \`${thingName}\`, which has no value: the certificate is attached to no thing`,
  ],
  [
    'a variable that a certificate value breaks',
    { Action: 'iot:Connect', Resource: `${head}client/\${iot:Certificate.Subject.CommonName}` },
    request('iot:Connect', 'client/a*', { 'iot:Certificate.Subject.CommonName': 'a*' }),
    { element: 'Resource', unresolved: ['iot:Certificate.Subject.CommonName'] },
    `${denied('`iot:Connect` on `client/a*`')}its resource \`client/\${iot:Certificate.Subject.CommonName}\` needs \`iot:Certificate.Subject.CommonName\`, which has no value: its value \`a*\` holds one of \`* $ + ? #\`, and aws replaces no certificate variable by such a value`,
  ],
  [
    'topic where topicfilter is needed',
    { Action: ['iot:Subscribe', 'iot:Receive'], Resource: `${head}topic/a/*` },
    request('iot:Subscribe', 'topicfilter/a/b'),
    { element: 'Resource' },
    `${denied('`iot:Subscribe` on `topicfilter/a/b`')}its resource is \`topic/a/*\`: \`iot:Subscribe\` is checked against \`topicfilter/\`, and this resource is a \`topic/\``,
  ],
  [
    'topicfilter where topic is needed',
    { Action: ['iot:Subscribe', 'iot:Receive'], Resource: `${head}topicfilter/a/*` },
    request('iot:Receive', 'topic/a/b'),
    { element: 'Resource' },
    `${denied('`iot:Receive` on `topic/a/b`')}its resource is \`topicfilter/a/*\`: \`iot:Receive\` is checked against \`topic/\`, and this resource is a \`topicfilter/\``,
  ],
  [
    'another region and account',
    { Action: 'iot:Publish', Resource: 'arn:aws:iot:eu-west-1:111122223333:topic/a' },
    request('iot:Publish', 'topic/a'),
    { element: 'Resource', differsAt: 'arn:aws:iot:'.length },
    `${denied('`iot:Publish` on `topic/a`')}its resource is \`arn:aws:iot:eu-west-1:111122223333:topic/a\`: the region is \`us-east-1\` here and \`eu-west-1\` in the policy, the account is \`123456789012\` here and \`111122223333\` in the policy`,
  ],
  [
    'case',
    { Action: 'iot:Publish', Resource: `${head}topic/Data/*` },
    request('iot:Publish', 'topic/data/a'),
    { element: 'Resource', differsAt: head.length + 6 },
    `${denied('`iot:Publish` on `topic/data/a`')}its resource is \`topic/Data/*\`: only upper and lower case differ`,
  ],
  [
    'mqtt wildcards in a policy',
    { Action: 'iot:Subscribe', Resource: `${head}topicfilter/a/+/c` },
    request('iot:Subscribe', 'topicfilter/a/b/c'),
    { element: 'Resource' },
    `${denied('`iot:Subscribe` on `topicfilter/a/b/c`')}its resource is \`topicfilter/a/+/c\`: \`+\` and \`#\` are ordinary characters in a policy: its wildcard is \`*\``,
  ],
  [
    'a slash at the start of the topic',
    { Action: 'iot:Publish', Resource: `${head}topic/a/*` },
    request('iot:Publish', 'topic//a/b'),
    { element: 'Resource' },
    `${denied('`iot:Publish` on `topic//a/b`')}its resource is \`topic/a/*\`: the name asked for begins with a \`/\`, and the one in the policy does not`,
  ],
  [
    'a slash at the start of the pattern',
    { Action: 'iot:Publish', Resource: `${head}topic//a/*` },
    request('iot:Publish', 'topic/a/b'),
    { element: 'Resource' },
    `${denied('`iot:Publish` on `topic/a/b`')}its resource is \`topic//a/*\`: the name in the policy begins with a \`/\`, and the one asked for does not`,
  ],
  [
    'the level above',
    { Action: 'iot:Publish', Resource: `${head}topic/a/*` },
    request('iot:Publish', 'topic/a'),
    { element: 'Resource' },
    `${denied('`iot:Publish` on `topic/a`')}its resource is \`topic/a/*\`: it asks for a \`/\` at the end, so it covers only what lies below`,
  ],
  [
    'a pattern that wants more',
    { Action: 'iot:Publish', Resource: `${head}topic/abc` },
    request('iot:Publish', 'topic/ab'),
    { element: 'Resource', differsAt: head.length + 'topic/ab'.length },
    `${denied('`iot:Publish` on `topic/ab`')}its resource is \`topic/abc\` and differs at the end: it asks for more`,
  ],
  [
    'another action on the same resource',
    { Action: ['iot:Publish'], Resource: `${head}topic/a` },
    request('iot:Receive', 'topic/a'),
    { element: 'Action', asked: 'iot:Receive', pattern: 'iot:Publish' },
    `${denied('`iot:Receive` on `topic/a`')}it is for \`iot:Publish\`, not for \`iot:Receive\``,
  ],
  [
    'a subscription without the permission to receive',
    { Action: 'iot:Subscribe', Resource: `${head}topicfilter/a` },
    request('iot:Receive', 'topic/a'),
    { element: 'Action' },
    `${denied('`iot:Receive` on `topic/a`')}it is for \`iot:Subscribe\`; \`iot:Receive\` needs a statement of its own`,
  ],
  [
    'NotAction',
    { NotAction: 'iot:Publish', Resource: '*' },
    request('iot:Publish', 'topic/a'),
    { element: 'NotAction', pattern: 'iot:Publish' },
    `${denied('`iot:Publish` on `topic/a`')}it leaves out \`iot:Publish\``,
  ],
  [
    'NotResource',
    { Action: 'iot:Publish', NotResource: `${head}topic/a*` },
    request('iot:Publish', 'topic/ab'),
    { element: 'NotResource', pattern: `${head}topic/a*` },
    `${denied('`iot:Publish` on `topic/ab`')}its resource is \`topic/a*\`: it leaves this resource out`,
  ],
  [
    'NotResource without a value',
    { Action: 'iot:Publish', NotResource: `${head}topic/${thing}` },
    request('iot:Publish', 'topic/ab'),
    { element: 'NotResource', unresolved: [thingName] },
    `${denied('`iot:Publish` on `topic/ab`')}its resource \`topic/${thing}\` needs \`${thingName}\`, which has no value: nothing in this request sets it`,
  ],
  [
    'a will that the policy does not expect',
    {
      Action: 'iot:Connect',
      Resource: '*',
      Condition: {
        'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect'] },
      },
    },
    request('iot:Connect', 'client/x', {
      'iot:ConnectAttributes': ['PersistentConnect', 'LastWill'],
    }),
    { element: 'Condition', asked: 'PersistentConnect, LastWill' },
    `${denied('`iot:Connect` on `client/x`')}its condition \`ForAllValues:StringEquals iot:ConnectAttributes [PersistentConnect]\` doesn't hold for \`PersistentConnect, LastWill\``,
  ],
  [
    'a condition on something missing',
    {
      Action: 'iot:Connect',
      Resource: '*',
      Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } },
    },
    request('iot:Connect', 'client/x'),
    { element: 'Condition', asked: '', unresolved: ['iot:Connection.Thing.IsAttached'] },
    `${denied('`iot:Connect` on `client/x`')}its condition \`Bool iot:Connection.Thing.IsAttached [true]\` doesn't hold, \`iot:Connection.Thing.IsAttached\` has no value: nothing in this request sets it`,
  ],
]

for (const [name, statement, asked, miss, words] of cases)
  t.test(name, async t => {
    const decision = decide([policy('p', statement)], asked)
    t.equal(decision.outcome, 'IMPLICIT_DENY')
    t.match(decision.nearMisses[0], { policy: 'p', index: 1, effect: 'Allow', ...miss })
    t.equal(narrate(decision), words)
  })

t.test('near misses are ranked: condition, variable, mistake, late, early, action', async t => {
  const at = (Sid: string, Resource: string, Action = 'iot:Publish') => ({ Sid, Action, Resource })
  const statements = [
    at('Action', `${head}topic/a/b`, 'iot:Receive'),
    at('Early', `${head}topic/x`),
    at('Late', `${head}topic/a/c`),
    at('Mistake', `${head}topic/A/b`),
    at('Variable', `${head}topic/a/${thing}`),
    {
      ...at('Condition', '*'),
      Condition: { StringEquals: { 'iot:ClientId': 'y' } },
    },
    at('Nothing', `${head}client/q`, 'iot:Connect'),
  ]
  const asked = request('iot:Publish', 'topic/a/b', { 'iot:ClientId': 'x' })
  const { nearMisses } = decide([policy('p', ...statements)], asked)
  t.same(
    nearMisses.map(miss => miss.sid),
    ['Condition', 'Variable', 'Mistake', 'Late', 'Early'],
  )
  const few = decide([policy('p', ...statements.slice(0, 2), statements[6]!)], asked)
  t.same(
    few.nearMisses.map(miss => miss.sid),
    ['Early', 'Action'],
  )
})

t.test('the nearest of several resources stands for its statement', async t => {
  const resources = ['client/sensor-1', 'topic/data/a', 'topic/other'].map(name => head + name)
  const read = policy('p', { Action: 'iot:Publish', Resource: resources })
  const { nearMisses } = decide([read], request('iot:Publish', 'topic/data/b'))
  t.match(nearMisses, [{ pattern: `${head}topic/data/a` }])
  t.equal(nearMisses.length, 1)
})

t.test('missing context values are those of allow statements for this action', async t => {
  const read = policy(
    'p',
    { Action: 'iot:Connect', Resource: `${head}client/\${iot:ClientId}` },
    {
      Action: 'iot:Publish',
      Resource: `${head}topic/${thing}`,
      Condition: {
        StringEquals: { 'iot:DomainName': 'x' },
        'ForAnyValue:StringEquals': { 'iot:ConnectAttributes': 'LastWill' },
      },
    },
  )
  const asked = request('iot:Publish', 'topic/a', { 'iot:ConnectAttributes': [] })
  t.same(decide([read], asked).missingContextValues, [thingName, 'iot:DomainName'])
})

t.test('words for the other outcomes', async t => {
  const asked = request('iot:Publish', 'topic/a')
  const allow = policy('p', { Sid: 'Send', Action: 'iot:Publish', Resource: '*' })
  const near = policy('near', { Action: 'iot:Publish', Resource: `${head}topic/b` })
  const deny = policy('d', { Effect: 'Deny', Action: 'iot:*', Resource: '*' })
  const say = (...policies: Parameters<typeof decide>[0]) => narrate(decide(policies, asked))
  t.equal(say(allow), '`iot:Publish` on `topic/a` is allowed by statement 1 (`Send`) of policy `p`')
  t.equal(
    say(allow, deny),
    '`iot:Publish` on `topic/a` is denied by statement 1 of policy `d`: its resource `*` covers it',
  )
  t.equal(
    say(near, deny),
    '`iot:Publish` on `topic/a` is denied by statement 1 of policy `d`: its resource `*` covers it, and no statement allows it: nearest is statement 1 of policy `near`: its resource is `topic/b` and differs from `a` on',
  )
  t.equal(say(), 'no statement allows `iot:Publish` on `topic/a`: no policy is attached')
  t.equal(say(policy('empty')), 'no statement allows `iot:Publish` on `topic/a`; none comes near')
})

t.test('control characters and length in what was asked do no harm', async t => {
  const asked = request('iot:Publish', `topic/a\n\u001b[31m${'x'.repeat(70_000)}`)
  const words = narrate(
    decide([policy('p', { Action: 'iot:Publish', Resource: `${head}topic/b` })], asked),
  )
  t.match(words, '`topic/a\\u000a\\u001b[31mxxx')
  t.notMatch(words, /[\u0000-\u001f]/)
  t.ok(words.length < 1000)
})
