/** The life of a CA certificate: how it is registered in either mode, what may become of it, and the registration code. */

import t from 'tap'
import type { RegisterAuthorityInput } from '../../../broker/registry/operations/authorities.ts'
import { gives, outcome, refusalOf, type TestRegistry, testRegistry } from '../../helpers/desk.ts'
import { directly } from '../../helpers/directly.ts'
import { issuerOf, type Minted, minted, PKI_NOW, pki, rsaKeys } from '../../helpers/pki.ts'

const NOBODY = '0'.repeat(64)
const ARN = 'arn:aws:iot:eu-central-1:123456789012:cacert'
const TEMPLATE = JSON.stringify({
  Parameters: { 'AWS::IoT::Certificate::Id': { Type: 'String' } },
  Resources: {
    certificate: {
      Type: 'AWS::IoT::Certificate',
      Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' } },
    },
  },
})

const ca = (name = 'a CA') => minted({ subject: [['CN', name]], isCa: true })

/** A verification certificate, as `openssl x509 -req` makes it. */
function proofOf(authority: Minted, commonName: string, more = {}): string {
  return minted({ subject: [['CN', commonName]], issuer: issuerOf(authority), ...more }).pem
}

function codeOf({ aws }: TestRegistry): string {
  return gives(aws.getRegistrationCode({})).registrationCode
}

function register(one: TestRegistry, input: Partial<RegisterAuthorityInput> & { of: Minted }) {
  const { of, ...rest } = input
  return one.aws.registerCACertificate({
    caCertificate: of.pem,
    certificateMode: 'SNI_ONLY',
    ...rest,
  })
}

t.test('the registration code stays until it is deleted', async t => {
  const one = await testRegistry()
  t.equal(outcome(one.aws.deleteRegistrationCode({})), 'ResourceNotFoundException')
  const code = codeOf(one)
  t.match(code, /^[0-9a-f]{64}$/)
  t.equal(codeOf(one), code)
  t.equal(codeOf(await one.again()), code, 'after a restart too')
  t.same(one.aws.deleteRegistrationCode({}), { ok: true, value: {} })
  t.not(codeOf(one), code)
})

t.test('RegisterCACertificate in the mode DEFAULT asks for proof of the key', async t => {
  const authority = ca()
  const other = ca()
  const proofs: [what: string, proof: (code: string) => string | undefined, expected: string][] = [
    ['right', code => proofOf(authority, code), ''],
    ['none', () => undefined, 'InvalidRequestException'],
    ['another name', () => proofOf(authority, 'x'), 'RegistrationCodeValidationException'],
    [
      'another case',
      code => proofOf(authority, code.toUpperCase()),
      'RegistrationCodeValidationException',
    ],
    [
      'of another key with the same name',
      code => proofOf(other, code),
      'CertificateValidationException',
    ],
    [
      'signed by itself',
      code => minted({ subject: [['CN', code]] }).pem,
      'CertificateValidationException',
    ],
    [
      'expired',
      code => proofOf(authority, code, { notAfter: PKI_NOW - 1000 }),
      'CertificateValidationException',
    ],
    ['no certificate', () => 'nothing', 'CertificateValidationException'],
  ]
  for (const [what, proof, expected] of proofs) {
    const one = await testRegistry()
    const verificationCertificate = proof(codeOf(one))
    const answer = one.aws.registerCACertificate({
      caCertificate: authority.pem,
      ...(verificationCertificate === undefined ? {} : { verificationCertificate }),
    })
    t.equal(outcome(answer), expected, what)
    const there = (await one.again()).aws.describeCACertificate({
      certificateId: authority.certificate.sha256,
    })
    t.equal(
      outcome(there),
      expected === '' ? '' : 'ResourceNotFoundException',
      `${what}: is it there`,
    )
  }
  const one = await testRegistry()
  const answer = one.aws.registerCACertificate({
    caCertificate: authority.pem,
    verificationCertificate: proofOf(authority, codeOf(await testRegistry())),
  })
  t.match(refusalOf(answer), {
    exception: 'RegistrationCodeValidationException',
    hint: 'there is no registration code yet: get one by GetRegistrationCode',
  })
})

