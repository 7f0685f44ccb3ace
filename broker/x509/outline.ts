/**
 * Cuts a certificate into its fields (RFC 5280 4.1), as slices of the bytes it came in. Says in clear words where the bytes
 * stop being a certificate, and where there is more of it than is looked at. Names and extensions stay closed here.
 */

import type { TooComplex } from '../diagnosis/certificate.ts'
import {
  childrenOf,
  contentOf,
  type Element,
  elementAt,
  headerAt,
  oidOf,
  TAG,
  wholeOf,
} from './der.ts'
import { LIMITS } from './limits.ts'
import { mistaken } from './mistaken.ts'

export type Outline = {
  version: number
  serialNumber: Buffer
  /** The signature's AlgorithmIdentifier, whole. */
  signatureAlgorithm: Buffer
  signatureOid: string
  /** The same, as the signed part names it: RFC 5280 4.1.1.2 wants both to be equal. */
  signedAlgorithm: Buffer
  issuer: Buffer
  /** ms since 1970. */
  notBefore: number
  notAfter: number
  /** RFC 5280 4.1.2.5: a year before 2050 is written as UTCTime, a later one as GeneralizedTime. */
  datesInForm: boolean
  subject: Buffer
  subjectPublicKeyInfo: Buffer
  publicKeyOid: string
  /** Dotted object identifier -> the extension's content (what the OCTET STRING holds). The first one, of several. */
  extensions: Map<string, Buffer>
  /** All of them, as written. Undefined: the certificate has no such field. */
  extensionList: { oid: string; critical: boolean }[] | undefined
}

export type OutlineReading =
  | { ok: true; outline: Outline }
  | { ok: false; says: string; tooComplex?: TooComplex }

export function readOutline(der: Buffer): OutlineReading {
  const reading = readFields(der)
  if (reading.ok || reading.tooComplex) return reading
  const other = mistaken(der)
  return other === undefined ? reading : no(other)
}

function readFields(der: Buffer): OutlineReading {
  if (der.length > LIMITS.certificateBytes) {
    return tooMuch('bytes', der.length, LIMITS.certificateBytes)
  }
  const outer = headerAt(der, 0, der.length)
  if (outer?.tag !== TAG.sequence) return no('it does not begin like a DER certificate')
  if (outer.end > der.length) {
    return no(`it is cut off: ${der.length} of ${outer.end} bytes are there`)
  }
  if (outer.end < der.length) return no(`${behind(der, outer.end)} the certificate`)
  const [tbs, algorithm, signature, ...more] = childrenOf(der, outer) ?? []
  const shaped =
    tbs?.tag === TAG.sequence &&
    algorithm?.tag === TAG.sequence &&
    signature?.tag === TAG.bitString &&
    more.length === 0
  if (!shaped) return no('it is DER, but not a certificate: its outer form is another')
  return readTbs(der, tbs, algorithm)
}

function readTbs(der: Buffer, tbs: Element, algorithm: Element): OutlineReading {
  const fields = childrenOf(der, tbs)
  if (fields === undefined) return no('its fields do not fill it: a length inside is wrong')
  const version = fields[0]?.tag === TAG.explicit0 ? readVersion(der, fields.shift()!) : 1
  if (version === undefined) return no('its version is not 1, 2 or 3')
  const [serial, inner, issuer, validity, subject, spki, ...rest] = fields
  if (serial?.tag !== TAG.integer || serial.end === serial.content)
    return no('its serial number is missing')
  if (inner?.tag !== TAG.sequence || issuer?.tag !== TAG.sequence)
    return no('its issuer is missing')
  if (validity?.tag !== TAG.sequence) return no('its validity is missing')
  if (subject?.tag !== TAG.sequence) return no('its subject is missing')
  if (spki?.tag !== TAG.sequence) return no('its public key is missing')
  const longest = Math.max(issuer.end - issuer.content, subject.end - subject.content)
  if (longest > LIMITS.nameBytes) return tooMuch('name', longest, LIMITS.nameBytes)
  const [from, to] = childrenOf(der, validity) ?? []
  const notBefore = from && readTime(der, from)
  const notAfter = to && readTime(der, to)
  if (notBefore === undefined || notAfter === undefined) return no('its dates can not be read')
  const signatureOid = algorithmOid(der, algorithm)
  const publicKeyOid = algorithmOid(der, elementAt(der, spki.content, spki.end))
  if (signatureOid === undefined) return no('its signature algorithm can not be read')
  if (publicKeyOid === undefined) return no('its public key can not be read')
  const wrapped = rest.find(field => field.tag === TAG.explicit3)
  const extensions = wrapped ? readExtensions(der, wrapped) : []
  if (extensions === undefined) return no('its extensions can not be read')
  if (typeof extensions === 'number') {
    return tooMuch('extensions', extensions, LIMITS.extensions)
  }
  return {
    ok: true,
    outline: {
      version,
      serialNumber: contentOf(der, serial),
      signatureAlgorithm: wholeOf(der, algorithm),
      signatureOid,
      signedAlgorithm: wholeOf(der, inner),
      issuer: wholeOf(der, issuer),
      notBefore,
      notAfter,
      datesInForm: inForm(from, notBefore) && inForm(to, notAfter),
      subject: wholeOf(der, subject),
      subjectPublicKeyInfo: wholeOf(der, spki),
      publicKeyOid,
      extensions: firstOfEach(extensions),
      extensionList: wrapped && extensions.map(({ oid, critical }) => ({ oid, critical })),
    },
  }
}

