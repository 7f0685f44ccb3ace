/**
 * Reads a certificate signing request (PKCS #10, RFC 2986 4) that a stranger has sent: its form, its key and the proof that
 * the sender holds that key. The name stays closed: it goes into the certificate byte by byte, as AWS does it.
 */

import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { keyAccepted, keyName, signatureName, unknownKey } from './algorithms.ts'
import { childrenOf, contentOf, elementAt, headerAt, oidOf, TAG, wholeOf } from './der.ts'
import { derKind } from './der-kind.ts'
import { LIMITS } from './limits.ts'

export type SigningRequest = {
  /** The whole Name, its exact bytes. */
  subjectDer: Buffer
  publicKey: KeyObject
  /** `RSA 2048`, `EC P-256`, ... */
  key: string
}

/** `says` is one line about the request; `why` tells the kinds apart for who answers in AWS's words. */
export type RequestReading =
  | { ok: true; request: SigningRequest }
  | { ok: false; why: 'form' | 'key' | 'signature'; says: string }

/** AWS: certificateSigningRequest has at most 4,096 characters (CreateCertificateFromCsr). */
export const REQUEST_CHARACTERS = 4096

/**
 * @param pem the request as text
 * @returns name and key, or why it is refused. Never throws
 */
export function readRequest(pem: string): RequestReading {
  if (pem.length > REQUEST_CHARACTERS) {
    return no('form', `it has ${pem.length} characters; AWS takes ${REQUEST_CHARACTERS}`)
  }
  const der = fromPem(pem)
  return typeof der === 'string' ? no('form', der) : readDer(der)
}

/** The bytes between the lines, or one line about what this text is instead. */
function fromPem(pem: string): Buffer | string {
  const blocks = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)]
  const [block] = blocks
  if (block === undefined) {
    return pem.trim() === '' ? 'it is empty' : 'it is not PEM: no BEGIN line is in it'
  }
  const [line, label = ''] = block
  if (!LABELS.includes(label)) {
    return `it is labelled \`${label}\`, where \`CERTIFICATE REQUEST\` is wanted`
  }
  if (blocks.length > 1) return 'it holds more than one PEM block'
  const body = pem.slice(block.index + line.length)
  const end = body.indexOf(`-----END ${label}-----`)
  if (end === -1) return 'its END line is missing'
  if (body.includes('\\n')) return 'its line breaks are written as `\\n`'
  const base64 = body.slice(0, end).replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return 'it holds characters that are not base64'
  return Buffer.from(base64, 'base64')
}

function readDer(der: Buffer): RequestReading {
  const outer = headerAt(der, 0, der.length)
  if (outer?.tag !== TAG.sequence) return no('form', 'what it holds is not DER')
  if (outer.end > der.length) {
    return no('form', `it is cut off: ${der.length} of ${outer.end} bytes are there`)
  }
  if (outer.end < der.length) return no('form', `${der.length - outer.end} bytes follow it`)
  const [info, algorithm, signature, ...more] = childrenOf(der, outer, 4) ?? []
  const shaped =
    info?.tag === TAG.sequence &&
    algorithm?.tag === TAG.sequence &&
    signature?.tag === TAG.bitString &&
    more.length === 0
  const [version, subject, spki, attributes, ...others] = (shaped && childrenOf(der, info, 5)) || []
  const filled =
    version?.tag === TAG.integer &&
    subject?.tag === TAG.sequence &&
    spki?.tag === TAG.sequence &&
    (attributes === undefined || attributes.tag === TAG.explicit0) &&
    others.length === 0
  if (!shaped || !filled) return no('form', otherForm(der))
  if (!contentOf(der, version).equals(VERSION_1)) return no('form', 'its version is not 1')
  if (subject.end - subject.content > LIMITS.nameBytes) return no('form', 'its name is too long')

  const key = readKey(wholeOf(der, spki))
  if (!key.ok) return no('key', key.says)
  const { publicKey, name } = key
  const bits = contentOf(der, signature)
  // The first octet of a BIT STRING counts its unused bits.
  if (bits.length < 2 || bits[0] !== 0) return no('signature', 'its signature can not be read')
  const signed = { bytes: wholeOf(der, info), signature: bits.subarray(1) }
  const bad = checkSignature(wholeOf(der, algorithm), signed, publicKey)
  if (bad !== undefined) return no('signature', bad)
  return { ok: true, request: { subjectDer: wholeOf(der, subject), publicKey, key: name } }
}