t.test('RegisterCACertificate gives what was asked for, and describes it', async t => {
  const authority = ca()
  const certificateId = authority.certificate.sha256
  const settings: [Partial<RegisterAuthorityInput>, status: string, auto: string][] = [
    [{}, 'INACTIVE', 'DISABLE'],
    [{ setAsActive: true }, 'ACTIVE', 'DISABLE'],
    [{ allowAutoRegistration: true }, 'INACTIVE', 'ENABLE'],
    [{ setAsActive: true, allowAutoRegistration: true }, 'ACTIVE', 'ENABLE'],
  ]
  for (const [input, status, autoRegistrationStatus] of settings) {
    const one = await testRegistry()
    const made = gives(register(one, { of: authority, ...input }))
    t.same(made, { certificateArn: `${ARN}/${certificateId}`, certificateId })
    const described = gives((await one.again()).aws.describeCACertificate({ certificateId }))
    const { generationId } = described.certificateDescription
    t.same(described, {
      certificateDescription: {
        certificateArn: `${ARN}/${certificateId}`,
        certificateId,
        status,
        certificatePem: authority.pem,
        ownedBy: '123456789012',
        creationDate: PKI_NOW / 1000,
        autoRegistrationStatus,
        lastModifiedDate: PKI_NOW / 1000,
        customerVersion: 1,
        generationId,
        validity: { notBefore: Date.UTC(2025, 0, 1) / 1000, notAfter: Date.UTC(2035, 0, 1) / 1000 },
        certificateMode: 'SNI_ONLY',
      },
      registrationConfig: {},
    })
    t.match(refusalOf(register(one, { of: authority })), {
      exception: 'ResourceAlreadyExistsException',
      resourceId: certificateId,
      resourceArn: `${ARN}/${certificateId}`,
    })
  }
})

t.test('RegisterCACertificate refuses what AWS does not take', async t => {
  const one = await testRegistry()
  const authority = ca()
  const weak = minted({ subject: [['CN', 'weak']], isCa: true }, rsaKeys(1024))
  const old = minted({ subject: [['CN', 'old']], isCa: true, notAfter: PKI_NOW - 1000 })
  const table: [Partial<RegisterAuthorityInput> & { of: Minted }, string, RegExp][] = [
    [{ of: weak }, 'CertificateValidationException', /its key is RSA 1024; taken are /],
    [{ of: old }, 'CertificateValidationException', /it expired at 2025-12-31T23:59:59/],
    [
      { of: authority, caCertificate: 'x' },
      'CertificateValidationException',
      /neither PEM nor DER/,
    ],
    [{ of: authority, caCertificate: '' }, 'InvalidRequestException', /'caCertificate'/],
    [
      { of: authority, caCertificate: authority.keyPem },
      'CertificateValidationException',
      /a private key/,
    ],
    [
      { of: authority, caCertificate: authority.pem + authority.keyPem },
      'CertificateValidationException',
      /a private key/,
    ],
    [
      { of: authority, caCertificate: authority.pem + weak.pem },
      'CertificateValidationException',
      /holds 2 certificates/,
    ],
    [
      { of: authority, verificationCertificate: weak.pem },
      'InvalidRequestException',
      /must not be given/,
    ],
    [
      { of: authority, certificateMode: 'BOTH' as never },
      'InvalidRequestException',
      /enum value set: \[DEFAULT, SNI_ONLY\]/,
    ],
    [
      { of: authority, registrationConfig: { templateName: 'none' } },
      'ResourceNotFoundException',
      /none/,
    ],
    [
      { of: authority, registrationConfig: { templateName: 'a b' } },
      'InvalidRequestException',
      /'registrationConfig.templateName'/,
    ],
    [
      { of: authority, registrationConfig: { templateBody: '{' } },
      'InvalidRequestException',
      /^templateBody is not valid: /,
    ],
    [
      { of: authority, registrationConfig: { templateBody: '{}' } },
      'InvalidRequestException',
      /^templateBody is not valid: /,
    ],
    [
      { of: authority, registrationConfig: { templateBody: TEMPLATE, templateName: 'x' } },
      'InvalidRequestException',
      /give one of them/,
    ],
  ]
  for (const [input, exception, message] of table) {
    const refusal = refusalOf(register(one, input))
    t.match(refusal, { exception, message })
    t.notMatch(JSON.stringify(refusal), /PRIVATE KEY/, 'no key is repeated')
  }
  t.same(gives(one.aws.listCACertificates({})).certificates, [])
})

t.test('ten CAs may have one subject', async t => {
  const one = await testRegistry()
  for (let i = 0; i < 10; i++) t.equal(outcome(register(one, { of: ca() })), '')
  t.match(refusalOf(register(one, { of: ca() })), {
    exception: 'LimitExceededException',
    message: 'Limit reached for number of CA Certificates with same subject',
  })
  t.equal(outcome(register(one, { of: ca('another CA') })), '')
  t.equal(outcome(register(await one.again(), { of: ca() })), 'LimitExceededException')
})

t.test('a template by name must be one for JITP', async t => {
  const one = await testRegistry()
  directly(one.registry).putTemplate('jitp', TEMPLATE)
  const { desk } = one.registry
  desk.transact(() => {
    const template = desk.view.templates.get('jitp')
    if (template) {
      const fleet = { ...template, templateName: 'fleet', type: 'FLEET_PROVISIONING' as const }
      desk.tables.templates.put('fleet', fleet)
    }
    return { ok: true, value: undefined }
  })
  const authority = ca()
  const fleet = register(one, { of: authority, registrationConfig: { templateName: 'fleet' } })
  t.match(refusalOf(fleet), { exception: 'InvalidRequestException', message: /FLEET_PROVISIONING/ })
  const registrationConfig = { templateName: 'jitp' }
  gives(register(one, { of: authority, registrationConfig }))
  const { certificateId } = gives(register(one, { of: ca('other') }))
  const list = (templateName?: string) =>
    gives(one.aws.listCACertificates(templateName === undefined ? {} : { templateName }))
      .certificates
  t.same(
    list('jitp').map(one => one.certificateId),
    [authority.certificate.sha256],
  )
  t.same(list('fleet'), [])
  t.equal(list().length, 2)
  t.match(
    list().find(one => one.certificateId === certificateId),
    {
      certificateArn: `${ARN}/${certificateId}`,
      status: 'INACTIVE',
      creationDate: PKI_NOW / 1000,
    },
  )
})

