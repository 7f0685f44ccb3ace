/**
 * Server certificates of the user's own: a chain and its key, as the user has them. What can't be served is a problem with
 * its remedy; what a device may dislike is a remark.
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { OwnCertificate, ServerCertificateItem } from '../../config/shape.ts'
import { type Certificate, readCertificate } from '../../x509/certificate.ts'
import { signedBy } from '../../x509/path.ts'
import { readPemOrDer, toPem } from '../../x509/pem.ts'
import { lintServerChain } from '../../x509/server-lint.ts'
import { fileProblem, type Problem } from '../files.ts'
import { isKeyOf } from './authority-files.ts'
import type { ServerCertificate, ServerCertificateKind } from './server-pki.ts'

export type OwnContents = { certificate: Buffer; key: Buffer; ca?: Buffer }

export type OwnServerCertificate = ServerCertificate & {
  own: NonNullable<ServerCertificate['own']>
}

type Served = { served: OwnServerCertificate } | { problem: Problem }

/** Those of a list that are the user's own. */
export function ownItems(items: readonly ServerCertificateItem[]): OwnCertificate[] {
  return items.filter(item => typeof item !== 'string')
}

export type OwnProblem = Problem & { line?: number }

/**
 * All the certificates of the user's own that the listeners serve, each read once.
 * @param lists `serverCertificates` of each listener
 * @param read `readOwnFiles`, or `readOwn` for what was given in code
 * @returns every problem at once: one that can't be read, two for the same kind of key
 */
export async function readOwnCertificates(
  lists: readonly (readonly ServerCertificateItem[])[],
  read: (item: OwnCertificate) => Promise<Served> | Served,
): Promise<{ own: OwnServerCertificate[] } | { problems: OwnProblem[] }> {
  const known = new Map<string, Served>()
  const problems: OwnProblem[] = []
  for (const item of lists.flat()) {
    if (typeof item === 'string' || known.has(keyOf(item))) continue
    const served = await read(item)
    known.set(keyOf(item), served)
    if ('problem' in served) problems.push(at(item, served.problem))
  }
  if (problems.length > 0) return { problems }
  for (const [index, list] of lists.entries()) {
    const kinds = new Set<ServerCertificateKind>()
    for (const item of list) {
      const kind = typeof item === 'string' ? LOCAL[item] : kindIn(known.get(keyOf(item)))
      if (kind === undefined || !kinds.has(kind)) {
        if (kind !== undefined) kinds.add(kind)
        continue
      }
      const says = `listener ${index + 1} has two ${kind} certificates in \`serverCertificates\``
      const hint = 'keep one for each kind of key: the device chooses between RSA and ECDSA'
      problems.push(at(typeof item === 'string' ? {} : item, { says, hint }))
    }
  }
  if (problems.length > 0) return { problems }
  return { own: [...known.values()].flatMap(one => ('served' in one ? [one.served] : [])) }
}

/**
 * What devices may dislike in them.
 * @param names by which devices reach this broker
 * @param now ms since 1970
 */
export function ownRemarks(
  certificates: readonly OwnServerCertificate[],
  names: readonly string[],
  now: number,
): (Problem & { file: string })[] {
  return certificates.flatMap(({ own: { item, chain, ca } }) =>
    lintServerChain({ chain, names, now, ...(ca && { ca }) }).map(remark => ({
      ...remark,
      file: item.certificate.includes('-----BEGIN') ? 'serverCertificates' : item.certificate,
    })),
  )
}

const LOCAL = { rsa: 'RSA', ecdsa: 'ECDSA' } as const

function keyOf({ certificate, key }: OwnCertificate): string {
  return `${certificate}\0${key}`
}

function kindIn(served: Served | undefined): ServerCertificateKind | undefined {
  return served && 'served' in served ? served.served.kind : undefined
}

function at({ line }: { line?: number }, problem: Problem): OwnProblem {
  return line === undefined ? problem : { ...problem, line }
}

/**
 * Reads the files that an item names.
 * @param baseDir its paths are relative to it
 */
export async function readOwnFiles(item: OwnCertificate, baseDir: string): Promise<Served> {
  const contents: Partial<OwnContents> = {}
  for (const part of ['certificate', 'key', 'ca'] as const) {
    const file = item[part]
    if (file === undefined) continue
    try {
      contents[part] = await readFile(resolve(baseDir, file))
    } catch (error) {
      const problem = fileProblem(error, file)
      if (!problem) throw error
      return { problem }
    }
  }
  const { certificate = NOTHING, key = NOTHING, ca } = contents
  return readOwn(item, { certificate, key, ...(ca && { ca }) })
}

/**
 * @param item its paths are what the words call the contents by
 * @returns what can be served, or what is in the way; two certificates for one kind of key are the caller's to find
 */
