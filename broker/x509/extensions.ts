/** Reads the extensions that judging needs (RFC 5280 4.2.1). One that can't be read counts as absent: nothing here throws. */

import { AsnConvert } from '@peculiar/asn1-schema'
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  KeyUsage,
} from '@peculiar/asn1-x509'
import { contentOf, elementAt, TAG } from './der.ts'
import { textOf } from './name.ts'

export type Authority = { keyId?: string; issuerSerial?: { issuer: string; serialNumber: string } }

/** Hex, lower case. */
export function readSubjectKeyId(extension: Buffer | undefined): string | undefined {
  if (extension === undefined) return undefined
  const octets = elementAt(extension, 0, extension.length)
  return octets?.tag === TAG.octetString ? contentOf(extension, octets).toString('hex') : undefined
}

export function readAuthority(extension: Buffer | undefined): Authority {
  const parsed = read(extension, AuthorityKeyIdentifier)
  if (parsed === undefined) return {}
  const name = parsed.authorityCertIssuer?.find(general => general.directoryName)?.directoryName
  const serial = parsed.authorityCertSerialNumber
  return {
    ...(parsed.keyIdentifier && {
      keyId: Buffer.from(parsed.keyIdentifier.buffer).toString('hex'),
    }),
    ...(name &&
      serial && {
        issuerSerial: { issuer: textOf(name), serialNumber: hexNumber(Buffer.from(serial)) },
      }),
  }
}

/** Absent: the certificate has none, and is a CA only if it is of version 1. */
export function readConstraints(
  extension: Buffer | undefined,
): { isCa: boolean; pathLength?: number } | undefined {
  const parsed = read(extension, BasicConstraints)
  if (parsed === undefined) return undefined
  const { cA: isCa, pathLenConstraint: pathLength } = parsed
  return { isCa, ...(pathLength !== undefined && { pathLength }) }
}

/** `digitalSignature`, `keyCertSign`, ...; absent: for anything. */
export function readKeyUsage(extension: Buffer | undefined): string[] | undefined {
  return read(extension, KeyUsage)?.toJSON()
}

/** `clientAuth`, `serverAuth`, ..., or dotted; absent: for anything. */
export function readPurposes(extension: Buffer | undefined): string[] | undefined {
  const parsed = read(extension, ExtendedKeyUsage)
  return parsed && [...parsed].slice(0, SHOWN).map(oid => PURPOSES[oid] ?? oid)
}

/** RFC 5280 4.1.2.2: serial numbers are positive, so DER puts a zero byte before a high first bit. */
export function hexNumber(bytes: Buffer): string {
  const first = bytes.findIndex(byte => byte !== 0)
  return bytes.subarray(first === -1 ? bytes.length - 1 : first).toString('hex')
}

function read<T>(extension: Buffer | undefined, type: new () => T): T | undefined {
  if (extension === undefined) return undefined
  try {
    return AsnConvert.parse(extension, type)
  } catch {
    return undefined
  }
}

const SHOWN = 20

const PURPOSES: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
  '2.5.29.37.0': 'anyExtendedKeyUsage',
}
