/** The life of a device certificate: each operation from each status, and each exception that it declares. */

import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import t from 'tap'
import type { DeviceStatus } from '../../../broker/config/shape.ts'
import { gives, outcome, refusalOf, type TestRegistry, testRegistry } from '../../helpers/desk.ts'
import { directly } from '../../helpers/directly.ts'
import { pki } from '../../helpers/pki.ts'
import { requestPem } from '../../helpers/request.ts'

const NOBODY = '0'.repeat(64)
const ARN = 'arn:aws:iot:eu-central-1:123456789012:cert'
const STATUSES: DeviceStatus[] = [
  'ACTIVE',
  'INACTIVE',
  'REVOKED',
  'PENDING_ACTIVATION',
  'PENDING_TRANSFER',
]

/** A certificate of `pki.device`, in that status. */
function given({ registry }: TestRegistry, status: DeviceStatus): string {
  const source = { kind: 'learned', how: 'a test' } as const
  directly(registry).registerCertificate({ certificate: pki().device.certificate, status, source })
  return pki().device.certificate.sha256
}

t.test('UpdateCertificate, from each status to each', async t => {
  const refused = 'CertificateStateException'
  const table: Record<DeviceStatus, Record<string, string>> = {
    ACTIVE: { ACTIVE: '', INACTIVE: '', REVOKED: '' },
    INACTIVE: { ACTIVE: '', INACTIVE: '', REVOKED: '' },
    REVOKED: { ACTIVE: refused, INACTIVE: refused, REVOKED: '' },
    PENDING_ACTIVATION: { ACTIVE: '', INACTIVE: '', REVOKED: '' },
    PENDING_TRANSFER: { ACTIVE: refused, INACTIVE: refused, REVOKED: refused },
  }
  for (const from of STATUSES) {
    const never = ['PENDING_ACTIVATION', 'PENDING_TRANSFER', 'REGISTER_INACTIVE']
    const row = { ...table[from], ...Object.fromEntries(never.map(to => [to, refused])) }
    for (const [to, expected] of Object.entries(row)) {
      const one = await testRegistry()
      const certificateId = given(one, from)
      const newStatus = to as 'ACTIVE'
      const answer = one.aws.updateCertificate({ certificateId, newStatus })
      t.equal(outcome(answer), expected, `${from} to ${to}`)
      for (const there of [one, await one.again()]) {
        const { certificateDescription: now } = gives(
          there.aws.describeCertificate({ certificateId }),
        )
        t.equal(now.status, expected === '' ? to : from, `${from} to ${to}: what it is now`)
      }
    }
  }
})

