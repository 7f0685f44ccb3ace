/**
 * Certificates for tests, minted once per process and only when asked for: a right chain root > signer > device, the
 * impostors of a signer, and one faulty device certificate per fault. Dates lie around `PKI_NOW`, so that a standing clock
 * at that moment finds them as they are named.
 */

import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Certificate as CertificateAsn } from '@peculiar/asn1-x509'
import { type Certificate, readCertificate } from '../../broker/x509/certificate.ts'
import {
  type Issuer,
  type MintRequest,
  mint,
  mintDevice,
  type NameParts,
} from '../../broker/x509/mint.ts'
import { toPem } from '../../broker/x509/pem.ts'

/** 2026-01-01T00:00:00Z: valid certificates are valid then, and from 2025 to 2034 at least. */
export const PKI_NOW = Date.UTC(2026, 0, 1)

export type Minted = {
  certificate: Certificate
  der: Buffer
  pem: string
  /** PKCS#8: `BEGIN PRIVATE KEY`. */
  keyPem: string
  /** SEC1 or PKCS#1, as `openssl ecparam -genkey` and older tools write it; absent for Ed25519. */
  legacyKeyPem?: string
  privateKey: KeyObject
}

export type Pki = {
  /** `O=Acme, CN=Acme root`: self-signed. */
  readonly root: Minted
  /** `O=Acme, CN=Acme signer`: the CA to register. */
  readonly signer: Minted
  /** Signed by `signer`. */
  readonly device: Minted
  /** Another device of `signer`. */
  readonly device2: Minted
  /** RSA-2048, signed by `signer`. */
  readonly rsaDevice: Minted
  /** The same root and signer with nothing that identifies a key, and a device below. */
  readonly bare: { root: Minted; signer: Minted; device: Minted }
  /** Each has the registered signer's subject and isn't it. `device` is what this impostor's key has signed. */
  readonly impostors: {
    /** Another key, with its own key identifiers. Impersonates `signer`. */
    readonly otherKey: Minted & { device: Minted }
    /** Another key and no key identifiers anywhere: only the signature tells. Impersonates `bare.signer`. */
    readonly noIdentifiers: Minted & { device: Minted }
    /**
     * The signer's own key and signature in a certificate put together again with another authority key identifier: as a
     * secure element does that reads its root key from the wrong slot. Its signature no longer fits. `device` is `pki.device`.
     */
    readonly rebuilt: Minted & { device: Minted }
  }
  /** A CA that has nothing to do with the others, and a device below. */
  readonly stranger: { ca: Minted; device: Minted }
  /** Self-signed, no CA. */
  readonly selfSigned: Minted
  /** Devices of `signer`, each with one fault. */
  readonly expired: Minted
  readonly notYetValid: Minted
  readonly rsa1024: Minted
  readonly sha1: Minted
  readonly p224: Minted
  readonly ed25519: Minted
}

/** Key pairs that OpenSSL makes slowly or seldom. */
export function pssKeys(): KeyPair {
  return generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: 'sha256',
    mgf1HashAlgorithm: 'sha256',
  })
}

/** The one PKI of this process. Members are minted at first use. */
export function pki(): Pki {
  return shared
}

/** Mints with sensible defaults: a P-256 key, a random serial number, valid from 2025 to 2035. */
export function minted(
  request: Partial<MintRequest> & Pick<MintRequest, 'subject'>,
  keys: KeyPair = ecKeys(),
): Minted {
  const der = mint({
    publicKey: keys.publicKey,
    serial: randomBytes(16),
    notBefore: FROM,
    notAfter: TO,
    ...(request.issuer === undefined && { signer: keys.privateKey }),
    ...request,
  })
  return mintedOf(der, keys.privateKey)
}

/** A device of AWS's shape. */
export function mintedDevice(commonName: string, issuer: Minted, keys: KeyPair = ecKeys()): Minted {
  const der = mintDevice({
    subject: [...ACME, ['CN', commonName]],
    publicKey: keys.publicKey,
    issuer: issuerOf(issuer),
    serial: randomBytes(16),
    notBefore: FROM,
  })
  return mintedOf(der, keys.privateKey)
}

export function issuerOf({ certificate, privateKey }: Minted): Issuer {
  return { certificate, privateKey }
}

export type KeyPair = { publicKey: KeyObject; privateKey: KeyObject }

export function ecKeys(namedCurve = 'P-256'): KeyPair {
  return generateKeyPairSync('ec', { namedCurve })
}

export function rsaKeys(modulusLength = 2048): KeyPair {
  return generateKeyPairSync('rsa', { modulusLength })
}

