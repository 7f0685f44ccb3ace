/** What the registry and a certificate tell the policy engine of a client. */

import type { AttachedThing, CertificateFacts } from '../policy/context.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { Registry } from './registry.ts'

/** What of a registry is asked. */
type Attached = Pick<Registry, 'exclusiveThingOf' | 'thing' | 'thingsOf'>

/** The things that a certificate is attached to, as the policy engine wants them. */
export function attachedThings(certificateId: string, registry: Attached): AttachedThing[] {
  const exclusive = registry.exclusiveThingOf(certificateId)
  return registry.thingsOf(certificateId).map(thingName => ({
    thingName,
    ...registry.thing(thingName),
    exclusive: exclusive === thingName,
  }))
}

/** The parts of a certificate that have variables in policies. */
export function certificateFacts(certificate: Certificate): CertificateFacts {
  return {
    serialNumber: certificate.serialNumber,
    subject: underAwsNames(certificate.subjectAttributes),
    subjectAlternativeName: certificate.subjectAlternativeNames,
    issuer: underAwsNames(certificate.issuerAttributes),
    issuerAlternativeName: certificate.issuerAlternativeNames,
  }
}

// In provisioning templates AWS calls it StateName, in policies State.
function underAwsNames({ StateName, ...rest }: Record<string, string[]>): Record<string, string[]> {
  return StateName === undefined ? rest : { ...rest, State: StateName }
}
