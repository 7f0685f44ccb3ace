/** Certificate signing requests for tests: right ones, and those that a stranger may send. */

import { type KeyObject, sign } from 'node:crypto'
import { encode, TAG } from '../../broker/x509/der.ts'
import { toPem } from '../../broker/x509/pem.ts'
import { ecKeys } from './pki.ts'

export type RequestParts = {
  keys?: { publicKey: KeyObject; privateKey: KeyObject }
  /** The whole Name. Default: `CN=from a request`. */
  subject?: Buffer
  /** Who signs it. Default: its own key. */
  signer?: KeyObject
  /** Node's name; null for Ed25519. */
  hash?: string | null
  /** The AlgorithmIdentifier. Default: that of ECDSA with SHA-256. */
  algorithm?: Buffer
  version?: Buffer
  /** Behind the key: `[0]` with nothing in it unless told. */
  attributes?: Buffer
  /** Spoils the signature. */
  signature?: (right: Buffer) => Buffer
}

export function requestDer(parts: RequestParts = {}): Buffer {
  const { keys = ecKeys(), hash = 'sha256' } = parts
  const info = encode(
    TAG.sequence,
    encode(TAG.integer, parts.version ?? Buffer.of(0)),
    parts.subject ?? nameDer('from a request'),
    keys.publicKey.export({ format: 'der', type: 'spki' }),
    parts.attributes ?? encode(TAG.explicit0),
  )
  const right = sign(hash, info, parts.signer ?? keys.privateKey)
  const signature = parts.signature?.(right) ?? right
  const bits = encode(TAG.bitString, Buffer.of(0), signature)
  return encode(TAG.sequence, info, parts.algorithm ?? ALGORITHMS.ecdsaSha256, bits)
}

export function requestPem(parts: RequestParts = {}): string {
  return toPem('CERTIFICATE REQUEST', requestDer(parts))
}

/** A Name of one CN. @param tag its string type; UTF8String unless told */
export function nameDer(commonName: string, tag = 0x0c): Buffer {
  const value = encode(tag, Buffer.from(commonName))
  return encode(TAG.sequence, encode(TAG.set, encode(TAG.sequence, CN, value)))
}

const CN = Buffer.from('0603550403', 'hex')

export const ALGORITHMS = {
  ecdsaSha1: Buffer.from('300906072a8648ce3d0401', 'hex'),
  ecdsaSha256: Buffer.from('300a06082a8648ce3d040302', 'hex'),
  ecdsaSha384: Buffer.from('300a06082a8648ce3d040303', 'hex'),
  ecdsaSha512: Buffer.from('300a06082a8648ce3d040304', 'hex'),
  rsaMd5: Buffer.from('300d06092a864886f70d0101040500', 'hex'),
  rsaSha256: Buffer.from('300d06092a864886f70d01010b0500', 'hex'),
  ed25519: Buffer.from('300506032b6570', 'hex'),
} as const
