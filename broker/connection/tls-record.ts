/** What the record says about TLS: the client's offer by name, and what the handshake came to. */

import type { HelloRecord, TlsRecord } from '../journal/dossier.ts'
import { type Hello, statedVersions } from '../tls/client-hello.ts'
import { ja3, ja4 } from '../tls/fingerprint.ts'
import type { Alert } from '../tls/handshake-watch.ts'
import {
  alertName,
  extensionName,
  groupName,
  isGrease,
  signatureAlgorithmName,
  suiteName,
  versionName,
} from '../tls/names.ts'
import type { ServerFlight } from '../tls/server-flight.ts'
import type { Stack } from '../tls/stack.ts'
import { suiteNeeds } from '../tls/suite.ts'
import { faultWords } from './hello-conflict.ts'
import type { ServerCertificateFacts, Settings } from './house.ts'
import type { Greeted, Visit } from './visit.ts'

export function helloRecord({ hello }: Greeted): HelloRecord {
  const { record, parsed } = hello
  // Not among what is kept for the next hello: keys are left out of the comparison, and a key can be wrong.
  return parsed.faults.length === 0 ? record : { ...record, faults: parsed.faults.map(faultWords) }
}

/** All of the record that follows from the offer alone. */
export function offerRecord(parsed: Hello, stack: Stack): HelloRecord {
  return {
    version: versionName(parsed.version),
    versions: statedVersions(parsed).map(versionName),
    cipherSuites: names(parsed.cipherSuites, suiteName),
    groups: names(parsed.groups ?? [], groupName),
    keyShares: names(parsed.keyShares, groupName),
    signatureAlgorithms: names(parsed.signatureAlgorithms ?? [], signatureAlgorithmName),
    ...(parsed.signatureAlgorithmsCert === undefined
      ? {}
      : {
          signatureAlgorithmsCert: names(parsed.signatureAlgorithmsCert, signatureAlgorithmName),
        }),
    ...(parsed.sni === undefined ? {} : { sni: parsed.sni }),
    alpn: parsed.alpn,
    ...(parsed.maxFragmentLength === undefined
      ? {}
      : { maxFragmentLength: parsed.maxFragmentLength }),
    ...(parsed.recordSizeLimit === undefined ? {} : { recordSizeLimit: parsed.recordSizeLimit }),
    ...(parsed.sessionTicket ? { sessionTicket: parsed.sessionTicket } : {}),
    ...(parsed.pskIdentities === undefined ? {} : { pskIdentities: parsed.pskIdentities.length }),
    extensions: names(parsed.extensions, extensionName),
    ja3: ja3(parsed),
    ja4: ja4(parsed),
    stack: {
      name: stack.name,
      ...(stack.variant === undefined ? {} : { variant: stack.variant }),
      confidence: stack.confidence,
      why: stack.why,
    },
  }
}

/** @param refusedWith the alert with which we ourselves refused, which OpenSSL knows nothing of */
export function tlsRecord(visit: Visit & Greeted, refusedWith?: number): TlsRecord {
  const { handshake, secured } = visit
  const ours =
    refusedWith === undefined ? [] : [{ from: 'broker' as const, level: 2, number: refusedWith }]
  if (handshake === undefined) return { phase: 'ClientHello', alerts: ours.map(named) }
  const { watch } = handshake
  const hello = watch.serverHello()
  const server = serverOf(visit)
  const kind = serverKind(visit, server)
  const record: Partial<TlsRecord> = {}
  const seen = watch.alerts()
  // Only a failed handshake has a sealed alert: looking for one costs.
  const sealed = secured || seen.length > 0 ? undefined : watch.sealedAlert()
  const alerts = [...seen, ...(sealed ? [sealed] : []), ...ours].map(named)
  if (hello) {
    record.version = versionName(hello.version)
    record.cipherSuite = suiteName(hello.cipherSuite)
  }
  if (server.group !== undefined) record.group = groupName(server.group)
  if (kind !== undefined) record.serverCertificate = kind
  if (server.signatureAlgorithm !== undefined) {
    record.signatureAlgorithm = signatureAlgorithmName(server.signatureAlgorithm)
  }
  const retry = watch.retry()
  if (retry) {
    const keyShares = retry.second?.keyShares.map(groupName)
    record.retry = { group: groupName(retry.group), ...(keyShares ? { keyShares } : {}) }
  }
  const phase = secured ? 'handshake finished' : watch.clientSent()
  return Object.assign(record, { phase, alerts })
}

/** What our flight says. On TLS 1.3 it is opened only for an offer that was not seen before, or a handshake that failed. */
export function serverOf(visit: Visit): ServerFlight {
  const { handshake, hello, secured } = visit
  if (handshake === undefined) return {}
  const { watch } = handshake
  const agreed = watch.serverHello()
  const signed = secured && agreed && agreed.version >= TLS13 ? hello?.signed : undefined
  if (agreed && signed?.algorithm !== undefined) {
    const group = agreed.group === undefined ? {} : { group: agreed.group }
    return { ...group, signatureAlgorithm: signed.algorithm }
  }
  const server = watch.server()
  if (signed && server.signatureAlgorithm !== undefined) {
    signed.algorithm = server.signatureAlgorithm
  }
  return server
}

const TLS13 = 0x0304

function named({ from, level, number }: Alert): TlsRecord['alerts'][number] {
  return { from, level: level === 1 ? 'warning' : 'fatal', number, name: alertName(number) }
}

/** Our certificate as this client got it, or would have. */
export function serverFacts(
  visit: Visit & Greeted,
  settings: Settings,
): Omit<ServerCertificateFacts, 'kind'> & { serverKey: 'RSA' | 'ECDSA' } {
  const kind = serverKind(visit)
  const facts: ServerCertificateFacts | undefined =
    settings.server.find(certificate => certificate.kind === kind) ?? settings.server[0]
  return {
    names: facts?.names ?? [],
    notBefore: facts?.notBefore ?? '',
    notAfter: facts?.notAfter ?? '',
    serverKey: facts?.kind ?? 'RSA',
    ...(facts?.caFile === undefined ? {} : { caFile: facts.caFile }),
    ...(facts?.issuer === undefined ? {} : { issuer: facts.issuer }),
  }
}

/** Which of our certificates was used: the suite tells on TLS 1.2, our signature on TLS 1.3. */
function serverKind(visit: Visit, server?: ServerFlight): 'RSA' | 'ECDSA' | undefined {
  const watch = visit.handshake?.watch
  const suite = watch?.serverHello()?.cipherSuite
  if (watch === undefined || suite === undefined) return undefined
  const needs = suiteNeeds(suite)?.certificate
  if (needs === 'RSA' || needs === 'ECDSA') return needs
  const algorithm = (server ?? serverOf(visit)).signatureAlgorithm
  if (algorithm === undefined) return undefined
  return signatureAlgorithmName(algorithm).startsWith('ecdsa') ? 'ECDSA' : 'RSA'
}

function names(ids: number[], name: (id: number) => string): string[] {
  return ids.filter(id => !isGrease(id)).map(name)
}
