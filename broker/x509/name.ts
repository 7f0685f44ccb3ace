/** Distinguished names and alternative names, for people and for AWS's policy variables and template parameters. */

import { AsnConvert } from '@peculiar/asn1-schema'
import { type GeneralName, Name, SubjectAlternativeName } from '@peculiar/asn1-x509'

/**
 * A name as text, most specific part first (RFC 4514): `CN=dev, OU=line 2, O=Acme, C=DE`. What could deceive a reader
 * (separators, control and direction characters) is escaped.
 */
export function nameText(der: Buffer): string {
  const name = parseName(der)
  if (name === undefined) return '(unreadable name)'
  return textOf(name)
}

/**
 * A name's parts under AWS's words, in the order of the certificate; parts that AWS has no word for under their short name
 * or object identifier. DG/jit-provisioning, DG/cert-policy-variables. AWS's policy variable `State` is `StateName` here.
 */
export function nameAttributes(der: Buffer): Record<string, string[]> {
  const found: Record<string, string[]> = Object.create(null)
  for (const part of parseName(der) ?? []) {
    for (const { type, value } of part) {
      const [short, aws] = ATTRIBUTES[type] ?? [type]
      add(found, aws ?? short, value.toString())
    }
  }
  return found
}

/** A SubjectAltName or IssuerAltName extension under AWS's words. DG/cert-policy-variables */
export function alternativeNames(extension: Buffer | undefined): Record<string, string[]> {
  const found: Record<string, string[]> = Object.create(null)
  if (extension === undefined) return found
  for (const name of parseGeneralNames(extension)) {
    const [key, value] = alternativeName(name)
    if (value !== undefined) add(found, key, value)
  }
  return found
}

/** The object identifier of an attribute by its short name (`CN`), AWS's name, or itself when dotted. */
export function attributeOid(name: string): string | undefined {
  if (/^[0-2](\.\d+)+$/.test(name)) return name
  return Object.keys(ATTRIBUTES).find(oid => ATTRIBUTES[oid]?.includes(name))
}

/** The text of a name inside another structure. */
export function textOf(name: Name): string {
  const parts = [...name].map(part =>
    part
      .map(({ type, value }) => `${ATTRIBUTES[type]?.[0] ?? type}=${escaped(value.toString())}`)
      .join('+'),
  )
  return parts.reverse().join(', ')
}

function add(found: Record<string, string[]>, key: string, value: string): void {
  found[key] = [...(found[key] ?? []), value]
}

function parseName(der: Buffer): Name | undefined {
  try {
    return AsnConvert.parse(der, Name)
  } catch {
    return undefined
  }
}

function parseGeneralNames(extension: Buffer): GeneralName[] {
  try {
    return [...AsnConvert.parse(extension, SubjectAlternativeName)]
  } catch {
    return []
  }
}

function alternativeName(name: GeneralName): [key: string, value: string | undefined] {
  if (name.dNSName !== undefined) return ['DNSName', name.dNSName]
  if (name.iPAddress !== undefined) return ['IPAddress', name.iPAddress]
  if (name.rfc822Name !== undefined) return ['RFC822Name', name.rfc822Name]
  if (name.directoryName !== undefined) return ['DirectoryName', textOf(name.directoryName)]
  return ['UniformResourceIdentifier', name.uniformResourceIdentifier]
}

/** RFC 4514 2.4. Control and direction characters become hex pairs of their UTF-8 bytes. */
function escaped(value: string): string {
  return value
    .replace(/[\\,+"<>;]|^[ #]|(?<!^) $/g, char => `\\${char}`)
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, char =>
      [...Buffer.from(char)].map(byte => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
    )
}

/** Object identifier -> [short name, AWS's name]. */
const ATTRIBUTES: Readonly<Record<string, readonly [short: string, aws?: string]>> = {
  '2.5.4.3': ['CN', 'CommonName'],
  '2.5.4.4': ['SN', 'Surname'],
  '2.5.4.5': ['serialNumber', 'SerialNumber'],
  '2.5.4.6': ['C', 'Country'],
  '2.5.4.7': ['L', 'Locality'],
  '2.5.4.8': ['ST', 'StateName'],
  '2.5.4.9': ['street'],
  '2.5.4.10': ['O', 'Organization'],
  '2.5.4.11': ['OU', 'OrganizationalUnit'],
  '2.5.4.12': ['title', 'Title'],
  '2.5.4.42': ['GN', 'GivenName'],
  '2.5.4.43': ['initials', 'Initials'],
  '2.5.4.44': ['generationQualifier', 'GenerationQualifier'],
  '2.5.4.46': ['dnQualifier', 'DistinguishedNameQualifier'],
  '2.5.4.65': ['pseudonym', 'Pseudonym'],
  '0.9.2342.19200300.100.1.1': ['UID'],
  '0.9.2342.19200300.100.1.25': ['DC'],
  '1.2.840.113549.1.9.1': ['emailAddress'],
}
