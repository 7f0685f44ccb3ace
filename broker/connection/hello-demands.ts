/**
 * What a listener asks of a ClientHello beside TLS itself: the host name (SNI) and the ALPN protocol. Where it demands them,
 * a hello without is refused; elsewhere that is a finding.
 */

import { type Diagnosis, diagnose, type Finding } from '../diagnosis/diagnosis.ts'
import { covers, currentEndpoint } from '../diagnosis/host-name.ts'
import type { Hello } from '../tls/client-hello.ts'
import { versionName } from '../tls/names.ts'
import type { Settings } from './house.ts'

/** AWS: MQTT with a client certificate. DG/protocols */
const MUTUAL_TLS = 'x-amzn-mqtt-ca'
/** IANA's name for MQTT. AWS: MQTT with a custom authorizer. DG/protocols */
const CUSTOM_AUTHORIZER = 'mqtt'

/** The ALPN names that this listener agrees to. */
export function alpnNames({ config }: Settings): string[] {
  return config.tls.alpn === 'required' ? [MUTUAL_TLS] : [MUTUAL_TLS, CUSTOM_AUTHORIZER]
}

/**
 * @param version the TLS version that both sides have, or the highest one offered
 * @returns what is refused here, the host name first, and what is only worth telling
 */
export function demands(
  hello: Hello,
  version: number,
  settings: Settings,
): { refusals: Diagnosis[]; findings: Finding[] } {
  const { sni, alpn } = settings.config.tls
  const name = aboutName(hello, version, settings)
  const protocol = aboutProtocol(hello, settings)
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

function aboutName(hello: Hello, version: number, settings: Settings): Diagnosis[] {
  const { sni } = hello
  const demanded = settings.config.tls.sni === 'required' ? ({ required: true } as const) : {}
  if (sni === undefined) {
    const endpoint = settings.endpointName
    const evidence = { endpoint, version: versionName(version), ...demanded }
    return [diagnose('HELLO_SNI_MISSING', evidence)]
  }
  const names = [...new Set(settings.server.flatMap(certificate => certificate.names))]
  if (names.some(name => covers(name, sni))) return []
  const own = settings.server.every(({ issuer }) => issuer !== undefined)
  return [diagnose('HELLO_SNI_UNKNOWN', { sni, names, ...demanded, ...(own ? { own: true } : {}) })]
}

function aboutProtocol({ alpn: offered }: Hello, settings: Settings): Diagnosis[] {
  const accepted = alpnNames(settings)
  const required = settings.config.tls.alpn === 'required'
  const demanded = required ? ({ required } as const) : {}
  if (offered.length === 0) {
    return required ? [diagnose('HELLO_ALPN_MISSING', { accepted, port: settings.port })] : []
  }
  if (offered.includes(MUTUAL_TLS)) return []
  if (offered.includes(CUSTOM_AUTHORIZER)) {
    return [diagnose('HELLO_ALPN_CUSTOM_AUTHORIZER', { offered, ...demanded })]
  }
  return [diagnose('HELLO_ALPN_UNKNOWN', { offered, accepted, ...demanded })]
}
