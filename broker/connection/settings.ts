/** What a configuration and a set of server certificates come to for the rooms: made at start and when either changes. */

import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Config, ServerCertificateItem } from '../config/shape.ts'
import type { ServerCertificate, ServerPki } from '../registry/pki/server-pki.ts'
import { groupNames } from '../tls/names.ts'
import { cipherList, type SecurityPolicy, securityPolicy } from '../tls/security-policy.ts'
import type { ServerCertificateFacts, Settings } from './house.ts'

const VERSIONS = { 'TLSv1.2': 0x0303, 'TLSv1.3': 0x0304 } as const
const KINDS = { rsa: 'RSA', ecdsa: 'ECDSA' } as const

/** @param where the port listened on, the name to reach it by, and the CA file if there is one on disk */
export function settingsOf(
  config: Config,
  pki: ServerPki,
  where: { port: number; endpointName: string; caFile?: string },
): Settings {
  const policy = policyOf(config.tls.securityPolicy)
  const served = config.tls.serverCertificates.flatMap(item => servedFor(item, pki))
  const kinds = served.map(({ kind }) => kind)
  // OpenSSL serves no weak certificate at its own level; whoever configures one was warned.
  const level = served.some(isWeak) ? ':@SECLEVEL=0' : ''
  const ecdsa = served.find(({ kind }) => kind === 'ECDSA')
  const curve = CURVES[ecdsa?.certificate.key ?? ''] ?? CURVES['EC P-256']
  const contextOf = (certificates: ServerPki['certificates']): SecureContext =>
    createSecureContext({
      key: certificates.map(certificate => certificate.keyPem),
      cert: certificates.map(certificate => certificate.pem),
      ciphers: `${cipherList(policy)}${level}`,
      minVersion: policy.minVersion,
      maxVersion: policy.maxVersion,
      honorCipherOrder: true,
      ecdhCurve: config.tls.groups.map(group => OPENSSL_GROUPS[group] ?? group).join(':'),
      // AWS: no session is ever resumed, so every connection shows its certificate.
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    })
  const everything = contextOf(served)
  const single = new Map(served.map(one => [one.kind, contextOf([one])] as const))
  const names = served.flatMap(({ certificate }) => [
    ...certificate.dnsNames,
    ...certificate.ipAddresses,
  ])
  return {
    config,
    port: where.port,
    endpointName: where.endpointName,
    secureContext: ([key, ...others]) =>
      (others.length === 0 && key && single.get(key)) || everything,
    endpoint: {
      ...endpointOf(config, kinds),
      ...(curve === undefined ? {} : { ecdsaCurve: curve }),
      certificateSignatures: certificateSignatures(served),
    },
    server: served.map(({ kind, certificate, own }) => ({
      kind,
      names: [...certificate.dnsNames, ...certificate.ipAddresses],
      notBefore: new Date(certificate.notBefore).toISOString(),
      notAfter: new Date(certificate.notAfter).toISOString(),
      ...caOf(own, where.caFile),
    })),
    names: [...new Set(names)],
    own: served.every(({ own }) => own !== undefined),
  }
}

/**
 * What the configuration accepts of a ClientHello.
 * @param serverKeys without them: what the configuration names; a certificate of the user's own may be of either type then
 */
export function endpointOf(
  { tls }: Config,
  serverKeys: Settings['endpoint']['serverKeys'] = tls.serverCertificates.flatMap(item =>
    typeof item === 'string' ? [KINDS[item]] : Object.values(KINDS),
  ),
): Settings['endpoint'] {
  const policy = policyOf(tls.securityPolicy)
  return {
    securityPolicy: policy.name,
    minVersion: VERSIONS[policy.minVersion],
    maxVersion: VERSIONS[policy.maxVersion],
    suites: policy.suites,
    groups: tls.groups.map(groupId),
    serverKeys: [...new Set(serverKeys)],
  }
}

function policyOf(name: string): SecurityPolicy {
  const policy = securityPolicy(name)
  if (policy === undefined) throw new Error(`no such policy: ${name}`)
  return policy
}

/** By type of key, as the algorithms are numbered in a ClientHello. One that has no number can't be asked for. */
function certificateSignatures(
  served: ServerCertificate[],
): NonNullable<Settings['endpoint']['certificateSignatures']> {
  return Object.fromEntries(
    served.toReversed().map(({ kind, certificate: { signature, signatureHash } }) => {
      const hash = signatureHash?.toLowerCase().replace('-', '')
      const [rsa, pss, ecdsa] = SIGNATURES[hash ?? ''] ?? [[], [], []]
      const isPss = /pss/i.test(signature)
      return [kind, /^ecdsa/i.test(signature) ? ecdsa : isPss ? pss : rsa] as const
    }),
  )
}

/** RFC 8446 4.2.3, by hash: rsa_pkcs1, rsa_pss (rsae and pss), ecdsa. */
const SIGNATURES: Record<string, [rsa: number[], pss: number[], ecdsa: number[]]> = {
  sha1: [[0x0201], [], [0x0203]],
  sha224: [[0x0301], [], [0x0303]],
  sha256: [[0x0401], [0x0804, 0x0809], [0x0403]],
  sha384: [[0x0501], [0x0805, 0x080a], [0x0503]],
  sha512: [[0x0601], [0x0806, 0x080b], [0x0603]],
}

function servedFor(item: ServerCertificateItem, pki: ServerPki): ServerCertificate[] {
  return pki.certificates.filter(({ kind, own }) =>
    typeof item === 'string'
      ? own === undefined && kind === KINDS[item]
      : own?.item.certificate === item.certificate && own.item.key === item.key,
  )
}

/** The CA that a device needs for it: its file, or at least its name. */
function caOf(
  own: ServerCertificate['own'],
  caFile: string | undefined,
): Pick<ServerCertificateFacts, 'caFile' | 'issuer'> {
  if (own === undefined) return caFile === undefined ? {} : { caFile }
  const issuer = own.chain.at(-1)?.issuer ?? ''
  return own.ca === undefined || own.item.ca === undefined || own.item.ca.includes('\n')
    ? { issuer }
    : { issuer, caFile: own.item.ca }
}

function isWeak({ own }: ServerCertificate): boolean {
  return (own?.chain ?? []).some(
    ({ key, signatureHash = '' }) =>
      /^RSA (\d{1,3}|1\d{3}|20[0-3]\d|204[0-7])$/.test(key) ||
      ['SHA1', 'MD5'].includes(signatureHash),
  )
}

/** The certificate's curve as a group of TLS. */
const CURVES: Record<string, number> = { 'EC P-256': 23, 'EC P-384': 24, 'EC P-521': 25 }

const OPENSSL_GROUPS: Record<string, string> = {
  x25519: 'X25519',
  secp256r1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
}

const groupIds = new Map(Object.entries(groupNames).map(([id, name]) => [name, Number(id)]))

function groupId(name: string): number {
  const id = groupIds.get(name)
  if (id === undefined) throw new Error(`no such group: ${name}`)
  return id
}
