/** Reads a server certificate back from disk and says whether it still serves. */

import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { type Certificate, readCertificate } from '../../x509/certificate.ts'
import { signedBy } from '../../x509/path.ts'
import { readPemOrDer } from '../../x509/pem.ts'
import type { Problem } from '../files.ts'
import { isKeyOf, parsePrivateKey, readOptional } from './authority-files.ts'
import { canonicalAddress, type ServerNames } from './server-names.ts'

/**
 * `pem` is the chain to send: the certificate alone, since its issuer is the CA that the device
 * holds.
 */
export type KeptCertificate = { pem: string; keyPem: string; certificate: Certificate }

/**
 * Reads `STEM.pem` and `STEM.key`.
 * @returns nothing if the certificate isn't there; `broken` (why) if the two can't serve and are to
 *   be made anew; a problem if they are there and may not be read
 */
export async function readServerCertificate(
  folder: string,
  stem: string,
): Promise<KeptCertificate | { broken: string } | { problem: Problem } | undefined> {
  const pemFile = await readOptional(join(folder, `${stem}.pem`))
  const keyFile = await readOptional(join(folder, `${stem}.key`))
  if (pemFile && 'problem' in pemFile) return pemFile
  if (keyFile && 'problem' in keyFile) return keyFile
  if (!pemFile) return undefined
  if (!keyFile) return { broken: `${stem}.key was missing` }
  const der = readPemOrDer(pemFile.content).certificates[0]
  const reading = der && readCertificate(der)
  if (!reading?.ok) return { broken: `${stem}.pem could not be read` }
  const key: KeyObject | undefined = parsePrivateKey(keyFile.content)
  if (!key) return { broken: `${stem}.key could not be read` }
  const { certificate } = reading
  if (!isKeyOf(key, certificate)) return { broken: `${stem}.key was not the key of ${stem}.pem` }
  return {
    pem: pemFile.content.toString('utf8'),
    keyPem: keyFile.content.toString('utf8'),
    certificate,
  }
}

/**
 * Why a server certificate has to be made anew, in one line, or nothing if it serves on.
 * @param now ms since 1970
 */
export function whyRenew(
  kept: KeptCertificate | { broken: string },
  ca: Certificate,
  names: ServerNames,
  now: number,
): string | undefined {
  if ('broken' in kept) return kept.broken
  const { certificate } = kept
  if (!signedBy(certificate, ca)) return 'the server CA has changed'
  if (certificate.notBefore > now) {
    return `it would be valid only from ${date(certificate.notBefore)}: the clock was set back`
  }
  // One that ends with its CA can't be made to last longer.
  if (certificate.notAfter - now < renewBefore && certificate.notAfter < ca.notAfter) {
    return `${now >= certificate.notAfter ? 'it ran out' : 'it runs out'} on ${date(certificate.notAfter)}`
  }
  const wanted = [...names.names, ...names.addresses.map(canonicalAddress)]
  const had = [...certificate.dnsNames, ...certificate.ipAddresses.map(canonicalAddress)]
  const added = wanted.filter(name => !had.includes(name))
  const gone = had.filter(name => !wanted.includes(name))
  if (added.length === 0 && gone.length === 0) return undefined
  const changes = [...added.map(name => `+ \`${name}\``), ...gone.map(name => `- \`${name}\``)]
  return `this machine's names changed: ${changes.join(', ')}`
}

function date(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

const renewBefore = 30 * 24 * 60 * 60 * 1000
