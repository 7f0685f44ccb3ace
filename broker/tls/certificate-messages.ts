/** Reads Certificate and CertificateRequest messages (RFC 5246 7.4.2 and 7.4.4, RFC 8446 4.4.2). */

import { cursor, uint16s } from './cursor.ts'

const TLS13 = 0x0304

/**
 * The certificates of a Certificate message, exactly as sent, in order.
 * @param body the message without its four-byte header
 * @returns an empty list for an empty message; undefined when the message is malformed
 */
export function parseCertificates(body: Buffer, version: number): Buffer[] | undefined {
  const read = cursor(body)
  if (version >= TLS13) read.vector(1)
  const list = cursor(read.vector(3))
  const certificates: Buffer[] = []
  while (list.left() > 0) {
    certificates.push(list.vector(3))
    if (version >= TLS13) list.vector(2)
    if (!list.ok()) return undefined
  }
  return read.ok() ? certificates : undefined
}

export type CertificateRequest = {
  /** ClientCertificateType names; TLS 1.2 only. */
  certificateTypes: string[]
  signatureAlgorithms: number[]
  /** How many CA names were listed. */
  authorities: number
}

const CERTIFICATE_TYPES: Record<number, string> = {
  1: 'rsa_sign',
  2: 'dss_sign',
  64: 'ecdsa_sign',
}

/** What we asked the client for; undefined when the message is malformed. */
export function parseCertificateRequest(
  body: Buffer,
  version: number,
): CertificateRequest | undefined {
  const read = cursor(body)
  const request: CertificateRequest = {
    certificateTypes: [],
    signatureAlgorithms: [],
    authorities: 0,
  }
  if (version < TLS13) {
    request.certificateTypes = [...read.vector(1)].map(id => CERTIFICATE_TYPES[id] ?? String(id))
    request.signatureAlgorithms = uint16s(read.vector(2))
    request.authorities = countNames(read.vector(2))
    return read.ok() ? request : undefined
  }
  read.vector(1)
  const extensions = cursor(read.vector(2))
  while (extensions.left() > 0 && extensions.ok()) {
    const id = extensions.uint(2)
    const data = cursor(extensions.vector(2))
    if (id === 13) request.signatureAlgorithms = uint16s(data.vector(2))
    if (id === 47) request.authorities = countNames(data.vector(2))
  }
  return read.ok() ? request : undefined
}

function countNames(bytes: Buffer): number {
  const names = cursor(bytes)
  let count = 0
  while (names.left() > 0 && names.ok()) {
    names.vector(2)
    count++
  }
  return count
}
