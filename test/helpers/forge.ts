/**
 * Certificates that no proper program would issue: a minted one is taken apart, changed, and signed again, so that its
 * signature is right and only the change is wrong.
 */

import { type KeyObject, sign } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { Certificate, Extension, type TBSCertificate } from '@peculiar/asn1-x509'
import { type Minted, mintedOf } from './pki.ts'

/**
 * @param base what to change
 * @param signer who signs it again, with SHA-256; the algorithm that the certificate names stays
 */
export function forged(
  base: Minted,
  signer: KeyObject,
  change: (tbs: TBSCertificate) => void,
): Minted {
  return mintedOf(forgedDer(base.der, signer, change), base.privateKey)
}

/** The same, for what can't be read as a certificate. */
export function forgedDer(
  der: Buffer,
  signer: KeyObject,
  change: (tbs: TBSCertificate) => void,
): Buffer {
  const certificate = AsnConvert.parse(der, Certificate)
  change(certificate.tbsCertificate)
  const tbs = Buffer.from(AsnConvert.serialize(certificate.tbsCertificate))
  const signature = sign(/^ed/.test(signer.asymmetricKeyType ?? '') ? null : 'sha256', tbs, signer)
  certificate.signatureValue = new Uint8Array(signature).buffer
  return Buffer.from(AsnConvert.serialize(certificate))
}

/** An extension of any content; by default one that is a NULL. */
export function extensionOf(oid: string, critical = false, value = Buffer.of(5, 0)): Extension {
  const extnValue = new OctetString(new Uint8Array(value).buffer)
  return new Extension({ extnID: oid, critical, extnValue })
}
