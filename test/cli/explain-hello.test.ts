import t from 'tap'
import { captured } from '../tls/captured.ts'
import { helloBytes, record } from '../tls/hello-bytes.ts'
import { project } from './sandbox.ts'

const bytesOf = (name: string): Buffer => {
  const found = captured().find(one => one.name === name)
  if (!found) throw new Error(`no captured hello named ${name}`)
  return found.bytes
}

t.test('a hello that fits: what it offers, who sent it, what is chosen', async t => {
  const box = project(t)
  box.write('hello.bin', bytesOf('mbedtls-3.6'))
  const { code, out } = await box.run('explain', '--hello', 'hello.bin')
  t.equal(code, 0, out)
  t.match(out, /stack +mbedTLS \(mbedTLS 3\), confidence high/)
  t.match(out, /versions +TLSv1\.3 TLSv1\.2/)
  t.match(out, /key shares +x25519/)
  t.match(out, /accepted by IoTSecurityPolicy_\w+: TLSv1\.3, TLS_.*, group x25519$/m)
  const data = await box.run('explain', '--hello', 'hello.bin', '--json')
  t.match(data.json(), { verdict: 'accepted', hello: { stack: { variant: 'mbedTLS 3' } } })
})

t.test('a group that the client has sent no key for', async t => {
  const box = project(t)
  const hello = { versions: [0x0304], cipherSuites: [0x1301], groups: [23], keyShares: [] }
  box.write('hello.bin', helloBytes({ ...hello, signatureAlgorithms: [0x0804] }))
  const { out } = await box.run('explain', '--hello', 'hello.bin')
  t.match(out, /, group secp256r1, which it is asked for by a HelloRetryRequest$/m)
})

t.test('a hello that is refused: the words of the broker, and exit code 2', async t => {
  const box = project(t)
  box.write('hello.bin', bytesOf('mbedtls-2.28-secp224r1'))
  const { code, out } = await box.run('explain', '--hello', 'hello.bin')
  t.equal(code, 2)
  t.match(out, /^refused: HELLO_NO_SHARED_GROUP: .*secp224r1.*\nhint: .*mbedtls_ssl_conf_curves/m)
  t.match(out, /device clock +2026-11-21T09:5/)
  box.write('old.bin', bytesOf('openssl-3.0-tls10'))
  const old = await box.run('explain', '--hello', 'old.bin', '--json')
  t.equal(old.code, 2)
  t.match(old.json(), {
    verdict: 'refused',
    chosen: null,
    problems: [{ code: 'HELLO_VERSION_UNSUPPORTED' }],
  })
})

t.test('a wrong form is named', async t => {
  const box = project(t)
  const more: [number, Buffer][] = [[10, Buffer.from('0003001700', 'hex')]]
  box.write(
    'hello.bin',
    helloBytes({ cipherSuites: [0xc02f], signatureAlgorithms: [0x0804], more }),
  )
  const { code, out } = await box.run('explain', '--hello', 'hello.bin')
  t.equal(code, 2)
  t.match(out, /^refused: HELLO_MALFORMED: .*supported_groups has a list of an odd length/m)
})

t.test('a wrong form that the broker does not look at is a note', async t => {
  const box = project(t)
  const more: [number, Buffer][] = [
    [4660, Buffer.alloc(0)],
    [4660, Buffer.alloc(0)],
  ]
  const fits = { cipherSuites: [0xc02f], groups: [23], signatureAlgorithms: [0x0804] }
  box.write('hello.bin', helloBytes({ ...fits, more }))
  const { code, out } = await box.run('explain', '--hello', 'hello.bin')
  t.equal(code, 0, out)
  t.match(out, /^note: the extension \w+ is there twice, which this broker does not look at$/m)
})

const demands: [name: string, config: string, hello: string, expected: [number, RegExp]][] = [
  [
    'no host name where one is required',
    'tls:\n  sni: required\n',
    'python-3.11-no-sni',
    [2, /^refused: HELLO_SNI_MISSING: /m],
  ],
  [
    'no host name where none is required',
    '',
    'python-3.11-no-sni',
    [0, /^note: HELLO_SNI_MISSING: /m],
  ],
  [
    'no ALPN on port 443',
    'listeners:\n  - port: 443\n',
    'go-1.19',
    [2, /^refused: HELLO_ALPN_MISSING: /m],
  ],
  [
    'what the listener says counts, not what is said for all',
    'tls:\n  securityPolicy: IoTSecurityPolicy_TLS13_1_3_2022_10\nlisteners:\n  - securityPolicy: IoTSecurityPolicy_TLS12_1_2_2022_10\n',
    'python-3.11-tls12',
    [0, /^accepted by IoTSecurityPolicy_TLS12_1_2_2022_10: /m],
  ],
]
for (const [name, config, hello, [exit, says]] of demands) {
  t.test(`what a listener demands: ${name}`, async t => {
    const box = project(t)
    box.write('config.yaml', config)
    box.write('hello.bin', bytesOf(hello))
    const { code, out } = await box.run('explain', '--hello', 'hello.bin')
    t.equal(code, exit, out)
    t.match(out, says)
  })
}

t.test('hex in the ways that people write it, and a message without its record', async t => {
  const box = project(t)
  const bytes = bytesOf('go-1.19')
  const hex = bytes.toString('hex')
  const forms: [name: string, content: string | Buffer][] = [
    ['plain', `${hex}\n`],
    ['with a comment and lines', `# from a capture\n${hex.replaceAll(/(.{32})/g, '$1\n')}`],
    ['with colons', hex.replaceAll(/(..)(?=.)/g, '$1:')],
    ['with 0x and commas', hex.replaceAll(/(..)/g, '0x$1, ')],
    ['without the record', bytes.subarray(5)],
  ]
  for (const [name, content] of forms) {
    box.write('hello', content)
    const { code, json } = await box.run('explain', '--hello', 'hello', '--json')
    t.equal(code, 0, name)
    t.match(json(), { hello: { stack: { name: 'Go' } } }, name)
  }
})

const wrong: [name: string, content: string | Buffer, says: RegExp][] = [
  ['nothing', '', /no complete ClientHello/],
  ['words', 'hello', /no ClientHello: the bytes are no TLS/],
  ['half a hello', bytesOf('go-1.19').subarray(0, 100), /100 bytes, and more must follow/],
  ['an alert', record(21, Buffer.from([2, 40])), /a TLS alert/],
  ['HTTP', 'GET / HTTP/1.1\r\n\r\n', /the bytes are HTTP/],
  ['a capture', Buffer.from('d4c3b2a1020004000000000000000000', 'hex'), /a whole capture/],
  ['another message', record(22, Buffer.from([2, 0, 0, 1, 0])), /of type 2, not 1/],
]
for (const [name, content, says] of wrong) {
  t.test(`no hello: ${name}`, async t => {
    const box = project(t)
    box.write('hello', content)
    const { code, err } = await box.run('explain', '--hello', 'hello')
    t.equal(code, 3)
    t.match(err, says)
    t.match(err, /^hint: /m)
  })
}

t.test('a file that is not there', async t => {
  const { code, err } = await project(t).run('explain', '--hello', 'missing.bin')
  t.equal(code, 3)
  t.match(err, /missing\.bin/)
})
