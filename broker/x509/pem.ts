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
  /** What to do about the problem. */
  hint?: string
  /** What devices may stumble over in a file that is right, one line each. */
  notes?: string[]
}

/** @param bytes a whole file. Never throws */
export function readPemOrDer(bytes: Buffer): CertificateFile {
  if (bytes.length === 0) return not('the file is empty')
  if (bytes.length > FILE_LIMIT) return not(`the file is larger than ${FILE_LIMIT} bytes`)
  if (bytes[0] === 0x30) return readDer(bytes)
  if (isUtf16(bytes)) {
    return not('the file is UTF-16 text: save it as plain ASCII or UTF-8', HINTS.utf16)
  }
  const text = bytes.toString('latin1')
  if (text.includes('-----BEGIN')) return readPem(text)
  const [first = ''] = text
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .split(/\s/, 1)
  if (/^MI[A-Za-z0-9+/]{20}/.test(first)) {
    const says = 'this is base64 without its `-----BEGIN CERTIFICATE-----` and `-----END` lines'
    return not(says, HINTS.base64)
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
  if (kind.is === 'damaged') return not(kind.says, hintAbout(kind.says).hint)
  return {
    ...not(`this is ${kind.is}, not a certificate`, HINTS[kind.is]),
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
  const notes = notesOn(text, found)
  if (notes.length > 0) found.notes = notes
  const [problem] = problems
  if (problem !== undefined) return { ...found, problem, ...hintAbout(problem) }
  if (found.certificates.length > 0) return found
  const [other] = found.keys > 0 ? ['a private key'] : others
  if (other === undefined) return not('this is neither PEM nor DER')
  return { ...found, problem: `this is ${other}, not a certificate`, ...hintAbout(other) }
}

/** Modems and C strings are stricter than we: these kept devices out although the file was right. */
function notesOn(text: string, { keys, certificates }: CertificateFile): string[] {
  if (certificates.length === 0) return []
  const around = text.replace(/-----BEGIN ([A-Z0-9 #]{1,40})-----[\s\S]*?-----END \1-----/g, '')
  return [
    ...(keys > 0
      ? ['it holds a private key too, which is not shown: keep the key in a file of its own']
      : []),
    ...(text.includes('\r\n') ? ['its lines end in CRLF: some modems take LF only'] : []),
    ...(text.startsWith('\xef\xbb\xbf')
      ? ['it begins with a byte order mark: save it without']
      : []),
    ...(/[!-~]/.test(around)
      ? ['text stands around its blocks: some modems and libraries take the blocks alone']
      : []),
  ]
}

/** What to do, by a word of the problem. */
function hintAbout(problem: string): { hint?: string } {
  const kind = Object.keys(HINTS).find(word => problem.includes(word))
  return kind === undefined ? {} : { hint: HINTS[kind as keyof typeof HINTS] }
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

function not(problem: string, hint?: string): CertificateFile {
  return { certificates: [], keys: 0, problem, ...(hint !== undefined && { hint }) }
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(2, '0')
}

/** By a word of the problem, which for other kinds of file is their name. */
const HINTS = {
  'a private key':
    'the certificate is another file, often `certificate.pem.crt`; the key stays on the device',
  'a public key': 'the certificate is another file: it holds this key, a name and a signature',
  'a certificate signing request (CSR)':
    'give it to the CA that signs your devices: what comes back is the certificate',
  'a revocation list (CRL)': 'AWS IoT takes no revocation lists: revoke in its registry instead',
  'a PKCS#7 bundle':
    'take the certificates out: openssl pkcs7 -print_certs -in FILE -out certificates.pem (DER: add -inform DER)',
  'a PKCS#12 file':
    'take the certificate out: openssl pkcs12 -in FILE -clcerts -nokeys -out certificate.pem',
  'a file of curve parameters': 'the key or the certificate is another block, or another file',
  '`\\n`': 'write real line breaks: printf "%b" "$(cat FILE)" > certificate.pem',
  utf16: 'iconv -f UTF-16 -t UTF-8 FILE > certificate.pem',
  base64: 'openssl base64 -d -A -in FILE | openssl x509 -inform DER -out certificate.pem',
  'cut off': 'copy the file again, all of it: from BEGIN to END, with every line between',
  'END line': 'copy the file again, all of it: from BEGIN to END, with every line between',
} as const

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
