import t from 'tap'
import { createJournal, type JournalOptions, type LogEvent } from '../../broker/journal/journal.ts'
import { memoryJournal } from '../../broker/journal/memory.ts'
import { standingClock } from '../../broker/world.ts'
import { recordOf } from './record.ts'

const clock = standingClock(Date.parse('2026-01-01T10:00:00.000Z'))

function linesOf(events: LogEvent[], options: Partial<JournalOptions> = {}): string[] {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const journal = createJournal({ format: 'json', write, clock, terminal: true, ...options })
  for (const event of events) journal.write(event)
  return lines
}

const accepted: LogEvent = {
  event: 'connection.accepted',
  connection: 'c1',
  remote: { address: '192.0.2.7', port: 50_000 },
  listener: { port: 8883 },
}

t.test('one line per event: level and time first, no pid, no host name', async t => {
  t.strictSame(linesOf([{ event: 'broker.stopped' }]), [
    '{"level":"info","time":"2026-01-01T10:00:00.000Z","event":"broker.stopped"}\n',
  ])
})

t.test('a closing record is written as it is', async t => {
  const record = recordOf('TRAFFIC_QOS2', {
    time: '2026-01-01T09:00:00.000Z',
    clientId: 'sensor-1',
  })
  const [line = ''] = linesOf([record])
  t.strictSame(JSON.parse(line), record)
  t.equal(line.match(/"time"/g)?.length, 1)
  t.equal(line.match(/"level"/g)?.length, 1)
})

t.test('a record that says nothing new is a short line; each hundredth is whole', async t => {
  const whole = recordOf('CERTIFICATE_ISSUER_UNKNOWN', {
    certificateId: 'ab'.repeat(32),
    chain: [],
    tls: { phase: 'handshake finished', alerts: [] },
  })
  const since = '2026-01-01T09:59:00.000Z'
  const line = (count: number, sameAs?: string) => {
    const repeat = { count, since, ...(sameAs === undefined ? {} : { sameAs }) }
    return JSON.parse(linesOf([{ ...whole, repeat }])[0] ?? '')
  }
  t.strictSame(Object.keys(line(2, 'c1')).sort(), [
    'certificateId',
    'code',
    'connection',
    'durationMs',
    'event',
    'level',
    'listener',
    'phase',
    'remote',
    'repeat',
    'room',
    'says',
    'side',
    'time',
    'verdict',
  ])
  t.strictSame(line(100, 'c1'), { ...whole, repeat: { count: 100, since, sameAs: 'c1' } })
  t.strictSame(line(2), { ...whole, repeat: { count: 2, since } }, 'new evidence is told in full')
})

const found = {
  event: 'connection.finding',
  connection: 'c1',
  code: 'X',
  says: 's',
  remedy: 'r',
  evidence: {},
} as const

const levels: [event: LogEvent, level: string][] = [
  [{ ...found, severity: 'note' }, 'info'],
  [{ ...found, severity: 'warning' }, 'warn'],
  [{ ...found, event: 'traffic.denied' }, 'warn'],
  [{ event: 'broker.warning', says: 'x' }, 'warn'],
  [recordOf('CLOSE_BY_CLIENT'), 'info'],
  [recordOf('HELLO_NOT_TLS'), 'error'],
]

t.test('level by event', async t => {
  for (const [event, level] of levels) {
    t.equal(JSON.parse(linesOf([event])[0] ?? '').level, level, event.event)
  }
})

t.test('accepted sockets only at level debug', async t => {
  t.strictSame(linesOf([accepted]), [])
  t.equal(JSON.parse(linesOf([accepted], { level: 'debug' })[0] ?? '').level, 'debug')
})

t.test('nothing in a line moves a cursor, and it still says the same', async t => {
  const clientId = 'a\u001b[2J\n\u009b\u202e\u2028\u{e0041}\ud800z'
  const [line = ''] = linesOf([recordOf('CLOSE_BY_CLIENT', { clientId })])
  t.notMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
  t.ok(line.endsWith('}\n'))
  t.equal(JSON.parse(line).clientId, clientId)
})

const PEM = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIH8Z\n-----END EC PRIVATE KEY-----'

const secrets: [
  name: string,
  evidence: Record<string, unknown>,
  clean: unknown,
  hidden: string[],
][] = [
  [
    'a private key',
    { note: `x ${PEM} y` },
    { note: 'x [private key removed] y' },
    ['evidence.note'],
  ],
  [
    'one that was cut off',
    { a: [{ b: PEM.slice(0, 40) }] },
    { a: [{ b: '[private key removed]' }] },
    ['evidence.a[0].b'],
  ],
  [
    'a field of that name',
    { password: 'p', ok: 1 },
    { password: '[removed]', ok: 1 },
    ['evidence.password'],
  ],
  [
    'a token in a user name',
    { username: 'me?x-amz-customauthorizer-name=A&token=tok123&password=s3' },
    { username: 'me?x-amz-customauthorizer-name=A&token=[removed]&password=[removed]' },
    ['evidence.username'],
  ],
  [
    'nothing',
    { username: '?SDK=PythonV2&Version=1.0', cert: '-----BEGIN CERTIFICATE-----' },
    { username: '?SDK=PythonV2&Version=1.0', cert: '-----BEGIN CERTIFICATE-----' },
    [],
  ],
]

for (const [name, evidence, clean, hidden] of secrets) {
  t.test(`hides ${name}, and says where`, async t => {
    const memory = memoryJournal(clock)
    memory.write(recordOf('CLOSE_BY_CLIENT', { evidence }))
    const written = JSON.parse(linesOf([recordOf('CLOSE_BY_CLIENT', { evidence })])[0] ?? '')
    t.strictSame(written.evidence, clean)
    t.strictSame(written.redacted, hidden.length === 0 ? undefined : hidden)
    t.strictSame(memory.events[0], written)
  })
}

t.test('evidence that contains itself ends', async t => {
  const evidence: Record<string, unknown> = {}
  evidence['self'] = evidence
  const [line = ''] = linesOf([recordOf('CLOSE_BY_CLIENT', { evidence })])
  t.match(line, '[too deep]')
})

t.test('memory forgets the oldest', async t => {
  const memory = memoryJournal(clock, 2)
  for (const says of ['1', '2', '3']) memory.write({ event: 'broker.warning', says })
  t.strictSame(
    memory.events.map(event => event.event === 'broker.warning' && event.says),
    ['2', '3'],
  )
})