function otherForm(der: Buffer): string {
  const { is } = derKind(der)
  if (is === 'damaged' || is === 'a certificate signing request (CSR)') {
    return 'it is DER, but its form is not that of a certificate signing request'
  }
  return `it is ${is === 'certificate' ? 'a certificate' : is}, not a certificate signing request`
}

type KeyReading = { ok: true; publicKey: KeyObject; name: string } | { ok: false; says: string }

/** AWS: RSA of 2048 bits or more, P-256, P-384 or P-521 (CreateCertificateFromCsr). */
function readKey(spki: Buffer): KeyReading {
  const oid = algorithmOf(spki)
  const publicKey = opened(spki)
  if (publicKey === undefined) {
    const kind = oid && unknownKey(oid, spki)
    return { ok: false, says: kind ? `its key is ${kind}; ${TAKEN}` : 'its public key is damaged' }
  }
  const name = keyName(publicKey, oid ?? '')
  const { modulusLength = 0, publicExponent = 0n } = publicKey.asymmetricKeyDetails ?? {}
  if (modulusLength > LIMITS.keyBits || publicExponent > MAX_EXPONENT) {
    return { ok: false, says: `its key (${name}) is larger than is taken here` }
  }
  if (!keyAccepted(name) || name.startsWith('RSA-PSS')) {
    return { ok: false, says: `its key is ${name}; ${TAKEN}` }
  }
  return { ok: true, publicKey, name }
}

function opened(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

/** The object identifier that an AlgorithmIdentifier, or the one inside a SubjectPublicKeyInfo, begins with. */
function algorithmOf(bytes: Buffer): string | undefined {
  const outer = elementAt(bytes, 0, bytes.length)
  const first = outer && elementAt(bytes, outer.content, outer.end)
  const oid = first?.tag === TAG.sequence ? elementAt(bytes, first.content, first.end) : first
  return oid?.tag === TAG.oid ? oidOf(bytes, oid) : undefined
}

/** RFC 2986 4.2: the signature proves that who asks holds the key. */
function checkSignature(
  algorithm: Buffer,
  signed: { bytes: Buffer; signature: Buffer },
  key: KeyObject,
): string | undefined {
  const { name, hash } = signatureName(algorithmOf(algorithm) ?? '', algorithm)
  if (hash === undefined || !HASHES.includes(hash)) {
    return `its signature algorithm ${name} is not taken: sign it with SHA-256`
  }
  const pss = name.startsWith('RSASSA-PSS')
  try {
    const padding = constants.RSA_PKCS1_PSS_PADDING
    const how = pss ? { key, padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO } : key
    const kind = /^ecdsa/.test(name) ? 'ec' : 'rsa'
    if (key.asymmetricKeyType === kind && verify(hash, signed.bytes, how, signed.signature)) {
      return undefined
    }
  } catch {
    // OpenSSL may not even read it: no more a right signature than any other.
  }
  return 'its signature does not verify with the key that it holds'
}

function no(why: 'form' | 'key' | 'signature', says: string): RequestReading {
  return { ok: false, why, says }
}

/** The second is that of older Microsoft tools. */
const LABELS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']
const VERSION_1 = Buffer.of(0)
const TAKEN = 'AWS takes RSA of 2048 bits or more, and the curves P-256, P-384 and P-521'
const MAX_EXPONENT = 2n ** BigInt(LIMITS.exponentBits)
/** DIFFERS: AWS doesn't say what it takes on a request. SHA-1 can't be wrong here: nobody else's data is signed. */
const HASHES = ['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512']
