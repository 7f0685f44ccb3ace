/** Names of keys and signatures, and which of them AWS IoT Core takes on a client certificate. */

import type { KeyObject } from 'node:crypto'
import { RsaSaPssParams } from '@peculiar/asn1-rsa'
import { AsnConvert } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'
import { childrenOf, elementAt, oidOf, TAG } from './der.ts'

/** AWS: client certificates may be signed with these; DSA too, but DSA keys aren't taken. DG/x509-client-certs */
export const ACCEPTED_SIGNATURES: readonly string[] = [
  'sha256WithRSAEncryption',
  'sha384WithRSAEncryption',
  'sha512WithRSAEncryption',
  'RSASSA-PSS with SHA256',
  'RSASSA-PSS with SHA384',
  'RSASSA-PSS with SHA512',
  'dsa_with_SHA256',
  'ecdsa-with-SHA256',
  'ecdsa-with-SHA384',
  'ecdsa-with-SHA512',
]

/** AWS: RSA-PSS keys work with TLS 1.3 only: CERTIFICATE_KEY_NEEDS_TLS13. DG/x509-client-certs */
export const ACCEPTED_KEYS: readonly string[] = [
  'RSA 2048 or longer',
  'RSA-PSS 2048 or longer',
  'EC P-256',
  'EC P-384',
  'EC P-521',
]

/**
 * `RSA 2048`, `EC P-256`, `Ed25519`, ...: kind, then size or curve.
 * @param oid of the key's algorithm, for kinds that node:crypto has no name for
 */
export function keyName(key: KeyObject, oid: string): string {
  const details = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return `RSA ${details.modulusLength}`
    case 'rsa-pss':
      return `RSA-PSS ${details.modulusLength}`
    case 'dsa':
      return `DSA ${details.modulusLength}`
    case 'ec':
      return details.namedCurve === undefined
        ? 'EC with explicit parameters'
        : `EC ${CURVES[details.namedCurve] ?? details.namedCurve}`
    case 'ed25519':
    case 'ed448':
      return key.asymmetricKeyType.replace('ed', 'Ed')
    case undefined:
      return KEY_KINDS[oid] ?? `key of the algorithm ${oid}`
    default:
      return key.asymmetricKeyType.toUpperCase()
  }
}

/**
 * The name of a key that OpenSSL can't read.
 * @param oid of the key's algorithm
 * @param spki the whole SubjectPublicKeyInfo
 * @returns nothing where the kind is a known one: then the key itself is damaged
 */
export function unknownKey(oid: string, spki: Buffer): string | undefined {
  if (oid !== EC_KEY)
    return READ_BY_OPENSSL.has(oid) ? undefined : (KEY_KINDS[oid] ?? `of the algorithm ${oid}`)
  const outer = elementAt(spki, 0, spki.length)
  const algorithm = outer && elementAt(spki, outer.content, outer.end)
  const [, curve] = (algorithm && childrenOf(spki, algorithm, 2)) ?? []
  if (curve?.tag === TAG.sequence) return 'EC with explicit parameters'
  if (curve?.tag !== TAG.oid) return undefined
  const name = oidOf(spki, curve)
  return NIST_CURVES.has(name) ? undefined : `EC with the curve ${name}`
}

export function keyAccepted(key: string): boolean {
  const bits = /^RSA(?:-PSS)? (\d+)$/.exec(key)?.[1]
  return bits === undefined ? ACCEPTED_KEYS.includes(key) : Number(bits) >= 2048
}

/**
 * @param oid of the signature algorithm
 * @param algorithm the whole AlgorithmIdentifier: PSS keeps its hash in the parameters
 * @returns OpenSSL's name; the dotted identifier where there is none here
 */
export function signatureName(oid: string, algorithm: Buffer): { name: string; hash?: string } {
  if (oid === RSASSA_PSS) return pssName(algorithm)
  return SIGNATURES[oid] ?? { name: oid }
}

