/**
 * Says what a ClientHello and this endpoint have in common, step by step: version, suites, the certificate type and the
 * group that each common suite needs, signature algorithms. The first empty set is the reason of a refusal.
 *
 * It explains; it never refuses by itself: OpenSSL decides, so a mistake here can't keep a device out.
 */

import type { Hello } from './client-hello.ts'
import { groupName } from './names.ts'
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
  /** Of our ECDSA key; P-256 unless told. */
  ecdsaCurve?: number
  /** How each certificate itself is signed, by its issuer, as signature_algorithms_cert names it; missing: not looked at. */
  certificateSignatures?: Partial<Record<KeyType, number[]>>
}

export type Dropped = {
  suite: number
  lacks: 'group' | 'ecdsa-certificate' | 'rsa-certificate' | 'signature-algorithm' | 'point-format'
}

export type Conflict = {
  /** `rule`: the hello breaks a rule of the RFC, and is refused whatever else fits. */
  kind: 'version' | 'suites' | 'certificate-type' | 'group' | 'signature-algorithm' | 'rule'
  version?: number
  dropped: Dropped[]
  /** The rule in words, for when `rule` is the kind or one of the others. */
  says?: string
}

export type Match = Accepted | (Refused & { alert: number })

type Accepted = {
  ok: true
  version: number
  /** In our order: the first is taken. */
  suites: number[]
  /** The group that the first suite is used with; none with static RSA. */
  group?: number
  /** The client sent no key for that group, so we ask for one (HelloRetryRequest). */
  retry?: true
}

/**
 * `also`: what else has to change before this client is accepted, or could change instead. With it goes `alert`, the number
 * that OpenSSL sends.
 */
type Refused = { ok: false; conflict: Conflict; also: Conflict['kind'][] }

const TLS12 = 0x0303
const TLS13 = 0x0304

/** @returns what both sides share, or the first thing that they don't */
export function match(hello: Hello, endpoint: Endpoint): Match {
  const matched = compare(hello, endpoint)
  return matched.ok ? matched : { ...matched, alert: alertOf(matched, hello, endpoint) }
}

function compare(hello: Hello, endpoint: Endpoint): Accepted | Refused {
  const version = sharedVersion(hello, endpoint)
  if (version === undefined) {
    return { ok: false, conflict: { kind: 'version', dropped: [] }, also: [] }
  }
  const rest = version >= TLS13 ? match13(hello, endpoint) : match12(hello, endpoint)
  const says = brokenRule(hello, version, endpoint)
  if (says === undefined) return rest
  const also = rest.ok ? [] : [rest.conflict.kind, ...rest.also].filter(kind => kind !== 'rule')
  return { ok: false, conflict: { kind: 'rule', version, dropped: [], says }, also }
}

/**
 * Our keys that can sign in a way that this client takes; all of them when none can. OpenSSL takes the first common suite of
 * TLS 1.2 without a look at the signature, and fails when that can't be made, so it must not see the other keys.
 */
export function signingKeys(hello: Hello, endpoint: Endpoint): KeyType[] {
  const version = sharedVersion(hello, endpoint) ?? TLS12
  const keys = endpoint.serverKeys.filter(key => canSign(hello, key, version, endpoint))
  return keys.length === 0 ? endpoint.serverKeys : keys
}

/**
 * The signature algorithms that a key of this type can use on this version.
 * DIFFERS: OpenSSL signs with SHA-1 for nobody; what AWS IoT does on TLS 1.2 isn't documented.
 */
export function usableSignatureAlgorithms(
  key: KeyType,
  version: number,
  curve: number = P256,
): number[] {
  if (key === 'ECDSA') {
    // RFC 8446 4.2.3: there each curve has an algorithm of its own.
    return version >= TLS13 ? [TLS13_ECDSA[curve] ?? 0x0403] : [0x0403, 0x0503, 0x0603, 0x0303]
  }
  const pss = [0x0804, 0x0805, 0x0806]
  return version >= TLS13 ? pss : [...pss, 0x0401, 0x0501, 0x0601, 0x0301]
}

const TLS13_ECDSA: Record<number, number> = { 23: 0x0403, 24: 0x0503, 25: 0x0603 }

function sharedVersion(hello: Hello, endpoint: Endpoint): number | undefined {
  return hello.versions.find(
    offered => offered >= endpoint.minVersion && offered <= endpoint.maxVersion,
  )
}

