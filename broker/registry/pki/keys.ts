/**
 * Key pairs, and how they are written into files. Key generation is node:crypto's: it draws its own
 * randomness.
 */

import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

export type KeyType = 'rsa' | 'ec'
export type KeyPair = { publicKey: KeyObject; privateKey: KeyObject }

/** RSA-2048 or P-256: the two that AWS IoT Core issues and serves itself. Off the main thread. */
export function generateKeys(type: KeyType): Promise<KeyPair> {
  return type === 'rsa'
    ? generate('rsa', { modulusLength: 2048 })
    : generate('ec', { namedCurve: 'P-256' })
}

/**
 * PEM of a private key in the older form that names its algorithm: PKCS #1 for RSA, as AWS hands it
 * out, SEC 1 for EC. Every TLS stack reads these; some small ones read no PKCS #8.
 */
export function privateKeyPem(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1'
  return key.export({ type, format: 'pem' }) as string
}

/** PEM of a public key, as SubjectPublicKeyInfo (`BEGIN PUBLIC KEY`). */
export function publicKeyPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }) as string
}

const generate = promisify(generateKeyPair)
