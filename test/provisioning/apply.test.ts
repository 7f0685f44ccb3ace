/** What a plan makes of a registry: each property, each override setting, and nothing at all where one step is refused. */

import fc from 'fast-check'
import t from 'tap'
import { provisionFrom } from '../../broker/provisioning/apply.ts'
import { provision } from '../../broker/provisioning/jitp.ts'
import { createRegistry, type Registry } from '../../broker/registry/registry.ts'
import { certificateParameters } from '../../broker/template/plan.ts'
import { createWorld, standingClock } from '../../broker/world.ts'
import { directly } from '../helpers/directly.ts'
import { mintedDevice, pki } from '../helpers/pki.ts'
import { CERTIFICATE, CN, ID, naming, SERIAL, withPolicy } from '../template/sample.ts'

const { signer, device } = pki()
const { certificate } = device
const certificateId = certificate.sha256
const account = { id: '123456789012', region: 'us-east-1' }
const world = createWorld(standingClock(Date.UTC(2026, 0, 1)))
const document = (action: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
  })

/** With a CA, policies, types and groups. */
function furnished(): Registry {
  const registry = createRegistry({ world, account: () => account })
  const { operations } = registry
  const source = { kind: 'learned', how: 'test' } as const
  directly(registry).registerAuthority({
    certificate: signer.certificate,
    status: 'ACTIVE',
    autoRegistration: 'ENABLE',
    name: 'signer',
    templateName: 'jitp',
    source,
  })
  operations.createPolicy({ policyName: 'device', policyDocument: document('iot:*') })
  for (const thingTypeName of ['Pump', 'Valve']) operations.createThingType({ thingTypeName })
  for (const thingGroupName of ['wet', 'dry', 'hot']) {
    operations.createThingGroup({ thingGroupName })
  }
  for (const billingGroupName of ['cash', 'card'])
    operations.createBillingGroup({ billingGroupName })
  return registry
}

/** All records of all tables: what a refusal must leave as it was. */
function contents({ desk }: Registry): unknown {
  return Object.fromEntries(
    Object.entries(desk.tables).map(([name, table]) => [
      name,
      table.keys().map(key => [key, table.get(key)]),
    ]),
  )
}

/** By JITP, with this template. */
function jitp(registry: Registry, template: object) {
  directly(registry).putTemplate('jitp', JSON.stringify(template))
  const authority = registry.authority(signer.certificate.sha256)
  if (!authority) throw new Error('no CA')
  return provision(certificate, authority, registry)
}

/** A thing that exists, and is in a group. */
function withThing(registry: Registry): Registry {
  const { operations } = registry
  operations.createThing({
    thingName: 'pump',
    thingTypeName: 'Pump',
    attributePayload: { attributes: { a: '1', b: '2' } },
    billingGroupName: 'cash',
  })
  operations.addThingToThingGroup({ thingName: 'pump', thingGroupName: 'wet' })
  return registry
}

const groupsOf = ({ desk }: Registry) =>
  desk.view.groupThingsByThing.keys('pump').map(key => key.split('/')[0])

t.test('everything that a template names is made and tied together', async t => {
  const registry = furnished()
  const template = naming('pump', {
    AttributePayload: { maker: { Ref: 'AWS::IoT::Certificate::Organization' } },
    ThingTypeName: 'Valve',
    ThingGroups: ['wet', 'hot'],
    BillingGroup: 'cash',
  })
  const { Resources } = withPolicy({ PolicyDocument: document('iot:Connect') }) as never
  const named = { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'device' } }
  const all = { ...(template as { Resources: object }).Resources, ...(Resources as object), named }
  const result = jitp(registry, { Resources: all })
  t.match(result, {
    ok: true,
    template: 'jitp',
    provisioned: {
      certificateId,
      status: 'ACTIVE',
      thingName: 'pump',
      policies: [/^[0-9A-F]{40}$/, 'device'],
      kept: [],
      resourceArns: {
        thing: 'arn:aws:iot:us-east-1:123456789012:thing/pump',
        certificate: `arn:aws:iot:us-east-1:123456789012:cert/${certificateId}`,
        policy: /:policy\/[0-9A-F]{40}$/,
        named: 'arn:aws:iot:us-east-1:123456789012:policy/device',
      },
    },
  })
  t.match(registry.desk.view.things.get('pump'), {
    thingTypeName: 'Valve',
    billingGroupName: 'cash',
    attributes: { maker: 'Acme' },
    version: 1,
  })
  t.same(groupsOf(registry), ['hot', 'wet'])
  t.same(registry.thingsOf(certificateId), ['pump'])
  t.match(registry.certificate(certificateId), {
    status: 'ACTIVE',
    caCertificateId: signer.certificate.sha256,
    source: { how: 'jitp' },
  })
  t.equal(registry.policiesOf(certificateId).names.length, 2)
})

