/**
 * Room 4: the client's certificate, judged by us from the chain exactly as it was sent, before OpenSSL sees it.
 *
 * AWS finishes the handshake, reads CONNECT and then closes without CONNACK. So a refusal waits until the registration room,
 * unless config.yaml asks for `refuseCertificates: in-handshake`. Without any certificate there is nothing to wait for.
 */

import { type Diagnosis, diagnose, type Finding } from '../diagnosis/diagnosis.ts'
import { versionName } from '../tls/names.ts'
import type { Certificate } from '../x509/certificate.ts'
import { type Judgement, judgeChain } from '../x509/judge.ts'
import type { ChainProblem, IssuerUnknown } from '../x509/problem.ts'
import { askedOf, phase, stack } from './handshake-end.ts'
import type { House } from './house.ts'
import { notRegistered } from './not-registered.ts'
import {
  type Greeted,
  type Judged,
  type Met,
  pass,
  type Room,
  refuse,
  type Visit,
} from './visit.ts'

export const certificate: Room<Greeted & Met, Judged> = async (visit, house) => {
  const { flight, watch } = visit.handshake
  if (flight.malformed) {
    const says = 'the Certificate message is malformed'
    return refuse(diagnose('CERTIFICATE_UNREADABLE', { position: 0, says, ...stack(visit) }))
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
  const { registry } = house
  const judgement = judged(flight.chain, house)
  const registered = judgement.leaf && registry.certificate(judgement.leaf.sha256) !== undefined
  const { refusals, findings } = sort(judgement, registered === true, visit, house)
  const [first, ...others] = refusals
  const { leaf } = judgement
  // What can't be read, OpenSSL would refuse in its own words; what is too much, it would work on for long.
  const barred = refusals.find(({ code }) => BEFORE_OPENSSL.has(code))
  if (leaf === undefined || barred) {
    const main = barred ?? first ?? unreadable()
    if (leaf) Object.assign(visit, { certificate: { ...judgement, leaf } })
    return refuse(main, [...refusals.filter(one => one !== main), ...findings])
  }
  const inHandshake = visit.settings.config.tls.refuseCertificates === 'in-handshake'
  const known: Judged = {
    certificate: { ...judgement, leaf, ...(first ? { pending: first } : {}) },
  }
  if (first && inHandshake) {
    Object.assign(visit, known)
    return refuse(first, [...others, ...findings])
  }
  return pass(known, [...others, ...findings])
}

function judged(ders: Buffer[], { registry, world, certificates, chains }: House): Judgement {
  const now = world.clock.now()
  return chains.judge(ders, { now, revision: registry.authorityRevision() }, () => {
    const anchors = registry
      .authorities()
      .map(authority => ({ id: authority.caCertificateId, certificate: authority.certificate }))
    return judgeChain(ders, anchors, now, certificates.read, certificates.signedBy)
  })
}

/** Splits what refuses from what is only told. */
function sort(
  { problems, leaf }: Judgement,
  registered: boolean,
  visit: Visit & Greeted & Met,
  house: House,
): { refusals: Diagnosis[]; findings: Finding[] } {
  const strict = visit.settings.config.provisioning.chain === 'strict'
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
    } else if (problem.code === 'CERTIFICATE_KEY_NEEDS_TLS13') {
      const version = visit.handshake.watch.serverHello()?.version ?? 0
      if (version >= TLS13) continue
      // As all that the device's certificate itself is refused for, it comes before its CA.
      refusals.unshift(
        diagnose(problem.code, { ...problem.evidence, version: versionName(version) }),
      )
    } else {
      const diagnosis = diagnoseSeen(problem, leaf, visit)
      if (problem.refuses) refusals.push(diagnosis)
      else findings.push(diagnosis)
    }
  }
  return { refusals, findings }
}

/** What the ClientHello adds to some problems: the device's own clock, its TLS stack. */
function diagnoseSeen(
  problem: ChainProblem,
  leaf: Certificate | undefined,
  visit: Visit & Greeted,
): Diagnosis {
  switch (problem.code) {
    case 'CERTIFICATE_EXPIRED':
      return diagnose(problem.code, { ...problem.evidence, ...deviceClock(leaf, visit) })
    case 'CERTIFICATE_NOT_YET_VALID':
      return diagnose(problem.code, { ...problem.evidence, ...deviceClock(leaf, visit) })
    case 'CERTIFICATE_UNREADABLE':
      return diagnose(problem.code, { ...problem.evidence, ...stack(visit) })
    default:
      // Each problem's evidence is of its own code's type; through a variable code the compiler can't follow.
      return diagnose(problem.code, problem.evidence as never)
  }
}

/** mbedTLS 2 says what its clock is. Which of two clocks is wrong, nobody can tell from here. */
function deviceClock(
  leaf: Certificate | undefined,
  { hello }: Greeted,
): { deviceClock?: string; validByDeviceClock?: boolean } {
  const seconds = hello.stack.deviceClock
  if (seconds === undefined || leaf === undefined) return {}
  const ms = seconds * 1000
  const validByDeviceClock = ms >= leaf.notBefore && ms <= leaf.notAfter
  return { deviceClock: new Date(ms).toISOString(), validByDeviceClock }
}

const TLS13 = 0x0304

const BEFORE_OPENSSL: ReadonlySet<string> = new Set([
  'CERTIFICATE_UNREADABLE',
  'CERTIFICATE_TOO_COMPLEX',
])

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
