/**
 * What our own judgement finds in the device's certificate: most of it would keep a device out of AWS IoT too. What is told of
 * the certificates around it, CHAIN_*, stands in chain.ts. The evidence has the shape in which x509/problem.ts reports it.
 */

import type { Entries } from './entry.ts'
import { inWordsOf } from './stacks.ts'
import { between, count, list, plain, quote, short } from './words.ts'

export type CertificateEvidence = {
  CERTIFICATE_MISSING: {
    version: string
    signatureAlgorithmsAsked: string[]
    certificateTypesAsked: string[]
    /** How many CA names our CertificateRequest carried: none, so nothing excused the client. */
    caNamesAsked: number
    /** There was not even an empty Certificate message: the client ignored that it was asked. */
    omitted?: boolean
    stack?: string
    variant?: string
  }
  CERTIFICATE_UNREADABLE: {
    /** Place in the chain as sent; 0 is the device's certificate. */
    position: number
    says: string
    stack?: string
    variant?: string
  }
  /** There is more of it than is looked at. */
  CERTIFICATE_TOO_COMPLEX: TooComplex & {
    /** Place in the chain as sent; absent: it is the whole chain. */
    position?: number
  }
  CERTIFICATE_EXPIRED: Dates & { notAfter: string }
  CERTIFICATE_NOT_YET_VALID: Dates & { notBefore: string }
  CERTIFICATE_KEY_UNSUPPORTED: { key: string; accepted: string[] }
  CERTIFICATE_KEY_NEEDS_TLS13: {
    key: string
    /** Of this connection; absent: there is none. */
    version?: string
  }
  CERTIFICATE_SIGNATURE_UNSUPPORTED: { signature: string; accepted: string[] }
  CERTIFICATE_ISSUER_UNKNOWN: {
    issuer: string
    authorityKeyId?: string
    /** Registered CAs, ten at most. */
    registered: { subject: string; sha256: string }[]
    /** Of these the one that is most like the issuer: it has the key identifier that is asked for, or parts of its name. */
    nearest?: { subject: string; sha256: string; by: 'key identifier' | 'name' }
    /** The device sent its own certificate and nothing else. */
    sentAlone?: boolean
    /** The certificate's own key signed it. */
    selfSigned?: boolean
    /** The sent certificate that did sign the device's: the one to register. */
    sentSigner?: CertSummary
    /** A registered CA that stands above the signer in the sent chain: the root was registered, not the signer. */
    sentPathReaches?: CertSummary
    /** A registered CA whose key did sign, under a subject that is not the issuer byte for byte. */
    signedUnderOtherName?: CertSummary
  }
  CERTIFICATE_SIGNER_MISMATCH: {
    leaf: CertSummary
    /** Has the issuer's name, but its key did not sign the device's certificate. */
    registered: CertSummary
    /** The certificate of that name in the sent chain. */
    sent?: CertSummary
    signedBySent: boolean
  }
  CERTIFICATE_PURPOSE: {
    subject: string
    keyUsage?: string[]
    extendedKeyUsage?: string[]
    lacks: ('digitalSignature' | 'clientAuth')[]
  }
  CERTIFICATE_UNUSUAL: { subject: string; oddities: Oddity[] }
}

/** Of what there is too much, and how much is looked at. */
export type TooComplex = {
  what:
    | 'bytes'
    | 'name'
    | 'extensions'
    | 'key bits'
    | 'exponent bits'
    | 'certificates'
    | 'bytes of the chain'
  amount: number
  limit: number
}

type Dates = {
  subject: string
  now: string
  /** The other end of its validity, where it can never be valid: it ends before it begins. */
  never?: string
  /** What the device's own clock says, where its ClientHello tells. */
  deviceClock?: string
  /** The certificate is valid by the device's own clock. */
  validByDeviceClock?: boolean
}

/** A rule of RFC 5280 that a certificate breaks. */
export type Oddity = {
  what:
    | 'version'
    | 'negative serial'
    | 'zero serial'
    | 'long serial'
    | 'no extension'
    | 'extension twice'
    | 'critical extension'
    | 'two algorithms'
    | 'date form'
    | 'exponent'
  value?: string
}

