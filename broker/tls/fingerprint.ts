/**
 * JA3 and JA4 of a ClientHello: well-known fingerprints by which a client's TLS stack can be looked up.
 * JA3: https://github.com/salesforce/ja3 . JA4: https://github.com/FoxIO-LLC/ja4 .
 */

import { createHash } from 'node:crypto'
import type { Hello } from './client-hello.ts'
import { isGrease } from './names.ts'

/** The MD5 of version, suites, extensions, groups and point formats, in decimal and in the order sent. */
export function ja3(hello: Hello): string {
  const list = (ids: number[]): string => withoutGrease(ids).join('-')
  const text = [
    hello.version,
    list(hello.cipherSuites),
    list(hello.extensions),
    list(hello.groups ?? []),
    (hello.pointFormats ?? []).join('-'),
  ].join(',')
  return createHash('md5').update(text).digest('hex')
}

/** `t13d1715h2_<suites>_<extensions and signature algorithms>`, both sorted, twelve hex digits of SHA-256 each. */
export function ja4(hello: Hello): string {
  const suites = withoutGrease(hello.cipherSuites)
  const extensions = withoutGrease(hello.extensions)
  const signatures = withoutGrease(hello.signatureAlgorithms ?? [])
  const head = [
    't',
    VERSION_DIGITS[hello.versions[0] ?? hello.version] ?? '00',
    hello.extensions.includes(SERVER_NAME) ? 'd' : 'i',
    twoDigits(suites.length),
    twoDigits(extensions.length),
    alpnMark(hello.alpn[0]),
  ].join('')
  const sortedSuites = suites.map(hex).sort().join(',')
  // SNI and ALPN are left out, since they tell the destination and not the stack.
  const sortedExtensions = extensions
    .filter(id => id !== SERVER_NAME && id !== ALPN)
    .map(hex)
    .sort()
    .join(',')
  const tail =
    signatures.length === 0
      ? sortedExtensions
      : `${sortedExtensions}_${signatures.map(hex).join(',')}`
  return `${head}_${digest(sortedSuites)}_${digest(tail)}`
}

const SERVER_NAME = 0
const ALPN = 16
const VERSION_DIGITS: Record<number, string> = {
  772: '13',
  771: '12',
  770: '11',
  769: '10',
  768: 's3',
  2: 's2',
}

function withoutGrease(ids: number[]): number[] {
  return ids.filter(id => !isGrease(id))
}

function digest(text: string): string {
  return text === '' ? '000000000000' : createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function hex(id: number): string {
  return id.toString(16).padStart(4, '0')
}

function twoDigits(count: number): string {
  return String(Math.min(count, 99)).padStart(2, '0')
}

function alpnMark(name: string | undefined): string {
  if (name === undefined || name === '') return '00'
  const ends = `${name.charAt(0)}${name.charAt(name.length - 1)}`
  if (/^[0-9A-Za-z]{2}$/.test(ends)) return ends
  const bytes = Buffer.from(name, 'latin1').toString('hex')
  return `${bytes.charAt(0)}${bytes.charAt(bytes.length - 1)}`
}