export function readOwn(item: OwnCertificate, contents: OwnContents): Served {
  const chain = readChain(item.certificate, contents.certificate)
  if ('problem' in chain) return chain
  const key = readKey(item.key, contents.key)
  if ('problem' in key) return key
  const [leaf, ...above] = chain.certificates
  if (leaf === undefined) return { problem: noCertificate(item.certificate) }
  const misfit = keyMisfit(item, key.key, leaf, above) ?? wrongOrder(item, leaf, above)
  if (misfit) return { problem: misfit }
  const kind = kindOf(leaf)
  if (kind === undefined) {
    const says = `${name(item.certificate)}: a key of ${leaf.key} can't be served`
    return { problem: { says, hint: 'take RSA, or EC with P-256, P-384 or P-521' } }
  }
  const ca = contents.ca === undefined ? undefined : readChain(item.ca ?? '', contents.ca)
  if (ca && 'problem' in ca) return ca
  const trusted = ca?.certificates[0]
  return {
    served: {
      kind,
      pem: chain.certificates.map(({ der }) => toPem('CERTIFICATE', der)).join(''),
      keyPem: key.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      certificate: leaf,
      own: { item, chain: chain.certificates, ...(trusted && { ca: trusted }) },
    },
  }
}

const NOTHING = Buffer.alloc(0)

function readChain(
  file: string,
  content: Buffer,
): { certificates: Certificate[] } | { problem: Problem } {
  const isDer = content[0] === 0x30
  const read = readPemOrDer(content)
  if (isDer && read.certificates.length > 0) {
    const hint = `openssl x509 -inform DER -in ${file} -out ${file}.pem`
    return { problem: { says: `${name(file)} is DER, and a server needs PEM`, hint } }
  }
  if (read.certificates.length === 0) {
    const says = `${name(file)}: ${read.problem ?? 'no certificate in it'}`
    return { problem: { says, hint: noCertificate(file).hint } }
  }
  const certificates: Certificate[] = []
  for (const [index, der] of read.certificates.entries()) {
    const reading = readCertificate(der)
    if (!reading.ok) {
      const says = `${name(file)}: certificate ${index + 1} can't be read: ${reading.says}`
      return { problem: { says, hint: `look at it: openssl x509 -in ${file} -noout -text` } }
    }
    certificates.push(reading.certificate)
  }
  if (read.problem === undefined) return { certificates }
  return { problem: { says: `${name(file)}: ${read.problem}`, hint: 'mend the file' } }
}

function noCertificate(file: string): Problem {
  const says = `${name(file)}: no certificate in it`
  return {
    says,
    hint: 'give a PEM file: the certificate first, then each certificate that signed it',
  }
}

function readKey(file: string, content: Buffer): { key: KeyObject } | { problem: Problem } {
  const text = content.toString('latin1')
  if (/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text)) {
    const hint = `openssl pkey -in ${file} -out ${file}.plain, and keep it from others: chmod 600 ${file}.plain`
    return { problem: { says: `${name(file)} is encrypted with a password`, hint } }
  }
  if (content[0] === 0x30) {
    const hint = `openssl pkey -inform DER -in ${file} -out ${file}.pem`
    return { problem: { says: `${name(file)} is DER, and a server needs PEM`, hint } }
  }
  try {
    return { key: createPrivateKey(content) }
  } catch {
    const what = /-----BEGIN CERTIFICATE/.test(text) ? 'holds a certificate and no private key' : ''
    const says = `${name(file)} ${what || 'holds no private key that can be read'}`
    const hint =
      'give a PEM file with BEGIN PRIVATE KEY, BEGIN RSA PRIVATE KEY or BEGIN EC PRIVATE KEY'
    return { problem: { says, hint } }
  }
}

function keyMisfit(
  { certificate, key: file }: OwnCertificate,
  key: KeyObject,
  leaf: Certificate,
  above: Certificate[],
): Problem | undefined {
  if (isKeyOf(key, leaf)) return undefined
  const at = above.findIndex(one => isKeyOf(key, one))
  if (at >= 0) {
    const says = `${name(certificate)}: the certificate of the key comes as number ${at + 2}, not first`
    return { says, hint: 'put it first, then each certificate that signed the one before' }
  }
  const says = `${name(file)} is not the key of the first certificate in ${name(certificate)}`
  const hint = `compare: openssl x509 -in ${certificate} -noout -pubkey; openssl pkey -in ${file} -pubout`
  return { says, hint }
}

/** RFC 5246 7.4.2: each certificate certifies the one before it. */
function wrongOrder(
  { certificate: file }: OwnCertificate,
  leaf: Certificate,
  above: Certificate[],
): Problem | undefined {
  const left = [...above]
  const path = [leaf]
  for (;;) {
    const last = path.at(-1) ?? leaf
    const at = left.findIndex(one => one !== last && signedBy(last, one))
    if (at < 0) break
    path.push(...left.splice(at, 1))
  }
  const [stray] = left
  if (stray !== undefined) {
    const says = `${name(file)}: \`${stray.subject}\` signed none of the other certificates in it`
    return { says, hint: 'take it out' }
  }
  if (path.every((one, index) => one === [leaf, ...above][index])) return undefined
  const order = path.map(({ subject }) => `\`${subject}\``).join(', then ')
  return { says: `${name(file)}: the chain is out of order`, hint: `put ${order}` }
}

function kindOf({ key }: Certificate): ServerCertificateKind | undefined {
  if (key.startsWith('RSA ')) return 'RSA'
  return ['EC P-256', 'EC P-384', 'EC P-521'].includes(key) ? 'ECDSA' : undefined
}

/** A file by its name; PEM that was given in code has none. */
function name(file: string): string {
  return file.includes('-----BEGIN') || file === '' ? 'the PEM that was given' : `\`${file}\``
}
