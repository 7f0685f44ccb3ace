/** What is wrong with a template whoever uses it, told with its line; and that any text gets an answer. */

import fc from 'fast-check'
import t from 'tap'
import { planFrom } from '../../broker/template/plan.ts'
import { readTemplate } from '../../broker/template/read.ts'
import { templateRemarks } from '../../broker/template/remarks.ts'
import { CERTIFICATE, CN, carried, ID, naming, withCertificate, withPolicy } from './sample.ts'

type Problem = {
  says?: string | RegExp
  hint?: string | RegExp
  resource?: string
  parameter?: string
}

const deep = (levels: number): unknown =>
  levels === 0 ? 'x' : { 'Fn::Join': ['', [deep(levels - 1)]] }

const errors: [name: string, template: unknown, problem: Problem][] = [
  ['no object', 'jitp', { says: 'a template is a json object' }],
  ['no resources', {}, { says: 'has no `Resources`' }],
  [
    'no certificate among the resources',
    { Resources: {} },
    { says: 'has no resource of type AWS::IoT::Certificate' },
  ],
  [
    'a resource that is no object',
    { Resources: { thing: 'x', certificate: CERTIFICATE } },
    { resource: 'thing', says: 'is not a json object' },
  ],
  [
    'a type that AWS IoT does not know',
    { Resources: { bucket: { Type: 'AWS::S3::Bucket' }, certificate: CERTIFICATE } },
    { resource: 'bucket', says: 'its type `AWS::S3::Bucket` is not known', hint: /^there is AWS/ },
  ],
  [
    'a type with a typing mistake',
    { Resources: { thing: { Type: 'AWS::IoT::Things' }, certificate: CERTIFICATE } },
    { resource: 'thing', hint: 'did you mean `AWS::IoT::Thing`?' },
  ],
  ['no type', { Resources: { thing: {} } }, { resource: 'thing', says: 'has no `Type`' }],
  [
    'a second thing',
    {
      Resources: {
        a: { Type: 'AWS::IoT::Thing', Properties: { ThingName: 'a' } },
        b: { Type: 'AWS::IoT::Thing', Properties: { ThingName: 'b' } },
        certificate: CERTIFICATE,
      },
    },
    { resource: 'b', says: 'a second resource of type AWS::IoT::Thing' },
  ],
  [
    'a parameter without a type',
    { Parameters: { Site: {} }, ...naming('x') },
    { parameter: 'Site', says: 'has no `Type`', hint: 'add `"Type": "String"`' },
  ],
  [
    'a parameter of another type',
    { Parameters: { Site: { Type: 'Number' } }, ...naming('x') },
    { parameter: 'Site', says: 'its `Type` is not `String`, the only one that aws has' },
  ],
  [
    'a default that is no string',
    { Parameters: { Site: { Type: 'String', Default: 7 } }, ...naming('x') },
    { parameter: 'Site', says: 'its `Default` is not a string' },
  ],
  [
    'a parameter that is no object',
    { Parameters: { Site: 'String' }, ...naming('x') },
    { parameter: 'Site', says: 'is not a json object' },
  ],
  [
    'a function in Mappings',
    { Mappings: { a: { b: { c: { Ref: ID } } } }, ...naming('x') },
    { says: '`c` in `Mappings` is neither a string nor a list of strings' },
  ],
  [
    'Mappings of one level',
    { Mappings: { a: { b: 'c' } }, ...naming('x') },
    { says: '`b` in `Mappings` is not a json object' },
  ],
  [
    'an object in DeviceConfiguration',
    { ...naming('x'), DeviceConfiguration: { net: { ssid: 'a' } } },
    { says: '`net` in `DeviceConfiguration` is an object; aws takes none there' },
  ],
  [
    'Ref of what is no name',
    naming({ Ref: 7 }),
    { resource: 'thing', says: '`Ref` takes the name of a parameter' },
  ],
  [
    'a function that is not there',
    naming({ 'Fn::If': [] }),
    { resource: 'thing', says: '`Fn::If` is not a function of these templates' },
  ],
  [
    'a function as the prose of AWS spells it',
    naming({ 'Fn:Join': ['', ['a']] }),
    { resource: 'thing', hint: 'did you mean `Fn::Join`?' },
  ],
  [
    'a function beside other keys',
    naming({ Ref: CN, Default: 'x' }),
    { resource: 'thing', says: '`Ref` stands beside other keys' },
  ],
  [
    'Fn::Join without a list',
    naming({ 'Fn::Join': ['-', 'x'] }),
    { resource: 'thing', says: '`Fn::Join` takes a separator and a list of strings' },
  ],
  [
    'Fn::Select of a string',
    naming({ 'Fn::Select': [0, 'abc'] }),
    { resource: 'thing', says: '`Fn::Select` takes an index, from 0, and a list' },
  ],
  [
    'Fn::FindInMap with two arguments',
    naming({ 'Fn::FindInMap': ['a', 'b'] }),
    { resource: 'thing', says: '`Fn::FindInMap` takes the name of a map and two keys' },
  ],
  [
    'Fn::Split of a list',
    naming({ 'Fn::Split': ['-', ['x']] }),
    { resource: 'thing', says: '`Fn::Split` takes a separator and a string' },
  ],
  [
    'Fn::Sub of a number',
    naming({ 'Fn::Sub': 7 }),
    { says: '`Fn::Sub` takes a string, or a list of a string and an object' },
  ],
  ['expressions nested without end', naming(deep(40)), { says: 'too many nested brackets' }],
  ['no thing name', naming(undefined), { resource: 'thing', says: 'has no `ThingName`' }],
  [
    'a thing name that is a number',
    naming(7),
    { resource: 'thing', says: '`ThingName` is not a string' },
  ],
  [
    'an attribute that is no string',
    naming('x', { AttributePayload: { line: 2 } }),
    { resource: 'thing', says: '`AttributePayload` has an attribute `line` that is not a string' },
  ],
  [
    'attributes in an object of their own, as in CloudFormation',
    naming('x', { AttributePayload: { Attributes: { line: '2' } } }),
    {
      resource: 'thing',
      says: '`AttributePayload` holds the attributes themselves, without a key `attributes` around them',
    },
  ],
  [
    'one group instead of a list',
    naming('x', { ThingGroups: 'wet' }),
    { resource: 'thing', says: '`ThingGroups` is not a list of strings' },
  ],
  [
    'a policy by name and as text',
    withPolicy({ PolicyName: 'a', PolicyDocument: '{}' }),
    { resource: 'policy', says: 'takes either `PolicyName` or `PolicyDocument`' },
  ],
  [
    'a policy by nothing',
    withPolicy({}),
    { resource: 'policy', says: 'takes either `PolicyName` or `PolicyDocument`' },
  ],
  [
    'a policy document that is a list',
    withPolicy({ PolicyDocument: [] }),
    { resource: 'policy', says: '`PolicyDocument` is neither a string nor a json object' },
  ],
  [
    'two ways to name a certificate',
    withCertificate({ CertificateId: 'a', CertificatePem: 'b' }),
    {
      resource: 'certificate',
      says: 'has 2 of `CertificateSigningRequest`, `CertificateId`, `CertificatePem`; aws takes one',
    },
  ],
  [
    'no certificate in the certificate',
    withCertificate({ Status: 'ACTIVE' }),
    {
      resource: 'certificate',
      says: 'has none of `CertificateSigningRequest`, `CertificateId`, `CertificatePem`',
    },
  ],
  [
    'a CA without a certificate',
    withCertificate({ CertificateId: 'a', CACertificatePem: 'b' }),
    { says: 'has a `CACertificatePem` without a `CertificatePem`' },
  ],
  [
    'MERGE where there is nothing to merge',
    naming('x', {}, { ThingTypeName: 'MERGE' }),
    {
      resource: 'thing',
      says: '`ThingTypeName` in `OverrideSettings` is `MERGE`',
      hint: '`MERGE` is for `AttributePayload` and `ThingGroups` only',
    },
  ],
  [
    'a setting that there is not',
    withCertificate({ CertificateId: 'a' }, { Status: 'KEEP' }),
    {
      resource: 'certificate',
      says: '`Status` in `OverrideSettings` is `KEEP`',
      hint: 'aws takes `DO_NOTHING`, `REPLACE`, `FAIL`',
    },
  ],
  [
    'a templateBody that is no JSON',
    { templateBody: '{' },
    { says: /^its `templateBody` is no json: / },
  ],
  [
    'more than 10,240 characters',
    { ...naming('x'), Description: 'x'.repeat(10_240) },
    { says: /^has 10,\d{3} characters; aws takes 10,240 characters$/ },
  ],
]

