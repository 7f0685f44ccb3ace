/**
 * Reads one certificate. Done once per connection, so only what judging needs is read at once; names, identifiers and
 * fingerprints are read when somebody asks for them, and then kept.
 */

import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { AuthorityKeyIdentifier, BasicConstraints } from '@peculiar/asn1-x509'
import { keyName, signatureName } from './algorithms.ts'
import { contentOf, elementAt, TAG } from './der.ts'
import { alternativeNames, nameAttributes, nameText, textOf } from './name.ts'
import { type Outline, readOutline } from './outline.ts'

export type Certificate = {
  der: Buffer
  /** SHA-256 of the DER, hex, lower case. AWS: this is the certificateId. */
  readonly sha256: string
  /** RFC 4514 order, most specific first: `CN=dev, OU=line 2, O=Acme`. */
  readonly subject: string
  readonly issuer: string
  /** The names' exact bytes, for comparison. */
  subjectDer: Buffer
  issuerDer: Buffer
  /** By AWS's words (`CommonName`, `StateName`, ...), in the order of the certificate. */
  readonly subjectAttributes: Record<string, string[]>
  readonly issuerAttributes: Record<string, string[]>
  /** By AWS's words: `RFC822Name`, `DNSName`, `DirectoryName`, `UniformResourceIdentifier`, `IPAddress`. */
  readonly subjectAlternativeNames: Record<string, string[]>
  readonly issuerAlternativeNames: Record<string, string[]>
  readonly dnsNames: string[]
  readonly ipAddresses: string[]
  /** Hex, lower case, without a leading zero byte. */
  serialNumber: string
  /** ms since 1970. */
  notBefore: number
  notAfter: number
  publicKey: KeyObject
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  readonly publicKeySha256: string
  /** `RSA 2048`, `EC P-256`, `Ed25519`, ... */
  readonly key: string
  /** `ecdsa-with-SHA256`, `sha256WithRSAEncryption`, ..., or the dotted object identifier. */
  readonly signature: string
  /** `SHA256`, ...; absent where the algorithm has none of its own (Ed25519) or isn't known. */
  readonly signatureHash: string | undefined
  /** Hex, lower case. */
  readonly subjectKeyId: string | undefined
  readonly authorityKeyId: string | undefined
  /** The issuer's name and serial number, where the authority key identifier gives them. */
  readonly authorityIssuerSerial: { issuer: string; serialNumber: string } | undefined
  /** BasicConstraints says CA:TRUE. */
  readonly isCa: boolean
  /** Subject and issuer are the same name. Whether its own key signed it, `signedBy` tells. */
  selfIssued: boolean
  /** 1, 2 or 3. */
  version: number
  /** OpenSSL's view of the same bytes, for signatures. */
  x509: X509Certificate
}

export type CertificateReading =
  | { ok: true; certificate: Certificate }
  | { ok: false; says: string }

/** One certificate of the closing record's `chain`: docs/log.md. */
export type CertificateRecord = {
  subject: string
  issuer: string
  serialNumber: string
  sha256: string
  notBefore: string
  notAfter: string
  key: string
  signature: string
  subjectKeyId?: string
  authorityKeyId?: string
  isCa: boolean
}

/**
 * @param der one certificate, exactly. Not copied: the caller must not change it afterwards
 * @returns the certificate, or one line about why it isn't one. Never throws
 */
export function readCertificate(der: Buffer): CertificateReading {
  // A PEM file would be taken by OpenSSL below; the outline takes DER only.
  const reading = readOutline(der)
  if (!reading.ok) return reading
  try {
    const x509 = new X509Certificate(der)
    return { ok: true, certificate: certificateOf(der, reading.outline, x509, x509.publicKey) }
  } catch {
    // OpenSSL decodes the names, the extensions' frame and the key; its own words would tell nobody more.
    const known = `its fields can not be read (key algorithm ${reading.outline.publicKeyOid})`
    return { ok: false, says: known }
  }
}

