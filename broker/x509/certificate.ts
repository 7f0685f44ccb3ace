/**
 * Reads one certificate. Done once per connection, so only what judging needs is read at once; names, identifiers and
 * fingerprints are read when somebody asks for them, and then kept.
 */

import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import type { Oddity, TooComplex } from '../diagnosis/certificate.ts'
import { keyName, signatureName, unknownKey } from './algorithms.ts'
import {
  hexNumber,
  readAuthority,
  readConstraints,
  readKeyUsage,
  readPurposes,
  readSubjectKeyId,
} from './extensions.ts'
import { LIMITS } from './limits.ts'
import { alternativeNames, nameAttributes, nameText } from './name.ts'
import { odditiesOf } from './oddities.ts'
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
  /** How many CAs may stand below it (RFC 5280 4.2.1.9); absent: any number. */
  readonly pathLength: number | undefined
  /** `digitalSignature`, ...; absent: for anything. */
  readonly keyUsage: string[] | undefined
  /** `clientAuth`, ..., or dotted; absent: for anything. */
  readonly purposes: string[] | undefined
  /** Rules of RFC 5280 that it breaks and AWS IoT doesn't mind. */
  readonly oddities: Oddity[]
  /** Subject and issuer are the same name. Whether its own key signed it, `signedBy` tells. */
  selfIssued: boolean
  /** 1, 2 or 3. */
  version: number
  /** OpenSSL's view of the same bytes, for signatures. */
  x509: X509Certificate
}

export type CertificateReading =
  | { ok: true; certificate: Certificate }
  | {
      ok: false
      says: string
      /** It was not read to its end, because there is too much of it. */
      tooComplex?: TooComplex
      /** It is a certificate, but OpenSSL knows no such key. */
      key?: string
    }

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
  const { outline } = reading
  const opened = open(der)
  if (opened === undefined) {
    const says = `its fields can not be read (key algorithm ${outline.publicKeyOid})`
    return { ok: false, says }
  }
  const { x509, publicKey } = opened
  if (publicKey === undefined) {
    const key = unknownKey(outline.publicKeyOid, outline.subjectPublicKeyInfo)
    if (key === undefined) return { ok: false, says: 'its public key is damaged' }
    return { ok: false, says: `its key is ${key}, which is not known here`, key }
  }
  const tooComplex = tooLargeKey(publicKey)
  if (tooComplex) return { ok: false, says: 'its key is too large', tooComplex }
  return { ok: true, certificate: certificateOf(der, outline, x509, publicKey) }
}

/** OpenSSL decodes the names, the extensions' frame and the key; its own words for a failure would tell nobody more. */
function open(
  der: Buffer,
): { x509: X509Certificate; publicKey: KeyObject | undefined } | undefined {
  try {
    const x509 = new X509Certificate(der)
    try {
      return { x509, publicKey: x509.publicKey }
    } catch {
      return { x509, publicKey: undefined }
    }
  } catch {
    return undefined
  }
}

function tooLargeKey(key: KeyObject): TooComplex | undefined {
  if (key.asymmetricKeyType === 'ec') return undefined
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength > LIMITS.keyBits) {
    return { what: 'key bits', amount: modulusLength, limit: LIMITS.keyBits }
  }
  const bits = publicExponent === 0n ? 0 : publicExponent.toString(2).length
  if (bits <= LIMITS.exponentBits) return undefined
  return { what: 'exponent bits', amount: bits, limit: LIMITS.exponentBits }
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
  const key = once(() => keyName(publicKey, outline.publicKeyOid))
  const signature = once(() => signatureName(outline.signatureOid, outline.signatureAlgorithm))
  const subjectKeyId = once(() => readSubjectKeyId(extensions.get('2.5.29.14')))
  const authority = once(() => readAuthority(extensions.get('2.5.29.35')))
  const constraints = once(() => readConstraints(extensions.get('2.5.29.19')))
  const keyUsage = once(() => readKeyUsage(extensions.get('2.5.29.15')))
  const purposes = once(() => readPurposes(extensions.get('2.5.29.37')))
  const oddities = once(() => odditiesOf(outline, publicKey))
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
      return constraints()?.isCa ?? false
    },
    get pathLength() {
      return constraints()?.pathLength
    },
    get keyUsage() {
      return keyUsage()
    },
    get purposes() {
      return purposes()
    },
    get oddities() {
      return oddities()
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