/** OpenSSL names few causes by an alert of their own, and looks for missing extensions once a suite is found. */
function alertOf({ conflict, also }: Refused, hello: Hello, endpoint: Endpoint): number {
  const { kind, version } = conflict
  if (hello.version <= SSL3) return HANDSHAKE_FAILURE
  if (version === undefined) return PROTOCOL_VERSION
  if (fallsBack(hello, version, endpoint)) return INAPPROPRIATE_FALLBACK
  if (version < TLS13 || kind === 'suites' || also.includes('suites')) return HANDSHAKE_FAILURE
  const { groups, signatureAlgorithms, extensions } = hello
  if (groups === undefined || !extensions.includes(KEY_SHARE)) return MISSING_EXTENSION
  if (strayKeyShare(hello, endpoint) !== undefined) return ILLEGAL_PARAMETER
  return signatureAlgorithms === undefined ? MISSING_EXTENSION : HANDSHAKE_FAILURE
}

const HANDSHAKE_FAILURE = 40
const ILLEGAL_PARAMETER = 47
const PROTOCOL_VERSION = 70
const INAPPROPRIATE_FALLBACK = 86
const MISSING_EXTENSION = 109

const SSL3 = 0x0300
const FALLBACK_SCSV = 0x5600
const KEY_SHARE = 51

function fallsBack(hello: Hello, version: number, endpoint: Endpoint): boolean {
  return hello.cipherSuites.includes(FALLBACK_SCSV) && version < endpoint.maxVersion
}

function brokenRule(hello: Hello, version: number, endpoint: Endpoint): string | undefined {
  if (hello.version <= SSL3) {
    return 'its legacy_version is SSLv3, though it lists newer versions (RFC 8446 4.1.2)'
  }
  if (fallsBack(hello, version, endpoint)) {
    return 'TLS_FALLBACK_SCSV marks it as a second try with a lower version, and a higher one would do (RFC 7507)'
  }
  if (version >= TLS13 && hello.groups !== undefined && !hello.extensions.includes(KEY_SHARE)) {
    return 'it offers TLS 1.3 without the key_share extension (RFC 8446 9.2)'
  }
  return version >= TLS13 ? strayKeyShare(hello, endpoint) : undefined
}

/** OpenSSL looks at the shares up to the first one that it can use. */
function strayKeyShare({ keyShares, groups }: Hello, endpoint: Endpoint): string | undefined {
  if (groups === undefined) return undefined
  for (const share of keyShares) {
    if (!groups.includes(share)) {
      return `its key share is for ${groupName(share)}, which is not among the groups that it offers (RFC 8446 4.2.8)`
    }
    if (endpoint.groups.includes(share)) return undefined
  }
  return undefined
}

function match13(hello: Hello, endpoint: Endpoint): Accepted | Refused {
  const version = TLS13
  const suites = endpoint.suites.filter(
    id => suiteNeeds(id)?.tls13 && hello.cipherSuites.includes(id),
  )
  const signed = endpoint.serverKeys.some(key => canSign(hello, key, version, endpoint))
  const failures: Conflict['kind'][] = []
  if (suites.length === 0) failures.push('suites')
  if (!sharesGroup(hello, endpoint)) failures.push('group')
  if (!signed) failures.push('signature-algorithm')
  const [kind, ...also] = failures
  if (kind === undefined) return { ok: true, version, suites, ...keyShare(hello, endpoint) }
  const lacks = kind === 'group' ? 'group' : 'signature-algorithm'
  const dropped = suites.map(suite => ({ suite, lacks }) as const)
  return { ok: false, conflict: { kind, version, dropped }, also }
}

function match12(hello: Hello, endpoint: Endpoint): Accepted | Refused {
  const version = TLS12
  const common = endpoint.suites
    .filter(id => suiteNeeds(id)?.tls13 === false && hello.cipherSuites.includes(id))
    .map(suite => ({ suite, lacks: lacking(suite, hello, endpoint) }))
  const usable = common.filter(({ lacks }) => lacks.length === 0)
  const [first] = usable
  if (first !== undefined) {
    const ecdhe = suiteNeeds(first.suite)?.exchange === 'ECDHE'
    const group = ecdhe ? sharedGroup(hello, endpoint) : undefined
    const suites = usable.map(({ suite }) => suite)
    return { ok: true, version, suites, ...(group === undefined ? {} : { group }) }
  }
  if (common.length === 0) {
    const also = kindsOf(nearest(possible(hello, endpoint)))
    return { ok: false, conflict: { kind: 'suites', version, dropped: [], says: POINTS }, also }
  }
  const dropped = common.map(({ suite, lacks: [first = 'group'] }) => ({ suite, lacks: first }))
  // Every common suite lacks something, so there is at least one kind.
  const [kind = 'suites', ...also] = kindsOf(nearest(common))
  return { ok: false, conflict: { kind, version, dropped, says: POINTS }, also }
}

/** The only rule that counts for some suites and not for others. */
const POINTS = 'it lists point formats without the uncompressed one (RFC 8422 5.1.2)'

type Lacks = Dropped['lacks'][]

