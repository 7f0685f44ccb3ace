/**
 * AWS IoT's TLS security policies by name: versions and suites, in the order that the server prefers.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/transport-security.html
 * DIFFERS: AWS doesn't document its groups or its order of preference; ours are in docs/differences-from-aws.md.
 */

import { suiteNames } from './suite-names.ts'

export type SecurityPolicy = {
  name: string
  minVersion: 'TLSv1.2' | 'TLSv1.3'
  maxVersion: 'TLSv1.2' | 'TLSv1.3'
  /** Suite numbers, preferred first. */
  suites: number[]
}

const LIST_L = [
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES128-SHA256',
  'AES128-SHA',
  'AES256-GCM-SHA384',
  'AES256-SHA256',
  'AES256-SHA',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-ECDSA-AES256-SHA',
]
const TLS13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']
const GOVCLOUD = [
  ...TLS13.slice(0, 2),
  ...LIST_L.filter(name => name.startsWith('ECDHE')),
  'AES128-SHA',
  'AES256-SHA',
]

const table: Record<string, Omit<SecurityPolicy, 'name' | 'suites'> & { names: string[] }> = {
  IoTSecurityPolicy_TLS13_1_3_2022_10: {
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    names: TLS13,
  },
  IoTSecurityPolicy_TLS13_1_2_2022_10: {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    names: [...TLS13, ...LIST_L],
  },
  IoTSecurityPolicy_TLS12_1_2_2022_10: {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    names: LIST_L,
  },
  IoTSecurityPolicy_TLS12_1_0_2016_01: {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    names: LIST_L.filter(name => name !== 'AES128-SHA256'),
  },
  IoTSecurityPolicy_TLS12_1_0_2015_01: {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    // DIFFERS: AWS adds DHE-RSA-AES256-SHA here; we have no DH parameters yet.
    names: LIST_L,
  },
  IoTSecurityPolicy_TLS13_1_2_2022_01: {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    names: GOVCLOUD,
  },
}

/** @returns undefined for a name that AWS doesn't have */
export function securityPolicy(name: string): SecurityPolicy | undefined {
  const row = Object.hasOwn(table, name) ? table[name] : undefined
  if (row === undefined) return undefined
  const { names, ...versions } = row
  return { name, ...versions, suites: names.map(suiteId) }
}

/** The OpenSSL cipher list of a policy: what tls.createSecureContext takes. */
export function cipherList(policy: SecurityPolicy): string {
  return policy.suites.map(id => suiteNames[id]?.[1] ?? '').join(':')
}

const idsByOpensslName = new Map(
  Object.entries(suiteNames).map(([id, names]) => [names[1], Number(id)] as const),
)

function suiteId(name: string): number {
  const id = idsByOpensslName.get(name)
  if (id === undefined) throw new Error(`no such suite: ${name}`)
  return id
}