/** The record of a certificate for the log. */
export function describe(c: Certificate): CertificateRecord {
  return {
    subject: c.subject,
    issuer: c.issuer,
    serialNumber: c.serialNumber,
    sha256: c.sha256,
    notBefore: new Date(c.notBefore).toISOString(),
    notAfter: new Date(c.notAfter).toISOString(),
    key: c.key,
    signature: c.signature,
    ...(c.subjectKeyId !== undefined && { subjectKeyId: c.subjectKeyId }),
    ...(c.authorityKeyId !== undefined && { authorityKeyId: c.authorityKeyId }),
    isCa: c.isCa,
  }
}

function certificateOf(
  der: Buffer,
  outline: Outline,
  x509: X509Certificate,
  publicKey: KeyObject,
): Certificate {
  const { extensions } = outline
  const sha256 = once(() => createHash('sha256').update(der).digest('hex'))
  const publicKeySha256 = once(() =>
    createHash('sha256').update(outline.subjectPublicKeyInfo).digest('hex'),
  )
  const subject = once(() => nameText(outline.subject))
  const issuer = once(() => nameText(outline.issuer))
  const subjectAttributes = once(() => nameAttributes(outline.subject))
  const issuerAttributes = once(() => nameAttributes(outline.issuer))
  const subjectAlternativeNames = once(() => alternativeNames(extensions.get('2.5.29.17')))
  const issuerAlternativeNames = once(() => alternativeNames(extensions.get('2.5.29.18')))
  const key = once(() => keyName(publicKey))
  const signature = once(() => signatureName(outline.signatureOid, outline.signatureAlgorithm))
  const subjectKeyId = once(() => readSubjectKeyId(extensions.get('2.5.29.14')))
  const authority = once(() => readAuthority(extensions.get('2.5.29.35')))
  const isCa = once(() => readIsCa(extensions.get('2.5.29.19')))
  return {
    der,
    subjectDer: outline.subject,
    issuerDer: outline.issuer,
    serialNumber: hexNumber(outline.serialNumber),
    notBefore: outline.notBefore,
    notAfter: outline.notAfter,
    publicKey,
    selfIssued: outline.subject.equals(outline.issuer),
    version: outline.version,
    x509,
    get sha256() {
      return sha256()
    },
    get subject() {
      return subject()
    },
    get issuer() {
      return issuer()
    },
    get subjectAttributes() {
      return subjectAttributes()
    },
    get issuerAttributes() {
      return issuerAttributes()
    },
    get subjectAlternativeNames() {
      return subjectAlternativeNames()
    },
    get issuerAlternativeNames() {
      return issuerAlternativeNames()
    },
    get dnsNames() {
      return subjectAlternativeNames()['DNSName'] ?? []
    },
    get ipAddresses() {
      return subjectAlternativeNames()['IPAddress'] ?? []
    },
    get publicKeySha256() {
      return publicKeySha256()
    },
    get key() {
      return key()
    },
    get signature() {
      return signature().name
    },
    get signatureHash() {
      return signature().hash
    },
    get subjectKeyId() {
      return subjectKeyId()
    },
    get authorityKeyId() {
      return authority().keyId
    },
    get authorityIssuerSerial() {
      return authority().issuerSerial
    },
    get isCa() {
      return isCa()
    },
  }
}

/** Computes at the first call and keeps the value. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** RFC 5280 4.1.2.2: serial numbers are positive, so DER puts a zero byte before a high first bit. */
function hexNumber(bytes: Buffer): string {
  const first = bytes.findIndex(byte => byte !== 0)
  return bytes.subarray(first === -1 ? bytes.length - 1 : first).toString('hex')
}

function readSubjectKeyId(extension: Buffer | undefined): string | undefined {
  if (extension === undefined) return undefined
  const octets = elementAt(extension, 0, extension.length)
  return octets?.tag === TAG.octetString ? contentOf(extension, octets).toString('hex') : undefined
}

type Authority = { keyId?: string; issuerSerial?: { issuer: string; serialNumber: string } }

function readAuthority(extension: Buffer | undefined): Authority {
  if (extension === undefined) return {}
  try {
    const parsed = AsnConvert.parse(extension, AuthorityKeyIdentifier)
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
  } catch {
    return {}
  }
}

function readIsCa(extension: Buffer | undefined): boolean {
  if (extension === undefined) return false
  try {
    return AsnConvert.parse(extension, BasicConstraints).cA
  } catch {
    return false
  }
}
