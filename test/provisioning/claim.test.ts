/** Fleet provisioning by claim, as a device sees it. */

import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { connect } from '../helpers/device.ts'
import { claimant, fleet } from '../helpers/fleet.ts'
import { requestPem } from '../helpers/request.ts'

for (const format of ['json', 'cbor'] as const) {
  t.test(`keys, token and template lead to a device that connects (${format})`, async t => {
    const { broker, claim, events } = await fleet(t)
    const device = await claimant(t, broker, claim, { format })
    const created = await device.ask('create')
    t.equal(created.topic, `$aws/certificates/create/${format}/accepted`)
    const { certificateId, certificatePem, privateKey, certificateOwnershipToken } = created.body
    t.same(Object.keys(created.body).sort(), [
      'certificateId',
      'certificateOwnershipToken',
      'certificatePem',
      'privateKey',
    ])
    t.match(`${privateKey}`, /^-----BEGIN RSA PRIVATE KEY-----\n/, 'PKCS #1, as AWS gives it')
    t.equal(
      new X509Certificate(`${certificatePem}`).publicKey.asymmetricKeyDetails?.modulusLength,
      2048,
    )
    t.equal(broker.registry.certificate(`${certificateId}`)?.status, 'PENDING_ACTIVATION')

    const registered = await device.ask('provision', {
      certificateOwnershipToken,
      parameters: { SerialNumber: '7', Colour: 'red' },
    })
    t.same(registered, {
      topic: `$aws/provisioning-templates/fleet/provision/${format}/accepted`,
      body: { deviceConfiguration: { server: 's-7' }, thingName: 'fleet-7' },
    })
    t.equal(broker.registry.certificate(`${certificateId}`)?.status, 'ACTIVE')
    t.match(broker.registry.thing('fleet-7'), { attributes: { colour: 'red' } })
    await device.client.endAsync()

    const own = {
      ...claim,
      thingName: 'fleet-7',
      certificate: `${certificatePem}`,
      privateKey: `${privateKey}`,
    }
    const second = await connect(t, broker, own)
    t.equal(second.seen.connack, 0, 'the new certificate connects')
    await second.client.publishAsync('anything', 'x', { qos: 1 })
    t.match(
      events.filter(({ event }) => event.startsWith('provisioning.')),
      [
        {
          event: 'provisioning.issued',
          certificateId,
          claimCertificateId: claim.certificateId,
          clientId: 'claim',
          how: 'keys',
          status: 'PENDING_ACTIVATION',
        },
        {
          event: 'provisioning.provisioned',
          certificateId,
          claimCertificateId: claim.certificateId,
          thingName: 'fleet-7',
          template: 'fleet',
          status: 'ACTIVE',
        },
      ],
    )
    t.match(await broker.closed({ clientId: 'claim' }), { code: 'CLOSE_BY_CLIENT', also: [] })
    t.notMatch(JSON.stringify(events), /PRIVATE KEY/)
    t.notOk(JSON.stringify(events).includes(`${certificateOwnershipToken}`), 'no token in the log')
  })

  t.test(`a signing request gives a certificate with its name (${format})`, async t => {
    const { broker, claim } = await fleet(t)
    const device = await claimant(t, broker, claim, { format })
    const certificateSigningRequest = requestPem()
    const first = await device.ask('create-from-csr', { certificateSigningRequest })
    const second = await device.ask('create-from-csr', { certificateSigningRequest })
    t.equal(first.topic, `$aws/certificates/create-from-csr/${format}/accepted`)
    t.same(Object.keys(first.body).sort(), [
      'certificateId',
      'certificateOwnershipToken',
      'certificatePem',
    ])
    t.equal(new X509Certificate(`${first.body['certificatePem']}`).subject, 'CN=from a request')
    t.not(first.body['certificateId'], second.body['certificateId'], 'two certificates of one')
  })
}
