/** Which TLS stack a client is, by real hellos of each. */

import fc from 'fast-check'
import t from 'tap'
import { recogniseStack } from '../../broker/tls/stack.ts'
import { captured, capturedHello, parsedHello } from './captured.ts'
import { helloBytes, uint16, vector } from './hello-bytes.ts'

/** By the start of a captured hello's name; curl, Python, Node and mosquitto stand on OpenSSL, Bun on BoringSSL. */
const stacks: Record<string, [name: string, variant?: string]> = {
  'aws-crt': ['s2n'],
  bearssl: ['BearSSL'],
  bun: ['BoringSSL'],
  curl: ['OpenSSL'],
  deno: ['rustls'],
  gnutls: ['GnuTLS'],
  go: ['Go'],
  java: ['Java'],
  'mbedtls-2': ['mbedTLS', 'mbedTLS 2'],
  'mbedtls-3': ['mbedTLS', 'mbedTLS 3'],
  mosquitto: ['OpenSSL'],
  'mqttjs-5-node': ['OpenSSL', 'Node'],
  node: ['OpenSSL', 'Node'],
  nss: ['NSS'],
  openssl: ['OpenSSL'],
  python: ['OpenSSL', 'Python'],
  wolfssl: ['wolfSSL'],
}

/** What these few bytes can't tell: the suites of TLS 1.3 alone are the same in all that stands on OpenSSL. */
const noVariant = ['node-20-tls13']

const expected = (name: string): [name: string, variant?: string] => {
  const [, found] =
    Object.entries(stacks).find(
      ([start]) => name.startsWith(`${start}-`) || name.startsWith(`${start}.`),
    ) ?? []
  if (found === undefined) throw new Error(`no stack is noted for ${name}`)
  return noVariant.includes(name) ? [found[0]] : found
}

/** One suite, one group: too little for more. */
const fewMarks = [
  'bun-1.4',
  'gnutls-3.7-p256',
  'mbedtls-2.28-secp224r1',
  'mbedtls-3.6-tls12-two',
  'wolfssl-5.5-tls12-p256',
  'wolfssl-5.5-tls12-secp224r1',
]

for (const { name, bytes } of captured()) {
  t.test(`${name} is recognised`, async t => {
    const stack = recogniseStack(parsedHello(bytes))
    t.strictSame([stack.name, ...(stack.variant ? [stack.variant] : [])], expected(name))
    if (!fewMarks.includes(name)) t.equal(stack.confidence, 'high')
    t.not(stack.confidence, 'low')
    if (!name.startsWith('mbedtls')) {
      t.equal(stack.deviceClock, undefined, 'no clock is read from it')
    }
  })
}

/** Builds differ: less is offered, or in another order, and the answer may get weaker but never wrong. */
t.test('no captured hello that was changed is taken for another stack with confidence', async t => {
  const hellos = captured().map(one => ({ name: one.name, hello: parsedHello(one.bytes) }))
  const lists = ['cipherSuites', 'extensions', 'groups', 'signatureAlgorithms'] as const
  const change = fc.record({
    list: fc.constantFrom(...lists),
    how: fc.constantFrom('drop' as const, 'reverse' as const, 'swap' as const, 'rotate' as const),
    from: fc.nat(80),
    count: fc.integer({ min: 1, max: 40 }),
  })
  const wrong = new Set<string>()
  const changed = (
    ids: number[],
    { how, from, count }: { how: string; from: number; count: number },
  ) => {
    const at = from % Math.max(1, ids.length)
    if (how === 'drop') return ids.filter((_, index) => index < at || index >= at + count)
    if (how === 'reverse') return [...ids].reverse()
    if (how === 'rotate') return [...ids.slice(at), ...ids.slice(0, at)]
    const other = (at + count) % Math.max(1, ids.length)
    return ids.map((id, i) => (i === at ? (ids[other] ?? id) : i === other ? (ids[at] ?? id) : id))
  }
  fc.assert(
    fc.property(
      fc.constantFrom(...hellos),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      ({ name, hello }, changes) => {
        const mutant = { ...hello }
        for (const one of changes) {
          const ids = mutant[one.list]
          if (ids !== undefined) mutant[one.list] = changed(ids, one)
        }
        const stack = recogniseStack(mutant)
        if (stack.confidence === 'high' && stack.name !== expected(name)[0]) {
          wrong.add(`${name} as ${stack.name}: ${JSON.stringify(changes)}`)
        }
        return true
      },
    ),
    { numRuns: 5000, seed: 20_261_121 },
  )
  t.strictSame([...wrong], [])
})

