/**
 * Says what a ClientHello and this endpoint have in common, step by step: version, suites, the certificate type and the
 * group that each common suite needs, signature algorithms. The first empty set is the reason of a refusal.
 *
 * It explains; it never refuses by itself: OpenSSL decides, so a mistake here can't keep a device out.
 */

import type { Hello } from './client-hello.ts'
import { isGrease } from './names.ts'
import { suiteNeeds } from './suite.ts'

export type KeyType = 'RSA' | 'ECDSA'

/** What this endpoint accepts. Numbers are IANA's. */
export type Endpoint = {
  securityPolicy: string
  minVersion: number
  maxVersion: number
  suites: number[]
  groups: number[]
  serverKeys: KeyType[]
}

export type Dropped = {
  suite: number
  lacks: 'group' | 'ecdsa-certificate' | 'rsa-certificate' | 'signature-algorithm'
}

export type Conflict = {
  kind: 'version' | 'suites' | 'certificate-type' | 'group' | 'signature-algorithm'
  version?: number
  dropped: Dropped[]
}

export type Match =
  | { ok: true; version: number; suites: number[] }
  | { ok: false; conflict: Conflict; also: Conflict['kind'][] }

const TLS12 = 0x0303
const TLS13 = 0x0304

/** @returns what both sides share, or the first thing that they don't */
export function match(hello: Hello, endpoint: Endpoint): Match {
  const version = hello.versions.find(
    offered => offered >= endpoint.minVersion && offered <= endpoint.maxVersion,
  )
  if (version === undefined) {
    return { ok: false, conflict: { kind: 'version', dropped: [] }, also: [] }
  }
  return version >= TLS13 ? match13(hello, endpoint) : match12(hello, endpoint)
}

/** Groups in common; undefined when the client stated none and may be given any (RFC 8422 4). */
export function sharedGroups(hello: Hello, endpoint: Endpoint): number[] | undefined {
  if (hello.groups === undefined) return undefined
  return endpoint.groups.filter(group => hello.groups?.includes(group))
}

/** The signature algorithms that a key of this type can use on this version. */
export function usableSignatureAlgorithms(key: KeyType, version: number): number[] {
  if (key === 'ECDSA') return version >= TLS13 ? [0x0403] : [0x0403, 0x0503, 0x0603, 0x0303, 0x0203]
  const pss = [0x0804, 0x0805, 0x0806]
  return version >= TLS13 ? pss : [...pss, 0x0401, 0x0501, 0x0601, 0x0301, 0x0201]
}

function match13(hello: Hello, endpoint: Endpoint): Match {
  const version = TLS13
  const suites = endpoint.suites.filter(
    id => suiteNeeds(id)?.tls13 && hello.cipherSuites.includes(id),
  )
  const groups = sharedGroups(hello, endpoint) ?? []
  const signed = endpoint.serverKeys.some(key => canSign(hello, key, version))
  const failures: Conflict['kind'][] = []
  if (suites.length === 0) failures.push('suites')
  if (groups.length === 0) failures.push('group')
  if (!signed) failures.push('signature-algorithm')
  const [kind, ...also] = failures
  if (kind === undefined) return { ok: true, version, suites }
  const lacks = kind === 'group' ? 'group' : 'signature-algorithm'
  const dropped = suites.map(suite => ({ suite, lacks }) as const)
  return { ok: false, conflict: { kind, version, dropped }, also }
}

function match12(hello: Hello, endpoint: Endpoint): Match {
  const version = TLS12
  const common = endpoint.suites.filter(
    id => suiteNeeds(id)?.tls13 === false && hello.cipherSuites.includes(id),
  )
  if (common.length === 0) {
    const also: Conflict['kind'][] = sharedGroups(hello, endpoint)?.length === 0 ? ['group'] : []
    return { ok: false, conflict: { kind: 'suites', version, dropped: [] }, also }
  }
  const groupMissing = sharedGroups(hello, endpoint)?.length === 0
  const suites: number[] = []
  const dropped: Dropped[] = []
  for (const suite of common) {
    const lacks = lacking(suite, hello, endpoint, groupMissing)
    if (lacks === undefined) suites.push(suite)
    else dropped.push({ suite, lacks })
  }
  if (suites.length > 0) return { ok: true, version, suites }
  const kinds = conflictKinds(dropped)
  // `common` is not empty and every suite of it was dropped, so there is at least one kind.
  const [kind = 'suites', ...also] = kinds
  if (groupMissing && kind === 'certificate-type') also.push('group')
  return { ok: false, conflict: { kind, version, dropped }, also: [...new Set(also)] }
}

function lacking(
  suite: number,
  hello: Hello,
  endpoint: Endpoint,
  groupMissing: boolean,
): Dropped['lacks'] | undefined {
  const needs = suiteNeeds(suite)
  const key = needs?.certificate === 'ECDSA' ? 'ECDSA' : 'RSA'
  if (!endpoint.serverKeys.includes(key)) {
    return key === 'ECDSA' ? 'ecdsa-certificate' : 'rsa-certificate'
  }
  if (needs?.exchange === 'ECDHE' && groupMissing) return 'group'
  // RFC 8422 5.1.1: our P-256 certificate is of use only to a client that lists the curve.
  if (key === 'ECDSA' && hello.groups !== undefined && !hello.groups.includes(23)) return 'group'
  // A static RSA exchange carries no server signature.
  if (needs?.exchange === 'ECDHE' && !canSign(hello, key, TLS12)) return 'signature-algorithm'
  return undefined
}

function canSign(hello: Hello, key: KeyType, version: number): boolean {
  const offered = hello.signatureAlgorithms
  // RFC 5246 7.4.1.4.1: without the extension SHA-1 is implied; OpenSSL then signs with it or refuses.
  if (offered === undefined) return version < TLS13
  const usable = usableSignatureAlgorithms(key, version)
  return offered.some(id => !isGrease(id) && usable.includes(id))
}

/** Most telling first: a certificate type beats a group, since no group would help. */
function conflictKinds(dropped: Dropped[]): Conflict['kind'][] {
  const kinds: Conflict['kind'][] = []
  const every = (test: (lacks: Dropped['lacks']) => boolean): boolean =>
    dropped.every(entry => test(entry.lacks))
  if (every(lacks => lacks.endsWith('certificate'))) kinds.push('certificate-type')
  if (dropped.some(entry => entry.lacks === 'group')) kinds.push('group')
  if (dropped.some(entry => entry.lacks === 'signature-algorithm'))
    kinds.push('signature-algorithm')
  if (!kinds.includes('certificate-type') && dropped.some(e => e.lacks.endsWith('certificate'))) {
    kinds.push('certificate-type')
  }
  return kinds
}
