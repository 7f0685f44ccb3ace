/**
 * Certificates that we issue in AWS's stead, together with their registration: for CreateKeysAndCertificate,
 * CreateCertificateFromCsr, and their counterparts over MQTT.
 */

import type { DeviceStatus } from '../../config/shape.ts'
import { readRequest } from '../../x509/request.ts'
import { type Answer, answer, refuse } from '../answer.ts'
import { recordOfCertificate } from '../certificate-record.ts'
import type { Desk } from '../desk.ts'
import type { Authority } from '../pki/create-authority.ts'
import { type Issued, issueCertificate } from '../pki/issue.ts'
import { generateKeys, privateKeyPem, publicKeyPem } from '../pki/keys.ts'

/** AWS's names, with capitals. */
export type KeyPairPem = { PublicKey: string; PrivateKey: string }

/** RSA 2048, as AWS makes it; off the main thread. Nothing is registered yet. */
export async function issueWithKeys(desk: Desk): Promise<Answer<Issued & { keyPair: KeyPairPem }>> {
  const issuer = await issuerOf(desk)
  if (!issuer.ok) return issuer
  const { publicKey, privateKey } = await generateKeys('rsa')
  const made = issueCertificate({ publicKey }, issuer.value, desk.world)
  if (!made.ok) throw new Error(made.says)
  const keyPair = { PublicKey: publicKeyPem(publicKey), PrivateKey: privateKeyPem(privateKey) }
  return answer({ ...made.issued, keyPair })
}

/**
 * A new certificate each time, with the name and the key of the request. Nothing is registered yet.
 * @param pem a certificate signing request from outside
 */
export async function issueFromRequest(desk: Desk, pem: string): Promise<Answer<Issued>> {
  const reading = readRequest(pem)
  if (!reading.ok) return refuse('InvalidRequestException', `${CSR_INVALID}: ${reading.says}`)
  const issuer = await issuerOf(desk)
  if (!issuer.ok) return issuer
  const made = issueCertificate(reading.request, issuer.value, desk.world)
  if (!made.ok) return refuse('InvalidRequestException', `${CSR_INVALID}: ${made.says}`)
  return answer(made.issued)
}

/**
 * Registers what was issued. In a transaction.
 * @param how `CreateKeysAndCertificate`, ...: what it is said to come from
 */
export function putIssued(
  desk: Desk,
  { certificateId, certificate }: Issued,
  about: { status: DeviceStatus; how: string },
): void {
  desk.tables.certificates.put(certificateId, {
    ...recordOfCertificate(certificate, {
      ownedBy: desk.account().id,
      now: desk.now(),
      generationId: desk.uuid(),
      source: { kind: 'learned', how: about.how },
    }),
    status: about.status,
  })
}

async function issuerOf(desk: Desk): Promise<Answer<Authority>> {
  const issuer = await desk.issuer()
  if (!('problem' in issuer)) return answer(issuer)
  const { says, hint } = issuer.problem
  return refuse('ServiceUnavailableException', `no certificate can be issued: ${says}`, { hint })
}

const CSR_INVALID = 'certificateSigningRequest is not valid'
