/**
 * Issues certificates: the local PKI, device certificates of AWS's shape, signer CAs, and every faulty one that a test needs.
 * Serial numbers, keys and dates are given by the caller; only an ECDSA signature brings randomness of its own.
 */

import { createHash, type KeyObject, sign } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage as KeyUsageAsn,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  Validity,
} from '@peculiar/asn1-x509'
import type { Certificate } from './certificate.ts'
import { encode, TAG } from './der.ts'
import { attributeOid } from './name.ts'

/** A CA that signs: its certificate and the key that belongs to it. */
export type Issuer = { certificate: Certificate; privateKey: KeyObject }

export type KeyUsage = 'digitalSignature' | 'keyEncipherment' | 'keyCertSign' | 'cRLSign'

/** Most general first, as `openssl req -subj` takes it: `[['O', 'Acme'], ['CN', 'dev']]`. Short names or dotted. */
export type NameParts = [attribute: string, value: string][]

export type MintRequest = {
  /** Or the DER of a whole Name, which is taken byte by byte. */
  subject: NameParts | Buffer
  publicKey: KeyObject
  /** Absent: self-signed with `signer`. */
  issuer?: Issuer
  signer?: KeyObject
  /** Big-endian, 1 to 20 bytes; made positive. */
  serial: Buffer
  /** ms since 1970; whole seconds are written. */
  notBefore: number
  notAfter: number
  isCa?: boolean
  /** How many CAs may stand below this one. */
  pathLength?: number
  /** Default: what a CA or a device needs. Empty: no such extension. */
  keyUsage?: KeyUsage[]
  extendedKeyUsage?: ('serverAuth' | 'clientAuth')[]
  dnsNames?: string[]
  ipAddresses?: string[]
  /** Default: `keyIdentifier(publicKey)`. */
  subjectKeyId?: Buffer | 'none'
  /** Default: the issuer's subject key identifier. */
  authorityKeyId?: Buffer | 'none'
  hash?: 'sha1' | 'sha256' | 'sha384' | 'sha512'
}

export type DeviceRequest = {
  /** Default: AWS's own, `CN=AWS IoT Certificate`. */
  subject?: MintRequest['subject']
  publicKey: KeyObject
  issuer: Issuer
  serial: Buffer
  notBefore: number
  /** Default: AWS's own, 2049-12-31T23:59:59Z. */
  notAfter?: number
}

/**
 * Issues a version 3 certificate (RFC 5280 4.1) and returns its DER. Throws on a request that makes no sense: no signer, an
 * unknown attribute, a key that can't sign.
 */
export function mint(request: MintRequest): Buffer {
  const signer = request.issuer?.privateKey ?? request.signer
  if (signer === undefined) throw new Error('mint needs `issuer` or `signer`')
  const algorithm = serialized(signatureAlgorithm(signer, request.hash ?? 'sha256'))
  const subject = nameOf(request.subject)
  const validity = new Validity({
    notBefore: new Date(request.notBefore),
    notAfter: new Date(request.notAfter),
  })
  // Put together by hand, since the library would write names anew: in another string type, or with the parts of a set in
  // another order, a name is no longer the one that was asked for, or the one that the issuer has.
  const tbs = encode(
    TAG.sequence,
    encode(TAG.explicit0, encode(TAG.integer, VERSION_3)),
    encode(TAG.integer, positive(request.serial)),
    algorithm,
    request.issuer?.certificate.subjectDer ?? subject,
    serialized(validity),
    subject,
    spkiOf(request.publicKey),
    encode(TAG.explicit3, serialized(new Extensions(extensionsOf(request)))),
  )
  const hash = /^ed/.test(signer.asymmetricKeyType ?? '') ? null : (request.hash ?? 'sha256')
  const signature = encode(TAG.bitString, NO_UNUSED_BITS, sign(hash, tbs, signer))
  return encode(TAG.sequence, tbs, algorithm, signature)
}

/**
 * A device certificate shaped like AWS's own: key usage digitalSignature, no extended key usage, both key identifiers, no
 * CA, valid to the end of 2049. AWS: measured on certificates of CreateKeysAndCertificate.
 */
export function mintDevice(request: DeviceRequest): Buffer {
  return mint({
    ...request,
    subject: request.subject ?? [['CN', 'AWS IoT Certificate']],
    notAfter: request.notAfter ?? Date.UTC(2049, 11, 31, 23, 59, 59),
  })
}

/** SHA-1 of the public key's bits (RFC 5280 4.2.1.2, method 1). */
export function keyIdentifier(publicKey: KeyObject): Buffer {
  const bits = AsnConvert.parse(spkiOf(publicKey), SubjectPublicKeyInfo).subjectPublicKey
  return createHash('sha1').update(Buffer.from(bits)).digest()
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' })
}

/** A copy that owns its memory, as the library wants it. */
function bytesOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

function serialized(value: unknown): Buffer {
  return Buffer.from(AsnConvert.serialize(value))
}

function positive(serial: Buffer): Buffer {
  const first = serial.findIndex(byte => byte !== 0)
  const trimmed = serial.subarray(first === -1 ? serial.length - 1 : first)
  const high = ((trimmed[0] ?? 0) & 0x80) !== 0
  return high ? Buffer.concat([Buffer.of(0), trimmed]) : trimmed
}

