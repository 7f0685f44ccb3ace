/**
 * What is told of the certificates around the device's own: those that it sent along, and those that are registered. AWS IoT
 * asks only for the registered CA that directly signed the device's certificate, so that nothing here refuses by itself.
 */

import { ago, type CertSummary, identity, summary } from './certificate.ts'
import type { Blame, Entries } from './entry.ts'
import { between, count, quote, quotes, short } from './words.ts'

export type ChainEvidence = {
  CHAIN_SIGNER_DIFFERS: {
    registered: CertSummary
    sent: CertSummary
    sameKey: boolean
    leafSignedBy: 'registered' | 'sent' | 'both' | 'neither'
    /** True where `provisioning.chain: strict` refuses for this. */
    strict?: boolean
  }
  CHAIN_ORDER: { sent: string[]; expected?: string[]; leafFirst?: boolean }
  CHAIN_INCOMPLETE: { missing: string; sent?: string[] }
  CHAIN_UNRELATED: { subjects: string[] }
  CHAIN_DUPLICATE: { subjects: string[] }
  CHAIN_LONG: { certificates: number; lookedAt: number }
  CHAIN_EXPIRED: Link & { notAfter: string; now: string }
  CHAIN_NOT_YET_VALID: Link & { notBefore: string; now: string }
  CHAIN_ISSUER_NOT_CA: Link & {
    /** Why it may not sign: no CA:TRUE, or a key usage without keyCertSign. */
    lacks: 'CA:TRUE' | 'keyCertSign'
    version: number
  }
  CHAIN_PATH_LENGTH: Link & {
    /** How many CAs may stand below it, and how many do. */
    allowed: number
    below: number
  }
  CHAIN_WEAK: Link & { key: string; signature: string; weak: ('key' | 'signature')[] }
}

/** A certificate above the device's own, on the path that signatures prove. */
type Link = {
  subject: string
  sha256: string
  /** It is a registered CA; otherwise it was sent. */
  registered: boolean
}

