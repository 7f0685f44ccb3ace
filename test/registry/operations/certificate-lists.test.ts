/** Lists of certificates in pages, while some come and go; and what files declare, which no operation changes. */

import t from 'tap'
import { recordOfCertificate } from '../../../broker/registry/certificate-record.ts'
import type { CertificateList } from '../../../broker/registry/operations/certificate-lists.ts'
import type { CertificateRecord } from '../../../broker/registry/records.ts'
import { gives, outcome, refusalOf, type TestRegistry, testRegistry } from '../../helpers/desk.ts'
import { PKI_NOW, pki } from '../../helpers/pki.ts'

const AUTHORITY = 'a'.repeat(64)

/** The id tells in which order they were made. */
const idOf = (n: number) => String(n).padStart(64, '0')

function put(
  { registry: { desk } }: TestRegistry,
  n: number,
  more: Partial<CertificateRecord> = {},
) {
  const source = { kind: 'learned', how: 'a test' } as const
  const about = { ownedBy: '1', now: PKI_NOW + n, generationId: 'g', source }
  const certificateId = idOf(n)
  const record = { ...recordOfCertificate(pki().device.certificate, about), certificateId, ...more }
  desk.transact(() => {
    desk.tables.certificates.put(certificateId, record)
    return { ok: true, value: undefined }
  })
}

function drop({ registry: { desk } }: TestRegistry, n: number) {
  desk.transact(() => {
    desk.tables.certificates.remove(idOf(n))
    return { ok: true, value: undefined }
  })
}

/** All pages. @param between what happens after each */
function all(
  list: (marker?: string) => CertificateList,
  between: (page: number) => void = () => undefined,
): number[] {
  const found: number[] = []
  let marker: string | undefined
  let page = 0
  do {
    const { certificates, nextMarker } = list(marker)
    found.push(...certificates.map(({ certificateId }) => Number(certificateId)))
    marker = nextMarker
    between(++page)
  } while (marker !== undefined && page < 1000)
  return found
}

const from = (low: number, high: number) =>
  Array.from({ length: high - low + 1 }, (_, i) => low + i)

t.test('six hundred in pages, newest first or oldest first', async t => {
  const one = await testRegistry()
  for (const n of from(1, 600)) put(one, n)
  for (const there of [one, await one.again()]) {
    for (const pageSize of [1, 7, 250]) {
      const list = (ascendingOrder: boolean) =>
        all(marker =>
          gives(
            there.aws.listCertificates({ pageSize, ascendingOrder, ...(marker && { marker }) }),
          ),
        )
      t.same(list(true), from(1, 600), `${pageSize} on a page, oldest first`)
      t.same(list(false), from(1, 600).reverse(), `${pageSize} on a page, newest first`)
    }
  }
  t.equal(gives(one.aws.listCertificates({})).certificates.length, 25)
  t.equal(gives(one.aws.listCertificates({})).certificates[0]?.certificateId, idOf(600))
  const last = gives(one.aws.listCertificates({ pageSize: 250 }))
  t.same(Object.keys(last).sort(), ['certificates', 'nextMarker'])
  for (const input of [
    { pageSize: 0 },
    { pageSize: 251 },
    { pageSize: '5' },
    { marker: 'x' },
    { ascendingOrder: 1 },
  ]) {
    t.equal(
      outcome(one.aws.listCertificates(input as never)),
      'InvalidRequestException',
      JSON.stringify(input),
    )
  }
})

t.test('what comes and goes meanwhile moves nothing else', async t => {
  for (const ascendingOrder of [true, false]) {
    const one = await testRegistry()
    for (const n of from(101, 700)) put(one, n)
    const found = all(
      marker =>
        gives(
          one.aws.listCertificates({ pageSize: 50, ascendingOrder, ...(marker && { marker }) }),
        ),
      page => {
        // The very last one that was given goes, with one of each side; new ones come at both ends.
        drop(one, ascendingOrder ? 100 + 50 * page : 701 - 50 * page)
        drop(one, 400)
        put(one, page)
        put(one, 700 + page)
        put(one, 300 + page, { status: 'REVOKED' })
      },
    )
    t.equal(new Set(found).size, found.length, 'none twice')
    const missing = from(101, 700).filter(n => !found.includes(n))
    t.ok(
      missing.every(n => n === 400 || n % 50 === 0 || n % 50 === 1),
      `missing: ${missing}`,
    )
    t.ok(missing.length <= 1, 'none is left out but the one that went before its page came')
  }
})

