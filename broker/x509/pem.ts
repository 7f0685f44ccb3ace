/**
 * Reads what people call a certificate file, PEM or DER, and says in clear words what it is when it isn't one: a private
 * key, a request, a bundle of another kind, a file that an editor or a copy has spoiled.
 */

import { derKind } from './der-kind.ts'

export type CertificateFile = {
  /** DERs in the order of the file. */
  certificates: Buffer[]
  /** How many private keys it holds. */
  keys: number
  /** One line: what is wrong, or what this file is instead. Certificates may have been found all the same. */
  problem?: string
}

/** @param bytes a whole file. Never throws */
export function readPemOrDer(bytes: Buffer): CertificateFile {
  if (bytes.length === 0) return not('the file is empty')
  if (bytes.length > FILE_LIMIT) return not(`the file is larger than ${FILE_LIMIT} bytes`)
  if (bytes[0] === 0x30) return readDer(bytes)
  if (isUtf16(bytes)) return not('the file is UTF-16 text: save it as plain ASCII or UTF-8')
  const text = bytes.toString('latin1')
  if (text.includes('-----BEGIN')) return readPem(text)
  const [first = ''] = text
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .split(/\s/, 1)
  if (/^MI[A-Za-z0-9+/]{20}/.test(first)) {
    return not('this is base64 without its `-----BEGIN CERTIFICATE-----` and `-----END` lines')
  }
  return not('this is neither PEM nor DER')
}

/** @param label what stands in the BEGIN and END lines: `CERTIFICATE`, `PRIVATE KEY`, ... */
export function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

function readDer(bytes: Buffer): CertificateFile {
  const kind = derKind(bytes)
  if (kind.is === 'certificate') return { certificates: [kind.der], keys: 0 }
  if (kind.is === 'damaged') return not(kind.says)
  return {
    ...not(`this is ${kind.is}, not a certificate`),
    keys: kind.is === 'a private key' ? 1 : 0,
  }
}

function readPem(text: string): CertificateFile {
  const found: CertificateFile = { certificates: [], keys: 0 }
  const problems: string[] = []
  const others: string[] = []
  for (const block of text.split('-----BEGIN ').slice(1)) {
    const label = /^([A-Z0-9 #]{1,40})-----/.exec(block)?.[1]
    if (label === undefined) {
      problems.push('a BEGIN line is not complete')
      continue
    }
    const body = block.slice(label.length + 5)
    const end = body.indexOf(`-----END ${label}-----`)
    if (end === -1) problems.push(brokenEnd(label, body))
    else if (label.endsWith('PRIVATE KEY')) found.keys++
    else if (!CERTIFICATE_LABELS.includes(label)) others.push(OTHER_LABELS[label] ?? `\`${label}\``)
    else {
      const der = decode(body.slice(0, end), label)
      if (typeof der === 'string') problems.push(der)
      else found.certificates.push(der)
    }
  }
  const [problem] = problems
  if (problem !== undefined) return { ...found, problem }
  if (found.certificates.length > 0) return found
  if (found.keys > 0) return { ...found, problem: 'this is a private key, not a certificate' }
  const [other] = others
  if (other === undefined) return not('this is neither PEM nor DER')
  return { ...found, problem: `this is ${other}, not a certificate` }
}

/** The DER of one block, or one line about what is wrong with it. */
function decode(body: string, label: string): Buffer | string {
  if (body.includes('\\n')) {
    return 'its line breaks are written as `\\n`: replace each of them by a real line break'
  }
  const base64 = body.replace(/\s+/g, '')
  const stray = /[^A-Za-z0-9+/=]/.exec(base64)?.[0]
  if (stray !== undefined) {
    const shown = stray > ' ' && stray < '\x7f' ? `\`${stray}\`` : `the byte 0x${hex(stray)}`
    return `a \`${label}\` block holds ${shown}, which is not base64`
  }
  const der = Buffer.from(base64, 'base64')
  const kind = derKind(der, label === 'TRUSTED CERTIFICATE')
  if (kind.is === 'certificate') return kind.der
  if (kind.is === 'damaged') return `a \`${label}\` block: ${kind.says}`
  return `a block is labelled \`${label}\`, but holds ${kind.is}`
}

function brokenEnd(label: string, body: string): string {
  return body.includes('-----END ')
    ? `the END line of a \`${label}\` block has another label`
    : `a \`${label}\` block is cut off: its END line is missing`
}

/** A byte order mark, or a zero byte beside each of the first letters. */
function isUtf16(bytes: Buffer): boolean {
  if (bytes.length < 4) return false
  const mark = bytes.readUInt16BE(0)
  if (mark === 0xfffe || mark === 0xfeff) return true
  return (bytes[0] === 0 && bytes[2] === 0) || (bytes[1] === 0 && bytes[3] === 0)
}

function not(problem: string): CertificateFile {
  return { certificates: [], keys: 0, problem }
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(2, '0')
}

/** Far more than AWS takes for one certificate (65,536 characters), for bundles. */
const FILE_LIMIT = 1_048_576

const CERTIFICATE_LABELS = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']

const OTHER_LABELS: Readonly<Record<string, string>> = {
  'CERTIFICATE REQUEST': 'a certificate signing request (CSR)',
  'NEW CERTIFICATE REQUEST': 'a certificate signing request (CSR)',
  PKCS7: 'a PKCS#7 bundle',
  CMS: 'a PKCS#7 bundle',
  'PUBLIC KEY': 'a public key',
  'RSA PUBLIC KEY': 'a public key',
  'X509 CRL': 'a revocation list (CRL)',
  'EC PARAMETERS': 'a file of curve parameters',
}