function pssName(algorithm: Buffer): { name: string; hash?: string } {
  try {
    const { parameters } = AsnConvert.parse(algorithm, AlgorithmIdentifier)
    // RFC 4055 3.1: no parameters, or none for the hash, means SHA-1.
    const hash = parameters
      ? AsnConvert.parse(parameters, RsaSaPssParams).hashAlgorithm.algorithm
      : '1.3.14.3.2.26'
    const name = HASHES[hash]
    return name ? { name: `RSASSA-PSS with ${name}`, hash: name } : { name: 'RSASSA-PSS' }
  } catch {
    return { name: 'RSASSA-PSS' }
  }
}

const EC_KEY = '1.2.840.10045.2.1'
/** P-256, P-384, P-521. */
const NIST_CURVES: ReadonlySet<string> = new Set([
  '1.2.840.10045.3.1.7',
  '1.3.132.0.34',
  '1.3.132.0.35',
])
/** RSA, RSA-PSS, DSA, X25519, X448, Ed25519, Ed448. */
const READ_BY_OPENSSL: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.1',
  '1.2.840.113549.1.1.10',
  '1.2.840.10040.4.1',
  '1.3.101.110',
  '1.3.101.111',
  '1.3.101.112',
  '1.3.101.113',
])

/** Kinds that people meet and OpenSSL 3.0, or node:crypto, has no name for. */
const KEY_KINDS: Readonly<Record<string, string>> = {
  '1.2.840.10045.2.1': 'EC with the curve SM2',
  '1.2.156.10197.1.301': 'SM2',
  '1.2.643.7.1.1.1.1': 'GOST R 34.10-2012',
  '1.2.643.7.1.1.1.2': 'GOST R 34.10-2012',
  '2.16.840.1.101.3.4.3.17': 'ML-DSA-44',
  '2.16.840.1.101.3.4.3.18': 'ML-DSA-65',
  '2.16.840.1.101.3.4.3.19': 'ML-DSA-87',
}

const RSASSA_PSS = '1.2.840.113549.1.1.10'

const HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'SHA1',
  '2.16.840.1.101.3.4.2.1': 'SHA256',
  '2.16.840.1.101.3.4.2.2': 'SHA384',
  '2.16.840.1.101.3.4.2.3': 'SHA512',
  '2.16.840.1.101.3.4.2.4': 'SHA224',
}

/** NIST's names where OpenSSL has older ones. */
const CURVES: Readonly<Record<string, string>> = {
  prime192v1: 'P-192',
  secp224r1: 'P-224',
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
}

const SIGNATURES: Readonly<Record<string, { name: string; hash?: string }>> = {
  '1.2.840.10040.4.3': { name: 'dsaWithSHA1', hash: 'SHA1' },
  '1.2.840.10045.4.1': { name: 'ecdsa-with-SHA1', hash: 'SHA1' },
  '1.2.840.10045.4.3.1': { name: 'ecdsa-with-SHA224', hash: 'SHA224' },
  '1.2.840.10045.4.3.2': { name: 'ecdsa-with-SHA256', hash: 'SHA256' },
  '1.2.840.10045.4.3.3': { name: 'ecdsa-with-SHA384', hash: 'SHA384' },
  '1.2.840.10045.4.3.4': { name: 'ecdsa-with-SHA512', hash: 'SHA512' },
  '1.2.840.113549.1.1.4': { name: 'md5WithRSAEncryption', hash: 'MD5' },
  '1.2.840.113549.1.1.5': { name: 'sha1WithRSAEncryption', hash: 'SHA1' },
  '1.2.840.113549.1.1.11': { name: 'sha256WithRSAEncryption', hash: 'SHA256' },
  '1.2.840.113549.1.1.12': { name: 'sha384WithRSAEncryption', hash: 'SHA384' },
  '1.2.840.113549.1.1.13': { name: 'sha512WithRSAEncryption', hash: 'SHA512' },
  '1.2.840.113549.1.1.14': { name: 'sha224WithRSAEncryption', hash: 'SHA224' },
  '1.3.101.112': { name: 'Ed25519' },
  '1.3.101.113': { name: 'Ed448' },
  '2.16.840.1.101.3.4.3.1': { name: 'dsa_with_SHA224', hash: 'SHA224' },
  '2.16.840.1.101.3.4.3.2': { name: 'dsa_with_SHA256', hash: 'SHA256' },
}
