/** What the record says about TLS: the client's offer by name, and what the handshake came to. */

import type { HelloRecord, TlsRecord } from '../journal/dossier.ts'
import type { Hello } from '../tls/client-hello.ts'
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
import { suiteNeeds } from '../tls/suite.ts'
import { faultWords } from './hello-conflict.ts'
import type { ServerCertificateFacts, Settings } from './house.ts'
import type { Greeted, Visit } from './visit.ts'

export function helloRecord({ hello }: Greeted): HelloRecord {
  const { named, stack, parsed } = hello
  return {
    ...named,
    // Not among what is kept for the next hello: keys are left out of the comparison, and a key can be wrong.
    ...(parsed.faults.length === 0 ? {} : { faults: parsed.faults.map(faultWords) }),
    stack: {
      name: stack.name,
      ...(stack.variant === undefined ? {} : { variant: stack.variant }),
      confidence: stack.confidence,
      why: stack.why,
    },
  }
}

/** All of the record that follows from the offer alone. */
export function namedOffer(parsed: Hello): Omit<HelloRecord, 'stack'> {
  return {
    version: versionName(parsed.version),
    versions: parsed.versions.map(versionName),
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
  const server = watch.server()
  const seen = watch.alerts()
  // Only a failed handshake has a sealed alert: looking for one costs.
  const sealed = secured || seen.length > 0 ? undefined : watch.sealedAlert()
  const alerts = [...seen, ...(sealed ? [sealed] : []), ...ours]
  const kind = serverKind(visit)
  const retry = watch.retry()
  return {
    ...(hello
      ? { version: versionName(hello.version), cipherSuite: suiteName(hello.cipherSuite) }
      : {}),
    ...(server.group === undefined ? {} : { group: groupName(server.group) }),
    ...(kind === undefined ? {} : { serverCertificate: kind }),
    ...(server.signatureAlgorithm === undefined
      ? {}
      : { signatureAlgorithm: signatureAlgorithmName(server.signatureAlgorithm) }),
    ...(retry === undefined
      ? {}
      : {
          retry: {
            group: groupName(retry.group),
            ...(retry.second ? { keyShares: retry.second.keyShares.map(groupName) } : {}),
          },
        }),
    phase: secured ? 'handshake finished' : watch.clientSent(),
    alerts: alerts.map(named),
  }
}

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
function serverKind(visit: Visit): 'RSA' | 'ECDSA' | undefined {
  const watch = visit.handshake?.watch
  const suite = watch?.serverHello()?.cipherSuite
  if (watch === undefined || suite === undefined) return undefined
  const needs = suiteNeeds(suite)?.certificate
  if (needs === 'RSA' || needs === 'ECDSA') return needs
  const algorithm = watch.server().signatureAlgorithm
  if (algorithm === undefined) return undefined
  return signatureAlgorithmName(algorithm).startsWith('ecdsa') ? 'ECDSA' : 'RSA'
}

function names(ids: number[], name: (id: number) => string): string[] {
  return ids.filter(id => !isGrease(id)).map(name)
}
