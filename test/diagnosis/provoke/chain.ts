/** What was sent around the device's certificate: told, and as a rule no reason to refuse. */

import type { ChainEvidence } from '../../../broker/diagnosis/chain.ts'
import type { Broker } from '../../../broker/main.ts'
import { type Minted, mintedDevice, PKI_NOW, pki } from '../../helpers/pki.ts'
import { ca, silent } from './certificate.ts'
import type { Provocation, Provocations } from './provocation.ts'
import { chainOf, connectVisit } from './visitors.ts'

export const chain: Provocations<ChainEvidence> = {
  CHAIN_SIGNER_DIFFERS: {
    options: { clock: PKI_NOW, provisioning: { chain: 'strict' } },
    act(broker) {
      const [registered, namesake] = [ca('Namesake'), ca('Namesake')]
      broker.registerAuthority(registered.pem)
      return connectVisit(broker, chainOf(mintedDevice('namesake', registered), namesake))
    },
    ...silent,
    evidence: { sameKey: false, leafSignedBy: 'registered', strict: true },
  },
  CHAIN_ORDER: finding((signer, root) => [root, signer], {
    sent: ['CN=finding, O=Acme', 'CN=Finding root', 'CN=Finding signer'],
  }),
  CHAIN_INCOMPLETE: finding((_signer, root) => [root], { missing: 'CN=Finding signer' }),
  CHAIN_UNRELATED: finding(() => [pki().stranger.ca], { subjects: ['CN=Stranger CA'] }),
}

/** A first contact with such certificates behind the device's own: registered all the same. */
function finding(
  behind: (signer: Minted, root: Minted) => Minted[],
  evidence: object,
): Provocation {
  return {
    act(broker: Broker) {
      const root = ca('Finding root')
      const signer = ca('Finding signer', root)
      broker.registerAuthority(root.pem)
      broker.registerAuthority(signer.pem)
      return connectVisit(broker, chainOf(mintedDevice('finding', signer), ...behind(signer, root)))
    },
    findingOf: 'REGISTRATION_JITR_PENDING',
    ...silent,
    evidence,
  }
}
