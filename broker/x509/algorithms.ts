/** Names of keys and signatures, and which of them AWS IoT Core takes on a client certificate. */

import type { KeyObject } from 'node:crypto'
import { RsaSaPssParams } from '@peculiar/asn1-rsa'
import { AsnConvert } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'

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

/** AWS: RSA-PSS keys work with TLS 1.3 only, which this list can't know. DG/x509-client-certs */
export const ACCEPTED_KEYS: readonly string[] = [
  'RSA 2048 or longer',
  'RSA-PSS 2048 or longer',
  'EC P-256',
  'EC P-384',
  'EC P-521',
]

/** `RSA 2048`, `EC P-256`, `Ed25519`, ...: kind, then size or curve. */
export function keyName(key: KeyObject): string {
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
    default:
      return `${key.asymmetricKeyType}`.toUpperCase()
  }
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
