/** Certificates that somebody else issued: RegisterCertificate with and without its CA, and what a first connect registers. */

import t from 'tap'
import { enroll } from '../../../broker/registry/operations/certificate-registration.ts'
import { gives, outcome, refusalOf, type TestRegistry, testRegistry } from '../../helpers/desk.ts'
import { issuerOf, type Minted, minted, mintedDevice, pki } from '../../helpers/pki.ts'

const ARN = 'arn:aws:iot:eu-central-1:123456789012:cert'
const CA_GONE = 'No CA certificate exists for the given certificate'

function withAuthority({ aws }: TestRegistry, of: Minted, setAsActive = true): string {
  const input = { caCertificate: of.pem, certificateMode: 'SNI_ONLY', setAsActive } as const
  return gives(aws.registerCACertificate(input)).certificateId
}

function describe({ aws }: TestRegistry, { certificate }: Minted) {
  const answer = aws.describeCertificate({ certificateId: certificate.sha256 })
  return gives(answer).certificateDescription
}

t.test('the status that it is registered with', async t => {
  const refused = 'CertificateStateException'
  const table: [input: { status?: string; setAsActive?: boolean }, expected: string][] = [
    [{}, 'INACTIVE'],
    [{ setAsActive: false }, 'INACTIVE'],
    [{ setAsActive: true }, 'ACTIVE'],
    [{ status: 'ACTIVE' }, 'ACTIVE'],
    [{ status: 'INACTIVE' }, 'INACTIVE'],
    [{ status: 'REVOKED' }, 'REVOKED'],
    [{ status: 'REVOKED', setAsActive: true }, 'REVOKED'],
    [{ status: 'PENDING_ACTIVATION' }, refused],
    [{ status: 'PENDING_TRANSFER' }, refused],
    [{ status: 'REGISTER_INACTIVE' }, refused],
    [{ status: 'SLEEPING' }, 'InvalidRequestException'],
  ]
  const { signer, device } = pki()
  for (const [input, expected] of table) {
    for (const withCa of [true, false]) {
      if (!withCa && input.setAsActive !== undefined) continue
      const one = await testRegistry()
      if (withCa) withAuthority(one, signer)
      const given = { certificatePem: device.pem, ...input } as { certificatePem: string }
      const answer = withCa
        ? one.aws.registerCertificate(given)
        : one.aws.registerCertificateWithoutCA(given)
      const says = `${JSON.stringify(input)}, ${withCa ? 'with' : 'without'} a CA`
      if (expected.endsWith('Exception')) {
        t.equal(outcome(answer), expected, says)
        t.same(one.registry.certificates(), [], `${says}: nothing is registered`)
      } else {
        t.ok(answer.ok, says)
        t.equal(describe(await one.again(), device).status, expected, says)
      }
    }
  }
  const one = await testRegistry()
  const pending = one.aws.registerCertificateWithoutCA({
    certificatePem: device.pem,
    status: 'PENDING_ACTIVATION',
  })
  t.equal(
    refusalOf(pending).message,
    'Not allowed to register certificate with PENDING_ACTIVATION status',
  )
})

t.test('it takes the mode of its CA; without a CA it is SNI_ONLY', async t => {
  const { signer, device, stranger } = pki()
  const one = await testRegistry()
  const caCertificateId = withAuthority(one, signer)
  const certificateId = device.certificate.sha256
  t.same(one.aws.registerCertificate({ certificatePem: device.pem }), {
    ok: true,
    value: { certificateArn: `${ARN}/${certificateId}`, certificateId },
  })
  t.match(describe(one, device), {
    caCertificateId,
    certificateMode: 'SNI_ONLY',
    customerVersion: 1,
  })
  gives(one.aws.registerCertificateWithoutCA({ certificatePem: stranger.device.pem }))
  const alone = describe(one, stranger.device)
  t.equal(alone.certificateMode, 'SNI_ONLY')
  t.notOk('caCertificateId' in alone)

  const { registrationCode } = gives(one.aws.getRegistrationCode({}))
  const verificationCertificate = minted({
    subject: [['CN', registrationCode]],
    issuer: issuerOf(pki().bare.signer),
  }).pem
  const caCertificate = pki().bare.signer.pem
  gives(
    one.aws.registerCACertificate({ caCertificate, verificationCertificate, setAsActive: true }),
  )
  // Two CAs have its issuer's name by now.
  const input = { certificatePem: pki().bare.device.pem, caCertificatePem: pki().bare.signer.pem }
  gives(one.aws.registerCertificate(input))
  t.equal(describe(one, pki().bare.device).certificateMode, 'DEFAULT')
  for (const register of ['registerCertificate', 'registerCertificateWithoutCA'] as const) {
    t.match(refusalOf(one.aws[register]({ certificatePem: device.pem })), {
      exception: 'ResourceAlreadyExistsException',
      message: 'The certificate is already provisioned or registered',
      resourceId: certificateId,
      resourceArn: `${ARN}/${certificateId}`,
    })
  }
})

