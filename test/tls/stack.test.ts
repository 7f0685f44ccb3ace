/** Which TLS stack a client is, by real hellos of each. */

import t from 'tap'
import { recogniseStack } from '../../broker/tls/stack.ts'
import { captured, capturedHello, parsedHello } from './captured.ts'
import { helloBytes } from './hello-bytes.ts'

/** By the start of a captured hello's name; curl, Python, Node and mosquitto stand on OpenSSL. */
const stacks: Record<string, string> = {
  'aws-crt': 's2n',
  bearssl: 'BearSSL',
  curl: 'OpenSSL',
  gnutls: 'GnuTLS',
  go: 'Go',
  java: 'Java',
  mbedtls: 'mbedTLS',
  mosquitto: 'OpenSSL',
  node: 'OpenSSL',
  openssl: 'OpenSSL',
  python: 'OpenSSL',
  wolfssl: 'wolfSSL',
}

for (const { name, bytes } of captured()) {
  t.test(`${name} is recognised`, async t => {
    const start = name.slice(0, name.search(/-\d/))
    const stack = recogniseStack(parsedHello(bytes))
    t.equal(stack.name, stacks[start])
    t.not(stack.confidence, 'low')
    if (start !== 'mbedtls') t.equal(stack.deviceClock, undefined, 'no clock is read from it')
  })
}

t.test('mbedTLS tells its clock: the time at which it was captured', async t => {
  const { deviceClock = 0 } = recogniseStack(capturedHello('mbedtls-2.28'))
  t.match(new Date(deviceClock * 1000).toISOString(), /^2026-11-21T09:5/)
})

t.test('BearSSL writes four zero bytes, which are no clock', async t => {
  for (const name of ['bearssl-0.6', 'bearssl-0.6-no-sni']) {
    const hello = capturedHello(name)
    t.equal(hello.random.readUInt32BE(0), 0)
    t.match(recogniseStack(hello), { name: 'BearSSL', confidence: 'high', deviceClock: undefined })
  }
})

const clocks: [name: string, at: string, told: boolean][] = [
  ['nine seconds after 1970, as a device without a clock', '1970-01-01T00:00:09Z', true],
  ['1970 to the second', '1970-01-01T00:00:00Z', false],
  ['1980, where GPS and FAT begin', '1980-01-06T00:00:00Z', true],
  ['2000, where many clock chips begin', '2000-01-01T00:10:00Z', true],
  ['a year behind', '2025-01-01T00:00:00Z', true],
  ['1991, more likely noise', '1991-03-03T00:00:00Z', false],
  ['2070, more likely noise', '2070-03-03T00:00:00Z', false],
]
for (const [name, at, told] of clocks) {
  t.test(`an mbedTLS clock at ${name}`, async t => {
    const hello = capturedHello('mbedtls-2.28')
    const random = Buffer.from(hello.random)
    const seconds = Date.parse(at) / 1000
    random.writeUInt32BE(seconds, 0)
    t.equal(recogniseStack({ ...hello, random }).deviceClock, told ? seconds : undefined)
  })
}

t.test('what fits no stack is called unknown, with little confidence', async t => {
  const hello = parsedHello(helloBytes({ cipherSuites: [0x2f], more: [[0x1234, Buffer.alloc(0)]] }))
  t.match(recogniseStack(hello), { name: 'unknown', confidence: 'low' })
})
