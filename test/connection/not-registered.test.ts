/** What is said of an unregistered certificate that has something to do with registered ones, however many there are. */

import t from 'tap'
import { notRegistered } from '../../broker/connection/not-registered.ts'
import { recordOfCertificate } from '../../broker/registry/certificate-record.ts'
import { testRegistry } from '../helpers/desk.ts'
import { ecKeys, issuerOf, minted, mintedDevice, PKI_NOW, pki } from '../helpers/pki.ts'

/** A registry with so many certificates of `pki.signer`; the first one is `pki.device2`. */
async function many(count: number) {
  const { registry } = await testRegistry()
  const { desk } = registry
  const source = { kind: 'learned', how: 'a test' } as const
  const about = { ownedBy: '1', now: PKI_NOW, generationId: 'g', source }
  const record = recordOfCertificate(pki().device2.certificate, about)
  desk.transact(() => {
    for (let i = 0; i < count; i++) {
      // The same bytes under other names: only what the indexes hold matters here.
      const certificateId = i === 0 ? record.certificateId : `z${i}`
      const publicKeySha256 = i === 0 ? record.publicKeySha256 : `key ${i}`
      desk.tables.certificates.put(certificateId, { ...record, certificateId, publicKeySha256 })
    }
    return { ok: true, value: undefined }
  })
  let looks = 0
  const counting = {
    ...registry,
    certificate: (id: string) => {
      looks++
      return registry.certificate(id)
    },
    certificates: () => t.fail('all certificates are looked at'),
  }
  return { registry: counting as unknown as typeof registry, looks: () => looks }
}

t.test('one of ten thousand neighbours costs no more than one of a few hundred', async t => {
  const { registry, looks } = await many(10_000)
  t.match(notRegistered(pki().device.certificate, registry), {
    code: 'REGISTRATION_NOT_REGISTERED',
    evidence: { same: 'issuer' },
  })
  t.ok(looks() > 0 && looks() <= 200, `${looks()} are looked at`)
})

t.test('the closest relation is told: key, subject, issuer, none', async t => {
  const { registry } = await many(1)
  const { device2, signer, stranger } = pki()
  const keys = { publicKey: device2.certificate.publicKey, privateKey: device2.privateKey }
  const ofSigner = { issuer: issuerOf(signer) }
  const names = { subject: device2.certificate.subjectDer }
  const cases: [string, ReturnType<typeof minted>, string | undefined][] = [
    ['the same key', mintedDevice('renewed', signer, keys), 'key'],
    ['the same names', minted({ ...names, ...ofSigner }, ecKeys()), 'subject'],
    ['the same issuer', mintedDevice('other', signer), 'issuer'],
    ['nothing', stranger.device, undefined],
    ['itself alone', pki().selfSigned, undefined],
  ]
  for (const [says, { certificate }, same] of cases) {
    const told = notRegistered(certificate, registry)
    t.equal(told?.evidence['same' as never], same, says)
  }
})
