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
export type Asks = Pick<Settings, 'config' | 'endpointName' | 'port' | 'own'> & {
  /** Of the server certificates; undefined where they are not at hand, so that no name can be called unknown. */
  names: string[] | undefined
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
  const current = hello.sni === undefined ? undefined : currentEndpoint(hello.sni)
  // Nearly every hello.
  if (name.length + protocol.length === 0 && current === undefined) return NOTHING
  const told = [
    { required: sni === 'required', diagnoses: name },
    { required: alpn === 'required', diagnoses: protocol },
  ]
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

const NOTHING = { refusals: [], findings: [] }

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
