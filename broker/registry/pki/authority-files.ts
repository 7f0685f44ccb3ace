/** A CA on disk: `ca.pem` and `ca.key` in one folder, read and checked against each other. */

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Certificate, readCertificate } from '../../x509/certificate.ts'
import { readPemOrDer, toPem } from '../../x509/pem.ts'
import { errorCode, fileProblem, type Problem } from '../files.ts'
import type { Authority } from './create-authority.ts'

/**
 * Reads a CA and its key from a folder (`ca.pem`, `ca.key`).
 * @returns nothing if the folder holds neither; a problem if it holds a half or something broken
 */
export async function readAuthority(
  folder: string,
): Promise<Authority | { problem: Problem } | undefined> {
  const certificate = await readAuthorityCertificate(folder)
  if (certificate && 'problem' in certificate) return certificate
  const key = await readOptional(join(folder, 'ca.key'))
  if (key && 'problem' in key) return key
  if (!certificate && !key) return undefined
  if (!certificate || !key) {
    const [here, missing] = certificate ? ['ca.pem', 'ca.key'] : ['ca.key', 'ca.pem']
    return {
      problem: {
        says: `\`${folder}\` holds ${here} but no ${missing}`,
        hint: `put ${missing} back, or remove the folder: a new CA is made, which devices don't trust yet`,
      },
    }
  }
  const privateKey = parsePrivateKey(key.content)
  if (!privateKey || !isKeyOf(privateKey, certificate.certificate)) {
    return {
      problem: {
        says: `\`${join(folder, 'ca.key')}\` is not the private key of ca.pem beside it`,
        hint: `put the right key back, or remove the folder: a new CA is made, which devices don't trust yet`,
      },
    }
  }
  return { ...certificate, privateKey, keyPem: key.content.toString('utf8') }
}

/** Reads only `ca.pem`: enough while nothing has to be signed. */
export async function readAuthorityCertificate(
  folder: string,
): Promise<{ certificate: Certificate; pem: string } | { problem: Problem } | undefined> {
  const path = join(folder, 'ca.pem')
  const read = await readOptional(path)
  if (!read || 'problem' in read) return read
  const parsed = readPemOrDer(read.content)
  const der = parsed.certificates[0]
  const reading = der && readCertificate(der)
  if (der && reading?.ok) {
    return { certificate: reading.certificate, pem: toPem('CERTIFICATE', der) }
  }
  const why = parsed.problem ?? (reading && !reading.ok ? reading.says : 'it holds no certificate')
  return {
    problem: {
      says: `\`${path}\`: ${why}`,
      hint: `put the file back, or remove \`${folder}\`: a new CA is made, which devices don't trust yet`,
    },
  }
}

/** A private key from its PEM, or nothing if it can't be read. */
export function parsePrivateKey(content: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(content)
  } catch {
    return undefined
  }
}

/** True if the key pair's public half is the one in the certificate. */
export function isKeyOf(privateKey: KeyObject, certificate: Certificate): boolean {
  return createPublicKey(privateKey).equals(certificate.publicKey)
}

/** A file's bytes, nothing if there is none, or why it can't be read. */
export async function readOptional(
  path: string,
): Promise<{ content: Buffer } | { problem: Problem } | undefined> {
  try {
    return { content: await readFile(path) }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    const problem = fileProblem(error, path)
    if (!problem) throw error
    return { problem }
  }
}