const FROM = Date.UTC(2025, 0, 1)
const TO = Date.UTC(2035, 0, 1)
const ACME: NameParts = [['O', 'Acme']]
const NO_IDENTIFIERS = { subjectKeyId: 'none', authorityKeyId: 'none' } as const

const shared: Pki = lazily<Pki>({
  root: () => minted({ subject: [...ACME, ['CN', 'Acme root']], isCa: true }),
  signer: () => signerOf(shared.root),
  device: () => mintedDevice('dev-1', shared.signer),
  device2: () => mintedDevice('dev-2', shared.signer),
  rsaDevice: () => mintedDevice('rsa-1', shared.signer, rsaKeys()),
  bare: () => {
    const subject: NameParts = [...ACME, ['CN', 'Acme root']]
    const root = minted({ subject, isCa: true, ...NO_IDENTIFIERS })
    const signer = signerOf(root, NO_IDENTIFIERS)
    return { root, signer, device: bareDevice(signer) }
  },
  impostors: () =>
    lazily<Pki['impostors']>({
      otherKey: () => {
        const impostor = signerOf(shared.root)
        return { ...impostor, device: mintedDevice('dev-1', impostor) }
      },
      noIdentifiers: () => {
        const impostor = signerOf(shared.bare.root, NO_IDENTIFIERS)
        return { ...impostor, device: bareDevice(impostor) }
      },
      rebuilt: () => ({ ...rebuiltSigner(), device: shared.device }),
    }),
  stranger: () => {
    const ca = minted({ subject: [['CN', 'Stranger CA']], isCa: true })
    return { ca, device: mintedDevice('dev-1', ca) }
  },
  selfSigned: () => minted({ subject: [['CN', 'alone']] }),
  expired: () => deviceWith({ notAfter: Date.UTC(2025, 11, 31) }),
  notYetValid: () => deviceWith({ notBefore: Date.UTC(2026, 0, 2) }),
  rsa1024: () => deviceWith({}, rsaKeys(1024)),
  sha1: () => deviceWith({ hash: 'sha1' }),
  p224: () => deviceWith({}, ecKeys('secp224r1')),
  ed25519: () => deviceWith({}, generateKeyPairSync('ed25519')),
})

function signerOf(root: Minted, more: Partial<MintRequest> = {}, keys = ecKeys()): Minted {
  const subject: NameParts = [...ACME, ['CN', 'Acme signer']]
  return minted({ subject, issuer: issuerOf(root), isCa: true, ...more }, keys)
}

function deviceWith(more: Partial<MintRequest>, keys = ecKeys()): Minted {
  const subject: NameParts = [...ACME, ['CN', 'dev-1']]
  return minted({ subject, issuer: issuerOf(shared.signer), ...more }, keys)
}

function bareDevice(signer: Minted): Minted {
  const subject: NameParts = [...ACME, ['CN', 'bare-1']]
  return minted({ subject, issuer: issuerOf(signer), ...NO_IDENTIFIERS })
}

/** The registered signer's fields, key and signature, but another authority key identifier in between. */
function rebuiltSigner(): Minted {
  const { certificate, privateKey } = shared.signer
  const copy = minted(
    {
      subject: [...ACME, ['CN', 'Acme signer']],
      issuer: issuerOf(shared.root),
      isCa: true,
      serial: Buffer.from(certificate.serialNumber, 'hex'),
      authorityKeyId: randomBytes(20),
    },
    { publicKey: certificate.publicKey, privateKey },
  )
  const rebuilt = AsnConvert.parse(copy.der, CertificateAsn)
  rebuilt.signatureValue = AsnConvert.parse(certificate.der, CertificateAsn).signatureValue
  return mintedOf(Buffer.from(AsnConvert.serialize(rebuilt)), privateKey)
}

/** @param der must be readable */
export function mintedOf(der: Buffer, privateKey: KeyObject): Minted {
  const reading = readCertificate(der)
  if (!reading.ok) throw new Error(`a minted certificate is unreadable: ${reading.says}`)
  const type = privateKey.asymmetricKeyType
  const legacy = type === 'ec' ? 'sec1' : type === 'rsa' ? 'pkcs1' : undefined
  return {
    certificate: reading.certificate,
    der,
    pem: toPem('CERTIFICATE', der),
    keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    ...(legacy && { legacyKeyPem: privateKey.export({ format: 'pem', type: legacy }).toString() }),
    privateKey,
  }
}

/** An object whose members are made when they are first read. */
function lazily<T extends object>(makers: { [K in keyof T]: () => T[K] }): T {
  const made = {} as T
  for (const name of Object.keys(makers) as (keyof T)[]) {
    let value: { is: T[typeof name] } | undefined
    Object.defineProperty(made, name, {
      enumerable: true,
      get() {
        value ??= { is: makers[name]() }
        return value.is
      },
    })
  }
  return made
}
