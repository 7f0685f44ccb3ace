import fc from 'fast-check'
import t from 'tap'
import { type ParseOptions, type PolicyProblem, parsePolicy } from '../../broker/policy/document.ts'
import { head, type Loose } from './sample.ts'

const connects = { Effect: 'Allow', Action: 'iot:Connect', Resource: `${head}client/a` }
const fine = { Effect: 'Allow', Action: 'iot:Publish', Resource: `${head}topic/a` }

const errors: [name: string, statement: Loose, want: Partial<PolicyProblem>][] = [
  [
    'a misspelt action',
    { ...fine, Action: ['iot:Publish', 'iot:Conect'] },
    { element: 'Action', says: 'unknown action `iot:Conect`', hint: 'did you mean `iot:Connect`?' },
  ],
  [
    'an action without its service',
    { ...fine, Action: 'Publish' },
    { says: 'unknown action `Publish`', hint: 'did you mean `iot:Publish`?' },
  ],
  ['an action that is none', { ...fine, Action: 'do it' }, { says: 'unknown action `do it`' }],
  [
    'an effect in the wrong case',
    { ...fine, Effect: 'allow' },
    {
      element: 'Effect',
      says: '`Effect` must be `Allow` or `Deny`, not `allow`',
      hint: 'did you mean `Allow`?',
    },
  ],
  ['no effect', { ...fine, Effect: undefined }, { says: 'has no `Effect`' }],
  ['an effect that is no string', { ...fine, Effect: 1 }, { element: 'Effect' }],
  [
    'a misspelt element',
    { ...fine, Resource: undefined, Resources: '*' },
    {
      element: 'Resources',
      says: 'unknown element `Resources`',
      hint: 'did you mean `Resource`?',
    },
  ],
  [
    'no resource',
    { ...fine, Resource: undefined },
    { says: 'has no `Resource` and no `NotResource`' },
  ],
  ['no action', { ...fine, Action: undefined }, { says: 'has no `Action` and no `NotAction`' }],
  [
    'both resources',
    { ...fine, NotResource: '*' },
    { says: 'has both `Resource` and `NotResource`' },
  ],
  ['both actions', { ...fine, NotAction: '*' }, { says: 'has both `Action` and `NotAction`' }],
  ['a principal', { ...fine, Principal: '*' }, { says: 'an iot policy has no `Principal`' }],
  ['an empty list', { ...fine, Resource: [] }, { element: 'Resource', says: 'is an empty list' }],
  [
    'a resource that is no string',
    { ...fine, Resource: [{}] },
    { says: 'must be a string or a list of strings, not an object' },
  ],
  ['a resource that is no arn', { ...fine, Resource: 'topic/a' }, { says: '`topic/a` is no arn' }],
  [
    'an arn with too few colons',
    { ...fine, Resource: 'arn:aws:iot:us-east-1:topic/a' },
    { says: '`arn:aws:iot:us-east-1:topic/a` has too few colons' },
  ],
  [
    'a variable that is not closed',
    { ...fine, Resource: `${head}topic/\${iot:ClientId` },
    { says: `\`${head}topic/\${iot:ClientId\` opens a \`\${\` without a \`}\`` },
  ],
  ['a sid that is no string', { ...fine, Sid: 1 }, { element: 'Sid' }],
  [
    'an operator that nobody knows',
    { ...fine, Condition: { StringEqual: { 'iot:ClientId': 'a' } } },
    {
      element: 'Condition',
      says: 'unknown operator `StringEqual`',
      hint: 'did you mean `StringEquals`?',
    },
  ],
  [
    'an operator that iot policies have no use for',
    { ...fine, Condition: { BinaryEquals: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } } },
    { says: 'unknown operator `BinaryEquals`' },
  ],
  ['a condition that is no object', { ...fine, Condition: 'x' }, { element: 'Condition' }],
  [
    'an operator without keys',
    { ...fine, Condition: { StringEquals: 'a' } },
    { says: '`StringEquals` must hold an object of keys' },
  ],
  [
    'a value that is no string',
    { ...fine, Condition: { StringEquals: { 'iot:ClientId': [null] } } },
    { says: '`iot:ClientId` must be compared with strings, not `null`' },
  ],
  [
    'a range that is none',
    { ...fine, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/33' } } },
    { says: '`10.0.0.0/33` is no address and no range' },
  ],
]

for (const [name, statement, want] of errors)
  t.test(`refuses ${name}`, async t => {
    const { document, problems } = parsePolicy(inside(statement))
    t.equal(document, undefined)
    t.match(
      problems.filter(problem => problem.severity === 'error'),
      [{ statement: 2, ...want }],
    )
  })