type Existing = [
  name: string,
  properties: object,
  settings: object,
  after: { attributes?: object; thingTypeName?: string; groups?: string[]; version?: number },
  kept: string[],
]
const before = {
  attributes: { a: '1', b: '2' },
  thingTypeName: 'Pump',
  groups: ['wet'],
  version: 1,
}

const existing: Existing[] = [
  ['nothing is asked of it', {}, {}, {}, []],
  [
    'no setting',
    { AttributePayload: { a: '9' }, ThingTypeName: 'Valve', ThingGroups: ['dry'] },
    {},
    {},
    ['AttributePayload', 'ThingTypeName', 'ThingGroups'],
  ],
  [
    'no setting, and nothing differs',
    { AttributePayload: { a: '1', b: '2' }, ThingTypeName: 'Pump', ThingGroups: ['wet'] },
    {},
    {},
    [],
  ],
  [
    'DO_NOTHING',
    { AttributePayload: { a: '9' } },
    { AttributePayload: 'DO_NOTHING' },
    {},
    ['AttributePayload'],
  ],
  [
    'MERGE of attributes',
    { AttributePayload: { a: '9', c: '3' } },
    { AttributePayload: 'MERGE' },
    { attributes: { a: '9', b: '2', c: '3' }, version: 2 },
    [],
  ],
  [
    'MERGE of what is there',
    { AttributePayload: { a: '1' } },
    { AttributePayload: 'MERGE' },
    {},
    [],
  ],
  [
    'REPLACE of attributes',
    { AttributePayload: { c: '3' } },
    { ATTRIBUTE_PAYLOAD: 'REPLACE' },
    { attributes: { c: '3' }, version: 2 },
    [],
  ],
  [
    'REPLACE by a part of what is there',
    { AttributePayload: { a: '1' } },
    { AttributePayload: 'REPLACE' },
    { attributes: { a: '1' }, version: 2 },
    [],
  ],
  [
    'REPLACE of the type',
    { ThingTypeName: 'Valve' },
    { ThingTypeName: 'REPLACE' },
    { thingTypeName: 'Valve', version: 2 },
    [],
  ],
  [
    'REPLACE of both',
    { AttributePayload: { c: '3' }, ThingTypeName: 'Valve' },
    { AttributePayload: 'REPLACE', ThingTypeName: 'REPLACE' },
    { attributes: { c: '3' }, thingTypeName: 'Valve', version: 2 },
    [],
  ],
  [
    'MERGE of groups',
    { ThingGroups: ['dry'] },
    { ThingGroups: 'MERGE' },
    { groups: ['dry', 'wet'] },
    [],
  ],
  [
    'REPLACE of groups',
    { ThingGroups: ['dry', 'hot'] },
    { ThingGroups: 'REPLACE' },
    { groups: ['dry', 'hot'] },
    [],
  ],
  [
    'another billing group, for which there is no setting',
    { BillingGroup: 'card' },
    {},
    {},
    ['BillingGroup'],
  ],
]

