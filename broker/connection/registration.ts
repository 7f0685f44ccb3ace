/**
 * Room 6: is this certificate registered and ACTIVE? If not: is it one that its CA may register or provision now?
 * AWS registers a certificate only when the CONNECT packet has been read, and closes without CONNACK after it.
 */

import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import { thingOf } from '../policy/context.ts'
import { hasTemplate, provision } from '../provisioning/jitp.ts'
import { registerPending } from '../provisioning/jitr.ts'
import { attachedThings } from '../registry/policy-facts.ts'
import type { CertificateMode } from '../registry/records.ts'
import type { RegisteredAuthority, RegisteredCertificate, Registry } from '../registry/registry.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { House } from './house.ts'
import type { Told } from './live.ts'
import { notRegistered } from './not-registered.ts'
import { stackEvidence } from './stack-evidence.ts'
import {
  type Asked,
  type Judged,
  type Principal,
  pass,
  type Room,
  refuse,
  type Visit,
} from './visit.ts'

export const registration: Room<Judged & Asked, Principal> = async (visit, house) => {
  const { leaf, anchor, pending } = visit.certificate
  const { registry } = house
  const registered = registry.certificate(leaf.sha256)
  if (registered) Object.assign(visit, principalOf(registered, visit, house))
  if (pending) return refuse(pending)
  const authority = anchor && registry.authority(anchor.id)
  const unnamed = withoutName(registered ?? authority, leaf, visit)
  if (unnamed) return refuse(unnamed)
  if (registered === undefined) {
    return refuse(
      authority ? await firstContact(leaf, authority, visit, house) : forgotten(leaf, registry),
    )
  }
  if (registered.status === 'ACTIVE') return pass(principalOf(registered, visit, house))
  const { status, source } = registered
  if (authority && status === 'PENDING_ACTIVATION' && source.kind === 'learned') {
    // AWS publishes the JITR event again at each contact of a certificate that is still pending.
    if (!hasTemplate(authority)) {
      const told = await announce(leaf, authority, visit, house)
      if ('refusal' in told) return refuse(told.refusal)
    }
    // DIFFERS: AWS leaves it pending when JITP has failed; here the template, mended perhaps, is tried again.
    else if (source.how === 'jitp') return refuse(await firstContact(leaf, authority, visit, house))
  }
  return refuse(statusDiagnosis(registered, registry))
}

/** AWS: a certificate in mode SNI_ONLY, and one whose CA is, is found by the host name. DG/x509-client-certs */
function withoutName(
  mode: { certificateMode: CertificateMode } | undefined,
  leaf: Certificate,
  { hello, settings }: Visit,
): Diagnosis | undefined {
  if (mode?.certificateMode !== 'SNI_ONLY' || hello?.parsed.sni !== undefined) return undefined
  return diagnose('REGISTRATION_SNI_MISSING', {
    certificateId: leaf.sha256,
    endpoint: settings.endpointName,
    ...(hello ? stackEvidence(hello.stack) : {}),
  })
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

async function firstContact(
  leaf: Certificate,
  authority: RegisteredAuthority,
  visit: Visit & Judged & Asked,
  house: House,
): Promise<Diagnosis> {
  const { caCertificateId } = authority
  const certificateId = leaf.sha256
  const about = { caCertificateId, subject: authority.certificate.subject, certificateId }
  if (authority.status !== 'ACTIVE') return diagnose('REGISTRATION_CA_INACTIVE', about)
  if (authority.autoRegistration !== 'ENABLE') return diagnose('REGISTRATION_AUTO_DISABLED', about)
  if (!hasTemplate(authority)) {
    const told = await announce(leaf, authority, visit, house)
    if ('refusal' in told) return told.refusal
    const { topic } = told
    return diagnose('REGISTRATION_JITR_PENDING', { certificateId, caCertificateId, topic })
  }
  const subject = { connection: visit.id, clientId: visit.mqtt.connect.clientId, certificateId }
  const result = provision(leaf, authority, house.registry)
  const unkept = await keptOrNot(house.registry)
  if (unkept) return unkept
  const { template } = result
  if (!result.ok) {
    const { parameter, refusal: call, resource, why } = result.failure
    const where = {
      ...(parameter === undefined ? {} : { parameter }),
      ...(resource === undefined ? {} : { resource }),
      ...(call === undefined ? {} : { exception: call.exception }),
    }
    const evidence = { template, certificateId, ...where, why }
    const refusal = diagnose('REGISTRATION_TEMPLATE_FAILED', evidence)
    const { code, says, remedy } = refusal
    house.journal.write({
      event: 'provisioning.failed',
      ...subject,
      caCertificateId,
      template,
      code,
      says,
      remedy,
      ...where,
    })
    return refusal
  }
  const { kept, policies, thingName } = result.provisioned
  const made = {
    ...(thingName === undefined ? {} : { thingName }),
    policies,
    ...(kept.length === 0 ? {} : { kept }),
  }
  house.journal.write({
    event: 'provisioning.provisioned',
    ...subject,
    ...made,
    caCertificateId,
    template,
  })
  const registered = house.registry.certificate(certificateId)
  if (registered) Object.assign(visit, principalOf(registered, visit, house))
  return diagnose('REGISTRATION_JITP_PROVISIONED', {
    certificateId,
    caCertificateId,
    template,
    ...made,
  })
}

/** Just-in-time registration; gives the topic that was told. */
async function announce(
  leaf: Certificate,
  authority: RegisteredAuthority,
  visit: Visit & Asked,
  house: House,
): Promise<{ topic: string } | { refusal: Diagnosis }> {
  const event = registerPending(leaf, authority, house.registry)
  if (!event.ok) return { refusal: internal(event.refusal.message) }
  const unkept = await keptOrNot(house.registry)
  if (unkept) return { refusal: unkept }
  const { payload, topic } = event.value
  house.mqtt.publish(topic, payload)
  house.journal.write({
    event: 'provisioning.registered',
    connection: visit.id,
    clientId: visit.mqtt.connect.clientId,
    certificateId: leaf.sha256,
    caCertificateId: authority.caCertificateId,
    status: 'PENDING_ACTIVATION',
    topic,
  })
  return { topic }
}

/** INVARIANT: nobody is told of a registration that a crash could still undo. */
async function keptOrNot(registry: Registry): Promise<Diagnosis | undefined> {
  try {
    await registry.durable()
    return undefined
  } catch (error) {
    return internal(error instanceof Error ? error.message : String(error))
  }
}

function internal(why: string): Diagnosis {
  return diagnose('CLOSE_INTERNAL_ERROR', { error: `the registry could not be changed: ${why}` })
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
