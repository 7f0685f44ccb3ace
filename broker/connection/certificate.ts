/**
 * Room 4: the client's certificate, judged by us from the chain exactly as it was sent, before OpenSSL sees it.
 *
 * AWS finishes the handshake, reads CONNECT and then closes without CONNACK. So a refusal waits until the registration room,
 * unless config.yaml asks for `refuseCertificates: in-handshake`. Without any certificate there is nothing to wait for.
 */

import { type Diagnosis, diagnose, type Finding } from '../diagnosis/diagnosis.ts'
import type { Certificate } from '../x509/certificate.ts'
import { type Judgement, judgeChain } from '../x509/judge.ts'
import type { IssuerUnknown } from '../x509/problem.ts'
import { askedOf, phase, stack } from './handshake-end.ts'
import type { House } from './house.ts'
import { notRegistered } from './not-registered.ts'
import { type Greeted, type Judged, type Met, pass, type Room, refuse } from './visit.ts'

export const certificate: Room<Greeted & Met, Judged> = async (visit, house) => {
  const { flight, watch } = visit.handshake
  if (flight.malformed) {
    const says = 'the Certificate message is malformed'
    return refuse(diagnose('CERTIFICATE_UNREADABLE', { position: 0, says }))
  }
  if (flight.unreadable !== undefined) {
    const evidence = { says: flight.unreadable, phase: phase(watch), ...stack(visit) }
    return refuse(diagnose('HANDSHAKE_UNREADABLE', evidence))
  }
  if (flight.chain === undefined || flight.chain.length === 0) {
    const omitted = flight.chain === undefined ? { omitted: true } : {}
    const evidence = { ...askedOf(watch), ...omitted, ...stack(visit) }
    return refuse(diagnose('CERTIFICATE_MISSING', evidence))
  }
  // `candid device create`, and the device connects before the files have come to rest.
  await house.fresh?.()
  const { registry, world, certificates } = house
  const anchors = registry
    .authorities()
    .map(authority => ({ id: authority.caCertificateId, certificate: authority.certificate }))
  const now = world.clock.now()
  const judgement = judgeChain(flight.chain, anchors, now, certificates.read, certificates.signedBy)
  const registered = judgement.leaf && registry.certificate(judgement.leaf.sha256) !== undefined
  const { refusals, findings } = sort(judgement, registered === true, house)
  const [first, ...others] = refusals
  const { leaf } = judgement
  if (leaf === undefined) {
    return refuse(first ?? unreadable(), [...others, ...findings])
  }
  const inHandshake = house.settings().config.tls.refuseCertificates === 'in-handshake'
  const judged: Judged = {
    certificate: { ...judgement, leaf, ...(first ? { pending: first } : {}) },
  }
  if (first && inHandshake) {
    Object.assign(visit, judged)
    return refuse(first, [...others, ...findings])
  }
  return pass(judged, [...others, ...findings])
}

/** Splits what refuses from what is only told. */
function sort(
  { problems, leaf }: Judgement,
  registered: boolean,
  house: House,
): { refusals: Diagnosis[]; findings: Finding[] } {
  const strict = house.settings().config.provisioning.chain === 'strict'
  const refusals: Diagnosis[] = []
  const findings: Finding[] = []
  for (const problem of problems) {
    // A certificate that is registered itself needs no CA.
    if (registered && ABOUT_THE_CA.has(problem.code)) continue
    if (problem.code === 'CHAIN_SIGNER_DIFFERS' && strict && !registered) {
      const refusal = diagnose(problem.code, { ...problem.evidence, strict: true })
      refusals.push({ ...refusal, severity: 'error' })
    } else if (problem.code === 'CERTIFICATE_ISSUER_UNKNOWN') {
      refusals.push(issuerUnknown(problem.evidence, leaf, house))
    } else {
      const diagnosis = diagnose(problem.code, problem.evidence)
      if (problem.refuses) refusals.push(diagnosis)
      else findings.push(diagnosis)
    }
  }
  return { refusals, findings }
}

const ABOUT_THE_CA = new Set(['CERTIFICATE_ISSUER_UNKNOWN', 'CERTIFICATE_SIGNER_MISMATCH'])

/** A registered CA that nearly fits says more than any certificate beside this one. */
function issuerUnknown(
  evidence: IssuerUnknown,
  leaf: Certificate | undefined,
  { registry }: House,
): Diagnosis {
  const nearlyFits = evidence.sentPathReaches ?? evidence.signedUnderOtherName
  const near = leaf && nearlyFits === undefined ? notRegistered(leaf, registry) : undefined
  return near ?? diagnose('CERTIFICATE_ISSUER_UNKNOWN', evidence)
}

function unreadable(): Diagnosis {
  return diagnose('CERTIFICATE_UNREADABLE', { position: 0, says: 'it could not be read' })
}