/** What tells one certificate from another of the same name. */
export type CertSummary = {
  subject: string
  issuer: string
  /** Hex. */
  serialNumber: string
  subjectKeyId?: string
  authorityKeyId?: string
  /** Hex, of the DER: the certificateId. */
  sha256: string
  /** Hex, of the SubjectPublicKeyInfo: equal for two certificates of one key. */
  publicKeySha256: string
}

export const certificate: Entries<CertificateEvidence> = {
  CERTIFICATE_MISSING: {
    room: 'certificate',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The client sent no certificate',
    says: ({ caNamesAsked, omitted, signatureAlgorithmsAsked }) =>
      `the client was asked for its certificate and sent none (${omitted ? 'no' : 'an empty'} Certificate message); ${
        caNamesAsked === 0 ? 'we named no CAs' : `we named ${caNamesAsked} CAs`
      } and take ${list(signatureAlgorithmsAsked, 3)}`,
    remedy: ({ stack, variant }) =>
      `load the device's certificate and private key before the connection is made, and look whether both were read${inWordsOf(stack, 'certificate', variant)}`,
    alert: 42,
    aws: { note: 'what AWS IoT sends is not established; it logs no reason of its own for this' },
    references: ['RFC 5246 7.4.6', 'RFC 8446 4.4.2', 'RFC 8446 4.4.2.4'],
    example: {
      version: 'TLSv1.2',
      signatureAlgorithmsAsked: [
        'ecdsa_secp256r1_sha256',
        'rsa_pss_rsae_sha256',
        'rsa_pkcs1_sha256',
      ],
      certificateTypesAsked: ['rsa_sign', 'ecdsa_sign'],
      caNamesAsked: 0,
      stack: 'wolfSSL',
    },
  },

  CERTIFICATE_UNREADABLE: {
    room: 'certificate',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'A certificate in the chain cannot be read',
    says: ({ position, says }) => `${whichOf(position)} can't be read: ${plain(says)}`,
    remedy: ({ says, stack, variant }) =>
      /private key/.test(says)
        ? `take that key out of use: it has left the device; then load the certificate in its place${inWordsOf(stack, 'certificate', variant)}`
        : `load the certificate itself: TLS sends it as DER, whatever form the file has; check the file with \`candid explain FILE\`${inWordsOf(stack, 'certificate', variant)}`,
    alert: 42,
    aws: { note: 'not measured on AWS IoT' },
    references: ['RFC 5280 4.1', 'RFC 8446 4.4.2'],
    example: { position: 0, says: 'it is cut off: 512 of 731 bytes are there' },
  },

  CERTIFICATE_TOO_COMPLEX: {
    room: 'certificate',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'There is more of a certificate than anybody needs',
    says({ position, what, amount, limit }) {
      const whose = position === undefined ? 'the sent chain' : whichOf(position)
      const [noun, of] = SIZES[what]
      return `${whose} has ${count(amount, noun)}${of}, and ${count(limit, noun)} are the most that is looked at`
    },
    remedy: ({ what }) =>
      what === 'certificates' || what === 'bytes of the chain'
        ? 'send the device certificate and its signer, and nothing else'
        : 'issue a smaller certificate: a short subject, few extensions, a key on P-256',
    alert: 43,
    aws: { note: 'its limits are not known; it registers no certificate beyond 65,536 characters' },
    references: ['AWS: API RegisterCertificate', 'RFC 5280 appendix A.1'],
    example: { position: 0, what: 'extensions', amount: 10_000, limit: 100 },
  },

  CERTIFICATE_EXPIRED: {
    room: 'certificate',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: "The device's certificate has run out",
    says: ({ notAfter, now, subject, never, ...clock }) =>
      never === undefined
        ? `the certificate ${quote(subject)} ran out on ${notAfter}${ago(between(notAfter, now), 'ago')}${byClock(clock)}`
        : `the certificate ${quote(subject)} can never be valid: it ends on ${notAfter}, before it begins on ${never}`,
    remedy: ({ now, never, validByDeviceClock }) =>
      validByDeviceClock && never === undefined
        ? `one of two clocks is wrong: compare the broker's, ${now}, with the device's; if the broker's is right, give the device a new certificate`
        : `give the device a new certificate (\`candid device create\`); the broker's clock says ${now}`,
    alert: 45,
    aws: {
      note: 'AWS IoT refuses it and has no log reason for it; `NOT_AUTHENTICATED` is the likely one',
    },
    references: ['RFC 5280 4.1.2.5', 'AWS: x509-client-certs'],
    example: {
      notAfter: '2025-12-31T00:00:00.000Z',
      now: '2026-01-12T00:00:00.000Z',
      subject: 'CN=sensor-1',
    },
  },

  CERTIFICATE_NOT_YET_VALID: {
    room: 'certificate',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: "The device's certificate is not valid yet",
    says: ({ notBefore, now, subject, never, ...clock }) =>
      never === undefined
        ? `the certificate ${quote(subject)} is valid only from ${notBefore}${ago(between(notBefore, now), 'from now')}${byClock(clock)}`
        : `the certificate ${quote(subject)} can never be valid: it begins on ${notBefore}, after its end on ${never}`,
    remedy: ({ now }) =>
      `look at the clock of the machine that issued it, and at the broker's: it says ${now}`,
    alert: 42,
    aws: { note: 'AWS IoT has no log reason for it; `NOT_AUTHENTICATED` is the likely one' },
    references: ['RFC 5280 4.1.2.5', 'AWS: x509-client-certs'],
    example: {
      notBefore: '2026-06-01T00:00:00.000Z',
      now: '2026-01-12T00:00:00.000Z',
      subject: 'CN=sensor-1',
    },
  },

  CERTIFICATE_KEY_UNSUPPORTED: {
    room: 'certificate',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'AWS IoT does not take this kind of key',
    says: ({ key, accepted }) =>
      `the key of the device's certificate is ${quote(key)}, and AWS IoT takes ${list(accepted)}`,
    remedy: () => 'make a new key pair, best on P-256, and a new certificate for it',
    alert: 43,
    aws: { note: 'AWS IoT refuses such a certificate when it is registered' },
    references: ['AWS: x509-client-certs'],
    example: { key: 'RSA 1024', accepted: ['RSA 2048 or more', 'P-256', 'P-384', 'P-521'] },
  },

  CERTIFICATE_KEY_NEEDS_TLS13: {
    room: 'certificate',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'AWS IoT does not take this kind of key with this version of TLS',
    says: ({ key, version }) =>
      `the key of the device's certificate is ${quote(key)}, which AWS IoT takes with TLS 1.3 only${version === undefined ? '' : `, and this is ${version}`}`,
    remedy: () =>
      'let the device offer TLS 1.3, or make its certificate for an ordinary RSA or P-256 key',
    alert: 43,
    aws: { note: 'what it does on TLS 1.2 is not known' },
    references: ['AWS: x509-client-certs', 'RFC 4055 1.2'],
    example: { key: 'RSA-PSS 2048', version: 'TLSv1.2' },
  },

  CERTIFICATE_SIGNATURE_UNSUPPORTED: {
    room: 'certificate',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'AWS IoT does not take this signature algorithm',
    says: ({ signature, accepted }) =>
      `the device's certificate is signed with ${quote(signature)}, and AWS IoT takes ${list(accepted)}`,
    remedy: () => 'have the certificate signed again, with SHA-256',
    alert: 43,
    aws: { note: 'not measured on AWS IoT' },
    references: ['AWS: x509-client-certs'],
    example: {
      signature: 'sha1WithRSAEncryption',
      accepted: ['SHA-256', 'SHA-384', 'SHA-512'],
    },
  },

  CERTIFICATE_ISSUER_UNKNOWN: {
    room: 'certificate',
    severity: 'error',
    blame: 'setup',
    certainty: 'proof',
    title: 'No registered CA signed this certificate, and it is not registered itself',
    says({ issuer, selfSigned, sentPathReaches, signedUnderOtherName, registered, nearest }) {
      const itself = 'and the certificate is not registered itself'
      if (selfSigned) return `the device's certificate is self-signed, ${itself}`
      if (sentPathReaches !== undefined) {
        return `the signer of the device's certificate, ${quote(issuer)}, is not registered: only ${quote(sentPathReaches.subject)} above it is, ${itself}`
      }
      if (signedUnderOtherName !== undefined) {
        return `a registered CA signed the device's certificate, but its subject ${quote(signedUnderOtherName.subject)} is not the issuer ${quote(issuer)} byte for byte`
      }
      const none = registered.length === 0 ? 'no CA is registered' : 'no registered CA signed it'
      const near =
        nearest === undefined
          ? ''
          : `; the nearest registered CA is ${quote(nearest.subject)}, by its ${nearest.by}`
      return `the device's certificate was issued by ${quote(issuer)}: ${none}, ${itself}${near}`
    },
    remedy({ selfSigned, sentPathReaches, sentSigner, sentAlone, issuer }) {
      if (selfSigned)
        return 'register this very certificate: declare it under `devices` in config.yaml'
      if (sentPathReaches !== undefined) {
        return `register the CA that signs the devices, ${quote(issuer)}, not the root above it: \`candid ca register\``
      }
      if (sentSigner !== undefined) {
        return `register the signer that the device sends, ${quote(sentSigner.subject)} (${short(sentSigner.sha256)}): \`candid ca register\``
      }
      const alone = sentAlone
        ? '; the device sends no signer along: send it once, and this record names its fingerprint'
        : ''
      return `register ${quote(issuer)} with \`candid ca register\`, or declare this certificate under \`devices\` in config.yaml${alone}`
    },
    // AWS: in 2016 and 2017 it sent 46 for every certificate that it does not know.
    alert: 46,
    aws: {
      logReason: 'DEVICE_CERTIFICATE_NOT_REGISTERED',
      note: 'AWS IoT finishes the handshake and closes after CONNECT, without CONNACK',
    },
    references: ['AWS: manage-your-CA-certs', 'AWS: cwl-format'],
    example: {
      issuer: 'CN=Acme Signer 2',
      authorityKeyId: '0a1b2c3d4e5f60718293a4b5c6d7e8f901234567',
      registered: [
        {
          subject: 'CN=Acme Signer 1',
          sha256: '11aa22bb33cc44dd55ee66ff778899001122334455667788990011223344556677',
        },
      ],
      nearest: {
        subject: 'CN=Acme Signer 1',
        sha256: '11aa22bb33cc44dd55ee66ff778899001122334455667788990011223344556677',
        by: 'name',
      },
      sentAlone: true,
    },
  },

  CERTIFICATE_SIGNER_MISMATCH: {
    room: 'certificate',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'A CA with the right name is registered, but another key signed this certificate',
    says: ({ registered, sent, signedBySent }) =>
      `the registered CA ${quote(registered.subject)} (${identity(registered)}) did not sign the device's certificate: ${
        sent === undefined
          ? 'another key of that name did'
          : signedBySent
            ? `the sent signer of the same name (${identity(sent)}) did`
            : `the sent signer of the same name (${identity(sent)}) did not either`
      }`,
    remedy: ({ sent, signedBySent }) =>
      signedBySent && sent !== undefined
        ? `register the signer that the device sends (${short(sent.sha256)}) with \`candid ca register\`, or issue the device certificate again from the registered one`
        : 'find out which CA issued the device certificate, and compare key identifiers and SHA-256 in this record',
    // AWS: in 2016 and 2017 it sent 46 for every certificate that it does not know.
    alert: 46,
    aws: {
      logReason: 'DEVICE_CERTIFICATE_NOT_REGISTERED',
      note: 'AWS IoT matches by signature as well, and does not say which CA it tried',
    },
    references: ['RFC 5280 4.2.1.1', 'RFC 5280 6.1.3', 'AWS: manage-your-CA-certs'],
    example: {
      leaf: summary('CN=sensor-1', 'CN=Acme Signer', '51', '77', 'bb'),
      registered: summary('CN=Acme Signer', 'CN=Acme Root', 'aa', '11', '99'),
      sent: summary('CN=Acme Signer', 'CN=Acme Root', 'bb', '22', '99'),
      signedBySent: true,
    },
  },

  CERTIFICATE_PURPOSE: {
    room: 'certificate',
    severity: 'note',
    blame: 'device',
    certainty: 'proof',
    title: 'The certificate is made for another purpose, which AWS IoT does not mind',
    says: ({ subject, keyUsage = [], extendedKeyUsage = [], lacks }) =>
      `the certificate ${quote(subject)} is not made for a TLS client: ${lacks
        .map(lack =>
          lack === 'clientAuth'
            ? `its extended key usage is ${list(extendedKeyUsage)}, without clientAuth`
            : `its key usage is ${list(keyUsage)}, without digitalSignature`,
        )
        .join(', and ')}`,
    remedy: () =>
      'nothing for AWS IoT; services that check purposes refuse it: issue it with digitalSignature and clientAuth',
    aws: {
      note: 'AWS documents no check of purposes, and its own certificates have no extended key usage',
    },
    references: ['RFC 5280 4.2.1.3', 'RFC 5280 4.2.1.12'],
    example: { subject: 'CN=sensor-1', extendedKeyUsage: ['serverAuth'], lacks: ['clientAuth'] },
  },

  CERTIFICATE_UNUSUAL: {
    room: 'certificate',
    severity: 'note',
    blame: 'device',
    certainty: 'proof',
    title: 'The certificate breaks a rule that other services hold it to',
    says: ({ subject, oddities }) =>
      `the certificate ${quote(subject)} breaks rules of RFC 5280: ${oddities
        .map(({ what, value = '' }) => ODD[what](value))
        .join(', ')}`,
    remedy: () =>
      'nothing has to be done here; other services and TLS libraries may refuse it: mend the program that issues certificates',
    aws: { note: 'whether AWS IoT checks this is not known' },
    references: ['RFC 5280 4.1', 'RFC 5280 4.2'],
    example: {
      subject: 'CN=sensor-1',
      oddities: [{ what: 'version', value: '1' }, { what: 'negative serial' }],
    },
  },
}