const warnings: [name: string, statement: Loose, want: Partial<PolicyProblem>][] = [
  [
    'topic under iot:Subscribe',
    { ...fine, Action: 'iot:Subscribe' },
    {
      element: 'Resource',
      says: '`iot:Subscribe` is checked against `topicfilter/`, and no resource here is of that type: it never matches',
      hint: 'write `topicfilter/` instead of `topic/`, or add a resource',
    },
  ],
  [
    'topicfilter under iot:Publish',
    { ...fine, Resource: `${head}topicfilter/a` },
    {
      says: '`iot:Publish` is checked against `topic/`, and no resource here is of that type: it never matches',
    },
  ],
  [
    'one of two actions without a resource of its type',
    { ...fine, Action: ['iot:Publish', 'iot:Subscribe'] },
    {
      says: '`iot:Subscribe` is checked against `topicfilter/`, and no resource here is of that type: it never matches',
    },
  ],
  [
    'a resource that serves no action',
    { ...fine, Resource: [`${head}topic/a`, `${head}client/b`] },
    {
      says: `no action of this statement is checked against \`client/\`: \`${head}client/b\` never matches`,
    },
  ],
  [
    'an mqtt wildcard in a topic',
    { ...fine, Resource: `${head}topic/a/#` },
    {
      says: `\`+\` and \`#\` are ordinary characters in a policy, and no topic holds one: \`${head}topic/a/#\` never matches`,
      hint: 'write `*`',
    },
  ],
  [
    'a misspelt type',
    { ...fine, Resource: `${head}topics/a` },
    { says: '`topics` is no type of resource', hint: 'did you mean `topic`?' },
  ],
  [
    'a resource of another service',
    { ...fine, Resource: 'arn:aws:s3:::topic/a' },
    { says: '`arn:aws:s3:::topic/a` is a resource of `s3`, not of `iot`' },
  ],
  [
    'an action of the control plane',
    { ...fine, Action: ['iot:Publish', 'iot:CreateThing'] },
    { says: '`iot:CreateThing` is no action of the data plane, so it has no effect here' },
  ],
  [
    'a misspelt variable',
    { ...fine, Resource: `${head}topic/\${iot:ClientID1}` },
    {
      says: 'aws iot knows no variable `iot:ClientID1`, so this never matches',
      hint: 'did you mean `iot:ClientId`?',
    },
  ],
  [
    'the old spelling of a variable',
    { ...fine, Resource: `${head}topic/\${iot:Thing.ThingName}` },
    {
      says: '`iot:Thing.ThingName` is an old or unusual spelling',
      hint: 'write `iot:Connection.Thing.ThingName`',
    },
  ],
  [
    'a list of values in a resource',
    { ...fine, Resource: `${head}topic/\${iot:Certificate.Subject.CommonName.List}` },
    { says: '`iot:Certificate.Subject.CommonName.List` works only in a condition' },
  ],
  [
    'an operator that aws uses in no iot policy',
    { ...fine, Condition: { StringLike: { 'iot:ClientId': 'a*' } } },
    {
      says: "`StringLike` is an operator of iam; aws doesn't say whether iot policies take it",
    },
  ],
  [
    'an unknown condition key',
    { ...fine, Condition: { StringEquals: { 'iot:ClientName': 'a' } } },
    { element: 'Condition', says: 'aws iot knows no condition key `iot:ClientName`' },
  ],
]

for (const [name, statement, want] of warnings)
  t.test(`warns of ${name}`, async t => {
    const { document, problems } = parsePolicy(inside(statement))
    t.ok(document)
    t.match(problems, [{ severity: 'warning', statement: 2, ...want }])
    t.equal(problems.length, 1)
  })

const silent: [name: string, statement: Loose][] = [
  ['strings', fine],
  ['lists', { ...fine, Action: ['iot:Publish'], Resource: [`${head}topic/a`] }],
  ['wildcards', { ...fine, Action: 'iot:*', Resource: '*' }],
  ['a wildcard over actions with one type', { ...fine, Action: 'iot:*' }],
  ['a wildcard in the type', { ...fine, Action: 'iot:Subscribe', Resource: `${head}topic*` }],
  ['a wildcard over regions', { ...fine, Resource: 'arn:aws:iot:*:*:topic/a' }],
  ['a short arn with a wildcard', { ...fine, Resource: 'arn:aws:iot:*' }],
  ['a variable with colons', { ...fine, Resource: `${head}topic/\${iot:ClientId}` }],
  [
    'filters under iot:Subscribe',
    { ...fine, Action: 'iot:Subscribe', Resource: `${head}topicfilter/a/+/#` },
  ],
  [
    'both types under both actions',
    {
      ...fine,
      Action: ['iot:Publish', 'iot:Subscribe'],
      Resource: [`${head}topic/a`, `${head}topicfilter/a`],
    },
  ],
  [
    'the old prefix of jobs',
    { ...fine, Action: 'iot:UpdateJobExecution', Resource: `${head}thing/a` },
  ],
  [
    'a thing attribute',
    { ...fine, Resource: `${head}topic/\${iot:Connection.Thing.Attributes[envType]}` },
  ],
  [
    'an empty list in a condition',
    { ...fine, Condition: { 'ForAllValues:StringEquals': { 'iot:ConnectAttributes': [] } } },
  ],
]
for (const [name, statement] of silent)
  t.test(`takes ${name} without a word`, async t => {
    t.same(parsePolicy(inside(statement)).problems, [])
  })