for (const [name, template, problem] of errors) {
  t.test(`refuses ${name}`, async t => {
    const read = readTemplate(JSON.stringify(template))
    t.equal(read.template, undefined)
    t.match(
      read.problems.find(({ severity }) => severity === 'error'),
      problem,
    )
  })
}

const warnings: [name: string, template: object, problem: Problem][] = [
  [
    'an unknown section',
    { ...naming('x'), Mapping: {} },
    { says: 'unknown section `Mapping`, so it does nothing', hint: 'did you mean `Mappings`?' },
  ],
  [
    'what CloudFormation has',
    { ...naming('x'), Conditions: {} },
    { says: /^`Conditions` is of cloudformation/ },
  ],
  [
    'what CloudFormation has in a resource',
    { Resources: { certificate: { ...CERTIFICATE, DependsOn: 'thing' } } },
    { resource: 'certificate', says: /^`DependsOn` is of cloudformation/ },
  ],
  [
    'an unknown property',
    naming('x', { ThingGroup: [] }),
    { resource: 'thing', hint: 'did you mean `ThingGroups`?' },
  ],
  [
    'an unknown key of a resource',
    { Resources: { certificate: { ...CERTIFICATE, OverrideSetting: {} } } },
    { resource: 'certificate', hint: 'did you mean `OverrideSettings`?' },
  ],
  [
    'an unknown setting',
    naming('x', {}, { ThingGroup: 'MERGE' }),
    { resource: 'thing', says: 'unknown setting `ThingGroup`, so it does nothing' },
  ],
  [
    'settings of a policy',
    {
      Resources: {
        certificate: CERTIFICATE,
        p: {
          Type: 'AWS::IoT::Policy',
          Properties: { PolicyName: 'a' },
          OverrideSettings: { PolicyName: 'REPLACE' },
        },
      },
    },
    { resource: 'p', says: 'AWS::IoT::Policy has no override settings, so it does nothing' },
  ],
  [
    'an unknown key of a parameter',
    { Parameters: { a: { Type: 'String', Defualt: 'x' } }, ...naming('x') },
    { parameter: 'a', hint: 'did you mean `Default`?' },
  ],
]