function no(says: string): OutlineReading {
  return { ok: false, says }
}

function readVersion(der: Buffer, wrapper: Element): number | undefined {
  const number = elementAt(der, wrapper.content, wrapper.end)
  if (number?.tag !== TAG.integer || number.end - number.content !== 1) return undefined
  const version = (der[number.content] as number) + 1
  return version >= 1 && version <= 3 ? version : undefined
}

function algorithmOid(der: Buffer, algorithm: Element | undefined): string | undefined {
  if (algorithm?.tag !== TAG.sequence) return undefined
  const oid = elementAt(der, algorithm.content, algorithm.end)
  return oid?.tag === TAG.oid ? oidOf(der, oid) : undefined
}

/** RFC 5280 4.1.2.5: UTCTime until 2049 (a year below 50 is 20xx), GeneralizedTime from 2050 on, seconds, and Z. */
function readTime(der: Buffer, time: Element): number | undefined {
  const text = contentOf(der, time).toString('latin1')
  const digits = time.tag === TAG.utcTime ? 12 : time.tag === TAG.generalizedTime ? 14 : 0
  if (digits === 0 || text.length !== digits + 1 || !/^\d+Z$/.test(text)) return undefined
  const century = digits === 14 ? '' : Number(text.slice(0, 2)) < 50 ? '20' : '19'
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(century + text) ?? []
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(ms) ? undefined : ms
}

type Extension = { oid: string; critical: boolean; value: Buffer }

/** How many there are, where that is more than is looked at. */
function readExtensions(der: Buffer, wrapper: Element): Extension[] | number | undefined {
  const list = elementAt(der, wrapper.content, wrapper.end)
  if (list?.tag !== TAG.sequence) return undefined
  const items = childrenOf(der, list, MANY)
  if (items === undefined) return undefined
  if (items.length > LIMITS.extensions) return items.length
  const found: Extension[] = []
  for (const item of items) {
    const parts = item.tag === TAG.sequence ? childrenOf(der, item, 3) : undefined
    const oid = parts?.[0]
    const value = parts?.at(-1)
    if (oid?.tag !== TAG.oid || value?.tag !== TAG.octetString) return undefined
    const flag = parts?.[1]
    const critical = flag?.tag === TAG.boolean && der[flag.content] !== 0
    found.push({ oid: oidOf(der, oid), critical, value: contentOf(der, value) })
  }
  return found
}

/** More than fit into the largest certificate that is read. */
const MANY = 20_000

function firstOfEach(extensions: Extension[]): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  for (const { oid, value } of extensions) if (!found.has(oid)) found.set(oid, value)
  return found
}

function inForm(time: Element | undefined, ms: number): boolean {
  const early = new Date(ms).getUTCFullYear() < 2050
  return early === (time?.tag === TAG.utcTime)
}

/** What stands behind the certificate tells how it came there. */
function behind(der: Buffer, end: number): string {
  const rest = der.subarray(end)
  const next = elementAt(rest, 0, rest.length)
  if (next?.tag === TAG.sequence) return `another DER structure (${rest.length} bytes) follows`
  const [first = 1] = rest
  if ((first === 0 || first === 0xff) && rest.every(byte => byte === first)) {
    const bytes = first === 0 ? 'zero bytes' : 'bytes of 0xff'
    return `${rest.length} ${bytes}, as of a buffer that is larger than it, follow`
  }
  return `${rest.length} bytes follow`
}

function tooMuch(what: TooComplex['what'], amount: number, limit: number): OutlineReading {
  return { ok: false, says: `it is too large: ${what}`, tooComplex: { what, amount, limit } }
}
