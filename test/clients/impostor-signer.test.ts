/**
 * Just-in-time provisioning with a signer in the chain that has the registered one's name and isn't it. The record shows both
 * side by side and says which of them signed the device's certificate; the client sees the same silence whatever it was.
 */

import t from 'tap'
import { summaryOf } from '../../broker/x509/problem.ts'
import { type Minted, pki } from '../helpers/pki.ts'
import { comer, factory, silence, stacks } from './factory.ts'

const { root, signer, bare, impostors } = pki()

type Impostor = {
  name: string
  registered: Minted
  impostor: Minted
  /** Signed by the registered signer. */
  device: Minted
  sameKey: boolean
  leafSignedBy: 'registered' | 'both'
  says: RegExp
}

const kinds: Impostor[] = [
  {
    name: 'another key',
    registered: signer,
    impostor: impostors.otherKey,
    device: pki().device,
    sameKey: false,
    leafSignedBy: 'registered',
    says: /a signer with another key .* the registered one signed the device's certificate$/,
  },
  {
    name: 'another key and no key identifiers',
    registered: bare.signer,
    impostor: impostors.noIdentifiers,
    device: bare.device,
    sameKey: false,
    leafSignedBy: 'registered',
    says: /a signer with another key .* the registered one signed the device's certificate$/,
  },
  {
    name: 'the same key, rebuilt with another authority key identifier',
    registered: signer,
    impostor: impostors.rebuilt,
    device: pki().device,
    sameKey: true,
    leafSignedBy: 'both',
    says: /another certificate of the same key .* the key of both signed the device's certificate$/,
  },
]

for (const [stack, tls] of stacks) {
  for (const { name, registered, impostor, device, sameKey, leafSignedBy, says } of kinds) {
    /** Both signers, by what tells them apart. */
    const bySide = {
      registered: summaryOf(registered.certificate),
      sent: summaryOf(impostor.certificate),
    }
    const clientId = device.certificate.subjectAttributes['CommonName']?.[0] ?? ''
    const own = `${clientId}/x`

    t.test(
      `${stack} ${tls}: an impostor in the chain, ${name}: provisioned all the same`,
      async t => {
        const { here, broker, provisioned } = await factory(t, [registered])
        const come = await comer(t, here, stack, tls)
        if (come === undefined) return
        t.same(await come(device, [impostor, root], clientId, own), silence)
        const first = await broker.closed()
        t.match(first, {
          code: 'REGISTRATION_JITP_PROVISIONED',
          evidence: { caCertificateId: registered.certificate.sha256, thingName: clientId },
          also: [
            { code: 'CHAIN_SIGNER_DIFFERS', says, evidence: { ...bySide, sameKey, leafSignedBy } },
          ],
          path: { anchor: registered.certificate.sha256 },
        })
        t.same(
          first.chain?.map(({ sha256 }) => sha256),
          [device, impostor, root].map(({ certificate }) => certificate.sha256),
          'the chain as it was sent',
        )
        t.equal(provisioned().length, 1)
        const second = await come(device, [impostor, root], clientId, own)
        t.same(second, { secured: true, connack: true, puback: true })
        t.match(await broker.closed(), {
          verdict: 'closed',
          also: [{ code: 'CHAIN_SIGNER_DIFFERS', evidence: { leafSignedBy } }],
        })
      },
    )

    t.test(`${stack} ${tls}: an impostor in the chain, ${name}: refused where strict`, async t => {
      const { here, broker, provisioned } = await factory(t, [registered], {
        provisioning: { chain: 'strict' },
      })
      const come = await comer(t, here, stack, tls)
      if (come === undefined) return
      t.same(await come(device, [impostor, root], clientId, own), silence)
      const refused = await broker.closed()
      t.match(refused, {
        code: 'CHAIN_SIGNER_DIFFERS',
        verdict: 'refused',
        side: 'we',
        level: 'error',
        evidence: { ...bySide, sameKey, leafSignedBy, strict: true },
        remedy: /`provisioning.chain: lenient`/,
      })
      t.match(refused.says, says)
      t.same(provisioned(), [])
      t.equal(broker.registry.certificate(device.certificate.sha256), undefined)
      t.same(await come(device, [], clientId, own), silence)
      t.equal((await broker.closed()).code, 'REGISTRATION_JITP_PROVISIONED', 'without it: taken')
    })

    if (sameKey) continue
    t.test(`${stack} ${tls}: a device of an impostor, ${name}: refused`, async t => {
      const { here, broker, provisioned } = await factory(t, [registered])
      const come = await comer(t, here, stack, tls)
      if (come === undefined) return
      const of = name === 'another key' ? impostors.otherKey : impostors.noIdentifiers
      for (const sent of [[impostor, root], []]) {
        t.same(await come(of.device, sent, clientId, own), silence)
        const record = await broker.closed()
        t.match(record, {
          code: 'CERTIFICATE_SIGNER_MISMATCH',
          verdict: 'refused',
          level: 'error',
          evidence: {
            leaf: summaryOf(of.device.certificate),
            registered: bySide.registered,
            ...(sent.length > 0 && { sent: bySide.sent }),
            signedBySent: sent.length > 0,
          },
        })
        t.notOk(record.path?.anchor)
        t.notOk(record.principal)
      }
      t.same(provisioned(), [])
      t.equal(broker.registry.thing(clientId), undefined)
    })
  }
}
