/**
 * Where a certificate breaks a rule of RFC 5280 that AWS IoT is not known to hold anybody to, but other services and other TLS
 * stacks do. Read only when somebody asks.
 */

import type { KeyObject } from 'node:crypto'
import type { Oddity } from '../diagnosis/certificate.ts'
import type { Outline } from './outline.ts'

export function odditiesOf(outline: Outline, publicKey: KeyObject): Oddity[] {
  const { version, serialNumber, extensionList, signedAlgorithm, signatureAlgorithm } = outline
  const found: Oddity[] = []
  if (version < 3) found.push({ what: 'version', value: `${version}` })
  found.push(...ofSerial(serialNumber))
  if (extensionList?.length === 0) found.push({ what: 'no extension' })
  found.push(...ofExtensions(extensionList ?? []))
  if (!signedAlgorithm.equals(signatureAlgorithm)) found.push({ what: 'two algorithms' })
  if (!outline.datesInForm) found.push({ what: 'date form' })
  const exponent = publicKey.asymmetricKeyDetails?.publicExponent
  if (exponent !== undefined && (exponent < 3n || exponent % 2n === 0n || exponent > INT32)) {
    found.push({ what: 'exponent', value: `${exponent}` })
  }
  return found
}

/** RFC 5280 4.1.2.2: a positive number of 20 bytes at most. */
function ofSerial(serial: Buffer): Oddity[] {
  const [first = 0] = serial
  if (first >= 0x80) return [{ what: 'negative serial' }]
  if (serial.every(byte => byte === 0)) return [{ what: 'zero serial' }]
  const bytes = first === 0 ? serial.length - 1 : serial.length
  return bytes > 20 ? [{ what: 'long serial', value: `${bytes}` }] : []
}

/** RFC 5280 4.2: each one once; who does not know a critical one must refuse. */
function ofExtensions(list: { oid: string; critical: boolean }[]): Oddity[] {
  const twice = list.filter(({ oid }, at) => list.findIndex(other => other.oid === oid) < at)
  const names = [...new Set(twice.map(({ oid }) => KNOWN[oid] ?? oid))]
  const unknown = list.filter(({ oid, critical }) => critical && KNOWN[oid] === undefined)
  return [
    ...names.map(value => ({ what: 'extension twice' as const, value })),
    ...unknown.map(({ oid }) => ({ what: 'critical extension' as const, value: oid })),
  ].slice(0, SHOWN)
}

const SHOWN = 5
/** Go and others keep the exponent in 31 bits. */
const INT32 = 0x7fffffffn

const KNOWN: Readonly<Record<string, string>> = {
  '2.5.29.14': 'subjectKeyIdentifier',
  '2.5.29.15': 'keyUsage',
  '2.5.29.17': 'subjectAltName',
  '2.5.29.18': 'issuerAltName',
  '2.5.29.19': 'basicConstraints',
  '2.5.29.30': 'nameConstraints',
  '2.5.29.31': 'cRLDistributionPoints',
  '2.5.29.32': 'certificatePolicies',
  '2.5.29.33': 'policyMappings',
  '2.5.29.35': 'authorityKeyIdentifier',
  '2.5.29.36': 'policyConstraints',
  '2.5.29.37': 'extKeyUsage',
  '2.5.29.54': 'inhibitAnyPolicy',
  '1.3.6.1.5.5.7.1.1': 'authorityInfoAccess',
  '2.16.840.1.113730.1.1': 'netscapeCertType',
}