t.test('UpdateCACertificate changes what it is told to, and nothing else', async t => {
  const one = await testRegistry()
  directly(one.registry).putTemplate('jitp', TEMPLATE)
  const { certificateId } = gives(register(one, { of: ca() }))
  const body = { templateBody: TEMPLATE, roleArn: 'arn:aws:iam::123456789012:role/jitp' }
  const steps: [input: object, after: [string, string, object], changes: boolean][] = [
    [{}, ['INACTIVE', 'DISABLE', {}], false],
    [{ newStatus: 'INACTIVE' }, ['INACTIVE', 'DISABLE', {}], false],
    [{ newStatus: 'ACTIVE' }, ['ACTIVE', 'DISABLE', {}], true],
    [{ newAutoRegistrationStatus: 'ENABLE' }, ['ACTIVE', 'ENABLE', {}], true],
    [{ registrationConfig: body }, ['ACTIVE', 'ENABLE', body], true],
    [{ registrationConfig: body }, ['ACTIVE', 'ENABLE', body], false],
    [{ registrationConfig: {} }, ['ACTIVE', 'ENABLE', body], false],
    [
      { registrationConfig: { templateName: 'jitp' } },
      ['ACTIVE', 'ENABLE', { templateName: 'jitp' }],
      true,
    ],
    [{ removeAutoRegistration: false }, ['ACTIVE', 'ENABLE', { templateName: 'jitp' }], false],
    [{ removeAutoRegistration: true }, ['ACTIVE', 'ENABLE', {}], true],
    [
      { newStatus: 'INACTIVE', newAutoRegistrationStatus: 'DISABLE' },
      ['INACTIVE', 'DISABLE', {}],
      true,
    ],
  ]
  let version = 1
  for (const [input, after, changes] of steps) {
    one.clock.advance(1000)
    t.same(one.aws.updateCACertificate({ certificateId, ...input }), { ok: true, value: {} })
    if (changes) version++
    for (const there of [one, await one.again()]) {
      const { certificateDescription: now, registrationConfig } = gives(
        there.aws.describeCACertificate({ certificateId }),
      )
      t.same(
        [now.status, now.autoRegistrationStatus, registrationConfig],
        after,
        JSON.stringify(input),
      )
      t.equal(now.customerVersion, version)
      if (changes) t.equal(now.lastModifiedDate, one.clock.now() / 1000)
    }
  }
  const refused: [object, string][] = [
    [{ certificateId: NOBODY, newStatus: 'ACTIVE' }, 'ResourceNotFoundException'],
    [{ certificateId: 'x' }, 'InvalidRequestException'],
    [{ certificateId, newStatus: 'REVOKED' }, 'InvalidRequestException'],
    [{ certificateId, newAutoRegistrationStatus: true }, 'InvalidRequestException'],
    [{ certificateId, registrationConfig: { templateName: 'none' } }, 'ResourceNotFoundException'],
    [{ certificateId, registrationConfig: { templateBody: '[]' } }, 'InvalidRequestException'],
  ]
  const before = gives(one.aws.describeCACertificate({ certificateId }))
  for (const [input, exception] of refused) {
    t.equal(outcome(one.aws.updateCACertificate(input as never)), exception, JSON.stringify(input))
  }
  t.same(gives(one.aws.describeCACertificate({ certificateId })), before)
})

t.test('DeleteCACertificate of an INACTIVE one only; its devices stay', async t => {
  const one = await testRegistry()
  const { signer, device } = pki()
  const { certificateId } = gives(register(one, { of: signer, setAsActive: true }))
  const remove = () => one.aws.deleteCACertificate({ certificateId })
  gives(one.aws.registerCertificate({ certificatePem: device.pem }))
  t.match(refusalOf(remove()), { exception: 'CertificateStateException', message: /deactivated/ })
  gives(one.aws.updateCACertificate({ certificateId, newStatus: 'INACTIVE' }))
  t.same(remove(), { ok: true, value: {} })
  t.equal(outcome(remove()), 'ResourceNotFoundException')
  t.equal(
    outcome((await one.again()).aws.describeCACertificate({ certificateId })),
    'ResourceNotFoundException',
  )
  const left = gives(one.aws.describeCertificate({ certificateId: device.certificate.sha256 }))
  t.equal(left.certificateDescription.caCertificateId, certificateId)
  t.equal(
    gives(one.aws.listCertificatesByCA({ caCertificateId: certificateId })).certificates.length,
    1,
  )
})
