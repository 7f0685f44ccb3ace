/** What was sent around the device's certificate: told, and as a rule no reason to refuse. */

import type { ChainEvidence } from '../../../broker/diagnosis/chain.ts'
import type { Broker } from '../../../broker/main.ts'
import type { MintRequest } from '../../../broker/x509/mint.ts'
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
  CHAIN_DUPLICATE: finding(signer => [signer, signer], { subjects: ['CN=Finding signer'] }),
  CHAIN_LONG: finding(signer => Array<Minted>(10).fill(signer), { certificates: 11, lookedAt: 10 }),
  CHAIN_EXPIRED: under(
    { notAfter: PKI_NOW - 86_400_000 },
    { notAfter: '2025-12-31T00:00:00.000Z' },
  ),
  CHAIN_NOT_YET_VALID: under(
    { notBefore: PKI_NOW + 86_400_000 },
    { notBefore: '2026-01-02T00:00:00.000Z' },
  ),
  CHAIN_ISSUER_NOT_CA: under({ isCa: false }, { lacks: 'CA:TRUE', registered: true }),
  CHAIN_PATH_LENGTH: {
    act(broker) {
      const root = ca('Short root', undefined, { pathLength: 0 })
      const signer = ca('Below the short root', root)
      broker.registerAuthority(signer.pem)
      return connectVisit(broker, chainOf(mintedDevice('deep', signer), signer, root))
    },
    findingOf: 'REGISTRATION_JITR_PENDING',
    ...silent,
    evidence: { subject: 'CN=Short root', registered: false, allowed: 0, below: 1 },
  },
  CHAIN_WEAK: {
    act(broker) {
      const signer = ca('Weak signer', pki().root, { hash: 'sha1' })
      broker.registerAuthority(signer.pem)
      return connectVisit(broker, chainOf(mintedDevice('weak', signer)))
    },
    findingOf: 'REGISTRATION_JITR_PENDING',
    ...silent,
    evidence: { weak: ['signature'], signature: 'ecdsa-with-SHA1' },
  },
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

/** A first contact under a registered CA of this kind: registered all the same. */
function under(kind: Partial<MintRequest>, evidence: object): Provocation {
  return {
    act(broker: Broker) {
      const signer = ca('Under this', undefined, kind)
      broker.registerAuthority(signer.pem)
      return connectVisit(broker, chainOf(mintedDevice('under', signer)))
    },
    findingOf: 'REGISTRATION_JITR_PENDING',
    ...silent,
    evidence,
  }
}
