import t from 'tap'
import { type Code, catalogue } from '../../broker/diagnosis/catalogue.ts'
import { diagnose } from '../../broker/diagnosis/diagnosis.ts'

// Seen code by code the evidence types are lost; each example fits its own entry.
const made = (Object.keys(catalogue) as Code[]).map(code =>
  diagnose(code, catalogue[code].example as never),
)

/** What may begin a line with a capital: names, and packet and algorithm names. */
const NAMES = /^(MQTT|TLS|HTTP|SSH|PROXY|AWS|PUBLISH|SUBSCRIBE|CONNECT|CONNACK|ClientHello)\b/

const GOOD: [name: string, holds: (line: string) => boolean][] = [
  ['is not empty', line => line.trim().length > 0 && line === line.trim()],
  ['is one line', line => !/[\r\n]/.test(line)],
  ['starts in lower case', line => /^[a-z0-9`]/.test(line) || NAMES.test(line)],
  ['has no full stop', line => !line.endsWith('.')],
  ['has no hole', line => !/undefined|\[object|NaN|null|Invalid Date/.test(line)],
  ['closes its backticks', line => (line.match(/`/g) ?? []).length % 2 === 0],
  ['has no double space', line => !line.includes('  ')],
  ['can be read', line => line.length <= 420],
]

for (const { code, says, remedy } of made) {
  t.test(code, async t => {
    for (const [name, holds] of GOOD) {
      t.ok(holds(says), `sentence ${name}: ${says}`)
      t.ok(holds(remedy), `remedy ${name}: ${remedy}`)
    }
  })
}

t.test('codes start with their room', async t => {
  for (const { code, room } of made) {
    const [start] = code.split('_')
    const rooms = start === 'CHAIN' ? 'certificate' : start?.toLowerCase()
    t.equal(room, rooms, code)
  }
})

t.test('every entry says where its rule stands', async t => {
  for (const [code, entry] of Object.entries(catalogue)) {
    t.ok(entry.references.length > 0, code)
    t.ok(/^[A-Z][^.]+$/.test(entry.title), `${code} has a title without a full stop`)
  }
})

t.test('text of strangers is escaped and cut', async t => {
  const clientId = `a\u001b[2J\n\u202e${'x'.repeat(500)}\`b`
  const { says } = diagnose('HELLO_NOT_TLS', { protocol: 'MQTT', firstBytes: '10', clientId })
  t.match(says, 'client id `a\\u001b[2J\\u000a\\u202exxx')
  t.notMatch(says, /[\u001b\n\u202e]/)
  t.ok(says.length < 250)
})

t.test('blame and certainty follow the evidence', async t => {
  const cipher = catalogue.HELLO_NO_SHARED_CIPHER.example
  t.equal(diagnose('HELLO_NO_SHARED_CIPHER', cipher).blame, 'setup')
  t.equal(diagnose('HELLO_NO_SHARED_CIPHER', { ...cipher, cause: 'suites' }).blame, 'device')
  const rejected = catalogue.HANDSHAKE_SERVER_CERTIFICATE_REJECTED.example
  t.equal(diagnose('HANDSHAKE_SERVER_CERTIFICATE_REJECTED', rejected).certainty, 'proof')
  const any = { ...rejected, alert: 42, alertName: 'bad_certificate', stack: 'Go' }
  t.equal(diagnose('HANDSHAKE_SERVER_CERTIFICATE_REJECTED', any).certainty, 'guess')
  t.equal(diagnose('CLOSE_BY_CLIENT', { afterMs: 1 }, 'likely').certainty, 'likely')
})

t.test('a wrong certificate type is not called a missing suite', async t => {
  const cipher = catalogue.HELLO_NO_SHARED_CIPHER.example
  const told = [
    [
      cipher,
      'on TLSv1.2 the client offers only ECDSA suites, and this server has only an RSA certificate',
    ],
    [
      { ...cipher, offeredKeyTypes: ['any', 'ECDSA', 'other'] as ('any' | 'ECDSA' | 'other')[] },
      'the suites in common (TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256) need another type of certificate, and this server has only an RSA certificate',
    ],
  ] as const
  for (const [evidence, says] of told) {
    t.equal(diagnose('HELLO_NO_SHARED_CIPHER', evidence as typeof cipher).says, says)
  }
})
