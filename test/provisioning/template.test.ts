import fc from 'fast-check'
import t from 'tap'
import { type Plan, planFrom, type TemplateFailure } from '../../broker/provisioning/template.ts'

const ID = 'AWS::IoT::Certificate::Id'
const CN = 'AWS::IoT::Certificate::CommonName'
const SERIAL = 'AWS::IoT::Certificate::SerialNumber'

/** What the certificate carries in every case. */
const carried = { [ID]: 'ab12', [CN]: 'sensor-1' }

const CERTIFICATE = {
  Type: 'AWS::IoT::Certificate',
  Properties: { CertificateId: { Ref: ID }, Status: 'ACTIVE' },
}

/** A template whose thing has this name, or these properties. */
function naming(ThingName: unknown, more: object = {}): object {
  const thing = { Type: 'AWS::IoT::Thing', Properties: { ThingName, ...more } }
  return { Resources: { thing, certificate: CERTIFICATE } }
}

function withPolicy(Properties: object): object {
  return {
    Resources: { certificate: CERTIFICATE, policy: { Type: 'AWS::IoT::Policy', Properties } },
  }
}

function withStatus(Status: unknown): object {
  return { Resources: { certificate: { Type: 'AWS::IoT::Certificate', Properties: { Status } } } }
}

const names: [name: string, expression: unknown, thingName: string][] = [
  ['a plain string', 'pump', 'pump'],
  ['Ref', { Ref: CN }, 'sensor-1'],
  ['Fn::Join', { 'Fn::Join': ['-', ['line2', { Ref: CN }, 'x']] }, 'line2-sensor-1-x'],
  ['Fn::Join of nothing but its separator', { 'Fn::Join': ['', ['a', 'b']] }, 'ab'],
  ['Fn::Select', { 'Fn::Select': [1, ['a', 'b', 'c']] }, 'b'],
  ['Fn::Select with its index as text', { 'Fn::Select': ['2', ['a', 'b', 'c']] }, 'c'],
  ['Fn::Split', { 'Fn::Select': [0, { 'Fn::Split': ['-', { Ref: CN }] }] }, 'sensor'],
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the template's own variables
  ['Fn::Sub', { 'Fn::Sub': 'x-${AWS::IoT::Certificate::CommonName}' }, 'x-sensor-1'],
  [
    'Fn::Sub with values of its own',
    {
      'Fn::Sub': [
        '${site}-${AWS::IoT::Certificate::Id}',
        { site: { 'Fn::Join': ['', ['h', 'q']] } },
      ],
    },
    'hq-ab12',
  ],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the template's own variables
]

for (const [name, expression, thingName] of names) {
  t.test(`a value by ${name}`, async t => {
    const result = planFrom(naming(expression), carried)
    t.same(result, {
      ok: true,
      plan: { thing: { thingName, attributes: {} }, policies: [], status: 'ACTIVE' },
    })
  })
}

