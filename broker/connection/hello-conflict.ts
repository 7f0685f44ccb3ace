/** Turns the matcher's answer into the diagnoses of a hello that OpenSSL has refused: the main one, then the others. */

import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import { type Hello, type HelloFault, statedVersions } from '../tls/client-hello.ts'
import {
  type Conflict,
  type Endpoint,
  takesCertificate,
  usableSignatureAlgorithms,
} from '../tls/match.ts'
import {
  extensionName,
  groupName,
  isGrease,
  signatureAlgorithmName,
  suiteName,
  versionName,
} from '../tls/names.ts'
import { suiteNeeds } from '../tls/suite.ts'
import { stackEvidence } from './stack-evidence.ts'
import type { Greeted } from './visit.ts'

/** The TLS version that both sides have, or the highest one offered. */
export function versionOf({ match, parsed }: Pick<Greeted['hello'], 'match' | 'parsed'>): number {
  return (match.ok ? match.version : match.conflict.version) ?? parsed.versions[0] ?? 0
}

/** @returns the reasons, the main one first; none when the matcher finds that both sides do fit */
export function helloConflicts(greeted: Greeted['hello'], endpoint: Endpoint): Diagnosis[] {
  const { match } = greeted
  if (match.ok) return []
  const { conflict, also } = match
  return [conflict.kind, ...also].map(kind => conflictDiagnosis(kind, conflict, greeted, endpoint))
}

/**
 * What is wrong with the form of a hello's extensions, in one sentence; undefined where nothing is that OpenSSL looks at.
 * @param version the TLS version that both sides have, or the highest one offered
 */
export function helloFaults(hello: Hello, version: number): string | undefined {
  const [first, ...others] = hello.faults.filter(({ extension }) =>
    isRead(extension, hello, version),
  )
  if (first === undefined) return undefined
  const more = others.length === 0 ? '' : `; ${others.map(faultWords).join('; ')}`
  return `${faultWords(first)}${more} (RFC 8446 4.2)`
}

/**
 * Whether OpenSSL refuses a wrong form of it: it looks only at the extensions that it knows, and reads only those of the version
 * chosen. Measured with 3.0.
 */
export function isRead(extension: number, { extensions }: Hello, version: number): boolean {
  if (!KNOWN_TO_OPENSSL.has(extension)) return false
  const twice = extensions.indexOf(extension) !== extensions.lastIndexOf(extension)
  if (twice) return true
  if (version >= TLS13) return extension !== POINT_FORMATS
  return extension !== KEY_SHARE && (extension !== PSK_MODES || extensions.includes(VERSIONS))
}

const TLS13 = 0x0304
const [POINT_FORMATS, VERSIONS, PSK_MODES, KEY_SHARE] = [11, 43, 45, 51]
const KNOWN_TO_OPENSSL: ReadonlySet<number> = new Set([
  0, 1, 5, 10, 11, 12, 13, 14, 16, 18, 21, 22, 23, 35, 41, 42, 43, 44, 45, 47, 49, 50, 51, 13172,
  0xff01,
])

/** `the extension supported_groups has a list of an odd length` */
export function faultWords({ extension, says }: HelloFault): string {
  return `the extension ${extensionName(extension)} ${says}`
}

function conflictDiagnosis(
  kind: Conflict['kind'],
  conflict: Conflict,
  { parsed: hello, stack }: Greeted['hello'],
  endpoint: Endpoint,
): Diagnosis {
  const version = versionName(conflict.version ?? 0)
  const known = stackEvidence(stack)
  if (kind === 'version') {
    const stated = statedVersions(hello)
    return diagnose('HELLO_VERSION_UNSUPPORTED', {
      offered: stated.map(versionName),
      ...(stated.length < hello.versions.length ? { atMost: true } : {}),
      accepted: versionsOf(endpoint),
      securityPolicy: endpoint.securityPolicy,
      ...known,
    })
  }
  if (kind === 'rule') {
    return diagnose('HELLO_RULE_BROKEN', { says: conflict.says ?? '', ...known })
  }
  if (kind === 'group') {
    return diagnose('HELLO_NO_SHARED_GROUP', {
      offered: names(hello.groups ?? [], groupName),
      accepted: endpoint.groups.map(groupName),
      version,
      extensionAbsent: hello.groups === undefined,
      suites: conflict.dropped
        .filter(entry => entry.lacks === 'group')
        .map(e => suiteName(e.suite)),
      ...known,
    })
  }
  if (kind === 'signature-algorithm') {
    const usable = endpoint.serverKeys.flatMap(key =>
      usableSignatureAlgorithms(key, conflict.version ?? 0, endpoint.ecdsaCurve),
    )
    return diagnose('HELLO_NO_SHARED_SIGNATURE_ALGORITHM', {
      offered: names(
        hello.signatureAlgorithms ?? impliedSignatures(conflict),
        signatureAlgorithmName,
      ),
      usable: usable.map(signatureAlgorithmName),
      serverKeys: endpoint.serverKeys,
      version,
      ...certificateSignature(hello, usable, endpoint),
      ...known,
    })
  }
  return diagnose('HELLO_NO_SHARED_CIPHER', {
    offered: names(hello.cipherSuites, suiteName),
    // Suites of another version would not help this client.
    accepted: endpoint.suites
      .filter(id => suiteNeeds(id)?.tls13 === (conflict.version === TLS13))
      .map(suiteName),
    serverKeys: endpoint.serverKeys,
    offeredKeyTypes: keyTypes(hello),
    cause: kind,
    version,
    dropped: conflict.dropped.map(({ suite, lacks }) => ({ suite: suiteName(suite), lacks })),
    ...known,
  })
}

/** Where our key could sign, and the client takes no certificate that is signed as ours is. */
function certificateSignature(
  hello: Hello,
  usable: number[],
  endpoint: Endpoint,
): { certificate?: { offered: string[]; signed: string[] } } {
  const signs = usable.some(id => hello.signatureAlgorithms?.includes(id))
  const taken = endpoint.serverKeys.some(key => takesCertificate(hello, key, endpoint))
  if (!signs || taken) return {}
  const signed = endpoint.serverKeys.flatMap(key => endpoint.certificateSignatures?.[key] ?? [])
  return {
    certificate: {
      offered: names(hello.signatureAlgorithmsCert ?? [], signatureAlgorithmName),
      signed: [...new Set(signed)].map(signatureAlgorithmName),
    },
  }
}

/** RFC 5246 7.4.1.4.1: whoever states none on TLS 1.2 takes SHA-1; TLS 1.3 implies nothing. */
function impliedSignatures({ version }: Conflict): number[] {
  return version === 0x0303 ? [0x0201, 0x0203] : []
}

function keyTypes(hello: Hello): ('RSA' | 'ECDSA' | 'any' | 'other')[] {
  const types = new Set<'RSA' | 'ECDSA' | 'any' | 'other'>()
  for (const id of hello.cipherSuites) {
    const certificate = suiteNeeds(id)?.certificate
    // Signalling values (0x00ff, 0x5600) and GREASE are no suites.
    if (certificate === undefined || id === 0x00ff || id === 0x5600) continue
    types.add(certificate === 'DSS' || certificate === 'none' ? 'other' : certificate)
  }
  return [...types]
}

function versionsOf(endpoint: Endpoint): string[] {
  const versions: string[] = []
  for (let id = endpoint.maxVersion; id >= endpoint.minVersion; id--) versions.push(versionName(id))
  return versions
}

function names(ids: number[], name: (id: number) => string): string[] {
  return ids.filter(id => !isGrease(id)).map(name)
}