t.test('a single statement needs no list', async t => {
  const { document, problems } = parsePolicy(
    JSON.stringify({ Version: '2012-10-17', Statement: connects }),
  )
  t.same(problems, [])
  t.equal(document?.statements.length, 1)
})

t.test('the version may be left out, but must be one that exists', async t => {
  t.same(parsePolicy(JSON.stringify({ Statement: connects })).problems, [])
  t.match(parsePolicy(JSON.stringify({ Version: '2012-10-18', Statement: connects })), {
    document: undefined,
    problems: [{ element: 'Version', says: 'unknown version `2012-10-18`' }],
  })
  const variable = { ...connects, Resource: `${head}client/\${iot:ClientId}-x` }
  t.match(parsePolicy(JSON.stringify({ Statement: variable })).problems, [
    { severity: 'warning', element: 'Version' },
  ])
})

t.test('every mistake is told at once, each with its line', async t => {
  const text = `{
  "Version": "2012-10-17",
  "Statment": [],
  "Statement": [
    {
      "Effect": "Alow",
      "Action": "iot:Conect",
      "Resource": [
        "*",
        "client/x"
      ]
    },
    {
      "Effect": "Deny",
      "Effect": "Allow",
      "Action": "iot:Connect",
      "Resource": "client/x"
    }
  ]
}`
  const { problems } = parsePolicy(text)
  t.same(
    problems.map(({ line, statement, says }) => [line, statement, says]),
    [
      [3, undefined, 'unknown element `Statment`'],
      [6, 1, '`Effect` must be `Allow` or `Deny`, not `Alow`'],
      [7, 1, 'unknown action `iot:Conect`'],
      [10, 1, '`client/x` is no arn'],
      [15, 2, '`Effect` stands here twice'],
      [17, 2, '`client/x` is no arn'],
    ],
  )
})

t.test('texts of the wrong shape', async t => {
  const table: [text: string, says: string][] = [
    ['[]', 'a policy document is a json object'],
    ['{}', 'has no `Statement`'],
    ['{"Statement": "x"}', 'a statement is a json object'],
    ['{"Statement": [[]]}', 'a statement is a json object'],
    ['{"Statement": {},}', 'a comma before `}`'],
    [' '.repeat(404_601), 'longer than 404600 characters'],
  ]
  for (const [text, says] of table) {
    const { document, problems } = parsePolicy(text)
    t.equal(document, undefined)
    t.match(problems, [{ severity: 'error', says }])
  }
})

t.test(
  'an empty list of statements and twins are warned of, a long document is refused as aws does',
  async t => {
    t.match(parsePolicy('{"Statement": []}'), { document: {}, problems: [{ severity: 'warning' }] })
    const twins = {
      Statement: [
        { ...connects, Sid: 'a' },
        { ...connects, Sid: 'a' },
      ],
    }
    t.match(parsePolicy(JSON.stringify(twins)).problems, [
      { says: 'two statements are called `a`' },
    ])
    const long = (length: number, options: ParseOptions = {}) =>
      parsePolicy(
        JSON.stringify({ Statement: { ...connects, Sid: '' } }).replace(
          '""',
          `"${'x'.repeat(length)}"`,
        ),
        options,
      )
    const rest = 2048 - JSON.stringify({ Statement: { ...connects, Sid: '' } }).length
    t.same(long(rest).problems, [])
    t.match(long(rest + 1), {
      document: undefined,
      problems: [
        { severity: 'error', says: 'has 2049 characters without white space; aws takes 2048' },
      ],
      aws: { message: 'Policy document is Malformed' },
    })
    t.match(long(rest + 1, { size: 'warning' }), {
      document: {},
      problems: [{ severity: 'warning' }],
      aws: { message: 'Policy document is Malformed' },
    })
  },
)

t.test('never throws, and says one plain line each, whatever the text', async t => {
  const word = fc.constantFrom(
    ...['Version', 'Statement', 'Effect', 'Action', 'NotResource', 'Resource', 'Condition', 'Sid'],
    ...['Allow', 'iot:Publish', 'StringEquals', 'IpAddress', '__proto__', 'a\nb', `\${`, '*', head],
  )
  const key = fc.oneof(word, fc.string())
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      key,
      fc.constantFrom(null, true, 1),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  const any = fc.oneof(
    fc.string({ unit: 'binary' }),
    tree.map(value => JSON.stringify(value)),
    tree.map(value =>
      JSON.stringify({ Statement: { Effect: 'Allow', Action: value, Resource: value } }),
    ),
    tree.map(value => inside({ ...fine, Condition: value })),
  )
  fc.assert(
    fc.property(any, text => {
      const { document, problems } = parsePolicy(text)
      const failed = problems.some(problem => problem.severity === 'error')
      return (
        (document === undefined) === failed &&
        problems.every(({ says, hint = '' }) => says !== '' && !/[\n\r]/.test(says + hint))
      )
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

/** A document whose second statement is this one. */
function inside(statement: Loose): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [fine, statement, connects] })
}
