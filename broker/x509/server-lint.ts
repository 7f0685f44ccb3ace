/**
 * What a device may dislike in a server certificate of the user's own, before a device has come: a broker can serve it, and
 * the failure would only show on the device's side.
 */

import { covers } from '../diagnosis/host-name.ts'
import type { Certificate } from './certificate.ts'
import { signedBy } from './path.ts'

export type ServerRemark = { says: string; hint: string }

export type ServerChain = {
  /** As it is sent: the server's own certificate first. */
  chain: readonly Certificate[]
  /** The CA that devices trust, where it is known. */
  ca?: Certificate
  /** Names and addresses by which devices reach this broker. */
  names: readonly string[]
  /** ms since 1970. */
  now: number
}

/** @returns one remark for each thing, in the order in which devices stumble over them; none for a good chain */
export function lintServerChain(served: ServerChain): ServerRemark[] {
  return [dates, versions, signatures, keys, alternativeNames, ends, mixed, size].flatMap(check =>
    check(served),
  )
}

type Check = (served: ServerChain) => ServerRemark[]

const DAY = 24 * 60 * 60 * 1000
const SOON = 30 * DAY

const dates: Check = ({ chain, now }) =>
  chain.flatMap((certificate, index) => {
    const { notBefore, notAfter } = certificate
    const which = nameOf(certificate, index)
    const hint = 'renew it; devices with a right clock reject it'
    if (now > notAfter) return [{ says: `${which} ran out on ${day(notAfter)}`, hint }]
    if (now < notBefore) {
      const says = `${which} is not valid before ${day(notBefore)}`
      return [{ says, hint: 'wait, or look at the clock of this machine' }]
    }
    if (notAfter - now >= SOON) return []
    return [{ says: `${which} runs out on ${day(notAfter)}`, hint: 'renew it before that day' }]
  })

const versions: Check = ({ chain }) =>
  chain.flatMap((certificate, index) =>
    certificate.version === 3
      ? []
      : [
          {
            says: `${nameOf(certificate, index)} is an X.509 version ${certificate.version} certificate`,
            hint: 'issue it with extensions (version 3): rustls and others take no older ones',
          },
        ],
  )

/** A root is trusted for being there: nobody checks its own signature. */
const signatures: Check = ({ chain }) =>
  chain.flatMap((certificate, index) => {
    const { signatureHash = '', signature, selfIssued } = certificate
    if (!WEAK_HASHES.includes(signatureHash) || (selfIssued && index > 0)) return []
    const says = `${nameOf(certificate, index)} is signed with ${signature}`
    return [{ says, hint: 'have it signed with SHA-256: most devices reject SHA-1 and MD5' }]
  })

const WEAK_HASHES = ['SHA1', 'MD5']

const keys: Check = ({ chain }) =>
  chain.flatMap((certificate, index) => {
    const bits = /^RSA(?:-PSS)? (\d+)$/.exec(certificate.key)?.[1]
    if (bits === undefined || Number(bits) >= 2048) return []
    const says = `${nameOf(certificate, index)} has a key of ${certificate.key}`
    return [{ says, hint: 'take RSA 2048 or EC P-256: many devices reject shorter keys' }]
  })

const alternativeNames: Check = ({ chain: [leaf], names }) => {
  if (leaf === undefined) return []
  const own = [...leaf.dnsNames, ...leaf.ipAddresses]
  if (own.length === 0) {
    const says = `${nameOf(leaf, 0)} has no subject alternative name`
    return [
      { says, hint: 'issue it with the host name that devices dial; a common name is not enough' },
    ]
  }
  if (own.some(name => names.some(known => covers(name, known)))) return []
  const says = `${nameOf(leaf, 0)} is for ${listed(own)}, and this machine is known as ${listed(names)}`
  const hint = `let devices dial \`${own[0]}\`; if they do, add it to \`tls.names\`, and this warning goes`
  return [{ says, hint }]
}

/** Where the chain ends: below, at or beside the CA that devices have. */
const ends: Check = ({ chain, ca }) => {
  const last = chain.at(-1)
  if (last === undefined) return []
  const selfSigned = last.selfIssued && signedBy(last, last)
  if (selfSigned) {
    if (chain.length === 1) return []
    const says = `the root \`${last.subject}\` is sent too (${last.der.length} bytes)`
    return [{ says, hint: 'take it out of the file: a device trusts only the copy that it has' }]
  }
  if (ca !== undefined) {
    if (signedBy(last, ca) || chain.some(one => one.sha256 === ca.sha256)) return []
    const says = `the chain ends at \`${last.issuer}\`, and the CA of the devices is \`${ca.subject}\``
    const hint = 'add the missing intermediate certificates to the file, each behind what it signed'
    return [{ says, hint }]
  }
  if (chain.length > 1) return []
  return [
    {
      says: `only the certificate itself is sent: devices need \`${last.issuer}\` as their CA`,
      hint: 'if that is an intermediate, add its certificate to the file; if it is the root, name its file with `ca:`',
    },
  ]
}

const mixed: Check = ({ chain: [leaf, ...above], ca }) => {
  if (!leaf?.key.startsWith('EC')) return []
  const all = [leaf, ...above]
  const rsa = all.find(({ signature }) => /RSA|RSASSA/.test(signature))
  if (rsa === undefined && !ca?.key.startsWith('RSA')) return []
  const says = 'an ECDSA certificate under an RSA CA: some modules check chains of one kind only'
  return [{ says, hint: 'serve an RSA certificate too, or have it signed by an ECDSA CA' }]
}

/** RFC 8446 4.4.2: three bytes of length before each certificate. */
const size: Check = ({ chain }) => {
  const bytes = chain.reduce((sum, { der }) => sum + der.length + 3, 3)
  if (bytes <= MODEM_BYTES) return []
  const most = bytes > RECORD_BYTES ? 'more than one TLS record (16384)' : 'more than 4096'
  const says = `the certificates that are sent take ${bytes} bytes, ${most}`
  return [{ says, hint: 'send fewer or smaller ones: some modems and TLS buffers end at 4 kB' }]
}

const MODEM_BYTES = 4096
const RECORD_BYTES = 16_384

function nameOf({ subject }: Certificate, index: number): string {
  return index === 0 ? 'the certificate' : `certificate ${index + 1} of the chain (\`${subject}\`)`
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(name => `\`${name}\``)
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : ''
  return `${shown.join(', ')}${more}`
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
