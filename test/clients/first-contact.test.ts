/**
 * Just-in-time provisioning at the first contact, from real client stacks: with a chain device > signer > root of which any
 * part may be sent, the first connection is closed on purpose, and the second works under what the template made.
 */

import t from 'tap'
import { type Minted, pki } from '../helpers/pki.ts'
import { comer, factory, silence, stacks } from './factory.ts'

const { root, signer } = pki()

for (const [stack, tls] of stacks) {
  for (const [how, sent] of [
    ['alone', []],
    ['with its signer', [signer]],
    ['with its signer and the root', [signer, root]],
  ] as [string, Minted[]][]) {
    t.test(`${stack} ${tls}: provisioned at first contact, the certificate ${how}`, async t => {
      const { here, broker, provisioned } = await factory(t, [signer])
      const come = await comer(t, here, stack, tls)
      if (come === undefined) return
      const { device } = pki()
      const { sha256: certificateId } = device.certificate

      t.same(await come(device, sent, 'dev-1', 'dev-1/x'), silence, 'closed on purpose')
      const first = await broker.closed()
      t.match(first, {
        code: 'REGISTRATION_JITP_PROVISIONED',
        verdict: 'refused',
        side: 'we',
        level: 'info',
        certificateId,
        evidence: {
          certificateId,
          caCertificateId: signer.certificate.sha256,
          thingName: 'dev-1',
          policies: ['device'],
        },
        principal: { status: 'ACTIVE', thingName: 'dev-1', policies: ['device'] },
        path: { anchor: signer.certificate.sha256 },
        also: [],
      })
      t.equal(first.also.length, 0)
      t.equal(first.chain?.length, 1 + sent.length)
      t.equal(provisioned().length, 1)

      const second = await come(device, sent, 'dev-1', 'dev-1/x')
      t.same(second, { secured: true, connack: true, puback: true }, 'it publishes')
      t.match(await broker.closed(), {
        verdict: 'closed',
        side: 'client',
        thingName: 'dev-1',
        principal: { policies: ['device'], caCertificateId: signer.certificate.sha256 },
      })
      const beyond = await come(device, sent, 'dev-1', 'dev-2/x')
      t.match(beyond, { connack: true, puback: false }, 'and not beyond the made policy')
      t.equal((await broker.closed()).code, 'TRAFFIC_PUBLISH_DENIED')
      t.equal(provisioned().length, 1, 'provisioned once')
    })
  }
}
