/**
 * Certificate authorities: made in memory, and written under certs/authorities/ where the broker
 * finds them as declared. The server CA and the CA behind `candid device create` are made here too;
 * those two are not registered for provisioning.
 */

import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import type { World } from '../../world.ts'
import { type Certificate, readCertificate } from '../../x509/certificate.ts'
import { mint, type NameParts } from '../../x509/mint.ts'
import { toPem } from '../../x509/pem.ts'
import { fileProblem, type NewFile, type Problem, writeFolder } from '../files.ts'
import { generateKeys, type KeyType, privateKeyPem } from './keys.ts'

/** A CA that can sign. */
export type Authority = {
  certificate: Certificate
  pem: string
  privateKey: KeyObject
  keyPem: string
}

export type AuthorityRequest = {
  /** Most general first: `[['O', 'Acme'], ['CN', 'Acme signer']]`. */
  subject: NameParts
  keyType: KeyType
  /** ms since 1970. */
  notBefore: number
  notAfter: number
  pathLength?: number
}

/** How a CA stands in the registry; the words are AWS's. */
export type AuthoritySettings = {
  status: 'ACTIVE' | 'INACTIVE'
  autoRegistration: 'ENABLE' | 'DISABLE'
  /** With it JITP, without it JITR. */
  template?: string
}

/** Makes a self-signed CA in memory. */
export async function createAuthority(request: AuthorityRequest, world: World): Promise<Authority> {
  const { keyType, ...wanted } = request
  const { publicKey, privateKey } = await generateKeys(keyType)
  const der = mint({
    ...wanted,
    publicKey,
    signer: privateKey,
    serial: serialNumber(world),
    isCa: true,
    keyUsage: ['keyCertSign', 'cRLSign'],
  })
  return {
    certificate: mustRead(der),
    pem: toPem('CERTIFICATE', der),
    privateKey,
    keyPem: privateKeyPem(privateKey),
  }
}

/**
 * Registers a CA by declaration: `certs/authorities/NAME/` with `ca.pem`, its key if there is one,
 * and `authority.yaml`. A running broker takes it over.
 * @param authority `keyPem` stays away where only the certificate is known
 * @returns the folder's files by role, or why not; nothing is overwritten
 */
export async function writeAuthority(
  name: string,
  authority: { pem: string; keyPem?: string },
  settings: AuthoritySettings,
  certsDir: string,
  world: World,
): Promise<
  { files: { certificate: string; key?: string; declaration: string } } | { problem: Problem }
> {
  const folder = join(certsDir, 'authorities', name)
  const files: NewFile[] = [{ name: 'ca.pem', content: authority.pem }]
  if (authority.keyPem) files.push({ name: 'ca.key', content: authority.keyPem, secret: true })
  files.push({ name: 'authority.yaml', content: declaration(name, settings) })
  try {
    if (!(await writeFolder(folder, files, certsDir, world)))
      return { problem: authorityExists(name, folder) }
  } catch (error) {
    const problem = fileProblem(error, folder)
    if (!problem) throw error
    return { problem }
  }
  return {
    files: {
      certificate: join(folder, 'ca.pem'),
      ...(authority.keyPem && { key: join(folder, 'ca.key') }),
      declaration: join(folder, 'authority.yaml'),
    },
  }
}

/** The words for a CA's name that is taken. */
export function authorityExists(name: string, folder: string): Problem {
  return {
    says: `a CA named \`${name}\` is there already, in \`${folder}\``,
    hint: 'choose another name, or remove that folder first',
  }
}

/** 20 random bytes, as AWS has them; positive, and no shorter once written (RFC 5280 §4.1.2.2). */
export function serialNumber(world: World): Buffer {
  const serial = world.random(20)
  serial[0] = (serial.readUInt8(0) & 0x3f) | 0x40
  return serial
}

/** Reads back what was just minted. That it can't be read is a bug, so this throws. */
export function mustRead(der: Buffer): Certificate {
  const reading = readCertificate(der)
  if (!reading.ok) throw new Error(`a minted certificate can't be read: ${reading.says}`)
  return reading.certificate
}

function declaration(name: string, settings: AuthoritySettings): string {
  const lines = [
    `# The CA \`${name}\`. A running broker takes over what you change here.`,
    'certificate: ca.pem',
    `status: ${settings.status} # ACTIVE or INACTIVE`,
    `autoRegistration: ${settings.autoRegistration} # ENABLE or DISABLE: may new devices register themselves?`,
  ]
  // A quoted string of JSON is one of YAML too, whatever the name is.
  if (settings.template) lines.push(`template: ${JSON.stringify(settings.template)}`)
  else lines.push('# template: NAME # a file of policies/templates/: JITP; without: JITR')
  return `${lines.join('\n')}\n`
}
