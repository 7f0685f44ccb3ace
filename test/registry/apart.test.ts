/** The bytes of certificates stand in the store, apart from their records, and are read when somebody asks. */

import t from 'tap'
import { answer } from '../../broker/registry/answer.ts'
import { openRegistry, type Registry } from '../../broker/registry/registry.ts'
import type { Store } from '../../broker/store/store.ts'
import { createWorld, runningClock } from '../../broker/world.ts'
import { memoryStore } from '../helpers/memory-store.ts'
import { mintedDevice, PKI_NOW, pki } from '../helpers/pki.ts'

const world = createWorld(runningClock(PKI_NOW))
const account = { id: '123456789012', region: 'us-east-1' }
const { certificate, pem } = mintedDevice('dev-1', pki().signer)
const certificateId = certificate.sha256

async function open(store: Store): Promise<Registry> {
  const parts = { world, account: () => account }
  const { registry } = await openRegistry(parts, store, error => {
    throw error
  })
  return registry
}

const stores: [name: string, store: (kept: ReadonlyMap<string, string>) => Store][] = [
  ['a store that gives single records', kept => memoryStore(kept)],
  ['a store that gives all at once only', kept => withoutRead(memoryStore(kept))],
]

for (const [name, storeOf] of stores)
  t.test(`a certificate has its bytes after a restart, from ${name}`, async t => {
    const first = memoryStore()
    const before = await open(first)
    const registered = before.operations.registerCertificateWithoutCA({ certificatePem: pem })
    t.ok(registered.ok)
    await before.durable()
    t.notOk(JSON.parse(first.kept.get(`certificates/${certificateId}`) ?? '{}').der)
    t.ok(first.kept.has(`certificateDers/${certificateId}`))

    const after = await open(storeOf(first.kept))
    const description = after.operations.describeCertificate({ certificateId })
    t.match(description, { ok: true, value: { certificateDescription: { certificatePem: pem } } })
    t.equal(after.certificate(certificateId)?.certificate.subject, certificate.subject)
  })

t.test('a change keeps the bytes, and what is deleted goes whole', async t => {
  const first = memoryStore()
  const before = await open(first)
  before.operations.registerCertificateWithoutCA({ certificatePem: pem })
  await before.durable()
  const second = memoryStore(first.kept)
  const registry = await open(second)
  t.ok(registry.operations.updateCertificate({ certificateId, newStatus: 'ACTIVE' }).ok)
  t.ok(registry.operations.updateCertificate({ certificateId, newStatus: 'INACTIVE' }).ok)
  await registry.durable()
  t.equal((await open(memoryStore(second.kept))).certificate(certificateId)?.status, 'INACTIVE')
  t.ok(second.kept.has(`certificateDers/${certificateId}`))
  t.ok(registry.operations.deleteCertificate({ certificateId }).ok)
  await registry.durable()
  t.same(
    [...second.kept.keys()].filter(key => key.startsWith('certificate')),
    [],
  )
})

t.test('a deletion that is undone leaves the bytes', async t => {
  const first = memoryStore()
  const before = await open(first)
  before.operations.registerCertificateWithoutCA({ certificatePem: pem })
  await before.durable()
  const registry = await open(memoryStore(first.kept))
  const refused = registry.desk.transact(() => {
    registry.desk.tables.certificates.remove(certificateId)
    return { ok: false, refusal: { exception: 'InvalidRequestException', message: 'no' } } as const
  })
  t.notOk(refused.ok)
  t.ok(registry.desk.transact(() => answer({})).ok)
  await registry.durable()
  t.equal(registry.certificate(certificateId)?.certificate.sha256, certificateId)
})

function withoutRead({ records, write, close }: Store): Store {
  return { records, write, close }
}