t.test('those of a CA, of any status, and of no other', async t => {
  const one = await testRegistry()
  for (const n of from(1, 60)) {
    const status = n % 4 === 0 ? 'PENDING_ACTIVATION' : 'ACTIVE'
    put(one, n, n % 2 === 0 ? { caCertificateId: AUTHORITY, status } : {})
  }
  const list = (caCertificateId: string) =>
    all(marker =>
      gives(
        one.aws.listCertificatesByCA({
          caCertificateId,
          pageSize: 7,
          ascendingOrder: true,
          ...(marker && { marker }),
        }),
      ),
    )
  t.same(
    list(AUTHORITY),
    from(1, 30).map(n => n * 2),
  )
  t.same(list('b'.repeat(64)), [])
  t.equal(outcome(one.aws.listCertificatesByCA({} as never)), 'InvalidRequestException')
  const [first] = gives(
    one.aws.listCertificatesByCA({ caCertificateId: AUTHORITY, ascendingOrder: true }),
  ).certificates
  t.same(first, {
    certificateArn: `arn:aws:iot:eu-central-1:123456789012:cert/${idOf(2)}`,
    certificateId: idOf(2),
    status: 'ACTIVE',
    certificateMode: 'DEFAULT',
    creationDate: (PKI_NOW + 2) / 1000,
  })
})

t.test('what a file declares is listed and described, and changed in its file only', async t => {
  const one = await testRegistry()
  const { device, signer } = pki()
  const [certificateId, caId] = [device.certificate.sha256, signer.certificate.sha256]
  one.registry.declare({
    devices: [
      {
        certificateId,
        certificate: device.certificate,
        status: 'INACTIVE',
        pem: device.pem,
        about: {},
        policyNames: [],
        file: 'certs/d/device.yaml',
        certificateFile: 'certs/d/certificate.pem.crt',
      },
    ],
    authorities: [
      {
        id: caId,
        certificate: signer.certificate,
        status: 'INACTIVE',
        autoRegistration: 'DISABLE',
        name: 'signer',
        pem: signer.pem,
        file: 'certs/a/authority.yaml',
        certificateFile: 'certs/a/ca.pem',
      },
    ],
    policies: [],
    templates: [],
    thingTypes: [],
    groups: [],
  })
  t.equal(gives(one.aws.listCertificates({})).certificates.length, 1)
  t.equal(gives(one.aws.listCACertificates({})).certificates.length, 1)
  const targetAwsAccount = '999999999999'
  const file = /declared in `certs\/d\/device.yaml`$/
  const caFile = /declared in `certs\/a\/authority.yaml`$/
  const refused = [
    [one.aws.updateCertificate({ certificateId, newStatus: 'ACTIVE' }), file],
    [one.aws.deleteCertificate({ certificateId, forceDelete: true }), file],
    [one.aws.transferCertificate({ certificateId, targetAwsAccount }), file],
    [one.aws.acceptCertificateTransfer({ certificateId }), file],
    [one.aws.rejectCertificateTransfer({ certificateId }), file],
    [one.aws.cancelCertificateTransfer({ certificateId }), file],
    [one.aws.updateCACertificate({ certificateId: caId, newStatus: 'ACTIVE' }), caFile],
    [one.aws.deleteCACertificate({ certificateId: caId }), caFile],
  ] as const
  for (const [answer, message] of refused) {
    t.match(refusalOf(answer), {
      exception: 'InvalidRequestException',
      message,
      hint: /^change it in /,
    })
  }
  const again = [
    one.aws.registerCertificateWithoutCA({ certificatePem: device.pem }),
    one.aws.registerCACertificate({ caCertificate: signer.pem, certificateMode: 'SNI_ONLY' }),
  ]
  for (const answer of again) t.equal(outcome(answer), 'ResourceAlreadyExistsException')
  t.equal((await one.again()).registry.certificates().length, 0, 'none of it came into the store')
})