const plans: [name: string, template: unknown, plan: Plan][] = [
  [
    'the certificate alone',
    { Resources: { certificate: CERTIFICATE } },
    { policies: [], status: 'ACTIVE' },
  ],
  [
    'a status in small letters, as in AWS examples',
    withStatus('Active'),
    { policies: [], status: 'ACTIVE' },
  ],
  [
    'a certificate that stays INACTIVE',
    withStatus('INACTIVE'),
    { policies: [], status: 'INACTIVE' },
  ],
  [
    'no status',
    { Resources: { c: { Type: 'AWS::IoT::Certificate' } } },
    { policies: [], status: 'ACTIVE' },
  ],
  [
    'a policy by name',
    withPolicy({ PolicyName: 'device' }),
    { policies: [{ name: 'device' }], status: 'ACTIVE' },
  ],
  [
    'a policy as text',
    withPolicy({ PolicyDocument: '{"Version":"2012-10-17"}' }),
    { policies: [{ document: '{"Version":"2012-10-17"}' }], status: 'ACTIVE' },
  ],
  [
    'a policy as an object, with values in it',
    withPolicy({
      PolicyDocument: { Statement: [{ Resource: { 'Fn::Join': [':', ['client', { Ref: CN }]] } }] },
    }),
    {
      policies: [{ document: '{"Statement":[{"Resource":"client:sensor-1"}]}' }],
      status: 'ACTIVE',
    },
  ],
  [
    'attributes of the thing',
    naming('pump', { AttributePayload: { line: '2', serial: { Ref: ID } } }),
    {
      thing: { thingName: 'pump', attributes: { line: '2', serial: 'ab12' } },
      policies: [],
      status: 'ACTIVE',
    },
  ],
  [
    'a parameter with a default',
    { Parameters: { Site: { Type: 'String', Default: 'hq' } }, ...naming({ Ref: 'Site' }) },
    { thing: { thingName: 'hq', attributes: {} }, policies: [], status: 'ACTIVE' },
  ],
  [
    'a parameter that the certificate carries, whatever its default',
    { Parameters: { [CN]: { Type: 'String', Default: 'nobody' } }, ...naming({ Ref: CN }) },
    { thing: { thingName: 'sensor-1', attributes: {} }, policies: [], status: 'ACTIVE' },
  ],
  [
    'the form in which AWS takes it with a CA',
    {
      templateBody: JSON.stringify(naming('pump')),
      roleArn: 'arn:aws:iam::123456789012:role/jitp',
    },
    { thing: { thingName: 'pump', attributes: {} }, policies: [], status: 'ACTIVE' },
  ],
]

for (const [name, template, plan] of plans) {
  t.test(`makes ${name}`, async t => {
    t.same(planFrom(template, carried), { ok: true, plan })
  })
}

const deep = (levels: number): unknown =>
  levels === 0 ? 'x' : { 'Fn::Join': ['', [deep(levels - 1)]] }