t.test('UpdateCertificate says why, and to the status that it has it changes nothing', async t => {
  const one = await testRegistry()
  const certificateId = given(one, 'INACTIVE')
  const update = (newStatus: string) =>
    one.aws.updateCertificate({ certificateId, newStatus: newStatus as 'ACTIVE' })
  const before = gives(one.aws.describeCertificate({ certificateId })).certificateDescription
  one.clock.advance(1000)
  t.same(update('INACTIVE'), { ok: true, value: {} })
  t.same(gives(one.aws.describeCertificate({ certificateId })).certificateDescription, before)
  t.same(update('ACTIVE'), { ok: true, value: {} })
  const after = gives(one.aws.describeCertificate({ certificateId })).certificateDescription
  t.same(after, {
    ...before,
    status: 'ACTIVE',
    customerVersion: before.customerVersion + 1,
    lastModifiedDate: before.lastModifiedDate + 1,
  })
  t.equal(
    refusalOf(update('PENDING_TRANSFER')).message,
    'Not allowed to set the status PENDING_TRANSFER',
  )
  t.match(refusalOf(update('SLEEPING')), {
    exception: 'InvalidRequestException',
    message:
      /^1 validation error detected: Value 'SLEEPING' at 'newStatus' failed to satisfy constraint: Member must satisfy enum value set: \[ACTIVE, /,
  })
  t.match(refusalOf(one.aws.updateCertificate({} as never)), {
    exception: 'InvalidRequestException',
    message: /2 validation errors detected: .*'certificateId'.*'newStatus'/,
  })
  const missing = one.aws.updateCertificate({ certificateId: NOBODY, newStatus: 'ACTIVE' })
  t.equal(outcome(missing), 'ResourceNotFoundException')
  update('REVOKED')
  t.equal(refusalOf(update('ACTIVE')).message, 'A certificate that is revoked stays revoked')
})

t.test('DeleteCertificate, from each status, with and without force', async t => {
  const table: Record<DeviceStatus, string> = {
    ACTIVE: 'CertificateStateException',
    INACTIVE: '',
    REVOKED: '',
    PENDING_ACTIVATION: '',
    PENDING_TRANSFER: 'CertificateStateException',
  }
  for (const [status, expected] of Object.entries(table)) {
    for (const forceDelete of [false, true]) {
      const one = await testRegistry()
      const certificateId = given(one, status as DeviceStatus)
      const answer = one.aws.deleteCertificate({ certificateId, forceDelete })
      t.equal(outcome(answer), expected, `${status}, forceDelete ${forceDelete}`)
      const there = outcome((await one.again()).aws.describeCertificate({ certificateId }))
      t.equal(there, expected === '' ? 'ResourceNotFoundException' : '', `${status}: is it there`)
    }
  }
})

t.test('DeleteCertificate of one with a policy or with a thing', async t => {
  const one = await testRegistry()
  const certificateId = given(one, 'ACTIVE')
  const remove = (forceDelete: boolean) => one.aws.deleteCertificate({ certificateId, forceDelete })
  t.equal(
    refusalOf(remove(true)).message,
    `Certificate must be deactivated (not ACTIVE) before deletion. Id: ${certificateId}`,
  )
  one.aws.updateCertificate({ certificateId, newStatus: 'INACTIVE' })
  directly(one.registry).attachPolicy(certificateId, 'p')
  directly(one.registry).attachThing(certificateId, 'sensor')
  for (const forceDelete of [false, true]) {
    t.match(refusalOf(remove(forceDelete)), {
      exception: 'DeleteConflictException',
      message: `Things must be detached before deletion (arn: ${ARN}/${certificateId})`,
    })
  }
  const { desk } = one.registry
  desk.transact(() => {
    desk.tables.thingPrincipals.remove(`${certificateId}/sensor`)
    return { ok: true, value: undefined }
  })
  t.match(refusalOf(remove(false)), {
    exception: 'DeleteConflictException',
    message: `Certificate policies must be detached before deletion (arn: ${ARN}/${certificateId})`,
  })
  t.same(remove(true), { ok: true, value: {} })
  t.same(desk.view.policyTargets.keys(), [], 'its attachment is gone with it')
  t.equal(outcome(remove(true)), 'ResourceNotFoundException')
})

t.test('CreateKeysAndCertificate gives a key once, and what AWS would issue', async t => {
  const one = await testRegistry()
  const made = gives(await one.aws.createKeysAndCertificate({}))
  const { certificateArn, certificateId, certificatePem, keyPair, ...rest } = made
  t.same(rest, {})
  t.equal(certificateArn, `${ARN}/${certificateId}`)
  t.equal(
    certificateId,
    new X509Certificate(certificatePem).fingerprint256.replace(/:/g, '').toLowerCase(),
  )
  t.match(keyPair.PrivateKey, /^-----BEGIN RSA PRIVATE KEY-----\n/)
  t.match(keyPair.PublicKey, /^-----BEGIN PUBLIC KEY-----\n/)
  const spki = { type: 'spki', format: 'der' } as const
  const own = createPublicKey(createPrivateKey(keyPair.PrivateKey)).export(spki)
  t.same(new X509Certificate(certificatePem).publicKey.export(spki), own)
  t.same(createPublicKey(keyPair.PublicKey).export(spki), own)
  await one.registry.durable()
  t.notMatch([...one.store.kept.values()].join(), /PRIVATE/, 'the private key is kept nowhere')

  const described = gives((await one.again()).aws.describeCertificate({ certificateId }))
  const { generationId } = described.certificateDescription
  t.match(generationId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.same(described, {
    certificateDescription: {
      certificateArn,
      certificateId,
      status: 'INACTIVE',
      certificatePem,
      ownedBy: '123456789012',
      creationDate: Date.UTC(2026, 0, 1) / 1000,
      lastModifiedDate: Date.UTC(2026, 0, 1) / 1000,
      customerVersion: 1,
      generationId,
      validity: {
        notBefore: Date.UTC(2025, 11, 31, 23, 58) / 1000,
        notAfter: Date.UTC(2049, 11, 31, 23, 59, 59) / 1000,
      },
      certificateMode: 'DEFAULT',
    },
  })
  const active = gives(await one.aws.createKeysAndCertificate({ setAsActive: true }))
  const { certificateDescription } = gives(one.aws.describeCertificate(active))
  t.equal(certificateDescription.status, 'ACTIVE')
  t.match(refusalOf(await one.aws.createKeysAndCertificate({ setAsActive: 'yes' } as never)), {
    exception: 'InvalidRequestException',
  })
})

const noOpenssl =
  spawnSync('openssl', ['version']).status === 0 ? false : 'SKIPPED: openssl is not installed'

t.test('what is issued has the shape of AWS, as OpenSSL reads it', { skip: noOpenssl }, async t => {
  const one = await testRegistry()
  const { certificatePem: input } = gives(await one.aws.createKeysAndCertificate({}))
  const text = execFileSync('openssl', ['x509', '-noout', '-text'], { input }).toString()
  for (const field of [
    /Version: 3 \(0x2\)/,
    /Serial Number:\s+(?:[0-9a-f]{2}:){19}[0-9a-f]{2}\n/,
    /Signature Algorithm: sha256WithRSAEncryption\n/,
    /Issuer: OU ?= ?Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US\n/,
    /Subject: CN ?= ?AWS IoT Certificate\n/,
    /Not After : Dec 31 23:59:59 2049 GMT\n/,
    /Public-Key: \(2048 bit\)/,
    /X509v3 Basic Constraints: critical\s+CA:FALSE\n/,
    /X509v3 Key Usage: critical\s+Digital Signature\n/,
    /X509v3 Authority Key Identifier: ?\n/,
    /X509v3 Subject Key Identifier: ?\n/,
  ]) {
    t.match(text, field)
  }
  t.notMatch(text, /Extended Key Usage|Alternative Name/)
})

t.test('CreateCertificateFromCsr gives another certificate each time', async t => {
  const one = await testRegistry()
  const certificateSigningRequest = requestPem()
  const create = (setAsActive?: boolean) =>
    one.aws.createCertificateFromCsr({
      certificateSigningRequest,
      ...(setAsActive === undefined ? {} : { setAsActive }),
    })
  const [first, second] = [gives(await create()), gives(await create(true))]
  t.same(Object.keys(first).sort(), ['certificateArn', 'certificateId', 'certificatePem'])
  t.not(first.certificateId, second.certificateId)
  const status = (certificateId: string) =>
    gives(one.aws.describeCertificate({ certificateId })).certificateDescription.status
  t.same([status(first.certificateId), status(second.certificateId)], ['INACTIVE', 'ACTIVE'])
  t.equal(new X509Certificate(first.certificatePem).subject, 'CN=from a request')
  for (const [wrong, says] of [
    [
      '',
      /'certificateSigningRequest' failed to satisfy constraint: Member must have length greater/,
    ],
    ['nothing', /^certificateSigningRequest is not valid: it is not PEM/],
    [pki().device.pem, /^certificateSigningRequest is not valid: it is labelled `CERTIFICATE`/],
    [requestPem({ signature: right => right.fill(1, 8) }), /its signature/],
  ] as const) {
    const answer = await one.aws.createCertificateFromCsr({ certificateSigningRequest: wrong })
    t.match(refusalOf(answer), { exception: 'InvalidRequestException', message: says })
  }
})

t.test('where there is no CA to issue, it says so', async t => {
  const { createRegistry } = await import('../../../broker/registry/registry.ts')
  const one = await testRegistry()
  const account = { id: '123456789012', region: 'eu-central-1' }
  const { operations } = createRegistry({ world: one.world, account: () => account })
  t.match(refusalOf(await operations.createKeysAndCertificate({})), {
    exception: 'ServiceUnavailableException',
    message: /^no certificate can be issued: /,
  })
})
