/** What the registry says, and first contacts. AWS answers all of these with the same silence. */

import type { RegistrationEvidence } from '../../../broker/diagnosis/registration.ts'
import type { AuthorityOptions, Broker, DeviceOptions } from '../../../broker/main.ts'
import { answer } from '../../../broker/registry/answer.ts'
import { minted, mintedDevice } from '../../helpers/pki.ts'
import { type Provocation, type Provocations, register } from './provocation.ts'
import { chainOf, connectVisit, sessionOf } from './visitors.ts'

const silent = { verdict: 'refused', side: 'we' } as const
const CERTIFICATE = {
  Type: 'AWS::IoT::Certificate',
  Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' } },
}
const THING = { Type: 'AWS::IoT::Thing', Properties: { ThingName: 'made' } }

export const registration: Provocations<RegistrationEvidence> = {
  REGISTRATION_NOT_REGISTERED: {
    act(broker) {
      const issuer = ca()
      register(broker, mintedDevice('neighbour', issuer))
      return connectVisit(broker, chainOf(mintedDevice('forgotten', issuer)))
    },
    ...silent,
    evidence: { same: 'issuer', near: [{ subject: 'CN=neighbour, O=Acme' }] },
  },
  REGISTRATION_INACTIVE: ofStatus('INACTIVE'),
  REGISTRATION_REVOKED: ofStatus('REVOKED'),
  REGISTRATION_PENDING_ACTIVATION: ofStatus('PENDING_ACTIVATION'),
  REGISTRATION_PENDING_TRANSFER: ofStatus('PENDING_TRANSFER'),
  REGISTRATION_DELETED: {
    async act(broker) {
      const device = await broker.createDevice('device')
      const { desk } = broker.registry
      // An operation can't: it deletes no certificate that is ACTIVE. A file can: it is no longer declared.
      return sessionOf(broker, device, () => {
        desk.transact(() => answer(desk.tables.certificates.remove(device.certificateId)))
      })
    },
    verdict: 'refused',
    side: 'we',
    sent: { connack: 0 },
    evidence: { thingName: 'device' },
  },
  REGISTRATION_CA_INACTIVE: ofAuthority({ status: 'INACTIVE' }),
  REGISTRATION_AUTO_DISABLED: ofAuthority({ autoRegistration: 'DISABLE' }),
  REGISTRATION_JITP_PROVISIONED: ofAuthority({
    template: { Resources: { thing: THING, certificate: CERTIFICATE } },
  }),
  REGISTRATION_JITR_PENDING: ofAuthority({}),
  REGISTRATION_TEMPLATE_FAILED: ofAuthority({ template: { Resources: { thing: THING } } }),
  REGISTRATION_SNI_MISSING: {
    act(broker) {
      // AWS: without a CA it is in mode SNI_ONLY.
      const device = mintedDevice('nameless', ca())
      const { operations } = broker.registry
      operations.registerCertificateWithoutCA({ certificatePem: device.pem, status: 'ACTIVE' })
      // node:tls sends no SNI for an address.
      const options = { servername: '', checkServerIdentity: () => undefined }
      return connectVisit(broker, chainOf(device), {}, options)
    },
    ...silent,
    evidence: { endpoint: 'localhost' },
  },
}

function ofStatus(status: NonNullable<DeviceOptions['status']>): Provocation {
  return {
    async act(broker: Broker) {
      return connectVisit(broker, await broker.createDevice('device', { status }))
    },
    ...silent,
    evidence: { status, thingName: 'device' },
  }
}

function ofAuthority(options: AuthorityOptions): Provocation {
  return {
    act(broker: Broker) {
      const issuer = ca()
      broker.registerAuthority(issuer.pem, options)
      return connectVisit(broker, chainOf(mintedDevice('newcomer', issuer)))
    },
    ...silent,
  }
}

/** A CA of its own, so that the cases can share a broker. */
function ca() {
  return minted({ subject: [['CN', 'Factory']], isCa: true })
}
