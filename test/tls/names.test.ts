/** Names of TLS numbers, and what a suite needs: compared with what OpenSSL says of its own suites. */

import t from 'tap'
import {
  alertName,
  extensionName,
  groupName,
  isGrease,
  signatureAlgorithmName,
  suiteName,
  versionName,
} from '../../broker/tls/names.ts'
import { suiteNeeds } from '../../broker/tls/suite.ts'
import { suiteNames } from '../../broker/tls/suite-names.ts'
import { run } from '../clients/run.ts'
import { toolOrSkip } from '../clients/skip.ts'
import { captured, parsedHello } from './captured.ts'

/** OpenSSL's words for the key exchange and the certificate, as in `openssl ciphers -V`. */
const EXCHANGES: Record<string, string> = {
  ECDH: 'ECDHE',
  DH: 'DHE',
  RSA: 'RSA',
  any: 'any',
}
const CERTIFICATES: Record<string, string> = {
  ECDSA: 'ECDSA',
  RSA: 'RSA',
  DSS: 'DSS',
  None: 'none',
  PSK: 'none',
  any: 'any',
  SRP: 'none',
}

t.test('each suite of this OpenSSL: number, names, key exchange and certificate', async t => {
  if (!(await toolOrSkip(t, 'openssl'))) return
  const { stdout } = await run('openssl', ['ciphers', '-V', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'])
  const line = /0x(..),0x(..) - (\S+) .* Kx=(\S+) +Au=(\S+) /
  let compared = 0
  for (const text of stdout.toString().split('\n')) {
    const [, high = '', low = '', name = '', exchange = '', certificate = ''] =
      line.exec(text) ?? []
    const id = Number.parseInt(high + low, 16)
    if (name === '' || suiteNames[id] === undefined) continue
    t.equal(suiteNames[id]?.[1], name)
    const needs = suiteNeeds(id)
    if (EXCHANGES[exchange]) t.equal(needs?.exchange, EXCHANGES[exchange], name)
    else t.match(needs?.exchange, /PSK|other/, name)
    t.equal(needs?.certificate, CERTIFICATES[certificate], name)
    t.equal(needs?.tls13, exchange === 'any', name)
    compared++
  }
  t.ok(compared > 100, `${compared} suites were compared`)
})

t.test('whatever a real client offers has a name', async t => {
  const nameless = new Set<string>()
  for (const { bytes } of captured()) {
    const hello = parsedHello(bytes)
    for (const id of hello.cipherSuites)
      if (suiteName(id).startsWith('0x')) nameless.add(suiteName(id))
    for (const id of hello.groups ?? []) if (/^0x/.test(groupName(id))) nameless.add(groupName(id))
    for (const id of hello.extensions)
      if (/^\d/.test(extensionName(id))) nameless.add(extensionName(id))
    for (const id of hello.signatureAlgorithms ?? []) {
      if (/^0x/.test(signatureAlgorithmName(id))) nameless.add(signatureAlgorithmName(id))
    }
  }
  // wolfSSL still offers ChaCha20 under the numbers of a draft, which IANA has never given names.
  t.strictSame([...nameless].sort(), ['0xcc13', '0xcc14', '0xcc15'])
})

const names: [name: string, told: string, want: string][] = [
  ['a version', versionName(0x0304), 'TLSv1.3'],
  ['a version that nobody knows', versionName(0x7f1c), '0x7f1c'],
  ['a group', groupName(21), 'secp224r1'],
  ['a post-quantum group', groupName(0x11ec), 'x25519mlkem768'],
  ['a group that nobody knows', groupName(5), '0x0005'],
  ['a suite', suiteName(0xc02b), 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
  ['a suite that nobody knows', suiteName(0xfeff), '0xfeff'],
  ['a signature algorithm', signatureAlgorithmName(0x0403), 'ecdsa_secp256r1_sha256'],
  ['an alert', alertName(48), 'unknown_ca'],
  ['an alert that nobody knows', alertName(7), 'unknown'],
]
for (const [name, told, want] of names) {
  t.test(`the name of ${name}`, async t => {
    t.equal(told, want)
  })
}

t.test('GREASE: sixteen values and no other', async t => {
  const found: string[] = []
  for (let id = 0; id <= 0xffff; id++)
    if (isGrease(id)) found.push(id.toString(16).padStart(4, '0'))
  t.strictSame(
    found,
    [...'0123456789abcdef'].map(digit => `${digit}a${digit}a`),
  )
})
