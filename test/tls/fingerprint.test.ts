/** JA3 and JA4 against examples that their authors have published. */

import { createHash } from 'node:crypto'
import t from 'tap'
import { ja3, ja4 } from '../../broker/tls/fingerprint.ts'
import { captured, capturedHello, parsedHello } from './captured.ts'
import { type HelloSpec, helloBytes, uint16, vector } from './hello-bytes.ts'

/** Extensions by number, with nothing in those whose content doesn't count. */
function bare(ids: number[]): [number, Buffer][] {
  return ids.map(id => [id, Buffer.alloc(0)])
}

const list16 = (ids: number[]) => vector(2, Buffer.concat(ids.map(uint16)))

/** The examples in the README of github.com/salesforce/ja3. */
const ja3Examples: [text: string, hash: string][] = [
  [
    '769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0',
    'ada70206e40642a3e4461f35503241d5',
  ],
  ['769,4-5-10-9-100-98-3-6-19-18-99,,,', 'de350869b8c85de67a350c8d186f11e6'],
]
for (const [text, hash] of ja3Examples) {
  t.test(`JA3 ${hash}`, async t => {
    const [version = '', suites = '', extensions = '', groups = '', formats = ''] = text.split(',')
    const numbers = (part: string) => (part === '' ? [] : part.split('-').map(Number))
    const content: Record<number, Buffer> = {
      10: list16(numbers(groups)),
      11: vector(1, Buffer.from(numbers(formats))),
    }
    const more = numbers(extensions).map((id): [number, Buffer] => [
      id,
      content[id] ?? Buffer.alloc(0),
    ])
    const spec = { version: Number(version), cipherSuites: numbers(suites), more }
    t.equal(ja3(parsedHello(helloBytes(spec))), hash)
    t.equal(createHash('md5').update(text).digest('hex'), hash, 'the example itself is right')
  })
}

/** The example in technical_details/JA4.md of github.com/FoxIO-LLC/ja4, in its original order. */
const example: HelloSpec = {
  cipherSuites: [
    ...[0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014],
    ...[0x009c, 0x009d, 0x002f, 0x0035],
  ],
  more: [
    [0x001b, Buffer.alloc(0)],
    [0x0000, Buffer.alloc(0)],
    [0x0033, vector(2, Buffer.alloc(0))],
    [0x0010, vector(2, vector(1, Buffer.from('h2')))],
    ...bare([0x4469, 0x0017, 0x002d]),
    [0x000d, list16([0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601])],
    ...bare([0x0005, 0x0023, 0x0012]),
    [0x002b, vector(1, Buffer.concat([0x0304, 0x0303].map(uint16)))],
    ...bare([0xff01]),
    [0x000b, vector(1, Buffer.from([0]))],
    [0x000a, list16([0x001d])],
    ...bare([0x0015]),
  ],
}
const JA4_EXAMPLE = 't13d1516h2_8daaf6152771_e5627efa2ab1'

t.test('JA4 of the published example', async t => {
  t.equal(ja4(parsedHello(helloBytes(example))), JA4_EXAMPLE)
})

t.test('JA4 leaves GREASE out everywhere, and JA3 too', async t => {
  const greased: HelloSpec = {
    cipherSuites: [0x0a0a, ...example.cipherSuites],
    more: [[0x1a1a, Buffer.alloc(0)], ...(example.more ?? []), [0xfafa, Buffer.from([0])]],
  }
  t.equal(ja4(parsedHello(helloBytes(greased))), JA4_EXAMPLE)
  t.equal(ja3(parsedHello(helloBytes(greased))), ja3(parsedHello(helloBytes(example))))
})

t.test('JA4 without signature algorithms, without extensions, without suites', async t => {
  const more = (example.more ?? []).filter(([id]) => id !== 0x000d)
  const unsigned = ja4(parsedHello(helloBytes({ ...example, more })))
  t.equal(
    unsigned,
    't13d1515h2_8daaf6152771_' +
      sha('0005,000a,000b,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01'),
  )
  t.equal(
    ja4(parsedHello(helloBytes({ cipherSuites: [] }))),
    't12i000000_000000000000_000000000000',
  )
})

/** The table in technical_details/JA4.md, and some plain names. */
const alpns: [hex: string, mark: string][] = [
  ['6832', 'h2'],
  ['687474702f312e31', 'h1'],
  ['61', 'aa'],
  ['ab', 'ab'],
  ['20', '20'],
  ['abcd', 'ad'],
  ['2061', '21'],
  ['30ab', '3b'],
  ['6120', '60'],
  ['3031abcd', '3d'],
  ['30abcd31', '01'],
]
for (const [hex, mark] of alpns) {
  t.test(`JA4's mark of ALPN 0x${hex}`, async t => {
    const alpn = [Buffer.from(hex, 'hex').toString('latin1')]
    t.equal(ja4(parsedHello(helloBytes({ cipherSuites: [0x2f], alpn }))).slice(8, 10), mark)
  })
}

t.test('the version: the highest of the list, or the number of the hello', async t => {
  const version = (spec: Partial<HelloSpec>) =>
    ja4(parsedHello(helloBytes({ cipherSuites: [0x2f], ...spec }))).slice(1, 3)
  t.equal(version({ versions: [0x2a2a, 0x0303, 0x0304] }), '13')
  t.equal(version({ version: 0x0302 }), '11')
  t.equal(version({ version: 0x0300 }), 's3')
})

t.test(
  'captured hellos: one fingerprint per stack and settings, with and without a server name',
  async t => {
    // The server name and ALPN are not in the last part, so both hellos of a stack share it.
    const tail = (name: string) => ja4(capturedHello(name)).split('_')[2]
    t.equal(tail('wolfssl-5.5'), tail('wolfssl-5.5-no-sni'))
    t.equal(tail('mbedtls-2.28'), tail('mbedtls-2.28-no-sni'))
    t.equal(tail('openssl-3.0-s_client'), tail('mosquitto-2.0'))
    for (const { name, bytes } of captured()) {
      const hello = parsedHello(bytes)
      t.match(ja4(hello), /^t1[0-3][di]\d{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/, name)
      t.match(ja3(hello), /^[0-9a-f]{32}$/, name)
    }
  },
)

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
