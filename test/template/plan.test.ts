/** What templates make of parameters: every property, every function, and every way to fail, with where and why. */

import t from 'tap'
import type { Plan } from '../../broker/template/plan.ts'
import type { TemplateFailure, TemplateKind } from '../../broker/template/template.ts'
import {
  CERTIFICATE,
  CN,
  carried,
  ID,
  naming,
  plan,
  SERIAL,
  withCertificate,
  withPolicy,
} from './sample.ts'

const Mappings = {
  Sites: { hq: { Url: 'https://hq.example', Groups: ['a', 'b'] }, lab: { Url: 'l' } },
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the template's own variables
const names: [name: string, expression: unknown, thingName: string][] = [
  ['a plain string', 'pump', 'pump'],
  ['Ref', { Ref: CN }, 'sensor-1'],
  ['Fn::Join', { 'Fn::Join': ['-', ['line2', { Ref: CN }, 'x']] }, 'line2-sensor-1-x'],
  ['Fn::Join without a separator', { 'Fn::Join': ['', ['a', 'b']] }, 'ab'],
  ['Fn::Join of what Fn::Split made', { 'Fn::Join': [':', { 'Fn::Split': ['-', 'a-b'] }] }, 'a:b'],
  ['Fn::Join of a list in Mappings', { 'Fn::Join': ['', find('Sites', 'hq', 'Groups')] }, 'ab'],
  ['Fn::Select', { 'Fn::Select': [1, ['a', 'b', 'c']] }, 'b'],
  ['Fn::Select with its index as text', { 'Fn::Select': ['2', ['a', 'b', 'c']] }, 'c'],
  ['Fn::Select with a parameter as index', { 'Fn::Select': [{ Ref: 'N' }, ['a', 'b']] }, 'b'],
  ['Fn::Split', { 'Fn::Select': [0, { 'Fn::Split': ['-', { Ref: CN }] }] }, 'sensor'],
  ['Fn::FindInMap', find('Sites', { Ref: 'Site' }, 'Url'), 'l'],
  ['Fn::Sub', { 'Fn::Sub': 'x-${AWS::IoT::Certificate::CommonName}-y' }, 'x-sensor-1-y'],
  ['Fn::Sub in a list of one', { 'Fn::Sub': ['${Site}'] }, 'lab'],
  ['Fn::Sub of one variable twice', { 'Fn::Sub': '${Site}${Site}' }, 'lablab'],
  [
    'Fn::Sub with values of its own',
    { 'Fn::Sub': ['${a}-${AWS::IoT::Certificate::Id}', { a: { 'Fn::Join': ['', ['h', 'q']] } }] },
    'hq-ab12',
  ],
]
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the template's own variables

function find(...keys: unknown[]): object {
  return { 'Fn::FindInMap': keys }
}

for (const [name, expression, thingName] of names) {
  t.test(`a value by ${name}`, async t => {
    const template = { Mappings, ...naming(expression) }
    const result = plan(template, 'JITP', { ...carried, N: '1', Site: 'lab' })
    t.match(result, { ok: true, plan: { thing: { thingName } } })
  })
}

const nothingSet = {
  AttributePayload: 'DO_NOTHING',
  ThingTypeName: 'DO_NOTHING',
  ThingGroups: 'DO_NOTHING',
} as const
const certificate = {
  resource: 'certificate',
  source: { certificateId: 'ab12' },
  status: 'ACTIVE',
  thingPrincipalType: 'NON_EXCLUSIVE_THING',
  override: { Status: 'DO_NOTHING' },
} as const
const bare = { certificate, policies: [], deviceConfiguration: {} }

const plans: [name: string, template: object, plan: Plan, kind?: TemplateKind][] = [
  ['the certificate alone', { Resources: { certificate: CERTIFICATE } }, bare],
  [
    'a status in small letters, as in AWS examples',
    withCertificate({ CertificateId: { Ref: ID }, Status: 'Active' }),
    bare,
  ],
  ['no status', withCertificate({ CertificateId: { Ref: ID } }), bare],
  ['the other spelling of the id', withCertificate({ CertificateID: { Ref: ID } }), bare],
  [
    'a certificate that stays INACTIVE, exclusive to its thing',
    withCertificate(
      { CertificateId: { Ref: ID }, Status: 'inactive', ThingPrincipalType: 'EXCLUSIVE_THING' },
      { Status: 'REPLACE' },
    ),
    {
      ...bare,
      certificate: {
        ...certificate,
        status: 'INACTIVE',
        thingPrincipalType: 'EXCLUSIVE_THING',
        override: { Status: 'REPLACE' },
      },
    },
  ],
  [
    'a policy by name',
    withPolicy({ PolicyName: 'device' }),
    { ...bare, policies: [{ resource: 'policy', name: 'device' }] },
  ],
  [
    'a policy as text, which stays as it is',
    withPolicy({ PolicyDocument: '{"Version": "2012-10-17"}' }),
    { ...bare, policies: [{ resource: 'policy', document: '{"Version": "2012-10-17"}' }] },
  ],
  [
    'a policy as an object, with values in it',
    withPolicy({
      PolicyDocument: { Statement: [{ Resource: { 'Fn::Join': [':', ['client', { Ref: CN }]] } }] },
    }),
    {
      ...bare,
      policies: [
        { resource: 'policy', document: '{"Statement":[{"Resource":"client:sensor-1"}]}' },
      ],
    },
  ],
  [
    "a policy by Fn::Sub, with the policy's own variable in it",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template's own variables
    withPolicy({ PolicyDocument: { 'Fn::Sub': '{"R":"${!iot:ClientId}/${Site}"}' } }),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the policy's own variable
    { ...bare, policies: [{ resource: 'policy', document: '{"R":"${iot:ClientId}/hq"}' }] },
  ],
  [
    'every property of a thing, and settings in both spellings',
    naming(
      'pump',
      {
        AttributePayload: { line: '2', serial: { Ref: ID } },
        ThingTypeName: 'Pump',
        ThingGroups: ['wet', { Ref: 'Site' }, 'wet'],
        BillingGroup: 'Cash',
        PackageVersions: { App: { Ref: 'Site' } },
      },
      { AttributePayload: 'MERGE', THING_TYPE_NAME: 'REPLACE', ThingGroups: 'FAIL' },
    ),
    {
      ...bare,
      thing: {
        resource: 'thing',
        thingName: 'pump',
        attributes: { line: '2', serial: 'ab12' },
        thingTypeName: 'Pump',
        thingGroups: ['wet', 'hq'],
        billingGroup: 'Cash',
        override: { AttributePayload: 'MERGE', ThingTypeName: 'REPLACE', ThingGroups: 'FAIL' },
      },
    },
  ],
  [
    'a parameter with a default',
    { Parameters: { Name: { Type: 'String', Default: 'hq' } }, ...naming({ Ref: 'Name' }) },
    { ...bare, thing: { resource: 'thing', thingName: 'hq', override: nothingSet } },
  ],
  [
    'a parameter that the certificate carries, whatever its default',
    { Parameters: { [CN]: { Type: 'String', Default: 'nobody' } }, ...naming({ Ref: CN }) },
    { ...bare, thing: { resource: 'thing', thingName: 'sensor-1', override: nothingSet } },
  ],
  [
    'the form in which AWS takes it with a CA',
    { templateBody: JSON.stringify(naming('pump')), roleArn: 'arn:aws:iam::123456789012:role/j' },
    { ...bare, thing: { resource: 'thing', thingName: 'pump', override: nothingSet } },
  ],
  [
    'that form, with the body not yet made a string',
    { templateBody: naming('pump') },
    { ...bare, thing: { resource: 'thing', thingName: 'pump', override: nothingSet } },
  ],
  [
    'what a device is to be told',
    {
      Mappings,
      ...withCertificate({ CertificateId: { Ref: ID } }),
      DeviceConfiguration: { Url: find('Sites', { Ref: 'Site' }, 'Url'), Retries: 3, On: true },
    },
    { ...bare, deviceConfiguration: { Url: 'https://hq.example', Retries: 3, On: true } },
    'FLEET_PROVISIONING',
  ],
  [
    'a certificate by its request',
    withCertificate({ CertificateSigningRequest: { Ref: 'Site' } }),
    { ...bare, certificate: { ...certificate, source: { certificateSigningRequest: 'hq' } } },
    'REGISTER_THING',
  ],
  [
    'a certificate by itself and its CA',
    withCertificate({ CertificatePem: 'PEM', CACertificatePem: 'CA' }),
    {
      ...bare,
      certificate: { ...certificate, source: { certificatePem: 'PEM', caCertificatePem: 'CA' } },
    },
    'REGISTER_THING',
  ],
  [
    'less where parameters of RegisterThing are absent and not needed',
    {
      Parameters: { Line: { Type: 'String' } },
      ...naming('pump', {
        AttributePayload: { line: { Ref: 'Line' }, site: { Ref: 'Site' } },
        ThingTypeName: { Ref: 'Line' },
        ThingGroups: ['a', { Ref: 'Line' }],
      }),
    },
    {
      ...bare,
      thing: {
        resource: 'thing',
        thingName: 'pump',
        attributes: { site: 'hq' },
        thingGroups: ['a'],
        override: nothingSet,
      },
    },
    'REGISTER_THING',
  ],
]

for (const [name, template, expected, kind] of plans) {
  t.test(`makes ${name}`, async t => {
    t.same(plan(template, kind, { ...carried, Site: 'hq' }), { ok: true, plan: expected })
  })
}

const long = 'x'.repeat(129)
const NAME = 'aws takes 1 to 128 of the characters a-z A-Z 0-9 : _ -'

type Failing = [name: string, template: object, failure: TemplateFailure, kind?: TemplateKind]

const failures: Failing[] = [
  [
    'a parameter that the certificate does not carry',
    { Parameters: { [SERIAL]: { Type: 'String' } }, ...naming('x') },
    { parameter: SERIAL, why: 'the certificate does not carry it, and it has no Default' },
  ],
  [
    'a parameter that no certificate carries',
    { Parameters: { constructor: { Type: 'String' } }, ...naming('x') },
    { parameter: 'constructor', why: 'no certificate carries it, and it has no Default' },
  ],
  [
    'a parameter that the device did not send',
    { Parameters: { Serial: { Type: 'String' } }, ...naming('x') },
    { parameter: 'Serial', why: 'the device did not send it, and it has no Default' },
    'FLEET_PROVISIONING',
  ],
  [
    'a name that RegisterThing was given no value for',
    { Parameters: { Serial: { Type: 'String' } }, ...naming({ Ref: 'Serial' }) },
    { resource: 'thing', parameter: 'Serial', why: 'it has no value, and no Default' },
    'REGISTER_THING',
  ],
  [
    'a Fn::Join that RegisterThing was given no value for',
    {
      Parameters: { Serial: { Type: 'String' } },
      ...naming({ 'Fn::Join': ['-', ['x', { Ref: 'Serial' }]] }),
    },
    { resource: 'thing', parameter: 'Serial', why: 'it has no value, and no Default' },
    'REGISTER_THING',
  ],
  [
    'a Fn::Sub that RegisterThing was given no value for',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template's own variable
    { Parameters: { Serial: { Type: 'String' } }, ...naming({ 'Fn::Sub': 'x${Serial}' }) },
    { resource: 'thing', parameter: 'Serial', why: 'it has no value, and no Default' },
    'REGISTER_THING',
  ],
  [
    'a Ref to nothing',
    naming({ Ref: SERIAL }),
    { resource: 'thing', parameter: SERIAL, why: '`Ref` names a parameter that has no value' },
  ],
  [
    'a Ref to a member of every object',
    naming({ Ref: 'toString' }),
    { resource: 'thing', parameter: 'toString', why: '`Ref` names a parameter that has no value' },
  ],
  [
    'a Ref with a typing mistake',
    naming({ Ref: 'AWS::IoT::Certificate::CommonNam' }),
    {
      resource: 'thing',
      parameter: 'AWS::IoT::Certificate::CommonNam',
      why: `\`Ref\` names a parameter that has no value; there is \`${CN}\``,
    },
  ],
  [
    'Fn::Join of what is no string',
    naming({ 'Fn::Join': ['-', ['a', {}]] }),
    { resource: 'thing', why: '`Fn::Join` gets an object in its list' },
  ],
  [
    'Fn::Join of a string in Mappings',
    { Mappings, ...naming({ 'Fn::Join': ['-', find('Sites', 'hq', 'Url')] }) },
    { resource: 'thing', why: '`Fn::Join` gets `https://hq.example`, and no list' },
  ],
  [
    'Fn::Select beyond the end',
    naming({ 'Fn::Select': [3, ['a', 'b', 'c']] }),
    {
      resource: 'thing',
      why: '`Fn::Select` finds nothing at index 3: the list has 3 items, counted from 0',
    },
  ],
  [
    'Fn::Select before the beginning',
    naming({ 'Fn::Select': [-1, ['a']] }),
    {
      resource: 'thing',
      why: '`Fn::Select` finds nothing at index -1: the list has 1 item, counted from 0',
    },
  ],
  [
    'Fn::Select of null',
    naming({ 'Fn::Select': [0, [null]] }),
    {
      resource: 'thing',
      why: '`Fn::Select` finds nothing at index 0: the list has 1 item, counted from 0',
    },
  ],
  [
    'Fn::Select by a word',
    naming({ 'Fn::Select': ['first', ['a']] }),
    { resource: 'thing', why: '`Fn::Select` takes a number from 0, and gets `first`' },
  ],
  [
    'Fn::Select from a string',
    { Mappings, ...naming({ 'Fn::Select': [0, { Ref: CN }] }) },
    { resource: 'thing', why: '`Fn::Select` gets `sensor-1`, and no list' },
  ],
  [
    'Fn::Split without a separator',
    naming({ 'Fn::Split': ['', { Ref: CN }] }),
    { resource: 'thing', why: '`Fn::Split` has an empty separator' },
  ],
  [
    'a list where a name belongs',
    naming({ 'Fn::Split': ['-', { Ref: CN }] }),
    { resource: 'thing', why: '`ThingName` gets a list, and no string' },
  ],
  [
    'Fn::FindInMap without such a map',
    naming(find('Sites', 'hq', 'Url')),
    { resource: 'thing', why: '`Fn::FindInMap` finds no map `Sites` in `Mappings`' },
  ],
  [
    'Fn::FindInMap without such a first key',
    { Mappings, ...naming(find('Sites', { Ref: CN }, 'Url')) },
    { resource: 'thing', why: 'map `Sites` has no key `sensor-1`' },
  ],
  [
    'Fn::FindInMap without such a second key',
    { Mappings, ...naming(find('Sites', 'lab', 'Groups')) },
    { resource: 'thing', why: 'map `Sites` has no key `Groups` under `lab`' },
  ],
  [
    'Fn::FindInMap by a member of every object',
    { Mappings, ...naming(find('Sites', '__proto__', 'toString')) },
    { resource: 'thing', why: 'map `Sites` has no key `__proto__`' },
  ],
  [
    'Fn::Sub of something unknown',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template's own variable
    naming({ 'Fn::Sub': '${Site}' }),
    { resource: 'thing', parameter: 'Site', why: '`Ref` names a parameter that has no value' },
  ],
  [
    "Fn::Sub of the policy's own variable",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template's own variable
    withPolicy({ PolicyDocument: { 'Fn::Sub': 'client/${iot:Connection.Thing.ThingName}' } }),
    {
      resource: 'policy',
      why:
        '`Fn::Sub` takes `$' +
        '{iot:Connection.Thing.ThingName}` for a parameter; a variable of the policy is written `$' +
        '{!iot:Connection.Thing.ThingName}` in it',
    },
  ],
  [
    'a thing name with a space',
    naming('a b'),
    { resource: 'thing', why: `\`ThingName\` gets \`a b\`; ${NAME}` },
  ],
  [
    'a thing name of 129 characters',
    naming(long),
    { resource: 'thing', why: `\`ThingName\` gets \`${long.slice(0, 120)}...\`; ${NAME}` },
  ],
  [
    'a group name with a space',
    naming('x', { ThingGroups: ['a', 'b c'] }),
    { resource: 'thing', why: `\`ThingGroups\` gets \`b c\`; ${NAME}` },
  ],
  [
    'groups by a string',
    naming('x', { ThingGroups: { Ref: CN } }),
    { resource: 'thing', why: '`ThingGroups` gets `sensor-1`, and no list' },
  ],
  [
    'an attribute with a space in its value',
    naming('x', { AttributePayload: { site: 'head quarter' } }),
    {
      resource: 'thing',
      why: 'attribute `site` gets `head quarter`; aws takes up to 800 of the characters a-z A-Z 0-9 _ . , @ / : # = [ ] -',
    },
  ],
  [
    'an attribute with a space in its name',
    naming('x', { AttributePayload: { 'a b': '1' } }),
    { resource: 'thing', why: '`a b` is no attribute name that aws takes' },
  ],
  [
    'an attribute that comes to a list',
    naming('x', { AttributePayload: { a: { 'Fn::Split': ['-', 'a-b'] } } }),
    { resource: 'thing', why: 'attribute `a` gets a list, and no string' },
  ],
  [
    'a policy name with a space',
    withPolicy({ PolicyName: 'a b' }),
    {
      resource: 'policy',
      why: '`PolicyName` gets `a b`; aws takes 1 to 128 of the characters a-z A-Z 0-9 _ + = , . @ -',
    },
  ],
  [
    'a status that templates do not take',
    withCertificate({ CertificateId: { Ref: ID }, Status: 'REVOKED' }),
    { resource: 'certificate', why: '`Status` is `REVOKED`; aws takes `ACTIVE` or `INACTIVE`' },
  ],
  [
    'a kind of attachment that there is not',
    withCertificate({ CertificateId: { Ref: ID }, ThingPrincipalType: 'MINE' }),
    {
      resource: 'certificate',
      why: '`ThingPrincipalType` is `MINE`; aws takes `NON_EXCLUSIVE_THING` or `EXCLUSIVE_THING`',
    },
  ],
  [
    'JITP from a request',
    withCertificate({ CertificateSigningRequest: 'CSR' }),
    { resource: 'certificate', why: 'a JITP template names its certificate by `CertificateId`' },
  ],
  [
    'JITP of some other certificate',
    withCertificate({ CertificateId: { Ref: CN } }),
    {
      resource: 'certificate',
      why: `a JITP template has \`{ "Ref": "${ID}" }\` as its \`CertificateId\``,
    },
  ],
  [
    'fleet provisioning from a certificate',
    withCertificate({ CertificatePem: 'PEM' }),
    {
      resource: 'certificate',
      why: 'a fleet provisioning template names its certificate by `CertificateId`',
    },
    'FLEET_PROVISIONING',
  ],
]

for (const [name, template, failure, kind] of failures) {
  t.test(`fails with ${name}`, async t => {
    t.strictSame(plan(template, kind), { ok: false, failure })
  })
}

t.test('text in text in text comes to an end', async t => {
  const level = (inner: unknown, name: string) => ({
    'Fn::Sub': [`\${${name}}`.repeat(300), { [name]: inner }],
  })
  const bomb = level(level(level(level('xxxxxxxx', 'd'), 'c'), 'b'), 'a')
  const before = process.hrtime.bigint()
  const result = plan(naming(bomb))
  const ms = Number(process.hrtime.bigint() - before) / 1e6
  t.match(result, { ok: false, failure: { why: 'it comes to more than 524,288 characters' } })
  t.ok(ms < 2000, `${ms} ms`)
})
