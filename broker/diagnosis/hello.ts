/**
 * What can go wrong before our first answer. Nothing here can be the fault of a certificate: none has been shown yet.
 */

import type { Entries, Severity } from './entry.ts'
import { inWordsOf } from './stacks.ts'
import { count, duration, either, list, plain, quote, quotes } from './words.ts'

/** The client's TLS stack, and the program or release on top of it, where the hello tells them. */
type Known = { stack?: string; variant?: string }

export type HelloEvidence = {
  HELLO_NOT_TLS: {
    protocol: 'MQTT' | 'HTTP' | 'PROXY' | 'SSH' | 'unknown'
    /** Hex, 16 bytes at most. */
    firstBytes: string
    /** Of a plain MQTT CONNECT. */
    clientId?: string
    /** Of HTTP. */
    requestLine?: string
  }
  HELLO_MALFORMED: {
    says: string
    /** Offset in the ClientHello. */
    at?: number
    firstBytes: string
    /** An alert of the client's came in the place of a ClientHello. */
    alert?: number
  }
  HELLO_RULE_BROKEN: Known & {
    /** The rule, as what the client did. */
    says: string
  }
  HELLO_TIMEOUT: { afterMs: number; bytes: number }
  HELLO_ABANDONED: { afterMs: number; bytes: number; reset: boolean }
  HELLO_VERSION_UNSUPPORTED: Known & {
    offered: string[]
    /** It has no list of versions, and says the highest only. */
    atMost?: true
    accepted: string[]
    securityPolicy: string
  }
  HELLO_NO_SHARED_CIPHER: Known & {
    offered: string[]
    accepted: string[]
    serverKeys: KeyType[]
    /** Key types that the offered suites need; `any` stands for the suites of TLS 1.3. */
    offeredKeyTypes: (KeyType | 'any' | 'other')[]
    /** `certificate-type`: suites are in common, but only for a certificate type that this server lacks. */
    cause: 'suites' | 'certificate-type'
    version: string
    /** Suites in common that could not be used, and what each lacks. */
    dropped: { suite: string; lacks: string }[]
  }
  HELLO_NO_SHARED_GROUP: Known & {
    offered: string[]
    accepted: string[]
    version: string
    /** The client sent no supported_groups at all. */
    extensionAbsent: boolean
    /** Suites in common that a shared group would have made usable. */
    suites: string[]
  }
  HELLO_NO_SHARED_SIGNATURE_ALGORITHM: Known & {
    offered: string[]
    /** What our keys can sign with on this version. */
    usable: string[]
    serverKeys: KeyType[]
    version: string
    /** It is the signature under our certificate that does not fit (signature_algorithms_cert). */
    certificate?: { offered: string[]; signed: string[] }
  }
  HELLO_SNI_MISSING: Known & {
    endpoint: string
    /** Which both sides have; else the highest one offered. */
    version: string
    /** This listener demands it. */
    required?: true
  }
  HELLO_SNI_UNKNOWN: {
    sni: string
    names: string[]
    required?: true
    /** The names are those of a certificate of the user's own. */
    own?: true
  }
  HELLO_SNI_LEGACY: {
    sni: string
    /** The name that the endpoint has today. */
    current: string
  }
  HELLO_ALPN_MISSING: Known & { accepted: string[]; port: number }
  HELLO_ALPN_UNKNOWN: Known & { offered: string[]; accepted: string[]; required?: true }
  HELLO_ALPN_CUSTOM_AUTHORIZER: Known & { offered: string[]; required?: true }
  HELLO_REFUSED: { openssl: string; alert?: number }
}

type KeyType = 'RSA' | 'ECDSA'