for (const [name, properties, settings, after, kept] of existing) {
  t.test(`a thing that exists: ${name}`, async t => {
    const registry = withThing(furnished())
    const result = jitp(registry, naming('pump', properties, settings))
    t.match(result, { ok: true, provisioned: { kept, thingName: 'pump' } })
    const { attributes, billingGroupName, thingTypeName, version } =
      registry.desk.view.things.get('pump') ?? {}
    t.same(
      { attributes, thingTypeName, groups: groupsOf(registry), version },
      { ...before, ...after },
    )
    t.equal(billingGroupName, 'cash')
    t.same(registry.thingsOf(certificateId), ['pump'])
  })
}

t.test('a thing without a billing group comes into the one of the template', async t => {
  const registry = furnished()
  registry.operations.createThing({ thingName: 'pump' })
  t.ok(jitp(registry, naming('pump', { BillingGroup: 'card' })).ok)
  t.equal(registry.desk.view.things.get('pump')?.billingGroupName, 'card')
})

t.test('a policy document that was made before is used again', async t => {
  const registry = furnished()
  const template = withPolicy({ PolicyDocument: document('iot:Connect') })
  const first = jitp(registry, template)
  const count = registry.desk.tables.policies.size
  const other = mintedDevice('dev-9', signer).certificate
  const authority = registry.authority(signer.certificate.sha256)!
  const second = provision(other, authority, registry)
  t.ok(first.ok && second.ok)
  t.same(second.ok && second.provisioned.policies, first.ok && first.provisioned.policies)
  t.equal(registry.desk.tables.policies.size, count)
})

const GROUP = 'UpdateThingGroupsForThing is refused with '
const POLICY = { Type: 'AWS::IoT::Policy' }
type Refused = [name: string, template: object, failure: object]
const plus = (template: object, more: object) => ({
  Resources: { ...(template as { Resources: object }).Resources, ...more },
})

const refused: Refused[] = [
  [
    'a thing type that does not exist',
    naming('new', { ThingTypeName: 'Gone' }),
    {
      resource: 'thing',
      why: /^CreateThing is refused with ResourceNotFoundException: /,
      refusal: { exception: 'ResourceNotFoundException' },
    },
  ],
  [
    'a group that does not exist',
    naming('new', { ThingGroups: ['wet', 'gone'] }),
    { resource: 'thing', why: new RegExp(`^${GROUP}ResourceNotFoundException: `) },
  ],
  [
    'a billing group that does not exist',
    naming('new', { BillingGroup: 'gone' }),
    { resource: 'thing', why: /^CreateThing is refused with ResourceNotFoundException: / },
  ],
  [
    'too many attributes',
    naming('new', { AttributePayload: { a: '1', b: '2', c: '3', d: '4' } }),
    { resource: 'thing', why: /^CreateThing is refused with InvalidRequestException: .*3/ },
  ],
  [
    'a policy that does not exist',
    plus(naming('new'), { policy: { ...POLICY, Properties: { PolicyName: 'gone' } } }),
    { resource: 'policy', why: 'there is no policy `gone`' },
  ],
  [
    'a document that is no policy, after one that is',
    plus(naming('new'), {
      a: { ...POLICY, Properties: { PolicyDocument: document('iot:Connect') } },
      b: { ...POLICY, Properties: { PolicyDocument: '{"Statement":[]' } },
    }),
    { resource: 'b', why: /^CreatePolicy is refused with MalformedPolicyException: / },
  ],
  [
    'FAIL, and the thing exists',
    naming('pump', { AttributePayload: { a: '1' } }, { AttributePayload: 'FAIL' }),
    {
      resource: 'thing',
      why: 'thing `pump` exists, and `OverrideSettings` has FAIL for `AttributePayload`',
      refusal: { exception: 'ConflictingResourceUpdateException' },
    },
  ],
  [
    'a type to change to that does not exist',
    naming('pump', { ThingTypeName: 'Gone' }, { ThingTypeName: 'REPLACE' }),
    { resource: 'thing', why: /^UpdateThing is refused with ResourceNotFoundException: / },
  ],
  [
    'a parameter that is missing',
    { Parameters: { [SERIAL]: { Type: 'String' } }, ...naming('new') },
    { parameter: SERIAL },
  ],
  [
    'a template that is none',
    { Resources: {} },
    { why: 'has no resource of type AWS::IoT::Certificate' },
  ],
]

