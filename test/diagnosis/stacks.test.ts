/** Remedies in the words of the client's own TLS stack: which words come where, and that every line can be read. */

import t from 'tap'
import { type Code, catalogue } from '../../broker/diagnosis/catalogue.ts'
import { diagnose } from '../../broker/diagnosis/diagnosis.ts'
import { inWordsOf, vocabulary } from '../../broker/diagnosis/stacks.ts'
import { stackMarks } from '../../broker/tls/stack-marks.ts'

/** How many characters of a remedy a terminal still shows without hiding what follows it. */
const READABLE = 480

const recognised = stackMarks.map(({ name, variant }) => ({ stack: name, variant }))

t.test('every word belongs to a stack that can be recognised, or says that none can', async t => {
  const names = new Set(recognised.flatMap(({ stack, variant }) => [stack, variant]))
  for (const { stack } of vocabulary()) {
    t.ok(names.has(stack as never) || stack === 'TI SimpleLink', stack)
  }
  for (const { stack } of recognised) {
    // NSS is in the browsers, and in no device that we know of.
    if (stack !== 'NSS') t.not(inWordsOf(stack, 'trust'), '', stack)
  }
})

t.test('words are one line, short, and closed', async t => {
  for (const { stack, words } of vocabulary()) {
    for (const [act, said] of words) {
      const name = `${stack} ${act}: ${said}`
      t.ok(said.length <= 280 && said === said.trim() && !/[\r\n]| {2}|\.$/.test(said), name)
      t.equal((said.match(/`/g) ?? []).length % 2, 0, name)
      t.equal((said.match(/\(/g) ?? []).length, (said.match(/\)/g) ?? []).length, name)
    }
  }
})

t.test('a release comes before its stack, and an unknown stack has no words', async t => {
  t.match(inWordsOf('mbedTLS', 'version', 'mbedTLS 3'), /^; with mbedTLS 3: .*min_tls_version/)
  t.match(inWordsOf('mbedTLS', 'trust', 'mbedTLS 3'), /^; with mbedTLS: /)
  t.equal(inWordsOf(undefined, 'trust'), '')
  t.equal(inWordsOf('unknown', 'trust'), '')
})

t.test('every remedy stays readable, whichever stack the client has', async t => {
  for (const code of Object.keys(catalogue) as Code[]) {
    // Seen code by code the evidence types are lost; each example fits its own entry.
    const example = catalogue[code].example as object
    for (const known of recognised) {
      const { remedy } = diagnose(code, { ...example, ...known } as never)
      t.ok(remedy.length <= READABLE, `${code} of ${known.variant ?? known.stack}: ${remedy}`)
      t.notMatch(remedy, /undefined|; with [\w ]+: .*; with [\w ]+: /, code)
    }
  }
})

const told: [code: Code, evidence: object, remedy: RegExp][] = [
  ['HELLO_ALPN_MISSING', {}, /8883 on AWS IoT \(mosquitto_pub: `--tls-alpn`/],
  ['HELLO_ALPN_MISSING', { stack: 'mbedTLS' }, /8883 on AWS IoT; with mbedTLS: .*\.alpn_protos`/],
  ['HELLO_ALPN_MISSING', { stack: 'BearSSL' }, /ESP8266 has no call for it/],
  ['HELLO_ALPN_UNKNOWN', { stack: 'Go' }, /port 8883; with Go: `tls\.Config\.NextProtos`/],
  ['HELLO_ALPN_CUSTOM_AUTHORIZER', { stack: 'Java' }, /setApplicationProtocols/],
  ['HELLO_VERSION_UNSUPPORTED', { stack: 'OpenSSL', variant: 'Node' }, /with Node: `minVersion`/],
  ['HELLO_SNI_MISSING', { stack: 'GnuTLS' }, /`gnutls_server_name_set`/],
  ['HELLO_NO_SHARED_GROUP', { stack: 'mbedTLS', variant: 'mbedTLS 3' }, /with mbedTLS 3: /],
  ['HANDSHAKE_KEY_MISMATCH', { stack: 'mbedTLS' }, /from its slot.*`atca_mbedtls_pk_init`/],
  ['HANDSHAKE_KEY_MISMATCH', { stack: 's2n' }, /`slot_id`/],
  ['CERTIFICATE_MISSING', { stack: 'mbedTLS' }, /final NUL of PEM counted/],
  ['CERTIFICATE_MISSING', { stack: 'OpenSSL', variant: 'Python' }, /with Python: `tls_set/],
  [
    'HANDSHAKE_ABANDONED',
    { stack: 'BearSSL', candidates: [{ cause: 'timer', why: '' }] },
    /whatever `setTimeout` says/,
  ],
  [
    'HANDSHAKE_ABANDONED',
    { stack: 'wolfSSL', candidates: [{ cause: 'user', why: '' }] },
    /own log of this moment; with wolfSSL: `wolfSSL_get_error`/,
  ],
  ['HANDSHAKE_TIMEOUT', { stack: 'mbedTLS' }, /`mbedtls_ssl_get_verify_result`/],
]
for (const [code, evidence, remedy] of told) {
  t.test(`${code} ${JSON.stringify(evidence)}`, async t => {
    const example = catalogue[code].example as object
    t.match(diagnose(code, { ...example, stack: undefined, ...evidence } as never).remedy, remedy)
  })
}
