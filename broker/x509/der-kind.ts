/** Tells by its form what a DER structure is: people hand in keys, requests and bundles where a certificate is wanted. */

import { childrenOf, type Element, elementAt, headerAt, TAG } from './der.ts'

export type DerKind =
  | { is: 'certificate'; der: Buffer }
  | { is: 'damaged'; says: string }
  | {
      is:
        | 'a private key'
        | 'a public key'
        | 'a certificate signing request (CSR)'
        | 'a revocation list (CRL)'
        | 'a PKCS#7 bundle'
        | 'a PKCS#12 file'
    }

/**
 * @param bytes one DER structure
 * @param trailer OpenSSL's TRUSTED CERTIFICATE has its own data behind the certificate: then `der` is without it
 */
export function derKind(bytes: Buffer, trailer = false): DerKind {
  const outer = headerAt(bytes, 0, bytes.length)
  if (outer?.tag !== TAG.sequence) return damaged('what it holds is not DER')
  if (outer.end > bytes.length) {
    return damaged(`it is cut off: ${bytes.length} of ${outer.end} bytes are there`)
  }
  const items = childrenOf(bytes, outer)
  if (items === undefined) return damaged('it is damaged: its lengths do not fit together')
  const form = items.map(({ tag }) => LETTERS[tag] ?? '?').join('')
  const inFirst = items[0] && elementAt(bytes, items[0].content, items[0].end)

  if (form === 'SSB') {
    const kind = signedKind(bytes, childrenOf(bytes, items[0]!) ?? [])
    if (kind !== undefined) return { is: kind }
    const rest = bytes.length - outer.end
    if (rest > 0 && !trailer) return damaged(`${rest} bytes follow the certificate`)
    return { is: 'certificate', der: bytes.subarray(0, outer.end) }
  }
  if (form.startsWith('O')) return { is: 'a PKCS#7 bundle' }
  if (form === 'SB' || form === 'II') return { is: 'a public key' }
  // PKCS#8 in clear, SEC1, PKCS#1 with its nine numbers, PKCS#8 encrypted.
  const encrypted = form === 'SX' && inFirst?.tag === TAG.oid
  if (/^(ISX|IX|IIIIIIIII$)/.test(form) || encrypted) return { is: 'a private key' }
  if (form.startsWith('IS')) return { is: 'a PKCS#12 file' }
  return damaged('it is DER, but not a certificate')
}

/** What a signed structure is if it isn't a certificate: its first fields tell (RFC 2986 4.1, RFC 5280 5.1). */
function signedKind(
  bytes: Buffer,
  fields: Element[],
): 'a certificate signing request (CSR)' | 'a revocation list (CRL)' | undefined {
  const [first, second, ...others] = fields
  const times: number[] = [TAG.utcTime, TAG.generalizedTime]
  if (others.slice(0, 2).some(field => times.includes(field.tag))) return 'a revocation list (CRL)'
  // A version 1 certificate begins with a number too, but an algorithm stands after it and not a name.
  const inSecond = second && elementAt(bytes, second.content, second.end)
  const request = first?.tag === TAG.integer && inSecond?.tag !== TAG.oid
  return request ? 'a certificate signing request (CSR)' : undefined
}

function damaged(says: string): DerKind {
  return { is: 'damaged', says }
}

const LETTERS: Readonly<Record<number, string>> = {
  [TAG.sequence]: 'S',
  [TAG.bitString]: 'B',
  [TAG.integer]: 'I',
  [TAG.oid]: 'O',
  [TAG.octetString]: 'X',
}