for (const [name, template, problem] of warnings) {
  t.test(`warns of ${name}, and takes it`, async t => {
    const read = readTemplate(JSON.stringify(template))
    t.ok(read.template)
    t.match(read.problems, [{ severity: 'warning', ...problem }])
  })
}

t.test('each problem has its line, all are told, and doubled keys are', async t => {
  const text = `{
  "Resources": {
    "certificate": {
      "Type": "AWS::IoT::Certificate",
      "Properties": { "Status": "ACTIVE" }
    },
    "thing": {
      "Type": "AWS::IoT::Thing",
      "Properties": {
        "ThingName": "a",
        "ThingName": "b",
        "ThingGroups": "wet"
      }
    }
  },
  "Resources": {}
}`
  const { problems } = readTemplate(text)
  t.same(
    problems.map(({ line }) => line),
    [3, 11, 12, 16],
  )
})

t.test('the template that the AWS CLI shows is taken', async t => {
  // Names a parameter that it does not declare.
  const template = {
    Parameters: { DeviceLocation: { Type: 'String' } },
    ...naming({ 'Fn::Join': ['', ['prefix_', { Ref: 'SerialNumber' }]] }),
  }
  const read = readTemplate(JSON.stringify(template))
  t.ok(read.template)
})

t.test('whatever the text, reading, planning and remarks answer and never throw', async t => {
  const words = [
    ...['Parameters', 'Resources', 'Mappings', 'DeviceConfiguration', 'Type', 'Properties', 'Ref'],
    ...['Fn::Sub', 'Fn::Join', 'Fn::Select', 'Fn::Split', 'Fn::FindInMap', 'OverrideSettings'],
    ...['ThingName', 'ThingGroups', 'AttributePayload', 'PolicyDocument', 'PolicyName', 'Status'],
    ...['CertificateId', 'toString', '__proto__', 'constructor', CN, 'Default'],
  ]
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof(
      { maxDepth: 7 },
      fc.constantFrom('AWS::IoT::Thing', 'AWS::IoT::Policy', 'AWS::IoT::Certificate', CN, 1, null),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the template's own variables
      fc.constantFrom('', '${', '${}', '${__proto__}', '${!x}', '{"Statement":[]}', 'MERGE'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...words), tie('tree'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }))
  const template = fc.tuple(tree, tree, tree).map(([thing, policy, whole]) => ({
    ...(typeof whole === 'object' && whole !== null ? whole : {}),
    Resources: {
      certificate: CERTIFICATE,
      thing: {
        Type: 'AWS::IoT::Thing',
        Properties: { ThingName: thing, AttributePayload: policy },
      },
      policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyDocument: policy } },
    },
  }))
  const kinds = fc.constantFrom('JITP', 'FLEET_PROVISIONING', 'REGISTER_THING' as const)
  fc.assert(
    fc.property(fc.oneof(template, tree), kinds, (given, kind) => {
      const { problems, template: read } = readTemplate(JSON.stringify(given))
      if (!read) return problems.some(({ says }) => says !== '')
      const told = templateRemarks(read, { kind, policies: new Map() })
      const result = planFrom(read, kind, new Map(Object.entries(carried)))
      return told.every(({ says }) => says !== '') && (result.ok || result.failure.why !== '')
    }),
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), text => {
      readTemplate(text)
      return true
    }),
  )
  t.pass('no counterexample')
})