function nameOf(attributes: MintRequest['subject']): Buffer {
  if (Buffer.isBuffer(attributes)) return attributes
  return serialized(
    new Name(
      attributes.map(([attribute, value]) => {
        const type = attributeOid(attribute)
        if (type === undefined) throw new Error(`unknown attribute \`${attribute}\``)
        const text = new AttributeValue(stringType(type, value))
        return new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value: text })])
      }),
    ),
  )
}

/** RFC 5280 4.1.2.4 and appendix A: country, serial number and qualifier are PrintableString, e-mail and DC are IA5String. */
function stringType(oid: string, value: string): Partial<AttributeValue> {
  if (['2.5.4.5', '2.5.4.6', '2.5.4.46'].includes(oid)) return { printableString: value }
  if (['1.2.840.113549.1.9.1', '0.9.2342.19200300.100.1.25'].includes(oid)) {
    return { ia5String: value }
  }
  return { utf8String: value }
}

function signatureAlgorithm(
  signer: KeyObject,
  hash: NonNullable<MintRequest['hash']>,
): AlgorithmIdentifier {
  const type = signer.asymmetricKeyType ?? ''
  const algorithm = type.startsWith('ed') ? type : `${type}-${hash}`
  const oid = SIGNATURE_OIDS[algorithm]
  if (oid === undefined) throw new Error(`can't sign with ${algorithm}`)
  // RFC 4055 5: RSA signatures carry NULL parameters; the others none.
  return new AlgorithmIdentifier({
    algorithm: oid,
    ...(type === 'rsa' && { parameters: bytesOf(Buffer.of(5, 0)) }),
  })
}

function extensionsOf(request: MintRequest): Extension[] {
  const isCa = request.isCa ?? false
  const usage = request.keyUsage ?? (isCa ? ['keyCertSign', 'cRLSign'] : ['digitalSignature'])
  const subjectKeyId = request.subjectKeyId ?? keyIdentifier(request.publicKey)
  const authorityKeyId = request.authorityKeyId ?? issuerKeyId(request, subjectKeyId)
  const names = [
    ...(request.dnsNames ?? []).map(dNSName => new GeneralName({ dNSName })),
    ...(request.ipAddresses ?? []).map(iPAddress => new GeneralName({ iPAddress })),
  ]
  const purposes = (request.extendedKeyUsage ?? []).map(use => PURPOSES[use])
  const list: Extension[] = []
  // In the order of AWS's own certificates.
  if (authorityKeyId !== 'none') {
    const keyId = new KeyIdentifier(bytesOf(authorityKeyId))
    const value = new AuthorityKeyIdentifier({ keyIdentifier: keyId })
    list.push(extension(id_ce_authorityKeyIdentifier, value))
  }
  if (subjectKeyId !== 'none') {
    list.push(
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(bytesOf(subjectKeyId))),
    )
  }
  const constraints = new BasicConstraints({
    cA: isCa,
    ...(request.pathLength !== undefined && { pathLenConstraint: request.pathLength }),
  })
  list.push(extension(id_ce_basicConstraints, constraints, true))
  if (usage.length > 0) {
    const flags = usage.reduce((sum, use) => sum | KeyUsageFlags[use], 0)
    list.push(extension(id_ce_keyUsage, new KeyUsageAsn(flags), true))
  }
  if (purposes.length > 0) list.push(extension(id_ce_extKeyUsage, new ExtendedKeyUsage(purposes)))
  if (names.length > 0) {
    list.push(extension(id_ce_subjectAltName, new SubjectAlternativeName(names)))
  }
  return list
}

/** The issuer's identifier as its certificate says it, else computed; a self-signed certificate names itself. */
function issuerKeyId(request: MintRequest, own: Buffer | 'none'): Buffer | 'none' {
  if (request.issuer === undefined) return own
  const { subjectKeyId, publicKey } = request.issuer.certificate
  return subjectKeyId === undefined ? keyIdentifier(publicKey) : Buffer.from(subjectKeyId, 'hex')
}

function extension(extnID: string, value: unknown, critical = false): Extension {
  return new Extension({
    extnID,
    critical,
    extnValue: new OctetString(AsnConvert.serialize(value)),
  })
}

/** RFC 5280 4.1.2.1: counted from 0. */
const VERSION_3 = Buffer.of(2)
const NO_UNUSED_BITS = Buffer.of(0)

const PURPOSES = { clientAuth: id_kp_clientAuth, serverAuth: id_kp_serverAuth } as const

const SIGNATURE_OIDS: Readonly<Record<string, string>> = {
  'ec-sha1': '1.2.840.10045.4.1',
  'ec-sha256': '1.2.840.10045.4.3.2',
  'ec-sha384': '1.2.840.10045.4.3.3',
  'ec-sha512': '1.2.840.10045.4.3.4',
  'rsa-sha1': '1.2.840.113549.1.1.5',
  'rsa-sha256': '1.2.840.113549.1.1.11',
  'rsa-sha384': '1.2.840.113549.1.1.12',
  'rsa-sha512': '1.2.840.113549.1.1.13',
  ed25519: '1.3.101.112',
  ed448: '1.3.101.113',
}