for (const [name, template, failure] of refused) {
  t.test(`nothing is made of a template with ${name}`, async t => {
    const registry = withThing(furnished())
    directly(registry).putTemplate('jitp', JSON.stringify(template))
    const authority = registry.authority(signer.certificate.sha256)!
    const were = contents(registry) as { certificates: unknown[] }
    t.match(provision(certificate, authority, registry), { ok: false, template: 'jitp', failure })
    t.equal(registry.certificate(certificateId)?.status, 'PENDING_ACTIVATION')
    const are = contents(registry) as { certificates: unknown[] }
    t.equal(are.certificates.length, 1)
    t.same({ ...are, certificates: [] }, were)
  })
}

t.test('the status of a certificate that does not wait for its activation is its own', async t => {
  const statuses: [settings: object | undefined, status: string, kept: string[]][] = [
    [undefined, 'INACTIVE', ['Status']],
    [{ Status: 'DO_NOTHING' }, 'INACTIVE', ['Status']],
    [{ Status: 'REPLACE' }, 'ACTIVE', []],
  ]
  for (const [OverrideSettings, status, kept] of statuses) {
    const registry = furnished()
    const source = { kind: 'learned', how: 'test' } as const
    directly(registry).registerCertificate({ certificate, status: 'INACTIVE', source })
    const template = { Resources: { certificate: { ...CERTIFICATE, OverrideSettings } } }
    const result = jitp(registry, template)
    t.match(result, { ok: true, provisioned: { status, kept } })
    t.equal(registry.certificate(certificateId)?.status, status)
  }
  const registry = furnished()
  const source = { kind: 'learned', how: 'test' } as const
  directly(registry).registerCertificate({ certificate, status: 'ACTIVE', source })
  const failing = { certificate: { ...CERTIFICATE, OverrideSettings: { Status: 'FAIL' } } }
  t.match(jitp(registry, { Resources: failing }), {
    ok: false,
    failure: { resource: 'certificate', why: /^the certificate exists, and / },
  })
})

t.test('a template by body, one that is disabled, one of the other type, and none', async t => {
  const registry = furnished()
  const authority = registry.authority(signer.certificate.sha256)!
  t.match(provision(certificate, authority, registry), {
    failure: { why: 'there is no good template `jitp` under policies/templates/' },
  })
  directly(registry).putTemplate('jitp', JSON.stringify(naming('pump')))
  const record = registry.desk.tables.templates.get('jitp')!
  const put = (more: object) =>
    registry.desk.transact(() => {
      registry.desk.tables.templates.put('jitp', { ...record, ...more })
      return { ok: true, value: undefined }
    })
  put({ enabled: false })
  t.match(provision(certificate, authority, registry), { failure: { why: 'it is not enabled' } })
  put({ type: 'FLEET_PROVISIONING' })
  t.match(provision(certificate, authority, registry), {
    failure: { why: 'its type is FLEET_PROVISIONING, and a CA needs JITP' },
  })
  const body = { ...authority, certificate: signer.certificate }
  const { templateName: _, ...nameless } = body
  const templateBody = JSON.stringify(naming({ Ref: CN }))
  t.match(provision(certificate, { ...nameless, templateBody }, registry), {
    ok: true,
    template: 'templateBody of signer',
    provisioned: { thingName: 'dev-1' },
  })
})

