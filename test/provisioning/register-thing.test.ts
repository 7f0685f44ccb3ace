/** RegisterThing of the control plane: each source of the certificate, what it answers, and nothing at all where it fails. */

import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { controlPlane, type RegisteredThing } from '../../broker/provisioning/operations.ts'
import type { Answer } from '../../broker/registry/answer.ts'
import { ACCOUNT, gives, refusalOf, type TestRegistry, testRegistry } from '../helpers/desk.ts'
import { allow } from '../helpers/device.ts'
import { pki } from '../helpers/pki.ts'
import { requestPem } from '../helpers/request.ts'
import { everything } from '../helpers/steps.ts'

const allowAll = JSON.stringify(allow(['iot:*', '*']))
const arn = (rest: string) => `arn:aws:iot:${ACCOUNT.region}:${ACCOUNT.id}:${rest}`

/** A CA that is ACTIVE, and a policy. */
async function furnished(): Promise<TestRegistry> {
  const one = await testRegistry()
  const caCertificate = pki().signer.pem
  gives(
    one.aws.registerCACertificate({
      caCertificate,
      certificateMode: 'SNI_ONLY',
      setAsActive: true,
    }),
  )
  gives(one.aws.createPolicy({ policyName: 'device', policyDocument: allowAll }))
  return one
}

function template(source: object, settings?: object): string {
  return JSON.stringify({
    Parameters: { Name: { Type: 'String' }, Proof: { Type: 'String', Default: '' } },
    Resources: {
      thing: {
        Type: 'AWS::IoT::Thing',
        Properties: { ThingName: { Ref: 'Name' }, AttributePayload: { a: '1' } },
      },
      certificate: {
        Type: 'AWS::IoT::Certificate',
        Properties: source,
        ...(settings && { OverrideSettings: settings }),
      },
      named: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'device' } },
      written: { Type: 'AWS::IoT::Policy', Properties: { PolicyDocument: allowAll } },
    },
  })
}

const register = (
  { registry }: TestRegistry,
  source: object,
  parameters: object = {},
  settings?: object,
): Promise<Answer<RegisteredThing>> =>
  controlPlane(registry).registerThing({
    templateBody: template(source, settings),
    parameters: { Name: 'sensor-1', ...parameters },
  })

/** Each source, with the status that the certificate has before the call; nothing where there is none before. */
const sources: [what: string, source: object, before: 'INACTIVE' | undefined][] = [
  ['CertificateSigningRequest', { CertificateSigningRequest: { Ref: 'Proof' } }, undefined],
  ['CertificatePem', { CertificatePem: pki().device.pem }, undefined],
  [
    'CertificatePem with CACertificatePem',
    { CertificatePem: pki().device.pem, CACertificatePem: pki().signer.pem },
    undefined,
  ],
  ['CertificatePem of one that is there', { CertificatePem: pki().device.pem }, 'INACTIVE'],
  ['CertificateId', { CertificateId: pki().device.certificate.sha256 }, 'INACTIVE'],
]

for (const [what, source, before] of sources) {
  t.test(`from ${what}`, async t => {
    const one = await furnished()
    if (before) {
      gives(one.aws.registerCertificate({ certificatePem: pki().device.pem, status: before }))
    }
    const Proof = requestPem()
    const { certificatePem, resourceArns } = gives(
      await register(one, source, { Proof }, { Status: 'REPLACE' }),
    )
    const der = new X509Certificate(certificatePem).raw
    const held = one.registry.desk.view.certificates
      .values()
      .find(record => record.der === der.toString('base64'))
    const certificateId = held?.certificateId ?? ''
    t.match(resourceArns, {
      thing: arn('thing/sensor-1'),
      certificate: arn(`cert/${certificateId}`),
      named: arn('policy/device'),
      written: /:policy\/[0-9A-F]{40}$/,
    })
    t.equal(Object.keys(resourceArns).length, 4)
    for (const there of [one, await one.again()]) {
      const { registry, aws } = there
      t.equal(registry.certificate(certificateId)?.status, 'ACTIVE')
      t.same(registry.thingsOf(certificateId), ['sensor-1'])
      t.equal(registry.policiesOf(certificateId).names.length, 2)
      t.match(gives(aws.describeThing({ thingName: 'sensor-1' })), { attributes: { a: '1' } })
    }
    t.equal(
      held?.source.kind === 'learned' && held.source.how,
      'CertificateSigningRequest' === what ? 'RegisterThing' : 'RegisterCertificate',
    )
  })
}