/** The device's own, or one of those behind it. */
function whichOf(position: number): string {
  return position === 0
    ? "the device's certificate"
    : `certificate ${position + 1} of the sent chain`
}

const SIZES: Record<TooComplex['what'], [noun: string, of: string]> = {
  bytes: ['byte', ''],
  name: ['byte', ' of subject or issuer'],
  extensions: ['extension', ''],
  'key bits': ['bit', ' of key'],
  'exponent bits': ['bit', ' of RSA exponent'],
  certificates: ['certificate', ''],
  'bytes of the chain': ['byte', ''],
}

const ODD: Record<Oddity['what'], (value: string) => string> = {
  version: value => `it is of version ${value}`,
  'negative serial': () => 'its serial number is negative',
  'zero serial': () => 'its serial number is zero',
  'long serial': value => `its serial number has ${value} bytes, and 20 are allowed`,
  'no extension': () => 'its list of extensions is empty',
  'extension twice': value => `it has the extension ${plain(value)} twice`,
  'critical extension': value =>
    `its extension ${plain(value)} is critical, and hardly anybody knows it`,
  'two algorithms': () => 'it names two different signature algorithms',
  'date form': () => 'its dates are in the form for other years',
  exponent: value => `its RSA exponent is ${plain(value, 24)}`,
}

