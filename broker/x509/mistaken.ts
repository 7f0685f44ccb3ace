/** What stands in the place of a certificate when it is something else: people load the wrong file, or in the wrong form. */

import { TAG } from './der.ts'
import { derKind } from './der-kind.ts'

/**
 * @param bytes what was sent or stored as a DER certificate
 * @returns one line, where it is plainly something else; nothing for a certificate, whole or damaged, and for junk
 */
export function mistaken(bytes: Buffer): string | undefined {
  const [first] = bytes
  if (first === undefined) return 'it is empty'
  if (first === TAG.sequence) {
    const { is } = derKind(bytes)
    return is === 'certificate' || is === 'damaged' ? undefined : `it is ${is}, not a certificate`
  }
  if ((first === 0 || first === 0xff) && bytes.every(byte => byte === first)) {
    return `it is nothing but bytes of 0x${hex(first)}: memory that was never written`
  }
  const start = bytes.subarray(0, START).toString('latin1').trimStart()
  if (/^-----BEGIN .*PRIVATE KEY-----/.test(start)) {
    return 'it is the text (PEM) of a private key, not a certificate'
  }
  if (start.startsWith('-----BEGIN')) return 'it is PEM, the text form, where DER is wanted'
  if (/^MI[A-Za-z0-9+/]{20}/.test(start)) return 'it is base64 text, where DER is wanted'
  return undefined
}

const START = 64

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