t.test(
  'any template, any subject: all of it is made, or nothing but the pending certificate',
  async t => {
    const registry = withThing(furnished())
    const start = registry.desk.tables.certificates.size
    const word = fc.constantFrom(
      'pump',
      'new',
      'wet',
      'gone',
      'Pump',
      'a b',
      '__proto__',
      'x'.repeat(129),
    )
    const { value } = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { maxDepth: 4 },
        word,
        fc.constantFrom<unknown>({ Ref: CN }, { Ref: ID }, { Ref: 'toString' }, null, 7),
        fc
          .tuple(fc.constantFrom('', '-'), fc.array(tie('value'), { maxLength: 3 }))
          .map(join => ({ 'Fn::Join': join })),
        fc
          .tuple(fc.integer({ min: -1, max: 3 }), fc.array(tie('value'), { maxLength: 3 }))
          .map(select => ({ 'Fn::Select': select })),
      ),
    }))
    const key = fc.constantFrom('a', 'b', '__proto__', 'toString', 'c d')
    const setting = fc.constantFrom('DO_NOTHING', 'REPLACE', 'FAIL', 'MERGE')
    const some = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })
    const thing = fc.record({
      Type: fc.constant('AWS::IoT::Thing'),
      Properties: fc.record({
        ThingName: fc.oneof({ weight: 5, arbitrary: word }, { weight: 1, arbitrary: value }),
        AttributePayload: some(fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true })),
        ThingTypeName: some(fc.constantFrom('Pump', 'Valve', 'gone')),
        ThingGroups: some(fc.array(fc.constantFrom('wet', 'dry', 'hot', 'gone'), { maxLength: 3 })),
        BillingGroup: some(fc.constantFrom('cash', 'card', 'gone')),
      }),
      OverrideSettings: fc.record({
        AttributePayload: some(setting),
        ThingTypeName: some(fc.constantFrom('REPLACE', 'DO_NOTHING')),
        ThingGroups: some(setting),
      }),
    })
    const policy = fc.record({
      Type: fc.constant('AWS::IoT::Policy'),
      Properties: fc.oneof(
        fc.record({ PolicyName: fc.constantFrom('device', 'gone') }),
        fc.record({
          PolicyDocument: fc.constantFrom(
            document('iot:Connect'),
            document('iot:*'),
            '{}',
            '__proto__',
          ),
        }),
      ),
    })
    const template = fc
      .record({
        thing: some(thing),
        a: some(policy),
        certificate: fc.constant(CERTIFICATE),
        b: some(policy),
      })
      .map(Resources => ({ Resources }))
    const subject = fc.dictionary(
      fc.constantFrom('CommonName', 'SerialNumber', '__proto__', 'toString'),
      fc.array(fc.string({ maxLength: 20 }), { maxLength: 2 }),
      { noNullPrototype: true },
    )
    let made = 0
    fc.assert(
      fc.property(template, subject, (given, attributes) => {
        directly(registry).setStatus(certificateId, 'PENDING_ACTIVATION')
        if (!registry.certificate(certificateId)) {
          const source = { kind: 'learned', how: 'jitp' } as const
          directly(registry).registerCertificate({
            certificate,
            status: 'PENDING_ACTIVATION',
            source,
          })
        }
        const were = JSON.stringify(contents(registry))
        const parameters = certificateParameters(certificateId, attributes)
        const body = JSON.stringify(given)
        const result = provisionFrom(body, 'JITP', parameters, certificateId, registry)
        if (!result.ok) {
          return JSON.stringify(contents(registry)) === were && result.failure.why !== ''
        }
        made++
        const { policies, thingName } = result.provisioned
        const wanted = Object.values(given.Resources).filter(one => one !== undefined)
        return (
          registry.certificate(certificateId)?.status === 'ACTIVE' &&
          (thingName === undefined || registry.thingsOf(certificateId).includes(thingName)) &&
          policies.length === wanted.filter(({ Type }) => Type === 'AWS::IoT::Policy').length &&
          policies.every(name => registry.policiesOf(certificateId).names.includes(name))
        )
      }),
      { numRuns: 500 },
    )
    t.ok(made > 10, `${made} were made`)
    t.equal(registry.desk.tables.certificates.size, start + 1)
  },
)