t.test('its signer is found among the registered CAs, or refused', async t => {
  const { signer, root, device, impostors, stranger } = pki()
  type Case = [
    says: string,
    registered: Minted[],
    input: { of: Minted; ca?: string },
    exception: string,
    message: RegExp,
  ]
  const cases: Case[] = [
    ['no CA', [], { of: device }, 'CertificateStateException', new RegExp(CA_GONE)],
    ['another CA', [stranger.ca], { of: device }, 'CertificateStateException', new RegExp(CA_GONE)],
    ['its root only', [root], { of: device }, 'CertificateStateException', new RegExp(CA_GONE)],
    [
      'a CA that is given and not registered',
      [stranger.ca],
      { of: device, ca: signer.pem },
      'CertificateStateException',
      new RegExp(CA_GONE),
    ],
    [
      'a CA of its name with another key',
      [impostors.otherKey],
      { of: device },
      'CertificateValidationException',
      /did not sign/,
    ],
    [
      'two CAs of one name',
      [signer, impostors.otherKey],
      { of: device },
      'CertificateConflictException',
      /^2 registered CA certificates/,
    ],
    [
      'two, and the wrong one is given',
      [signer, impostors.otherKey],
      { of: device, ca: impostors.otherKey.pem },
      'CertificateValidationException',
      /did not sign/,
    ],
    [
      'two, and the right one is given',
      [signer, impostors.otherKey],
      { of: device, ca: signer.pem },
      '',
      /./,
    ],
    [
      'a CA of another name is given',
      [signer, stranger.ca],
      { of: device, ca: stranger.ca.pem },
      'CertificateValidationException',
      /did not sign/,
    ],
    [
      'what is given is no certificate',
      [signer],
      { of: device, ca: 'x' },
      'CertificateValidationException',
      /^caCertificatePem is not valid/,
    ],
    ['right', [signer], { of: device }, '', /./],
  ]
  for (const [says, registered, { of, ca }, exception, message] of cases) {
    const one = await testRegistry()
    for (const each of registered) withAuthority(one, each)
    const answer = one.aws.registerCertificate({
      certificatePem: of.pem,
      ...(ca === undefined ? {} : { caCertificatePem: ca }),
    })
    t.equal(outcome(answer), exception, says)
    if (!answer.ok) t.match(answer.refusal.message, message, says)
  }
  const one = await testRegistry()
  withAuthority(one, signer, false)
  t.match(refusalOf(one.aws.registerCertificate({ certificatePem: device.pem })), {
    exception: 'CertificateStateException',
    message: /is not ACTIVE$/,
  })
})

t.test('what AWS takes no certificate for is refused, with or without a CA', async t => {
  const { expired, rsa1024, sha1, p224, ed25519, notYetValid, device, device2 } = pki()
  const cases: [string, string, RegExp][] = [
    ['expired', expired.pem, /^certificatePem is not valid: it expired at 2025-12-31T/],
    ['a weak key', rsa1024.pem, /its key is RSA 1024/],
    ['a weak signature', sha1.pem, /it is signed with ecdsa-with-SHA1/],
    ['an unknown curve', p224.pem, /its key is EC P-224/],
    ['Ed25519', ed25519.pem, /its key is Ed25519/],
    ['no PEM', 'hello', /^certificatePem is not valid: /],
    ['a key', device.keyPem, /private key/],
    ['a chain', device.pem + device2.pem, /holds 2 certificates/],
  ]
  const one = await testRegistry()
  withAuthority(one, pki().signer)
  for (const [says, certificatePem, message] of cases) {
    for (const register of ['registerCertificate', 'registerCertificateWithoutCA'] as const) {
      const refusal = refusalOf(one.aws[register]({ certificatePem }))
      t.match(refusal, { exception: 'CertificateValidationException', message }, says)
      t.notMatch(JSON.stringify(refusal), /PRIVATE KEY/)
    }
  }
  t.ok(one.aws.registerCertificate({ certificatePem: notYetValid.pem }).ok, 'one of tomorrow')
})

t.test('a first connect registers it as pending, in the mode of its CA', async t => {
  const one = await testRegistry()
  const { signer } = pki()
  const caCertificateId = withAuthority(one, signer)
  const device = mintedDevice('new', signer)
  const { desk } = one.registry
  const enrolled = () =>
    desk.transact(() => enroll(desk, device.certificate, caCertificateId, 'JITR'))
  t.match(gives(enrolled()), {
    status: 'PENDING_ACTIVATION',
    source: { kind: 'learned', how: 'JITR' },
  })
  t.match(describe(await one.again(), device), {
    status: 'PENDING_ACTIVATION',
    caCertificateId,
    certificateMode: 'SNI_ONLY',
  })
  t.equal(outcome(enrolled()), 'ResourceAlreadyExistsException')
  const other = mintedDevice('other', signer).certificate
  const orphan = desk.transact(() => enroll(desk, other, '0'.repeat(64), 'JITR'))
  t.equal(outcome(orphan), 'CertificateStateException')
})
