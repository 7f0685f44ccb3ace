/**
 * What a listener asks of a ClientHello beside TLS itself: the host name (SNI) and the ALPN protocol. Where it demands them,
 * a hello without is refused; elsewhere that is a finding.
 */

import { type Diagnosis, diagnose, type Finding } from '../diagnosis/diagnosis.ts'
import { covers, currentEndpoint } from '../diagnosis/host-name.ts'
import type { Hello } from '../tls/client-hello.ts'
import { versionName } from '../tls/names.ts'
import type { Settings } from './house.ts'
import { type StackEvidence, stackEvidence } from './stack-evidence.ts'
import type { Greeted } from './visit.ts'

/** AWS: MQTT with a client certificate. DG/protocols */
const MUTUAL_TLS = 'x-amzn-mqtt-ca'
/** IANA's name for MQTT. AWS: MQTT with a custom authorizer. DG/protocols */
const CUSTOM_AUTHORIZER = 'mqtt'

/** What a listener asks for, and what it is called. */
export type Asks = Pick<Settings, 'config' | 'endpointName' | 'port'> & {
  /** Of the server certificates; undefined where they are not at hand, so that no name can be called unknown. */
  names: string[] | undefined
  /** All of the server certificates are the user's own. */
  own: boolean
}

export function asksOf(settings: Settings): Asks {
  const { server } = settings
  const names = [...new Set(server.flatMap(certificate => certificate.names))]
  return { ...settings, names, own: server.every(({ issuer }) => issuer !== undefined) }
}

/** The ALPN names that this listener agrees to. */
export function alpnNames({ config }: Pick<Asks, 'config'>): string[] {
  return config.tls.alpn === 'required' ? [MUTUAL_TLS] : [MUTUAL_TLS, CUSTOM_AUTHORIZER]
}

/**
 * @param version the TLS version that both sides have, or the highest one offered
 * @returns what is refused here, the host name first, and what is only worth telling
 */
export function demands(
  { parsed: hello, stack }: Pick<Greeted['hello'], 'parsed' | 'stack'>,
  version: number,
  asks: Asks,
): { refusals: Diagnosis[]; findings: Finding[] } {
  const { sni, alpn } = asks.config.tls
  const known = stackEvidence(stack)
  const name = aboutName(hello, known, version, asks)
  const protocol = aboutProtocol(hello, known, asks)
  const told = [
    { required: sni === 'required', diagnoses: name },
    { required: alpn === 'required', diagnoses: protocol },
  ]
  const current = hello.sni === undefined ? undefined : currentEndpoint(hello.sni)
  return {
    refusals: told.flatMap(({ required, diagnoses }) => (required ? diagnoses : [])),
    findings: [
      ...told.flatMap(({ required, diagnoses }) => (required ? [] : diagnoses)),
      ...(current === undefined
        ? []
        : [diagnose('HELLO_SNI_LEGACY', { sni: hello.sni ?? '', current })]),
    ],
  }
}

function aboutName(hello: Hello, known: StackEvidence, version: number, asks: Asks): Diagnosis[] {
  const { sni } = hello
  const { names, own } = asks
  const demanded = asks.config.tls.sni === 'required' ? ({ required: true } as const) : {}
  if (sni === undefined) {
    const endpoint = asks.endpointName
    const evidence = { endpoint, version: versionName(version), ...demanded, ...known }
    return [diagnose('HELLO_SNI_MISSING', evidence)]
  }
  if (names === undefined || names.some(name => covers(name, sni))) return []
  return [diagnose('HELLO_SNI_UNKNOWN', { sni, names, ...demanded, ...(own ? { own: true } : {}) })]
}

function aboutProtocol({ alpn: offered }: Hello, known: StackEvidence, asks: Asks): Diagnosis[] {
  const accepted = alpnNames(asks)
  const required = asks.config.tls.alpn === 'required'
  const demanded = required ? ({ required } as const) : {}
  if (offered.length === 0) {
    if (!required) return []
    return [diagnose('HELLO_ALPN_MISSING', { accepted, port: asks.port, ...known })]
  }
  if (offered.includes(MUTUAL_TLS)) return []
  if (offered.includes(CUSTOM_AUTHORIZER)) {
    return [diagnose('HELLO_ALPN_CUSTOM_AUTHORIZER', { offered, ...demanded, ...known })]
  }
  return [diagnose('HELLO_ALPN_UNKNOWN', { offered, accepted, ...demanded, ...known })]
}
