/** The matcher's words for the cases that the project was made for; agreement.test.ts holds it against OpenSSL. */

import t from 'tap'
import { type Endpoint, match, signingKeys } from '../../broker/tls/match.ts'
import { securityPolicy } from '../../broker/tls/security-policy.ts'
import { capturedHello, parsedHello } from './captured.ts'
import { type HelloSpec, helloBytes } from './hello-bytes.ts'

const policy = securityPolicy('IoTSecurityPolicy_TLS13_1_2_2022_10')
const endpoint: Endpoint = {
  securityPolicy: policy?.name ?? '',
  minVersion: 0x0303,
  maxVersion: 0x0304,
  suites: policy?.suites ?? [],
  groups: [29, 23, 24],
  serverKeys: ['RSA', 'ECDSA'],
}
const rsaOnly: Endpoint = { ...endpoint, serverKeys: ['RSA'] }
const secp224r1 = capturedHello('mbedtls-2.28-secp224r1')
const ECDSA_GCM = 0xc02b
const RSA_GCM = 0xc02f

t.test('one ECDSA suite and secp224r1 only: the group, and which suite it costs', async t => {
  t.strictSame(match(secp224r1, endpoint).ok, false)
  t.match(match(secp224r1, endpoint), {
    conflict: { kind: 'group', dropped: [{ suite: ECDSA_GCM, lacks: 'group' }] },
    also: [],
  })
})

t.test(
  'the same against an RSA certificate: no group would help, so the certificate comes first',
  async t => {
    t.match(match(secp224r1, rsaOnly), {
      conflict: {
        kind: 'certificate-type',
        dropped: [{ suite: ECDSA_GCM, lacks: 'ecdsa-certificate' }],
      },
      also: ['group'],
    })
  },
)

t.test('P-256 and an RSA certificate: the certificate type alone', async t => {
  const result = match({ ...secp224r1, groups: [23] }, rsaOnly)
  t.match(result, { conflict: { kind: 'certificate-type' }, also: [] })
  t.equal(result.ok || result.also.length, 0)
})

const modern: HelloSpec = {
  cipherSuites: [0x1301, RSA_GCM, ECDSA_GCM],
  versions: [0x0304, 0x0303],
  groups: [29, 23],
  keyShares: [29],
  signatureAlgorithms: [0x0403, 0x0804],
}
const cases: [name: string, hello: Partial<HelloSpec>, want: object][] = [
  ['a modern client', {}, { ok: true, version: 0x0304, suites: [0x1301] }],
  ['TLS 1.1 at most', { versions: [0x0302] }, { conflict: { kind: 'version' } }],
  [
    'no suite in common',
    { versions: [0x0303], cipherSuites: [0x0a] },
    { conflict: { kind: 'suites' }, also: [] },
  ],
  [
    'no suite and no group',
    { versions: [0x0303], cipherSuites: [0x0a], groups: [21] },
    { conflict: { kind: 'suites' }, also: ['group'] },
  ],
  [
    'SHA-1 signatures only',
    { versions: [0x0303], signatureAlgorithms: [0x0201, 0x0203] },
    { conflict: { kind: 'signature-algorithm' }, also: [] },
  ],
  [
    'a second try with a lower version',
    { versions: [0x0303], cipherSuites: [RSA_GCM, 0x5600] },
    { conflict: { kind: 'rule', says: /FALLBACK/ }, also: [] },
  ],
]
for (const [name, changes, want] of cases) {
  t.test(name, async t => {
    t.match(match(parsedHello(helloBytes({ ...modern, ...changes })), endpoint), want)
  })
}

t.test(
  'a client that takes ECDSA signatures only is served with the ECDSA certificate',
  async t => {
    const hello = parsedHello(
      helloBytes({ ...modern, versions: [0x0303], signatureAlgorithms: [0x0403] }),
    )
    t.strictSame(signingKeys(hello, endpoint), ['ECDSA'])
    t.match(match(hello, endpoint), { ok: true, suites: [ECDSA_GCM] })
    const none = { ...hello, signatureAlgorithms: [] }
    t.strictSame(signingKeys(none, endpoint), ['RSA', 'ECDSA'], 'none fits: OpenSSL refuses')
  },
)
