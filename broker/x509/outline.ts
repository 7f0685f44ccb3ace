/**
 * Cuts a certificate into its fields (RFC 5280 4.1), as slices of the bytes it came in. Says in clear words where the bytes
 * stop being a certificate. What stands inside names and extensions is not looked at here.
 */

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

export type Outline = {
  version: number
  serialNumber: Buffer
  /** The signature's AlgorithmIdentifier, whole. */
  signatureAlgorithm: Buffer
  signatureOid: string
  issuer: Buffer
  /** ms since 1970. */
  notBefore: number
  notAfter: number
  subject: Buffer
  subjectPublicKeyInfo: Buffer
  publicKeyOid: string
  /** Dotted object identifier -> the extension's content (what the OCTET STRING holds). */
  extensions: Map<string, Buffer>
}

export type OutlineReading = { ok: true; outline: Outline } | { ok: false; says: string }

export function readOutline(der: Buffer): OutlineReading {
  const outer = headerAt(der, 0, der.length)
  if (outer?.tag !== TAG.sequence) return no('it does not begin like a DER certificate')
  if (outer.end > der.length) {
    return no(`it is cut off: ${der.length} of ${outer.end} bytes are there`)
  }
  if (outer.end < der.length) return no(`${der.length - outer.end} bytes follow the certificate`)
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
  const [from, to] = childrenOf(der, validity) ?? []
  const notBefore = from && readTime(der, from)
  const notAfter = to && readTime(der, to)
  if (notBefore === undefined || notAfter === undefined) return no('its dates can not be read')
  const signatureOid = algorithmOid(der, algorithm)
  const publicKeyOid = algorithmOid(der, elementAt(der, spki.content, spki.end))
  if (signatureOid === undefined) return no('its signature algorithm can not be read')
  if (publicKeyOid === undefined) return no('its public key can not be read')
  const wrapped = rest.find(field => field.tag === TAG.explicit3)
  const extensions = wrapped ? readExtensions(der, wrapped) : new Map<string, Buffer>()
  if (extensions === undefined) return no('its extensions can not be read')
  return {
    ok: true,
    outline: {
      version,
      serialNumber: contentOf(der, serial),
      signatureAlgorithm: wholeOf(der, algorithm),
      signatureOid,
      issuer: wholeOf(der, issuer),
      notBefore,
      notAfter,
      subject: wholeOf(der, subject),
      subjectPublicKeyInfo: wholeOf(der, spki),
      publicKeyOid,
      extensions,
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

function readExtensions(der: Buffer, wrapper: Element): Map<string, Buffer> | undefined {
  const list = elementAt(der, wrapper.content, wrapper.end)
  const items = list?.tag === TAG.sequence ? childrenOf(der, list) : undefined
  if (items === undefined) return undefined
  const found = new Map<string, Buffer>()
  for (const item of items) {
    const parts = item.tag === TAG.sequence ? childrenOf(der, item, 3) : undefined
    const oid = parts?.[0]
    const value = parts?.at(-1)
    if (oid?.tag !== TAG.oid || value?.tag !== TAG.octetString) return undefined
    found.set(oidOf(der, oid), contentOf(der, value))
  }
  return found
}
