/**
 * Room 6: is this certificate registered and ACTIVE? If not: is it one that its CA may register or provision now?
 * AWS registers a certificate only when the CONNECT packet has been read, and closes without CONNACK after it.
 */

import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import { thingOf } from '../policy/context.ts'
import { provision } from '../provisioning/jitp.ts'
import { registerPending } from '../provisioning/jitr.ts'
import { attachedThings } from '../registry/policy-facts.ts'
import type { RegisteredAuthority, RegisteredCertificate, Registry } from '../registry/registry.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { House } from './house.ts'
import type { Told } from './live.ts'
import { notRegistered } from './not-registered.ts'
import {
  type Asked,
  type Judged,
  type Principal,
  pass,
  type Room,
  refuse,
  type Visit,
} from './visit.ts'

export const registration: Room<Judged & Asked, Principal> = (visit, house) => {
  const { leaf, anchor, pending } = visit.certificate
  const { registry } = house
  const registered = registry.certificate(leaf.sha256)
  if (registered) Object.assign(visit, principalOf(registered, visit, house))
  if (pending) return refuse(pending)
  const authority = anchor && registry.authority(anchor.id)
  if (registered === undefined) {
    return refuse(
      authority ? firstContact(leaf, authority, visit, house) : forgotten(leaf, registry),
    )
  }
  if (registered.status === 'ACTIVE') return pass(principalOf(registered, visit, house))
  const { status, source } = registered
  if (authority && status === 'PENDING_ACTIVATION' && source.kind === 'learned') {
    // AWS publishes the JITR event again at each contact of a certificate that is still pending.
    if (authority.templateName === undefined) announce(leaf, authority, visit, house)
    // DIFFERS: AWS leaves it pending when JITP has failed; here the template, mended perhaps, is tried again.
    else if (source.how === 'jitp') return refuse(firstContact(leaf, authority, visit, house))
  }
  return refuse(statusDiagnosis(registered, registry))
}

/** The record's `principal`, and what the rooms after this one need of it. */
function principalOf(
  registered: RegisteredCertificate,
  visit: Visit & Asked,
  house: House,
): Principal {
  const { clientId } = visit.mqtt.connect
  const { certificateId } = registered
  const thingName = thingOf({
    clientId,
    things: attachedThings(certificateId, house.registry),
  })?.thingName
  return {
    principal: {
      registered,
      ...(thingName === undefined ? {} : { thingName }),
      policies: house.registry.policiesOf(certificateId, thingName).names,
    },
  }
}

function firstContact(
  leaf: Certificate,
  authority: RegisteredAuthority,
  visit: Visit & Judged & Asked,
  house: House,
): Diagnosis {
  const { caCertificateId } = authority
  const certificateId = leaf.sha256
  const about = { caCertificateId, subject: authority.certificate.subject, certificateId }
  if (authority.status !== 'ACTIVE') return diagnose('REGISTRATION_CA_INACTIVE', about)
  if (authority.autoRegistration !== 'ENABLE') return diagnose('REGISTRATION_AUTO_DISABLED', about)
  if (authority.templateName === undefined) {
    const topic = announce(leaf, authority, visit, house)
    return diagnose('REGISTRATION_JITR_PENDING', { certificateId, caCertificateId, topic })
  }
  const subject = { connection: visit.id, clientId: visit.mqtt.connect.clientId, certificateId }
  const result = provision(leaf, authority, house.registry)
  if (!result.ok) {
    const { template, failure } = result
    const refusal = diagnose('REGISTRATION_TEMPLATE_FAILED', {
      template,
      certificateId,
      ...failure,
    })
    const { code, says, remedy } = refusal
    house.journal.write({
      event: 'provisioning.failed',
      ...subject,
      caCertificateId,
      template,
      code,
      says,
      remedy,
      ...(failure.parameter === undefined ? {} : { parameter: failure.parameter }),
      ...(failure.resource === undefined ? {} : { resource: failure.resource }),
    })
    return refusal
  }
  const { provisioned } = result
  house.journal.write({
    event: 'provisioning.provisioned',
    ...subject,
    ...(provisioned.thingName === undefined ? {} : { thingName: provisioned.thingName }),
    caCertificateId,
    template: provisioned.template,
    policies: provisioned.policies,
  })
  const registered = house.registry.certificate(certificateId)
  if (registered) Object.assign(visit, principalOf(registered, visit, house))
  return diagnose('REGISTRATION_JITP_PROVISIONED', {
    certificateId,
    caCertificateId,
    ...provisioned,
  })
}

/** Just-in-time registration; gives the topic that was told. */
function announce(
  leaf: Certificate,
  authority: RegisteredAuthority,
  visit: Visit & Asked,
  house: House,
): string {
  const { account } = house.settings().config
  const event = registerPending(leaf, authority, house.registry, account, house.world)
  house.mqtt.publish(event.topic, event.payload)
  house.journal.write({
    event: 'provisioning.registered',
    connection: visit.id,
    clientId: visit.mqtt.connect.clientId,
    certificateId: leaf.sha256,
    caCertificateId: authority.caCertificateId,
    status: 'PENDING_ACTIVATION',
    topic: event.topic,
  })
  return event.topic
}

/** It or its CA was registered as the certificate room judged it, and is not any more. */
function forgotten(leaf: Certificate, registry: Registry): Diagnosis {
  const registered = registry
    .authorities()
    .slice(0, 10)
    .map(({ certificate }) => ({ subject: certificate.subject, sha256: certificate.sha256 }))
  const unknown = { issuer: leaf.issuer, registered }
  return notRegistered(leaf, registry) ?? diagnose('CERTIFICATE_ISSUER_UNKNOWN', unknown)
}

/**
 * Why a session can't go on, or be, whose certificate is not ACTIVE any more.
 * @param change what has ended it, where it was in session
 */
export function endOfRegistration(
  registered: RegisteredCertificate | undefined,
  registry: Registry,
  { principal }: Principal,
  change?: Told,
): Diagnosis {
  if (registered) return statusDiagnosis(registered, registry, change)
  const { source, certificateId } = principal.registered
  const { thingName } = principal
  return diagnose('REGISTRATION_DELETED', {
    certificateId,
    ...(thingName === undefined ? {} : { thingName }),
    ...(source.kind === 'declared' ? { file: source.file } : {}),
    ...(change === undefined ? {} : { change }),
  })
}

/** Why a registered certificate can't connect, or stay, by its status. */
function statusDiagnosis(
  registered: RegisteredCertificate,
  registry: Registry,
  change?: Told,
): Diagnosis {
  const { certificateId, status, source } = registered
  const [thingName] = registry.thingsOf(certificateId)
  const evidence = {
    certificateId,
    status,
    ...(thingName === undefined ? {} : { thingName }),
    ...(source.kind === 'declared' ? { file: source.file } : {}),
    ...(change === undefined ? {} : { change }),
  }
  switch (status) {
    case 'REVOKED':
      return diagnose('REGISTRATION_REVOKED', evidence)
    case 'PENDING_ACTIVATION':
      return diagnose('REGISTRATION_PENDING_ACTIVATION', evidence)
    case 'PENDING_TRANSFER':
      return diagnose('REGISTRATION_PENDING_TRANSFER', evidence)
    default:
      return diagnose('REGISTRATION_INACTIVE', evidence)
  }
}