export const hello: Entries<HelloEvidence> = {
  HELLO_NOT_TLS: {
    room: 'hello',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The first bytes are not TLS',
    says({ protocol, firstBytes, clientId, requestLine }) {
      if (protocol === 'MQTT') {
        const who = clientId === undefined ? '' : ` (client id ${quote(clientId)})`
        return `the client speaks plain MQTT on the TLS port${who}`
      }
      if (protocol === 'HTTP') {
        const what = requestLine === undefined ? '' : `: ${quote(requestLine)}`
        return `the client speaks plain HTTP on the TLS port${what}`
      }
      if (protocol === 'PROXY') return 'a PROXY protocol header came before TLS'
      if (protocol === 'SSH') return 'the client speaks SSH on the TLS port'
      return `the first bytes are not TLS: ${quote(firstBytes)}`
    },
    remedy({ protocol }) {
      if (protocol === 'MQTT') {
        return 'switch TLS on in the client (mosquitto_pub: `--cafile`, `--cert`, `--key`; MQTT.js: `mqtts://`)'
      }
      if (protocol === 'PROXY') return 'switch the PROXY protocol off in the load balancer'
      return 'this port is for MQTT over TLS: let the device start with a TLS ClientHello'
    },
    aws: { note: 'AWS IoT logs nothing' },
    references: ['MQTT 3.1.1 3.1', 'RFC 8446 5.1'],
    example: { protocol: 'MQTT', firstBytes: '101a00044d51545404', clientId: 'sensor-1' },
  },

  HELLO_MALFORMED: {
    room: 'hello',
    severity: 'error',
    blame: 'device',
    // An alert of the client's in the place of its hello: it gave up, not we.
    side: ({ alert }) => (alert === undefined ? 'we' : 'client'),
    certainty: 'proof',
    title: 'The ClientHello cannot be read',
    says: ({ says, at, alert }) =>
      alert === undefined
        ? `the ClientHello can't be read${at === undefined ? '' : ` at byte ${at}`}: ${plain(says)}`
        : `the client gave up before its ClientHello: ${plain(says)}`,
    remedy: ({ alert }) =>
      alert === undefined
        ? 'look for a proxy that changes bytes, or a damaged TLS stack; capture the first record with Wireshark'
        : "look at the device's TLS settings: its versions, suites and groups may leave nothing that it could offer; its own log says which",
    // Nobody answers an alert (RFC 8446 6.2).
    alert: ({ alert }) => (alert === undefined ? 50 : undefined),
    aws: { note: 'not measured on AWS IoT; the RFC asks for alert 50' },
    references: ['RFC 8446 4.1.2', 'RFC 8446 6.2'],
    example: {
      says: 'the cipher suites run over the end',
      at: 41,
      firstBytes: '16030100050100000103',
    },
  },

  HELLO_RULE_BROKEN: {
    room: 'hello',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The ClientHello can be read and breaks a rule of TLS',
    says: ({ says }) => `the ClientHello breaks a rule of TLS: ${plain(says)}`,
    remedy: ({ stack }) =>
      `mend or update the ${stack === undefined ? "device's TLS stack" : `client's ${stack}`}, or take its default settings for versions, groups and key shares`,
    aws: { note: 'not measured on AWS IoT; the RFC asks for an alert' },
    references: ['RFC 8446 4.1.2', 'RFC 8446 9.2', 'RFC 7507 3', 'RFC 8422 5.1.2'],
    example: { says: 'it offers TLS 1.3 without a key_share', stack: 'wolfSSL' },
  },

  HELLO_TIMEOUT: {
    room: 'hello',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'No complete ClientHello came in time',
    says: ({ afterMs, bytes }) =>
      bytes === 0
        ? `the client opened the connection and sent nothing for ${duration(afterMs)}`
        : `the client sent ${count(bytes, 'byte')} and no complete ClientHello in ${duration(afterMs)}`,
    remedy: () =>
      'let the device start TLS right after it has connected; a port scan needs no answer',
    aws: { note: 'how long AWS IoT waits is not known' },
    references: ['RFC 8446 2'],
    example: { afterMs: 10_000, bytes: 0 },
  },

  HELLO_ABANDONED: {
    room: 'hello',
    severity: 'note',
    blame: 'device',
    side: 'client',
    certainty: 'guess',
    title: 'Closed before a ClientHello',
    says: ({ afterMs, bytes, reset }) =>
      `the client ${reset ? 'reset' : 'closed'} the connection after ${duration(afterMs)}, ${
        bytes === 0
          ? 'without a byte'
          : `with ${count(bytes, 'byte')} sent and no complete ClientHello`
      }`,
    remedy: () =>
      'look at the device: a local fault before TLS (mosquitto_pub does this when key and certificate are no pair), or a port probe',
    aws: { note: 'AWS IoT logs nothing' },
    references: ['RFC 8446 2'],
    example: { afterMs: 3, bytes: 0, reset: false },
  },

  HELLO_VERSION_UNSUPPORTED: {
    room: 'hello',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'No TLS version in common',
    says: ({ offered, atMost, accepted, securityPolicy }) =>
      `the client offers ${list(offered)}${atMost ? ' at the most' : ''}, and security policy ${quote(securityPolicy)} accepts ${list(accepted)}`,
    remedy: ({ accepted, stack, variant }) =>
      `let the device offer ${either(accepted)}, or choose another \`tls.securityPolicy\` in config.yaml${inWordsOf(stack, 'version', variant)}`,
    alert: 70,
    aws: { alert: 70, note: 'the alert is the one that the RFC asks for; not measured on AWS IoT' },
    references: ['RFC 8446 4.2.1', 'RFC 5246 E.1', 'AWS: transport-security'],
    example: {
      offered: ['TLSv1.1'],
      atMost: true,
      accepted: ['TLSv1.2', 'TLSv1.3'],
      securityPolicy: 'IoTSecurityPolicy_TLS13_1_2_2022_10',
    },
  },

  HELLO_NO_SHARED_CIPHER: {
    room: 'hello',
    severity: 'error',
    blame: ({ cause }) => (cause === 'suites' ? 'device' : 'setup'),
    certainty: 'proof',
    title: 'No usable cipher suite in common',
    says({ cause, offered, offeredKeyTypes, serverKeys, version, dropped, accepted }) {
      if (cause === 'suites') {
        return `on ${version} the client offers ${list(offered, 3)}, and none of them is among the ${count(accepted.length, 'suite')} that this server accepts there`
      }
      const has = `this server has only an ${list(serverKeys)} certificate`
      // The suites of TLS 1.3 fit any certificate; what counts is what else was offered for the version at hand.
      const types = [...new Set(offeredKeyTypes.filter(type => type !== 'any'))]
      if (types.length === 1 && types[0] !== 'other') {
        return `on ${version} the client offers only ${types[0]} suites, and ${has}`
      }
      return `the suites in common (${list(
        dropped.map(one => one.suite),
        3,
      )}) need another type of certificate, and ${has}`
    },
    remedy({ cause, serverKeys, accepted, stack, variant }) {
      if (cause === 'suites') {
        return `enable ${either(accepted.slice(0, 2))} in the device${inWordsOf(stack, 'suites', variant)}`
      }
      return `serve both certificates (\`tls.serverCertificates\` in config.yaml), or enable ${list(serverKeys)} suites in the device${inWordsOf(stack, 'suites', variant)}`
    },
    alert: 40,
    aws: {
      alert: 40,
      note: 'AWS IoT has certificates of both types; the alert is by the RFC, not measured',
    },
    references: ['RFC 5246 7.4.1.2', 'RFC 8422 2', 'AWS: transport-security'],
    example: {
      offered: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
      accepted: [
        'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
        'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      ],
      serverKeys: ['RSA'],
      offeredKeyTypes: ['ECDSA'],
      cause: 'certificate-type',
      version: 'TLSv1.2',
      dropped: [{ suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', lacks: 'ecdsa-certificate' }],
      stack: 'mbedTLS',
    },
  },

  HELLO_NO_SHARED_GROUP: {
    room: 'hello',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'No curve or group in common',
    says: ({ offered, accepted, extensionAbsent }) =>
      extensionAbsent
        ? `the client offers no groups at all (no supported_groups extension), and this server needs one of ${list(accepted)}`
        : `the client offers only the ${offered.length === 1 ? 'group' : 'groups'} ${list(offered)}, and this server accepts ${list(accepted)}`,
    remedy: ({ accepted, stack, variant }) =>
      `enable ${accepted.includes('secp256r1') ? 'secp256r1 (P-256)' : either(accepted.slice(0, 2))} in the device${inWordsOf(stack, 'groups', variant)}`,
    alert: 40,
    aws: { alert: 40, note: 'the alert is the one that the RFC asks for; not measured on AWS IoT' },
    references: ['RFC 8422 5.1.1', 'RFC 8446 4.2.7', 'AWS: transport-security'],
    example: {
      offered: ['secp224r1'],
      accepted: ['x25519', 'secp256r1', 'secp384r1'],
      version: 'TLSv1.2',
      extensionAbsent: false,
      suites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
      stack: 'mbedTLS',
    },
  },

  HELLO_NO_SHARED_SIGNATURE_ALGORITHM: {
    room: 'hello',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'No signature algorithm that the server certificate can use',
    says: ({ offered, usable, serverKeys, version, certificate }) =>
      certificate !== undefined
        ? `the client takes certificates signed with ${list(certificate.offered, 4)} (signature_algorithms_cert), and this server's are signed with ${list(certificate.signed, 4)}`
        : `the client offers the signature algorithms ${list(offered, 4)}, and on ${version} this server's ${list(serverKeys)} ${serverKeys.length === 1 ? 'key' : 'keys'} can use ${list(usable, 4)}`,
    remedy: ({ usable, stack, variant, certificate }) =>
      `enable ${certificate === undefined ? either(withSha256(usable)) : `${either(certificate.signed)} for certificates`} in the device${inWordsOf(stack, 'signatures', variant)}`,
    alert: 40,
    aws: { alert: 40, note: 'the alert is the one that the RFC asks for; not measured on AWS IoT' },
    references: ['RFC 5246 7.4.1.4.1', 'RFC 8446 4.2.3'],
    example: {
      offered: ['rsa_pkcs1_sha1', 'ecdsa_sha1'],
      usable: ['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256'],
      serverKeys: ['RSA', 'ECDSA'],
      version: 'TLSv1.3',
    },
  },

  HELLO_SNI_MISSING: {
    room: 'hello',
    severity: noteOrError,
    blame: 'device',
    certainty: 'proof',
    title: 'The ClientHello names no host (no SNI)',
    says: ({ required }) =>
      `the client named no host in its ClientHello (no SNI)${required ? ', and this listener demands it' : ''}`,
    remedy: ({ endpoint, stack, variant }) =>
      `let the device send ${quote(endpoint)} as server name, and connect by name rather than by address${inWordsOf(stack, 'name', variant)}`,
    // RFC 8446 9.2 names 109 for exactly this case; TLS 1.2 has no such alert, and 112 is the one about host names.
    alert: ({ version }) => (version === 'TLSv1.3' ? 109 : 112),
    aws: {
      note: 'AWS IoT needs it for just-in-time provisioning, custom domains and multi-account certificates, and logs nothing without it',
    },
    references: ['RFC 6066 3', 'RFC 8446 9.2', 'AWS: transport-security'],
    example: { endpoint: 'localhost', version: 'TLSv1.3' },
  },

  HELLO_SNI_UNKNOWN: {
    room: 'hello',
    severity: noteOrError,
    blame: 'device',
    certainty: 'proof',
    title: 'The ClientHello names a host that is not this endpoint',
    says: ({ sni, names }) =>
      `the client asked for ${quote(sni)}, and this endpoint is ${quotes(names, 4)}`,
    remedy: ({ sni, names, own }) =>
      `let the device dial ${quote(names.find(name => !name.startsWith('*')) ?? 'localhost')}, or ${own ? `serve a certificate that has the name ${quote(sni)}` : `add ${quote(sni)} to \`tls.names\` in config.yaml`}`,
    alert: 112,
    aws: {
      logReason: 'SNI_MISUSED',
      note: 'AWS IoT logs this only when the name belongs to the account; a wrong name makes the connection fail',
    },
    references: ['RFC 6066 3', 'RFC 6125 6.4.3', 'AWS: transport-security', 'AWS: cwl-format'],
    example: { sni: 'a1b2c3-ats.iot.us-east-1.amazonaws.com', names: ['localhost', '127.0.0.1'] },
  },

  HELLO_SNI_LEGACY: {
    room: 'hello',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'The host name is that of an AWS endpoint without -ats',
    says: ({ sni }) =>
      `the client asked for ${quote(sni)}: an AWS endpoint of the old kind, without \`-ats\``,
    remedy: ({ current }) =>
      `let the device dial ${quote(current)}; \`aws iot describe-endpoint --endpoint-type iot:Data-ATS\` prints it`,
    aws: {
      note: 'endpoints without `-ats` showed a certificate under a VeriSign root, which a device with an Amazon root CA rejects; AWS IoT supports them no longer',
    },
    references: ['AWS: server-authentication'],
    example: {
      sni: 'a1b2c3d4e5f6g7.iot.us-east-1.amazonaws.com',
      current: 'a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com',
    },
  },

  HELLO_ALPN_MISSING: {
    room: 'hello',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'This port demands ALPN, and the client offers none',
    says: ({ accepted, port }) =>
      `the client offers no ALPN protocol, and port ${port} demands ${quotes(accepted)}`,
    remedy: ({ stack, variant }) =>
      `set ALPN to \`x-amzn-mqtt-ca\` in the device, or use a port that demands none, as 8883 on AWS IoT${alpnWords(stack, variant)}`,
    // RFC 7301 3.2 speaks of a client that offers the wrong ones; RFC 9001 8.1 takes the same alert where none was agreed on.
    alert: 120,
    aws: {
      note: 'on port 443 without ALPN AWS IoT takes the connection for HTTP: no alert, the device reads `HTTP/1.1 400` where it expects CONNACK, or runs into its time limit',
    },
    references: ['RFC 7301 3.2', 'RFC 9001 8.1', 'AWS: protocols'],
    example: { accepted: ['x-amzn-mqtt-ca'], port: 443 },
  },

  HELLO_ALPN_UNKNOWN: {
    room: 'hello',
    severity: noteOrError,
    blame: 'device',
    certainty: 'proof',
    title: 'None of the offered ALPN protocols is known',
    says: ({ offered, accepted, required }) =>
      `the client offers the ALPN ${offered.length === 1 ? 'protocol' : 'protocols'} ${quotes(offered)}${meaningOf(offered)}, and this port ${required ? 'demands' : 'knows'} ${quotes(accepted)}`,
    remedy: ({ required, stack, variant }) =>
      `${
        required
          ? 'set ALPN to `x-amzn-mqtt-ca` in the device: MQTT with a client certificate'
          : 'set ALPN to `x-amzn-mqtt-ca` for MQTT with a client certificate on port 443, and send none on port 8883'
      }${alpnWords(stack, variant)}`,
    alert: 120,
    aws: { note: 'not measured on AWS IoT; the RFC asks for alert 120' },
    references: ['RFC 7301 3.2', 'AWS: protocols'],
    example: { offered: ['x-amzn-http-ca'], accepted: ['x-amzn-mqtt-ca', 'mqtt'] },
  },

  HELLO_ALPN_CUSTOM_AUTHORIZER: {
    room: 'hello',
    severity: noteOrError,
    blame: 'device',
    certainty: 'proof',
    title: 'ALPN `mqtt` asks AWS for a custom authorizer',
    says: () =>
      'the client offers ALPN `mqtt` and not `x-amzn-mqtt-ca`: on port 443 of AWS IoT that asks for a custom authorizer, which this broker does not have',
    remedy: ({ stack, variant }) =>
      `set ALPN to \`x-amzn-mqtt-ca\` in the device: MQTT with a client certificate${alpnWords(stack, variant)}`,
    alert: 120,
    aws: {
      note: 'AWS IoT calls the custom authorizer of the account, and refuses the device where there is none',
    },
    references: ['RFC 7301 3.2', 'AWS: protocols', 'AWS: custom-auth'],
    example: { offered: ['mqtt'] },
  },

  HELLO_REFUSED: {
    room: 'hello',
    severity: 'error',
    blame: 'broker',
    certainty: 'guess',
    title: 'OpenSSL refused the ClientHello and we could not find out why',
    says: ({ openssl, alert }) =>
      `our TLS library refused the ClientHello with ${quote(openssl)}${alert === undefined ? '' : ` (alert ${alert})`}, and our own comparison found no reason`,
    remedy: () =>
      'compare the hello in this record with the security policy, and report it to us with this record',
    aws: {},
    references: ['RFC 8446 4.1'],
    example: { openssl: 'ERR_SSL_NO_SHARED_CIPHER', alert: 40 },
  },
}

/** The ones that most devices have; all kinds of keys, since the suites decide which is used. */
function withSha256(usable: string[]): string[] {
  const common = usable.filter(name => name.endsWith('_sha256'))
  return common.length === 0 ? usable.slice(0, 2) : common
}

/** The same case refuses where the listener demands what is missing. */
function noteOrError({ required }: { required?: true }): Severity {
  return required ? 'error' : 'note'
}

/** Where ALPN is set; for a stack that is not known, in the tools that most people have at hand. */
function alpnWords(stack: string | undefined, variant: string | undefined): string {
  const words = inWordsOf(stack, 'alpn', variant)
  if (words !== '') return words
  return ' (mosquitto_pub: `--tls-alpn`; MQTT.js: `ALPNProtocols`; openssl: `-alpn`)'
}

/** What AWS IoT has on such a name. AWS: protocols */
function meaningOf(offered: string[]): string {
  if (offered.includes('x-amzn-http-ca')) return ' (HTTPS with a client certificate)'
  if (offered.some(name => name === 'h2' || name.startsWith('http/'))) {
    return ' (HTTPS, or MQTT over WebSocket)'
  }
  return ''
}
