/**
 * What our own judgement finds in the device's certificate: most of it would keep a device out of AWS IoT too. What is told of
 * the certificates around it, CHAIN_*, stands in chain.ts. The evidence has the shape in which x509/problem.ts reports it.
 */

import type { Entries } from './entry.ts'
import { inWordsOf } from './stacks.ts'
import { between, list, plain, quote, short } from './words.ts'

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
  }
  CERTIFICATE_UNREADABLE: {
    /** Place in the chain as sent; 0 is the device's certificate. */
    position: number
    says: string
  }
  CERTIFICATE_EXPIRED: { notAfter: string; now: string; subject: string }
  CERTIFICATE_NOT_YET_VALID: { notBefore: string; now: string; subject: string }
  CERTIFICATE_KEY_UNSUPPORTED: { key: string; accepted: string[] }
  CERTIFICATE_SIGNATURE_UNSUPPORTED: { signature: string; accepted: string[] }
  CERTIFICATE_ISSUER_UNKNOWN: {
    issuer: string
    authorityKeyId?: string
    /** Registered CAs, ten at most. */
    registered: { subject: string; sha256: string }[]
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
    remedy: ({ stack }) =>
      `load the device's certificate and private key before the connection is made${inWordsOf(stack, 'certificate')}`,
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
    says: ({ position, says }) =>
      `${position === 0 ? "the device's certificate" : `certificate ${position + 1} of the sent chain`} can't be read: ${plain(says)}`,
    remedy: () =>
      'send X.509 certificates in DER inside TLS; check the file with `candid explain FILE.pem`',
    alert: 42,
    aws: { note: 'not measured on AWS IoT' },
    references: ['RFC 5280 4.1', 'RFC 8446 4.4.2'],
    example: { position: 0, says: 'the outer SEQUENCE is longer than the bytes that are there' },
  },

  CERTIFICATE_EXPIRED: {
    room: 'certificate',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: "The device's certificate has run out",
    says: ({ notAfter, now, subject }) =>
      `the certificate ${quote(subject)} ran out on ${notAfter}${ago(between(notAfter, now), 'ago')}`,
    remedy: ({ now }) =>
      `give the device a new certificate (\`candid device create\`); the broker's clock says ${now}`,
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
    says: ({ notBefore, now, subject }) =>
      `the certificate ${quote(subject)} is valid only from ${notBefore}${ago(between(notBefore, now), 'from now')}`,
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
    says({ issuer, selfSigned, sentPathReaches, signedUnderOtherName, registered }) {
      const itself = 'and the certificate is not registered itself'
      if (selfSigned) return `the device's certificate is self-signed, ${itself}`
      if (sentPathReaches !== undefined) {
        return `the signer of the device's certificate, ${quote(issuer)}, is not registered: only ${quote(sentPathReaches.subject)} above it is, ${itself}`
      }
      if (signedUnderOtherName !== undefined) {
        return `a registered CA signed the device's certificate, but its subject ${quote(signedUnderOtherName.subject)} is not the issuer ${quote(issuer)} byte for byte`
      }
      const none = registered.length === 0 ? 'no CA is registered' : 'no registered CA signed it'
      return `the device's certificate was issued by ${quote(issuer)}: ${none}, ${itself}`
    },
    remedy({ selfSigned, sentPathReaches, sentSigner, issuer }) {
      if (selfSigned)
        return 'register this very certificate: declare it under `devices` in config.yaml'
      if (sentPathReaches !== undefined) {
        return `register the CA that signs the devices, ${quote(issuer)}, not the root above it: \`candid ca register\``
      }
      if (sentSigner !== undefined) {
        return `register the signer that the device sends, ${quote(sentSigner.subject)} (${short(sentSigner.sha256)}): \`candid ca register\``
      }
      return `register ${quote(issuer)} with \`candid ca register\`, or declare this certificate under \`devices\` in config.yaml`
    },
    alert: 48,
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
    alert: 48,
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