const failures: [name: string, template: unknown, failure: TemplateFailure][] = [
  ['no object', 'jitp', { why: 'the template is not a JSON object' }],
  ['no resources', {}, { why: '`Resources` is not a JSON object' }],
  [
    'no certificate among the resources',
    { Resources: {} },
    { why: 'it has no resource of type AWS::IoT::Certificate' },
  ],
  [
    'a resource that is no object',
    { Resources: { thing: 'x' } },
    { why: 'resource `thing` is not a JSON object' },
  ],
  [
    'a type that AWS IoT does not know',
    { Resources: { bucket: { Type: 'AWS::S3::Bucket' } } },
    { resource: 'bucket', why: 'its type `AWS::S3::Bucket` is not known' },
  ],
  [
    'a parameter that the certificate does not carry',
    { Parameters: { [SERIAL]: { Type: 'String' } }, ...naming('x') },
    { parameter: SERIAL, why: 'the certificate does not carry it and it has no Default' },
  ],
  [
    'a parameter named like a member of every object',
    { Parameters: { constructor: { Type: 'String' } }, ...naming('x') },
    { parameter: 'constructor', why: 'the certificate does not carry it and it has no Default' },
  ],
  [
    'a Ref to nothing',
    naming({ Ref: SERIAL }),
    {
      resource: 'thing',
      parameter: SERIAL,
      why: `Ref names \`${SERIAL}\`, which the certificate does not carry`,
    },
  ],
  [
    'a Ref to a member of every object',
    naming({ Ref: 'toString' }),
    {
      resource: 'thing',
      parameter: 'toString',
      why: 'Ref names `toString`, which the certificate does not carry',
    },
  ],
  [
    'a Ref that is no name',
    naming({ Ref: 7 }),
    { resource: 'thing', why: 'Ref names `7`, which the certificate does not carry' },
  ],
  [
    'an intrinsic that AWS IoT does not know',
    naming({ 'Fn::If': [] }),
    { resource: 'thing', why: '`Fn::If` is not known' },
  ],
  [
    'Fn::Join without a list',
    naming({ 'Fn::Join': ['-', 'x'] }),
    { resource: 'thing', why: '`Fn::Join` takes a separator and a list of strings' },
  ],
  [
    'Fn::Join of what is no string',
    naming({ 'Fn::Join': ['-', [{}]] }),
    { resource: 'thing', why: '`Fn::Join` takes a separator and a list of strings' },
  ],
  [
    'Fn::Split of a list',
    naming({ 'Fn::Split': ['-', ['x']] }),
    { resource: 'thing', why: '`Fn::Split` takes a separator and a string' },
  ],
  [
    'Fn::Select beyond the end',
    naming({ 'Fn::Select': [3, ['a', 'b', 'c']] }),
    { resource: 'thing', why: '`Fn::Select` finds nothing at this index' },
  ],
  [
    'Fn::Select before the beginning',
    naming({ 'Fn::Select': [-1, ['a']] }),
    { resource: 'thing', why: '`Fn::Select` finds nothing at this index' },
  ],
  [
    'Fn::Sub of a number',
    naming({ 'Fn::Sub': 7 }),
    { resource: 'thing', why: '`Fn::Sub` takes a string' },
  ],
  [
    'Fn::Sub of something unknown',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template's own variable
    naming({ 'Fn::Sub': '${Site}' }),
    {
      resource: 'thing',
      parameter: 'Site',
      why: 'Ref names `Site`, which the certificate does not carry',
    },
  ],
  [
    'expressions nested without end',
    naming(deep(40)),
    { resource: 'thing', why: 'it is nested too deeply' },
  ],
  [
    'no thing name',
    naming(undefined),
    { resource: 'thing', why: 'ThingName gives nothing, which is no thing name' },
  ],
  [
    'a thing name with a space',
    naming('a b'),
    { resource: 'thing', why: 'ThingName gives `a b`, which is no thing name' },
  ],
  [
    'a thing name of 129 characters',
    naming('x'.repeat(129)),
    { resource: 'thing', why: `ThingName gives \`${'x'.repeat(129)}\`, which is no thing name` },
  ],
  [
    'an attribute that is no string',
    naming('x', { AttributePayload: { line: 2 } }),
    { resource: 'thing', why: 'its attribute `line` is not a string' },
  ],
  [
    'a policy by name and as text',
    withPolicy({ PolicyName: 'a', PolicyDocument: '{}' }),
    { resource: 'policy', why: 'give either PolicyName or PolicyDocument' },
  ],
  [
    'a policy by nothing',
    withPolicy({}),
    { resource: 'policy', why: 'give either PolicyName or PolicyDocument' },
  ],
  [
    'a policy whose name is a number',
    withPolicy({ PolicyName: 7 }),
    { resource: 'policy', why: 'PolicyName is not a string' },
  ],
  [
    'a status that JITP does not take',
    withStatus('REVOKED'),
    { resource: 'certificate', why: 'Status is `REVOKED`; AWS takes ACTIVE or INACTIVE' },
  ],
  [
    'a templateBody that is no JSON',
    { templateBody: '{' },
    { why: 'its `templateBody` is not JSON' },
  ],
]

for (const [name, template, failure] of failures) {
  t.test(`fails with ${name}`, async t => {
    t.strictSame(planFrom(template, carried), { ok: false, failure })
  })
}

t.test('whatever the JSON, planning answers and never throws', async t => {
  const key = fc.constantFrom(
    ...[
      'Parameters',
      'Resources',
      'Type',
      'Properties',
      'Ref',
      'Fn::Sub',
      'Fn::Join',
      'Fn::Select',
    ],
    ...['Fn::Split', 'ThingName', 'PolicyDocument', 'toString', '__proto__', 'constructor', CN],
  )
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom('AWS::IoT::Thing', 'AWS::IoT::Policy', 'AWS::IoT::Certificate', CN, 1, null),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(tree, given => {
      const result = planFrom({ Resources: { thing: given, certificate: CERTIFICATE } }, carried)
      return result.ok || result.failure.why !== ''
    }),
  )
  t.pass('no counterexample')
})
