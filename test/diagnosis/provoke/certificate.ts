/** The chain as it was sent. Most of it waits for the CONNECT, as on AWS; the first two end the handshake. */

import type { CertificateEvidence } from '../../../broker/diagnosis/certificate.ts'
import { type MintRequest, mint, type NameParts } from '../../../broker/x509/mint.ts'
import { toPem } from '../../../broker/x509/pem.ts'
import { extensionOf, forged } from '../../helpers/forge.ts'
import {
  ecKeys,
  type Minted,
  minted,
  mintedDevice,
  PKI_NOW,
  pki,
  pssKeys,
} from '../../helpers/pki.ts'
import type { Provocations } from './provocation.ts'
import { type Credentials, chainOf, changing, connectVisit, tlsVisit } from './visitors.ts'

const TLS12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
/** OpenSSL itself would not load the weak ones. */
const ANY = { ciphers: 'DEFAULT@SECLEVEL=0' }

/** Refused at CONNECT, without a word. */
export const silent = { verdict: 'refused', side: 'we' } as const

export const certificate: Provocations<CertificateEvidence> = {
  CERTIFICATE_MISSING: {
    act: broker => tlsVisit(broker, {}, TLS12),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 42 },
    evidence: { version: 'TLSv1.2', caNamesAsked: 0 },
  },
  CERTIFICATE_UNREADABLE: {
    async act(broker, t) {
      const { device } = pki()
      const port = await changing(t, broker, record => {
        const at = record.indexOf(device.der)
        if (at < 0) return record
        const copy = Buffer.from(record)
        // The outermost tag: SEQUENCE becomes SET.
        copy.writeUInt8(0x31, at)
        return copy
      })
      return tlsVisit(broker, chainOf(device), { ...TLS12, port })
    },
    verdict: 'refused',
    side: 'we',
    sent: { alert: 42 },
    evidence: { position: 0 },
  },
  CERTIFICATE_TOO_COMPLEX: {
    act: broker => tlsVisit(broker, large(), TLS12),
    verdict: 'refused',
    side: 'we',
    sent: { alert: 43 },
    evidence: { position: 0, what: 'name', limit: 4096 },
  },
  CERTIFICATE_EXPIRED: {
    act: broker => connectVisit(broker, chainOf(pki().expired)),
    ...silent,
    evidence: { now: new Date(PKI_NOW).toISOString() },
  },
  CERTIFICATE_NOT_YET_VALID: {
    act: broker => connectVisit(broker, chainOf(pki().notYetValid)),
    ...silent,
    evidence: { now: new Date(PKI_NOW).toISOString() },
  },
  CERTIFICATE_KEY_UNSUPPORTED: {
    act: broker => connectVisit(broker, chainOf(pki().rsa1024), {}, ANY),
    ...silent,
    evidence: { key: 'RSA 1024' },
  },
  CERTIFICATE_KEY_NEEDS_TLS13: {
    act: broker =>
      connectVisit(
        broker,
        chainOf(minted({ subject: [['CN', 'pss']], issuer: pki().stranger.ca }, pssKeys())),
        {},
        TLS12,
      ),
    ...silent,
    evidence: { key: 'RSA-PSS 2048', version: 'TLSv1.2' },
  },
  CERTIFICATE_SIGNATURE_UNSUPPORTED: {
    act: broker => connectVisit(broker, chainOf(pki().sha1), {}, ANY),
    ...silent,
    evidence: { signature: 'ecdsa-with-SHA1' },
  },
  CERTIFICATE_ISSUER_UNKNOWN: {
    act: broker => connectVisit(broker, chainOf(pki().stranger.device)),
    ...silent,
    evidence: { issuer: 'CN=Stranger CA' },
  },
  CERTIFICATE_SIGNER_MISMATCH: {
    act(broker) {
      const [registered, namesake] = [ca('Mismatch'), ca('Mismatch')]
      broker.registerAuthority(registered.pem)
      return connectVisit(broker, chainOf(mintedDevice('mismatch', namesake), namesake))
    },
    ...silent,
    evidence: { signedBySent: true },
  },
  CERTIFICATE_PURPOSE: {
    act: broker => connectVisit(broker, chainOf(serverOnly())),
    findingOf: 'CERTIFICATE_ISSUER_UNKNOWN',
    ...silent,
    evidence: { extendedKeyUsage: ['serverAuth'], lacks: ['clientAuth'] },
  },
  CERTIFICATE_UNUSUAL: {
    act: broker => connectVisit(broker, chainOf(unusual())),
    findingOf: 'CERTIFICATE_ISSUER_UNKNOWN',
    ...silent,
    evidence: { oddities: [{ what: 'critical extension', value: '1.2.3.4' }] },
  },
}

const stranger = (): Minted => pki().stranger.ca

/** A subject of 5 KB. */
function large(): Credentials {
  const { publicKey, privateKey } = ecKeys()
  const subject = Array.from({ length: 100 }, (): [string, string] => ['OU', 'x'.repeat(50)])
  const serial = Buffer.of(1)
  const dates = { notBefore: PKI_NOW, notAfter: PKI_NOW + 1000 }
  const der = mint({ subject, publicKey, issuer: stranger(), serial, ...dates })
  return {
    certificate: toPem('CERTIFICATE', der),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}

function serverOnly(): Minted {
  const subject: NameParts = [['CN', 'server']]
  return minted({ subject, issuer: stranger(), extendedKeyUsage: ['serverAuth'] })
}

function unusual(): Minted {
  const base = minted({ subject: [['CN', 'unusual']], issuer: stranger() })
  return forged(base, stranger().privateKey, tbs => {
    tbs.extensions?.push(extensionOf('1.2.3.4', true))
  })
}

/** A CA of its own, so that the cases can share a broker. */
export function ca(name: string, issuer?: Minted, more: Partial<MintRequest> = {}): Minted {
  return minted({ subject: [['CN', name]], isCa: true, ...(issuer && { issuer }), ...more })
}
