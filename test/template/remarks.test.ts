/** What templates do that their writers don't expect, told before a device meets it. */

import t from 'tap'
import { compilePolicy, readPolicy } from '../../broker/policy/policy.ts'
import { looksLike, templateRemarks } from '../../broker/template/remarks.ts'
import type { TemplateKind } from '../../broker/template/template.ts'
import { CERTIFICATE, CN, good, ID, naming, withCertificate, withPolicy } from './sample.ts'

const allow = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
})
const read = (name: string, document: object) => readPolicy(name, JSON.stringify(document)).policy
const policies = new Map([
  ['device', read('device', allow('iot:*'))],
  ['talk', read('talk', allow('iot:Publish'))],
  ['nothing', compilePolicy('nothing', { statements: [] })],
  ['broken', undefined],
])
const POLICY = { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'device' } }
const S = { Type: 'String' }

/** A good template, and what is added to it. */
function based(Parameters: object, thing?: object, more: object = {}): object {
  const resources = { certificate: CERTIFICATE, policy: POLICY }
  return {
    Parameters,
    Resources: {
      ...resources,
      ...(thing && { thing: { Type: 'AWS::IoT::Thing', Properties: thing } }),
    },
    ...more,
  }
}

type Remark = {
  says: RegExp | string
  hint?: RegExp | string
  parameter?: string
  resource?: string
  severity?: 'error'
}
type Case = [name: string, template: object, kind: TemplateKind | undefined, remarks: Remark[]]

const CONNECT = 'its policy does not allow `iot:Connect`: what it provisions can not connect'