t.test('a request twice gives two certificates of one thing', async t => {
  const one = await furnished()
  const source = { CertificateSigningRequest: { Ref: 'Proof' } }
  const given = { Proof: requestPem() }
  gives(await register(one, source, given))
  gives(await register(one, source, given))
  const { principals } = gives(one.aws.listThingPrincipals({ thingName: 'sensor-1' }))
  t.equal(principals.length, 2)
})

t.test('a certificate that is new gets the status whatever OverrideSettings say', async t => {
  for (const Status of ['FAIL', 'DO_NOTHING']) {
    for (const source of [
      { CertificatePem: pki().device.pem },
      { CertificateSigningRequest: requestPem() },
    ]) {
      const one = await furnished()
      const done = gives(await register(one, { ...source, Status: 'INACTIVE' }, {}, { Status }))
      const id = done.resourceArns['certificate']?.split('/')[1] ?? ''
      t.equal(one.registry.certificate(id)?.status, 'INACTIVE', `${Status}, ${Object.keys(source)}`)
    }
  }
})

const ID = pki().device.certificate.sha256
const REGISTRATION = 'ResourceRegistrationFailureException'
const PEM = { CertificatePem: pki().device.pem }
const CSR = { CertificateSigningRequest: { Ref: 'Proof' } }

/** What is refused. The certificate, where there is one before, is INACTIVE; `device2` belongs to the thing `taken` alone. */
const refusals: {
  source: object
  parameters?: object
  settings?: object
  before?: true
  exception: string
  says: RegExp
}[] = [
  {
    source: { CertificateId: ID },
    exception: REGISTRATION,
    says: /^resource `certificate`: there is no certificate `/,
  },
  {
    source: CSR,
    exception: REGISTRATION,
    says: /^resource `certificate`: certificateSigningRequest is not valid/,
    parameters: { Proof: 'no request' },
  },
  {
    source: { CertificatePem: 'no pem' },
    exception: REGISTRATION,
    says: /^resource `certificate`: CertificatePem is not valid/,
  },
  {
    source: { CertificatePem: pki().stranger.device.pem },
    exception: REGISTRATION,
    says: /^resource `certificate`: RegisterCertificate is refused with CertificateStateException/,
  },
  {
    source: { ...PEM, CACertificatePem: pki().root.pem },
    exception: REGISTRATION,
    says: /^resource `certificate`: RegisterCertificate is refused/,
  },
  {
    source: { CertificateId: ID },
    settings: { Status: 'FAIL' },
    before: true,
    exception: 'ConflictingResourceUpdateException',
    says: /^resource `certificate`: the certificate exists, and `OverrideSettings` has FAIL/,
  },
  {
    source: CSR,
    parameters: { Name: 'no name', Proof: requestPem() },
    exception: REGISTRATION,
    says: /^resource `thing`: `ThingName` gets `no name`/,
  },
  {
    source: { CertificatePem: pki().device2.pem },
    exception: REGISTRATION,
    says: /^resource `certificate`: AttachThingPrincipal is refused with/,
  },
]

t.test('what fails says what is at fault, and leaves nothing', async t => {
  for (const { source, parameters, settings, before, exception, says } of refusals) {
    const one = await furnished()
    const { aws, registry } = one
    if (before) gives(aws.registerCertificate({ certificatePem: pki().device.pem }))
    gives(aws.createThing({ thingName: 'taken' }))
    const { certificateArn: principal } = gives(
      aws.registerCertificateWithoutCA({ certificatePem: pki().device2.pem }),
    )
    gives(
      aws.attachThingPrincipal({
        thingName: 'taken',
        principal,
        thingPrincipalType: 'EXCLUSIVE_THING',
      }),
    )
    const held = everything(registry)
    const refusal = refusalOf(await register(one, source, parameters, settings))
    t.equal(refusal.exception, exception, `${says}`)
    t.match(refusal.message, says)
    t.same(everything(registry), held, `${says}: nothing is made`)
  }
})

t.test('input that is no template, and parameters that are no strings', async t => {
  const one = await furnished()
  const act = controlPlane(one.registry).registerThing as (
    input: unknown,
  ) => Promise<Answer<unknown>>
  const invalid = 'InvalidRequestException'
  for (const [input, exception] of [
    [undefined, invalid],
    [{}, invalid],
    [{ templateBody: 7 }, invalid],
    [{ templateBody: `${template(CSR)}${' '.repeat(10_240)}` }, invalid],
    [{ templateBody: template(CSR), parameters: { Name: 7 } }, invalid],
    [{ templateBody: '' }, REGISTRATION],
    [{ templateBody: '{"Resources": {}}' }, REGISTRATION],
    [{ templateBody: template(CSR) }, REGISTRATION],
  ]) {
    t.equal(refusalOf(await act(input)).exception, exception, JSON.stringify(input)?.slice(0, 60))
  }
})