/** All that keeps a suite of TLS 1.2 from being used, the most telling first. */
function lacking(suite: number, hello: Hello, endpoint: Endpoint): Lacks {
  const needs = suiteNeeds(suite)
  const key = needs?.certificate === 'ECDSA' ? 'ECDSA' : 'RSA'
  const lacks: Lacks = []
  if (!endpoint.serverKeys.includes(key)) lacks.push(CERTIFICATE_OF[key])
  // RFC 8422 5.1.1: our ECDSA certificate is of use only to a client that lists its curve.
  const curve = endpoint.ecdsaCurve ?? P256
  const curveMissing =
    key === 'ECDSA' && hello.groups !== undefined && !hello.groups.includes(curve)
  if (curveMissing || (needs?.exchange === 'ECDHE' && !sharesGroup(hello, endpoint))) {
    lacks.push('group')
  }
  // RFC 8422 5.1.2: whoever lists point formats has to list the uncompressed one.
  if (key === 'ECDSA' && hello.pointFormats?.includes(0) === false) lacks.push('point-format')
  // A static RSA exchange carries no server signature, but OpenSSL wants an algorithm for it all the same.
  if (!canSign(hello, key, TLS12, endpoint)) lacks.push('signature-algorithm')
  return lacks
}

const CERTIFICATE_OF = { ECDSA: 'ecdsa-certificate', RSA: 'rsa-certificate' } as const
const P256 = 23

/** Suites that this client could be given: with our keys, and with a curve if it knows curves. */
function possible(hello: Hello, endpoint: Endpoint): { lacks: Lacks }[] {
  return endpoint.suites
    .filter(id => suiteNeeds(id)?.tls13 === false)
    .filter(id => hello.groups === undefined || suiteNeeds(id)?.exchange === 'ECDHE')
    .map(id => ({ lacks: lacking(id, hello, endpoint) }))
    .filter(({ lacks }) => !lacks.some(lack => lack.endsWith('certificate')))
}

/** What the suites lack that lack the least: any one of them would do. */
function nearest(suites: { lacks: Lacks }[]): Lacks[] {
  const fewest = Math.min(...suites.map(({ lacks }) => lacks.length))
  return suites.filter(({ lacks }) => lacks.length === fewest).map(({ lacks }) => lacks)
}

/** DIFFERS: without supported_groups any curve may be used (RFC 8422 4), but OpenSSL then uses none. */
function sharesGroup(hello: Hello, endpoint: Endpoint): boolean {
  return sharedGroup(hello, endpoint) !== undefined
}

/** The first in our order. */
function sharedGroup(hello: Hello, endpoint: Endpoint): number | undefined {
  return endpoint.groups.find(group => hello.groups?.includes(group))
}

/** OpenSSL takes the first key that it can use, though a group that we prefer may be in common too. */
function keyShare(hello: Hello, endpoint: Endpoint): { group?: number; retry?: true } {
  const sent = hello.keyShares.find(share => endpoint.groups.includes(share))
  if (sent !== undefined) return { group: sent }
  const group = sharedGroup(hello, endpoint)
  return group === undefined ? {} : { group, retry: true }
}

function canSign(hello: Hello, key: KeyType, version: number, endpoint: Endpoint): boolean {
  if (!takesCertificate(hello, key, endpoint)) return false
  // RFC 5246 7.4.1.4.1: without the extension SHA-1 is implied, which OpenSSL doesn't use.
  const offered = hello.signatureAlgorithms ?? []
  return usableSignatureAlgorithms(key, version, endpoint.ecdsaCurve).some(id =>
    offered.includes(id),
  )
}

/**
 * Whether the client takes a certificate that is signed as ours is (RFC 8446 4.2.3). Without signature_algorithms_cert OpenSSL
 * does not ask: the client says so by itself.
 */
export function takesCertificate(hello: Hello, key: KeyType, endpoint: Endpoint): boolean {
  const taken = hello.signatureAlgorithmsCert
  const ours = endpoint.certificateSignatures?.[key]
  return taken === undefined || ours === undefined || ours.some(id => taken.includes(id))
}

/** The most telling first: a certificate type beats a group if no group would help, else it comes last. */
function kindsOf(nearest: Lacks[]): Conflict['kind'][] {
  const found = (test: (lack: Dropped['lacks']) => boolean): Lacks[] =>
    nearest.filter(lacks => lacks.some(test))
  const certificate = found(lack => lack.endsWith('certificate'))
  const kinds: Conflict['kind'][] = []
  if (found(lack => lack === 'group').length > 0) kinds.push('group')
  if (found(lack => lack === 'signature-algorithm').length > 0) kinds.push('signature-algorithm')
  if (found(lack => lack === 'point-format').length > 0) kinds.push('rule')
  if (certificate.length === 0) return kinds
  return certificate.length === nearest.length
    ? ['certificate-type', ...kinds]
    : [...kinds, 'certificate-type']
}
