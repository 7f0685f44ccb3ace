/**
 * Opens and seals TLS 1.3 records with a traffic secret from OpenSSL's key log (RFC 8446 5.2, 7.3). One object per
 * direction and epoch; it counts the records.
 */

import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

export type RecordProtection = {
  /**
   * The content and its inner type; undefined when the record doesn't open, which doesn't count it.
   * @param number which record of this epoch it is, from 0; default: the next. Given, it counts nothing
   */
  open(record: Buffer, number?: number): { type: number; content: Buffer } | undefined
  /** One record that carries `content`, header included. */
  seal(type: number, content: Buffer): Buffer
}

type Aead = {
  hash: 'sha256' | 'sha384'
  name: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305'
  keyBytes: number
}

const AEADS: Record<number, Aead> = {
  4865: { hash: 'sha256', name: 'aes-128-gcm', keyBytes: 16 },
  4866: { hash: 'sha384', name: 'aes-256-gcm', keyBytes: 32 },
  4867: { hash: 'sha256', name: 'chacha20-poly1305', keyBytes: 32 },
}

const TAG_BYTES = 16

/** @returns undefined for a suite that TLS 1.3 doesn't have */
export function recordProtection(suite: number, secret: Buffer): RecordProtection | undefined {
  const aead = AEADS[suite]
  if (aead === undefined) return undefined
  const key = expandLabel(aead.hash, secret, 'key', aead.keyBytes)
  const iv = expandLabel(aead.hash, secret, 'iv', 12)
  let sequence = 0
  return {
    open(record, number) {
      const sealed = record.subarray(5)
      if (sealed.length <= TAG_BYTES) return undefined
      const split = sealed.length - TAG_BYTES
      try {
        const decipher = createDecipheriv(
          aead.name as 'aes-128-gcm',
          key,
          nonce(iv, number ?? sequence),
          {
            authTagLength: TAG_BYTES,
          },
        )
        decipher.setAAD(record.subarray(0, 5), { plaintextLength: split })
        decipher.setAuthTag(sealed.subarray(split))
        const plain = decipher.update(sealed.subarray(0, split))
        decipher.final()
        if (number === undefined) sequence++
        // The inner type is the last byte that is not padding.
        let end = plain.length - 1
        while (end > 0 && plain[end] === 0) end--
        return { type: plain[end] ?? 0, content: plain.subarray(0, end) }
      } catch {
        return undefined
      }
    },
    seal(type, content) {
      const length = content.length + 1 + TAG_BYTES
      const header = Buffer.from([23, 3, 3, length >> 8, length & 255])
      const cipher = createCipheriv(aead.name as 'aes-128-gcm', key, nonce(iv, sequence++), {
        authTagLength: TAG_BYTES,
      })
      cipher.setAAD(header, { plaintextLength: content.length + 1 })
      const body = cipher.update(Buffer.concat([content, Buffer.from([type])]))
      cipher.final()
      return Buffer.concat([header, body, cipher.getAuthTag()])
    },
  }
}

/** HKDF-Expand-Label for outputs no longer than the hash: one round of HMAC (RFC 8446 7.1, RFC 5869 2.3). */
function expandLabel(hash: string, secret: Buffer, label: string, length: number): Buffer {
  const name = `tls13 ${label}`
  const info = Buffer.concat([
    Buffer.from([length >> 8, length & 255, name.length]),
    Buffer.from(name, 'latin1'),
    Buffer.from([0, 1]),
  ])
  return createHmac(hash, secret).update(info).digest().subarray(0, length)
}

function nonce(iv: Buffer, sequence: number): Buffer {
  const bytes = Buffer.from(iv)
  bytes.writeUInt32BE((bytes.readUInt32BE(8) ^ sequence) >>> 0, 8)
  return bytes
}