/** As published by others, for stacks that don't run here: JA3's numbers, and signature algorithms where they are known. */
const published: [what: string, name: string, variant: string | undefined, ja3: string][] = [
  [
    'SChannel, TLS 1.2',
    'SChannel',
    undefined,
    '771,49196-49195-49200-49199-49188-49187-49192-49191-49162-49161-49172-49171-157-156-61-60-53-47,0-10-11-13-35-23-65281,29-23-24,0',
  ],
  [
    'SChannel with status_request',
    'SChannel',
    undefined,
    '771,49196-49195-49200-49199-159-158-49188-49187-49192-49191-49162-49161-49172-49171-157-156-61-60-53-47-10,0-5-10-11-13-35-23-65281,29-23-24,0',
  ],
  [
    'SChannel, TLS 1.3',
    'SChannel',
    undefined,
    '771,4866-4865-49196-49195-49200-49199-49188-49187-49192-49191-49162-49161-49172-49171-157-156-61-60-53-47,0-5-43-13-35-10-11-16-51-49-23-65281-45,29-23-24,0',
  ],
  [
    'Go from 1.21 on',
    'Go',
    undefined,
    '771,49195-49199-49196-49200-52393-52392-49161-49171-49162-49172-4865-4866-4867,0-11-65281-23-18-5-10-13-50-16-43-51,4588-4587-4589-29-23-24-25,0',
  ],
  [
    'OpenSSL 1.0.2',
    'OpenSSL',
    'OpenSSL 1.0',
    '771,49195-49199-49196-49200-49162-49161-49171-49172-51-57-47-53-10-255,0-11-10-35-13-15,23-25-28-27-24-26-22-14-13-11-12-9-10,0-1-2',
  ],
  [
    'Chrome, shuffled and greased',
    'BoringSSL',
    'Chromium',
    '771,2570-4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,45-51-16-65037-23-17613-0-11-10-43-65281-35-18-5-13-27,4588-29-23-24,0',
  ],
]
for (const [what, name, variant, ja3] of published) {
  t.test(`${what} is recognised by its published fingerprint`, async t => {
    const stack = recogniseStack(parsedHello(helloOfJa3(ja3)))
    t.match(stack, { name, ...(variant === undefined ? {} : { variant }) })
    if (name === 'SChannel') t.equal(stack.confidence, 'medium', 'it was never measured here')
  })
}

/** A hello with these numbers; what JA3 doesn't tell is left empty. */
function helloOfJa3(ja3: string): Buffer {
  const [version = 0, suites = [], extensions = [], groups = [], formats = []] = ja3
    .split(',')
    .map((part, index) => (index === 0 ? Number(part) : part.split('-').map(Number)))
  const list16 = (ids: unknown) => vector(2, Buffer.concat((ids as number[]).map(uint16)))
  const bodies: Record<number, Buffer> = {
    0: vector(2, Buffer.concat([Buffer.from([0]), vector(2, Buffer.from('localhost'))])),
    10: list16(groups),
    11: vector(1, Buffer.from(formats as number[])),
    43: vector(1, Buffer.concat([0x0304, 0x0303].map(uint16))),
  }
  return helloBytes({
    version: version as number,
    cipherSuites: suites as number[],
    more: (extensions as number[]).map(id => [id, bodies[id] ?? Buffer.alloc(0)]),
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

t.test('mbedTLS 3 tells its clock on TLS 1.2 only', async t => {
  const clock = (name: string) => recogniseStack(capturedHello(name)).deviceClock ?? 0
  for (const name of ['mbedtls-3.6-tls12', 'mbedtls-3.6-max-tls12', 'mbedtls-3.6-small']) {
    t.match(new Date(clock(name) * 1000).toISOString(), /^2026-11-21T12:0/, name)
  }
  t.equal(clock('mbedtls-3.6'), 0)
  t.equal(clock('mbedtls-3.6-tls13'), 0)
})
