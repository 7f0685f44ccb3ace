/** Sentences that other servers print and that are wrong: a log must not claim them. */

import t from 'tap'
import { abandonCandidates } from '../../broker/diagnosis/abandonment.ts'
import { type Code, catalogue } from '../../broker/diagnosis/catalogue.ts'
import { diagnose } from '../../broker/diagnosis/diagnosis.ts'
import { rejectionCertainty, rejectionMeaning } from '../../broker/diagnosis/rejection.ts'
import { type Endpoint, match } from '../../broker/tls/match.ts'
import { recogniseStack } from '../../broker/tls/stack.ts'
import { capturedHello, parsedHello } from '../tls/captured.ts'
import { helloBytes } from '../tls/hello-bytes.ts'

const example = (code: Code) => diagnose(code, catalogue[code].example as never)
const ofRooms = (rooms: string[]) =>
  (Object.keys(catalogue) as Code[]).map(example).filter(({ room }) => rooms.includes(room))

const endpoint: Endpoint = {
  securityPolicy: 'test',
  minVersion: 0x0303,
  maxVersion: 0x0303,
  suites: [0xc02b, 0xc02f],
  groups: [23],
  serverKeys: ['RSA'],
}
const hello = (cipherSuites: number[], groups: number[]) =>
  parsedHello(helloBytes({ cipherSuites, groups, signatureAlgorithms: [0x0403, 0x0401] }))

t.test('a conflict of key types or of curves is not called a missing suite', async t => {
  t.match(match(hello([0xc02b], [23]), endpoint), { conflict: { kind: 'certificate-type' } })
  t.match(match(hello([0xc02f], [21]), endpoint), { conflict: { kind: 'group' } })
  t.match(match(hello([0xc0ac], [23]), endpoint), { conflict: { kind: 'suites' } })
  const keyType = diagnose('HELLO_NO_SHARED_CIPHER', {
    ...catalogue.HELLO_NO_SHARED_CIPHER.example,
    cause: 'certificate-type',
  })
  t.match(keyType.says, /offers only ECDSA suites, and this server has only an RSA certificate/)
})

t.test('an unknown CA is told with the side that does not know it', async t => {
  t.match(example('HANDSHAKE_SERVER_CERTIFICATE_REJECTED').says, /^the client rejects our/)
  t.notMatch(example('CERTIFICATE_ISSUER_UNKNOWN').says, /client rejects|unknown CA/)
})

t.test('a close before our certificate is not put down to it', async t => {
  const facts = { certificateShown: false, afterMs: 5, reset: false, closeNotify: false }
  for (const stack of ['BearSSL', 's2n', 'OpenSSL', 'BoringSSL', 'unknown']) {
    const causes = abandonCandidates({ ...facts, stack }).map(({ cause }) => cause)
    t.notOk(causes.includes('trust'), stack)
  }
})

t.test('the zero bytes of BearSSL are no clock', async t => {
  for (const name of ['bearssl-0.6', 'bearssl-0.6-two', 'bearssl-0.6-mfl-alpn']) {
    t.equal(recogniseStack(capturedHello(name)).deviceClock, undefined, name)
  }
})

t.test('before TLS is finished no IoT policy is named', async t => {
  for (const { code, says, remedy } of ofRooms(['hello', 'handshake'])) {
    const words = `${says} ${remedy}`.replaceAll(
      /security policy|tls\.securityPolicy|IoTSecurityPolicy\w+/g,
      '',
    )
    t.notMatch(words, /polic/i, code)
  }
})

t.test('unknown CA, same name, expired and not yet valid are four sentences', async t => {
  const codes = [
    'CERTIFICATE_ISSUER_UNKNOWN',
    'CERTIFICATE_SIGNER_MISMATCH',
    'CERTIFICATE_EXPIRED',
    'CERTIFICATE_NOT_YET_VALID',
  ] as const
  t.equal(new Set(codes.map(code => example(code).says)).size, codes.length)
  for (const code of codes) t.notMatch(example(code).says, /verify failed/i, code)
})

t.test('no certificate is not called an unknown issuer', async t => {
  t.notMatch(example('CERTIFICATE_MISSING').says, /issuer|signer/i)
})

t.test('a rule of AWS that is broken names the packet that broke it', async t => {
  const ours = ['TRAFFIC_SLOW_CONSUMER']
  for (const { code, says } of ofRooms(['traffic']).filter(one => !ours.includes(one.code))) {
    t.match(says, /PUBLISH|SUBSCRIBE|CONNECT|QoS|topic|packet|message|filter|retain|share/i, code)
  }
})

t.test('a number of an alert never stands alone', async t => {
  for (const alert of [42, 45, 46, 48]) {
    const meanings = ['mbedTLS', 'OpenSSL', 'Go', 'GnuTLS', 'wolfSSL', 'Java', 'rustls', 'NSS'].map(
      stack => rejectionMeaning(alert, stack),
    )
    t.notOk(meanings.includes(undefined))
    if (alert === 42) t.ok(new Set(meanings).size > 3, 'stacks differ')
  }
  t.equal(rejectionCertainty(42, 'Go'), 'guess')
  t.equal(rejectionCertainty(46, undefined), 'guess')
})

t.test("OpenSSL's random words about a wrong key are not repeated", async t => {
  const { says, remedy } = diagnose('HANDSHAKE_KEY_MISMATCH', {
    ...catalogue.HANDSHAKE_KEY_MISMATCH.example,
    openssl: 'ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_MODULUS',
  })
  t.match(says, /private key does not belong to the certificate/)
  t.notMatch(`${says} ${remedy}`, /modulus|padding|octet/i)
})
