/**
 * What both ways to a registered CA have in common: its name, and what its devices will meet at
 * their first connect.
 */

import { basename, join } from 'node:path'
import { shown } from '../config/words.ts'
import type { Io } from './io.ts'
import { missingDocument, type Project } from './project.ts'
import type { Spoken } from './say.ts'

/** What is wrong with the name or the template asked for. */
export async function authorityMistakes(
  name: string,
  template: string | undefined,
  project: Project,
  io: Io,
): Promise<Spoken[]> {
  const problems: Spoken[] = []
  if (!isAuthorityName(name)) {
    problems.push({
      says: `${shown(name)} can't be the name of a CA here`,
      hint: '1 to 64 letters, digits, `.`, `_` or `-`, not beginning with `.`: it names a folder',
    })
  }
  if (template !== undefined) {
    const folder = join(project.policiesDir, 'templates')
    const missing = await missingDocument('template', template, folder, io)
    if (missing) problems.push(missing)
  }
  return problems
}

/** The name that a certificate's file suggests: `Acme signer.pem.crt` is `Acme-signer`. */
export function authorityNameFrom(file: string): string {
  return (
    basename(file)
      .replace(/(\.(pem|crt|cer|cert|der|txt))+$/i, '')
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 64) || 'ca'
  )
}

/** What happens when a device whose certificate this CA has signed connects for the first time. */
export function firstConnectLines(
  caCertificateId: string,
  template: string | undefined,
  registers: boolean,
): string[] {
  if (!registers) {
    return [
      'it registers no devices by itself: one that connects is refused, unless its own certificate is registered',
    ]
  }
  if (template !== undefined) {
    return [
      `a device with a certificate of this CA is made at its first connect, as the template \`${template}\` says (JITP)`,
      'that connection is closed without an answer, as AWS does; the next one works',
    ]
  }
  return [
    'a certificate of this CA is registered at its first connect, as PENDING_ACTIVATION, and the connection is closed (JITR)',
    `the news goes to $aws/events/certificates/registered/${caCertificateId}`,
    'with --template NAME the whole device would be made then (JITP)',
  ]
}

function isAuthorityName(name: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/.test(name)
}
