/** What a configuration and a set of server certificates come to for the rooms: made at start and when either changes. */

import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Config } from '../config/shape.ts'
import type { ServerPki } from '../registry/server-pki.ts'
import { groupNames } from '../tls/names.ts'
import { cipherList, securityPolicy } from '../tls/security-policy.ts'
import type { Settings } from './house.ts'

const VERSIONS = { 'TLSv1.2': 0x0303, 'TLSv1.3': 0x0304 } as const
const KINDS = { rsa: 'RSA', ecdsa: 'ECDSA' } as const

/** @param where the port listened on, the name to reach it by, and the CA file if there is one on disk */
export function settingsOf(
  config: Config,
  pki: ServerPki,
  where: { port: number; endpointName: string; caFile?: string },
): Settings {
  const policy = securityPolicy(config.tls.securityPolicy)
  if (policy === undefined) throw new Error(`no such policy: ${config.tls.securityPolicy}`)
  const kinds = config.tls.serverCertificates.map(kind => KINDS[kind])
  const served = pki.certificates.filter(({ kind }) => kinds.includes(kind))
  const contextOf = (certificates: ServerPki['certificates']): SecureContext =>
    createSecureContext({
      key: certificates.map(certificate => certificate.keyPem),
      cert: certificates.map(certificate => certificate.pem),
      ciphers: cipherList(policy),
      minVersion: policy.minVersion,
      maxVersion: policy.maxVersion,
      honorCipherOrder: true,
      ecdhCurve: config.tls.groups.map(group => OPENSSL_GROUPS[group] ?? group).join(':'),
      // AWS: no session is ever resumed, so every connection shows its certificate.
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    })
  const everything = contextOf(served)
  const single = new Map(served.map(one => [one.kind, contextOf([one])] as const))
  return {
    config,
    ...where,
    secureContext: ([key, ...others]) =>
      (others.length === 0 && key && single.get(key)) || everything,
    endpoint: {
      securityPolicy: policy.name,
      minVersion: VERSIONS[policy.minVersion],
      maxVersion: VERSIONS[policy.maxVersion],
      suites: policy.suites,
      groups: config.tls.groups.map(groupId),
      serverKeys: kinds,
    },
    server: served.map(({ kind, certificate }) => ({
      kind,
      names: [...certificate.dnsNames, ...certificate.ipAddresses],
      notBefore: new Date(certificate.notBefore).toISOString(),
      notAfter: new Date(certificate.notAfter).toISOString(),
    })),
  }
}

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