/** What the device's own clock adds, where its ClientHello tells it. */
function byClock({ deviceClock, validByDeviceClock }: Partial<Dates>): string {
  if (deviceClock === undefined) return ''
  return validByDeviceClock
    ? `; the device's own clock says ${deviceClock}, and the certificate is valid then`
    : `; the device's own clock says ${deviceClock}`
}

/** What tells it from its namesake: the key identifier where there is one, and always the SHA-256. */
export function identity({ subjectKeyId, sha256 }: CertSummary): string {
  const key = subjectKeyId === undefined ? 'no key identifier' : `key id ${short(subjectKeyId)}`
  return `${key}, SHA-256 ${short(sha256)}`
}

/** `, 12 days ago`; nothing for an unknown distance. */
export function ago(distance: string, word: string): string {
  return distance === '' ? '' : `, ${distance} ${word}`
}

/** An example's certificate, from one byte each for key, certificate and issuer's key. */
export function summary(
  subject: string,
  issuer: string,
  key: string,
  own: string,
  from: string,
): CertSummary {
  return {
    subject,
    issuer,
    serialNumber: own.repeat(8),
    subjectKeyId: key.repeat(20),
    authorityKeyId: from.repeat(20),
    sha256: own.repeat(32),
    publicKeySha256: key.repeat(32),
  }
}
