/** What is remarked on a server certificate of the user's own, one thing at a time beside a chain that is good. */

import t from 'tap'
import type { Certificate } from '../../broker/x509/certificate.ts'
import { lintServerChain, type ServerChain } from '../../broker/x509/server-lint.ts'
import { issuerOf, type Minted, minted, PKI_NOW, rsaKeys } from '../helpers/pki.ts'

const DAY = 24 * 60 * 60 * 1000
const NAME = 'broker.example.com'

const root = minted({ subject: [['CN', 'Root']], isCa: true })
const between = minted({ subject: [['CN', 'Between']], isCa: true, issuer: issuerOf(root) })
const leaf = server(between)
const rsaRoot = minted({ subject: [['CN', 'RSA root']], isCa: true }, rsaKeys())

type Request = Partial<Parameters<typeof minted>[0]>

function server(
  issuer: Minted,
  request: Request = {},
  keys?: Parameters<typeof minted>[1],
): Minted {
  const subject: [string, string][] = [['CN', 'server']]
  return minted({ subject, issuer: issuerOf(issuer), dnsNames: [NAME], ...request }, keys)
}

function served(chain: Certificate[], more: Partial<ServerChain> = {}): ServerChain {
  return { chain, ca: root.certificate, names: ['localhost', NAME], now: PKI_NOW, ...more }
}

const of = (...all: Minted[]): Certificate[] => all.map(({ certificate }) => certificate)
const old = (certificate: Certificate): Certificate => ({ ...certificate, version: 1 })
const many = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `host-${index}.example.com`).concat(NAME)

const cases: [name: string, given: ServerChain, remarks: RegExp[]][] = [
  ['a good chain', served(of(leaf, between)), []],
  ['signed by the root itself', served(of(server(root))), []],
  ['self-signed', served(of(minted({ subject: [['CN', 'me']], dnsNames: [NAME] }))), []],
  [
    'expired',
    served(of(server(between, { notAfter: PKI_NOW - DAY }), between)),
    [/^the certificate ran out on 2025-12-31$/],
  ],
  [
    'not yet valid',
    served(of(server(between, { notBefore: PKI_NOW + DAY }), between)),
    [/^the certificate is not valid before 2026-01-02$/],
  ],
  [
    'ends soon',
    served(of(server(between, { notAfter: PKI_NOW + 29 * DAY }), between)),
    [/^the certificate runs out on 2026-01-30$/],
  ],
  [
    'an intermediate that ran out',
    served(of(leaf, between), { now: Date.UTC(2036, 0, 1) }),
    [/^the certificate ran out/, /^certificate 2 of the chain \(`CN=Between`\) ran out/],
  ],
  ['X.509 v1', served([old(leaf.certificate), between.certificate]), [/X\.509 version 1/]],
  [
    'SHA-1',
    served(of(server(between, { hash: 'sha1' }), between)),
    [/^the certificate is signed with ecdsa-with-SHA1$/],
  ],
  [
    'RSA-1024',
    served(of(server(between, {}, rsaKeys(1024)), between)),
    [/^the certificate has a key of RSA 1024$/],
  ],
  [
    'no subject alternative name',
    served(of(server(between, { dnsNames: [] }), between)),
    [/no subject alternative name/],
  ],
  [
    'other names than this machine has',
    served(of(leaf, between), { names: ['localhost', 'laptop'] }),
    [/^the certificate is for `broker\.example\.com`, and this machine is known as `localhost`/],
  ],
  ['a wildcard name', served(of(server(between, { dnsNames: ['*.example.com'] }), between)), []],
  [
    'the root sent too',
    served(of(leaf, between, root)),
    [/^the root `CN=Root` is sent too \(\d+ /],
  ],
  [
    'the intermediate missing',
    served(of(leaf)),
    [/^the chain ends at `CN=Between`, and the CA of the devices is `CN=Root`$/],
  ],
  [
    'the certificate alone, and the CA not told',
    { chain: of(leaf), names: [NAME], now: PKI_NOW },
    [/^only the certificate itself is sent: devices need `CN=Between`/],
  ],
  [
    'ECDSA under RSA',
    served(of(server(rsaRoot)), { ca: rsaRoot.certificate }),
    [/^an ECDSA certificate under an RSA CA/],
  ],
  [
    'larger than some modems take',
    served(of(server(between, { dnsNames: many(200) }), between)),
    [/take \d{4} bytes, more than 4096$/],
  ],
  [
    'larger than a TLS record',
    served(of(server(between, { dnsNames: many(800) }), between)),
    [/take \d{5} bytes, more than one TLS record/],
  ],
  ['nothing at all', served([]), []],
]

t.test('each remark, and no other', async t => {
  for (const [name, given, remarks] of cases) {
    const told = lintServerChain(given)
    t.equal(told.length, remarks.length, `${name}: ${told.map(({ says }) => says).join('; ')}`)
    for (const [index, { says, hint }] of told.entries()) {
      t.match(says, remarks[index], name)
      t.match(hint, /^[a-z].*[^.]$/, name)
    }
  }
})