export const chain: Entries<ChainEvidence> = {
  CHAIN_SIGNER_DIFFERS: {
    room: 'certificate',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'The sent chain holds a signer that is not the registered one of that name',
    says: ({ registered, sent, sameKey, leafSignedBy }) =>
      `the device sent ${
        sameKey ? 'another certificate of the same key' : 'a signer with another key'
      } for the registered CA ${quote(registered.subject)}: sent ${sameKey ? origin(sent) : identity(sent)}, registered ${sameKey ? origin(registered) : identity(registered)}; ${SIGNED[leafSignedBy]}`,
    remedy({ sameKey, leafSignedBy, strict }) {
      const way = strict ? ', or set `provisioning.chain: lenient`' : ''
      if (sameKey) {
        return `let the device send the registered certificate unchanged${way}; a certificate rebuilt on the device differs like this, for example when a secure element reads its root key from the wrong slot`
      }
      if (leafSignedBy === 'registered') {
        return `put the registered signer into the device's chain, or send the device certificate alone${way}`
      }
      return 'register the signer that the device sends, or issue the device certificate from the registered one'
    },
    // AWS: in 2016 and 2017 it sent 46 for every certificate that it does not know.
    alert: 46,
    aws: {
      note: 'AWS IoT was seen to refuse a first contact with such a chain; it says nothing about the cause',
    },
    references: ['RFC 5280 4.2.1.1', 'RFC 5280 4.2.1.2', 'AWS: jit-provisioning'],
    example: {
      registered: summary('CN=Acme Signer', 'CN=Acme Root', 'aa', '11', '99'),
      sent: {
        ...summary('CN=Acme Signer', 'CN=Acme Root', 'aa', '22', '98'),
        publicKeySha256: 'aa'.repeat(32),
      },
      sameKey: true,
      leafSignedBy: 'both',
    },
  },

  CHAIN_ORDER: {
    room: 'certificate',
    severity: 'note',
    blame: 'device',
    certainty: 'proof',
    title: 'The chain is in the wrong order',
    says: ({ sent, leafFirst }) =>
      leafFirst === false
        ? `the first certificate of the chain is not the device's: ${quotes(sent, 4)}`
        : `the chain is not in order, each certificate followed by its signer: ${quotes(sent, 4)}`,
    remedy: ({ expected }) =>
      expected === undefined
        ? 'send the device certificate first, then its signer'
        : `send ${quotes(expected, 4)} in this order`,
    aws: { note: 'not measured on AWS IoT' },
    references: ['RFC 5246 7.4.2', 'RFC 8446 4.4.2'],
    example: {
      sent: ['CN=Acme Signer', 'CN=sensor-1'],
      expected: ['CN=sensor-1', 'CN=Acme Signer'],
      leafFirst: false,
    },
  },

  CHAIN_INCOMPLETE: {
    room: 'certificate',
    severity: 'note',
    blame: 'device',
    certainty: 'proof',
    title: 'A certificate is missing in the middle of the chain',
    says: ({ missing }) => `the chain has a gap: ${quote(missing)} was not sent`,
    remedy: ({ missing }) =>
      `add ${quote(missing)} to the chain, or send the device certificate alone`,
    aws: { note: 'AWS IoT needs no chain where the host is named (SNI)' },
    references: ['RFC 8446 4.4.2', 'AWS: jit-provisioning'],
    example: { missing: 'CN=Acme Signer', sent: ['CN=sensor-1', 'CN=Acme Root'] },
  },

  CHAIN_UNRELATED: {
    room: 'certificate',
    severity: 'note',
    blame: 'device',
    certainty: 'proof',
    title: 'The chain holds certificates that have nothing to do with the device',
    says: ({ subjects }) =>
      `${subjects.length === 1 ? 'a certificate' : 'certificates'} in the chain signed nothing in it: ${quotes(subjects, 4)}`,
    remedy: () => 'leave them out: they cost the device memory and time',
    aws: { note: 'not measured on AWS IoT' },
    references: ['RFC 8446 4.4.2'],
    example: { subjects: ['CN=Old Signer'] },
  },

  CHAIN_DUPLICATE: {
    room: 'certificate',
    severity: 'note',
    blame: 'device',
    certainty: 'proof',
    title: 'A certificate was sent twice',
    says: ({ subjects }) => `the chain holds ${quotes(subjects, 4)} more than once`,
    remedy: () => 'send each certificate once: look at the file for a block that was pasted twice',
    aws: { note: 'not measured on AWS IoT' },
    references: ['RFC 8446 4.4.2'],
    example: { subjects: ['CN=sensor-1'] },
  },

  CHAIN_LONG: {
    room: 'certificate',
    severity: 'note',
    blame: 'device',
    certainty: 'proof',
    title: 'The chain is longer than anybody needs',
    says: ({ certificates, lookedAt }) =>
      `the device sent ${count(certificates, 'certificate')}: only the first ${lookedAt} were looked at`,
    remedy: () => 'send the device certificate and its signer, and nothing else',
    aws: { note: 'how many AWS IoT takes is not known' },
    references: ['RFC 8446 4.4.2'],
    example: { certificates: 30, lookedAt: 10 },
  },

  CHAIN_EXPIRED: {
    room: 'certificate',
    severity: 'warning',
    blame: setupIfRegistered,
    certainty: 'proof',
    title: 'A CA above the device certificate has run out',
    says: ({ notAfter, now, ...link }) =>
      `${named(link)} ran out on ${notAfter}${ago(between(notAfter, now), 'ago')}`,
    remedy: ({ registered }) =>
      registered
        ? 'devices go on here; renew the CA with the same key and name, and register the new certificate with `candid ca register`'
        : 'renew it, or send the device certificate alone',
    aws: {
      note: 'AWS IoT registers no CA that has run out; what it does when a registered one runs out is not known',
    },
    references: ['RFC 5280 6.1.3', 'AWS: API RegisterCACertificate'],
    example: {
      ...link('CN=Acme Signer', true),
      notAfter: '2025-12-31T00:00:00.000Z',
      now: '2026-01-12T00:00:00.000Z',
    },
  },

  CHAIN_NOT_YET_VALID: {
    room: 'certificate',
    severity: 'warning',
    blame: setupIfRegistered,
    certainty: 'proof',
    title: 'A CA above the device certificate is not valid yet',
    says: ({ notBefore, now, ...link }) =>
      `${named(link)} is valid only from ${notBefore}${ago(between(notBefore, now), 'from now')}`,
    remedy: ({ now }) =>
      `look at the clock of the machine that issued it, and at the broker's: it says ${now}`,
    aws: { note: 'not measured on AWS IoT' },
    references: ['RFC 5280 6.1.3'],
    example: {
      ...link('CN=Acme Signer', true),
      notBefore: '2026-06-01T00:00:00.000Z',
      now: '2026-01-12T00:00:00.000Z',
    },
  },

  CHAIN_ISSUER_NOT_CA: {
    room: 'certificate',
    severity: 'warning',
    blame: setupIfRegistered,
    certainty: 'proof',
    title: 'The certificate that signed is no CA certificate',
    says: ({ lacks, version, ...link }) =>
      `${named(link)} signed a certificate and is no CA: ${
        lacks === 'keyCertSign'
          ? 'its key usage has no keyCertSign'
          : version < 3
            ? `it is of version ${version}, which can't say CA:TRUE`
            : "its basic constraints don't say CA:TRUE"
      }`,
    remedy: () =>
      'devices go on here; most TLS libraries refuse such a chain: issue the CA again with CA:TRUE and keyCertSign',
    aws: { note: 'whether AWS IoT asks for CA:TRUE is not known' },
    references: ['RFC 5280 4.2.1.9', 'RFC 5280 4.2.1.3'],
    example: { ...link('CN=Acme Signer', true), lacks: 'CA:TRUE', version: 3 },
  },

  CHAIN_PATH_LENGTH: {
    room: 'certificate',
    severity: 'warning',
    blame: setupIfRegistered,
    certainty: 'proof',
    title: 'More CAs stand below a CA than it allows',
    says: ({ allowed, below, ...link }) =>
      `${named(link)} allows ${allowed === 0 ? 'no CA' : count(allowed, 'CA')} below it, and ${below === 1 ? '1 stands' : `${below} stand`} there`,
    remedy: () =>
      'devices go on here; TLS libraries that check the whole path refuse it: issue that CA with a larger path length',
    aws: {
      note: 'AWS IoT asks for the CA that directly signed; whether it looks above is not known',
    },
    references: ['RFC 5280 4.2.1.9'],
    example: { ...link('CN=Acme Root', false), allowed: 0, below: 1 },
  },

  CHAIN_WEAK: {
    room: 'certificate',
    severity: 'warning',
    blame: setupIfRegistered,
    certainty: 'proof',
    title: 'A CA above the device certificate is weak',
    says: ({ key, signature, weak, ...link }) =>
      `${named(link)} is weak: ${weak
        .map(what =>
          what === 'key' ? `its key is ${quote(key)}` : `it is signed with ${quote(signature)}`,
        )
        .join(', and ')}`,
    remedy: () => 'issue the CA again, with RSA 2048 or P-256 and SHA-256',
    aws: { note: 'AWS IoT registers no CA with RSA below 2048 bits' },
    references: ['AWS: API RegisterCACertificate', 'AWS: audit-chk-ca-cert-key-quality'],
    example: {
      ...link('CN=Acme Signer', true),
      key: 'RSA 1024',
      signature: 'sha1WithRSAEncryption',
      weak: ['key', 'signature'],
    },
  },
}

function named({ subject, registered }: Link): string {
  return `${registered ? 'the registered CA' : 'the sent CA'} ${quote(subject)}`
}

/** Who registered it can mend it; what a device sends, its maker. */
function setupIfRegistered({ registered }: Link): Blame {
  return registered ? 'setup' : 'device'
}

/** An example's link. */
function link(subject: string, registered: boolean): Link {
  return { subject, sha256: '11'.repeat(32), registered }
}

const SIGNED = {
  registered: "the registered one signed the device's certificate",
  sent: "the sent one signed the device's certificate",
  both: "the key of both signed the device's certificate",
  neither: "neither signed the device's certificate",
}

/** Two certificates of one key differ in who vouches for it. */
function origin({ authorityKeyId, sha256 }: CertSummary): string {
  const key =
    authorityKeyId === undefined ? "no issuer's key id" : `issuer's key id ${short(authorityKeyId)}`
  return `${key}, SHA-256 ${short(sha256)}`
}
