/** What a cipher suite needs of both sides, read off its IANA name. */

import { suiteNames } from './suite-names.ts'

export type SuiteNeeds = {
  /** The first TLS version that has it: 1.3 suites are disjoint from all others. */
  tls13: boolean
  /** The server certificate's key type; `any` for TLS 1.3 suites, `none` for PSK and anonymous ones. */
  certificate: 'RSA' | 'ECDSA' | 'DSS' | 'any' | 'none'
  /** How the key is agreed; `ECDHE` needs a common elliptic group, `DHE` finite-field parameters. */
  exchange: 'ECDHE' | 'DHE' | 'RSA' | 'ECDH' | 'PSK' | 'other' | 'any'
}

/** @param id the suite's number; an unknown number gives undefined */
export function suiteNeeds(id: number): SuiteNeeds | undefined {
  return needs.get(id)
}

function needsOf(id: number, name: string): SuiteNeeds {
  // The suites of TLS 1.3 name no key exchange; those of RFC 9150 stand apart from the others.
  if (id >> 8 === 0x13 || name.startsWith('TLS_SHA')) {
    return { tls13: true, certificate: 'any', exchange: 'any' }
  }
  const method = /^TLS_(.+?)_WITH_/.exec(name)?.[1] ?? ''
  return { tls13: false, certificate: certificateOf(method), exchange: exchangeOf(method) }
}

function certificateOf(method: string): SuiteNeeds['certificate'] {
  if (method === 'RSA_PSK') return 'RSA'
  if (method.endsWith('ECDSA')) return 'ECDSA'
  if (method.endsWith('DSS')) return 'DSS'
  // PSK, anonymous and plain SRP suites have no certificate.
  return method.endsWith('RSA') ? 'RSA' : 'none'
}

function exchangeOf(method: string): SuiteNeeds['exchange'] {
  if (method.includes('PSK')) return 'PSK'
  if (method.startsWith('ECDHE') || method === 'ECDH_anon') return 'ECDHE'
  if (method.startsWith('ECDH_')) return 'ECDH'
  if (method.startsWith('DHE') || method === 'DH_anon') return 'DHE'
  return method === 'RSA' ? 'RSA' : 'other'
}

/** Every hello is held against every suite that we accept, so the names are read once. */
const needs: ReadonlyMap<number, SuiteNeeds> = new Map(
  Object.entries(suiteNames).map(([id, [name]]) => [Number(id), needsOf(Number(id), name)]),
)