const cases: Case[] = [
  ['nothing to say', based({ [CN]: S, [ID]: S }, { ThingName: { Ref: CN } }), 'JITP', []],
  [
    'nothing to say of a fleet',
    based({ Serial: S }, { ThingName: { Ref: 'Serial' } }),
    'FLEET_PROVISIONING',
    [],
  ],
  ['no policy', naming('x'), 'JITP', [{ says: /^has no policy/ }]],
  [
    'a policy by name without iot:Connect',
    withPolicy({ PolicyName: 'talk' }),
    'JITP',
    [{ resource: 'policy', says: CONNECT }],
  ],
  [
    'a policy that allows nothing',
    withPolicy({ PolicyName: 'nothing' }),
    'JITP',
    [{ says: CONNECT }],
  ],
  [
    'a document without iot:Connect',
    withPolicy({ PolicyDocument: allow('iot:Publish') }),
    'JITP',
    [{ says: CONNECT }],
  ],
  [
    'a document as text, with a parameter in it',
    withPolicy({
      PolicyDocument: { 'Fn::Join': ['', [JSON.stringify(allow('iot:Publish')), '']] },
    }),
    'FLEET_PROVISIONING',
    [{ says: CONNECT }],
  ],
  [
    'a document that depends on a map',
    withPolicy({ PolicyDocument: { 'Fn::FindInMap': ['a', { Ref: ID }, 'c'] } }),
    'FLEET_PROVISIONING',
    [],
  ],
  [
    'a second policy that has it',
    {
      Resources: {
        certificate: CERTIFICATE,
        a: { ...POLICY, Properties: { PolicyName: 'talk' } },
        b: POLICY,
      },
    },
    'JITP',
    [],
  ],
  ['a policy that is broken', withPolicy({ PolicyName: 'broken' }), 'JITP', []],
  [
    'a policy that is no file',
    withPolicy({ PolicyName: 'devise' }),
    'JITP',
    [{ says: 'no file holds the policy `devise`', hint: 'did you mean `device`?' }],
  ],
  [
    'a policy by a parameter',
    withPolicy({ PolicyName: { Ref: CN } }),
    undefined,
    [{ says: /does not declare/ }],
  ],
  [
    'a document that is no policy',
    withPolicy({ PolicyDocument: { Statement: [{ Effect: 'Allow' }] } }),
    'JITP',
    [
      { severity: 'error', resource: 'policy', says: /^its policy document: statement 1: / },
      { severity: 'error', says: /^its policy document: statement 1: / },
    ],
  ],
  [
    'an attribute that no subject gives',
    based(
      { 'AWS::IoT::Certificate::Locality': S },
      { ThingName: { Ref: 'AWS::IoT::Certificate::Locality' } },
    ),
    'JITP',
    [
      {
        parameter: 'AWS::IoT::Certificate::Locality',
        says: 'aws fills in no such parameter, so provisioning fails',
        hint: /^of a subject there are Country, /,
      },
    ],
  ],
  [
    'an attribute with a typing mistake',
    based(
      { 'AWS::IoT::Certificate::CommonNme': { ...S, Default: 'x' } },
      { ThingName: { Ref: 'AWS::IoT::Certificate::CommonNme' } },
    ),
    'JITP',
    [{ says: 'aws fills in no such parameter', hint: `did you mean \`${CN}\`?` }],
  ],
  [
    'a parameter of a device in a template for certificates',
    based({ Serial: S }, { ThingName: { Ref: 'Serial' } }),
    'JITP',
    [
      {
        parameter: 'Serial',
        says: 'no certificate carries it and it has no Default, so provisioning fails',
      },
    ],
  ],
  [
    'a parameter that nobody uses',
    based({ [CN]: S }),
    'JITP',
    [{ parameter: CN, says: 'is never used, and each certificate must carry it' }],
  ],
  [
    'a parameter with a default that nobody uses',
    based({ Site: { ...S, Default: 'hq' } }),
    'FLEET_PROVISIONING',
    [{ parameter: 'Site', says: 'is declared and never used' }],
  ],
  [
    'a Ref to what is not declared',
    based(
      { Serial: S },
      { ThingName: { Ref: 'Serial' }, AttributePayload: { a: { Ref: 'Seril' } } },
    ),
    'FLEET_PROVISIONING',
    [
      {
        says: '`Ref` names `Seril`, which `Parameters` does not declare',
        hint: 'did you mean `Serial`?',
      },
    ],
  ],
  [
    'a Ref to a resource',
    based({}, { ThingName: { Ref: 'policy' } }),
    'FLEET_PROVISIONING',
    [{ says: '`Ref` names the resource `policy`; aws documents it for parameters only' }],
  ],
  [
    'certificates that stay outside',
    {
      Resources: {
        certificate: {
          ...CERTIFICATE,
          Properties: { CertificateId: { Ref: ID }, Status: 'Inactive' },
        },
        policy: POLICY,
      },
    },
    'JITP',
    [
      {
        resource: 'certificate',
        says: 'its certificates become INACTIVE, so that no device gets in after its first contact',
      },
    ],
  ],
  [
    'functions, of which AWS says nothing for JITP',
    based({ [CN]: S }, { ThingName: { 'Fn::Join': ['-', ['a', { Ref: CN }]] } }),
    'JITP',
    [{ resource: 'thing', says: /whether JITP takes them is not known/ }],
  ],
  [
    'what JITP tells nobody',
    based({}, undefined, { DeviceConfiguration: { a: 'b' } }),
    'JITP',
    [{ says: '`DeviceConfiguration` is for fleet provisioning: with JITP nobody gets it' }],
  ],
  [
    'a certificate that is not the one at hand',
    withCertificate({ CertificatePem: 'PEM' }),
    'JITP',
    [
      { says: /^has no policy/ },
      {
        severity: 'error',
        resource: 'certificate',
        says: 'a JITP template names its certificate by `CertificateId`',
      },
    ],
  ],
]

for (const [name, template, kind, remarks] of cases) {
  t.test(`says of a template with ${name}: ${remarks.length}`, async t => {
    const told = templateRemarks(good(template), { ...(kind && { kind }), policies })
    t.match(
      told,
      remarks.map(one => ({ severity: 'warning', ...one })),
    )
    t.equal(told.length, remarks.length)
  })
}

t.test(
  'says whether a template is for certificates, for devices, or for RegisterThing',
  async t => {
    t.equal(looksLike(good(based({ [CN]: S }))), 'JITP')
    t.equal(looksLike(good(based({ Serial: S, [ID]: S }))), 'FLEET_PROVISIONING')
    t.equal(
      looksLike(good(based({}, undefined, { DeviceConfiguration: {} }))),
      'FLEET_PROVISIONING',
    )
    t.equal(looksLike(good(withCertificate({ CertificatePem: 'PEM' }))), 'REGISTER_THING')
    t.equal(looksLike(good(based({ [ID]: S }))), undefined)
  },
)
