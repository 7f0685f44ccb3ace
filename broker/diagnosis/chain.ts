/**
 * What is told of the certificates around the device's own: those that it sent along, and those that are registered. AWS IoT
 * asks only for the registered CA that directly signed the device's certificate, so that nothing here refuses by itself.
 */

import { type CertSummary, identity, summary } from './certificate.ts'
import type { Entries } from './entry.ts'
import { quote, quotes, short } from './words.ts'

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
    alert: 48,
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
