import t from 'tap'
import { catalogue } from '../../broker/diagnosis/catalogue.ts'
import { diagnose } from '../../broker/diagnosis/diagnosis.ts'
import { awsLines } from '../../broker/diagnosis/explain.ts'
import type { Repeat } from '../../broker/journal/dossier.ts'
import { createJournal, type JournalOptions, type LogEvent } from '../../broker/journal/journal.ts'
import { standingClock } from '../../broker/world.ts'
import { recordOf } from './record.ts'

const clock = standingClock(Date.parse('2026-01-01T10:00:00.000Z'))

function storyOf(events: LogEvent[], options: Partial<JournalOptions> = {}): string[] {
  let text = ''
  const write = (part: string): void => {
    text += part
  }
  const journal = createJournal({
    format: 'story',
    write,
    clock,
    terminal: false,
    env: {},
    ...options,
  })
  for (const event of events) journal.write(event)
  return text.split('\n').slice(0, -1)
}

const cipher = diagnose('HELLO_NO_SHARED_CIPHER', catalogue.HELLO_NO_SHARED_CIPHER.example)
const differs = diagnose('CHAIN_SIGNER_DIFFERS', catalogue.CHAIN_SIGNER_DIFFERS.example)
const denied = diagnose('TRAFFIC_PUBLISH_DENIED', catalogue.TRAFFIC_PUBLISH_DENIED.example)

const finding = (found: typeof cipher): LogEvent => ({
  event: 'connection.finding',
  connection: 'c1',
  clientId: 'sensor-1',
  severity: found.severity,
  code: found.code,
  says: found.says,
  remedy: found.remedy,
  evidence: found.evidence,
})

const connected: LogEvent = {
  event: 'connection.connected',
  connection: 'c1',
  clientId: 'sensor-1',
  thingName: 'sensor-1',
  certificateId: 'ab'.repeat(32),
  protocol: '3.1.1',
  policies: ['device'],
  keepAlive: 60,
  cleanStart: true,
  sessionPresent: false,
  tls: { version: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256' },
}

const hint = (code: string): string =>
  `          hint        \`candid explain ${code}\`, or docs/diagnoses.md#${code.toLowerCase()}`

const door = {
  host: '::',
  securityPolicy: 'IoTSecurityPolicy_TLS13_1_2_2022_10',
  sni: 'optional',
  alpn: 'optional',
} as const

const named = { clientId: 'sensor-1', thingName: 'sensor-1' }

const again = (count: number, more: Partial<Repeat> = {}): LogEvent =>
  recordOf('TRAFFIC_QOS2', {
    ...named,
    repeat: {
      count,
      since: '2026-01-01T09:59:00.000Z',
      last: '2026-01-01T09:59:50.000Z',
      perMinute: 6,
      sameAs: 'c1',
      ...more,
    },
  })

const AWS_QOS2 = awsLines(catalogue.TRAFFIC_QOS2.aws).join('; ')

const cases: [name: string, events: LogEvent[], lines: string[]][] = [
  [
    'start and stop',
    [
      {
        event: 'broker.ready',
        host: '::',
        port: 8883,
        listeners: [
          { ...door, port: 8883 },
          { ...door, port: 443, sni: 'required', alpn: 'required' },
        ],
        endpoint: 'localhost',
        ca: 'certs/server-ca.pem',
        state: 'memory',
        version: '0.1.0',
        next: { createDevice: 'candid device create sensor-1', publish: 'mosquitto_pub -p 8883' },
      },
      {
        event: 'broker.warning',
        says: 'unknown key `listner`',
        hint: 'did you mean `listener`?',
        file: 'config.yaml',
        line: 3,
      },
      { event: 'broker.stopped' },
    ],
    [
      '10:00:00  ready       [::]:8883',
      '          also        [::]:443  IoTSecurityPolicy_TLS13_1_2_2022_10  needs SNI  needs ALPN',
      '          endpoint    localhost',
      '          CA file     certs/server-ca.pem   devices need it to trust this broker',
      '          new device  candid device create sensor-1',
      '          connect it  mosquitto_pub -p 8883',
      '10:00:00  warning     config.yaml:3: unknown key `listner`',
      '          hint        did you mean `listener`?',
      '10:00:00  stopped',
    ],
  ],
  [
    'a change from outside: its long identifiers are cut, and nobody forges a line',
    [
      {
        event: 'registry.changed',
        operation: 'AttachPolicy',
        by: 'candid policy\n10:00:00  stopped',
        resources: ['policy/device', `cert/${'ab'.repeat(32)}`],
      },
    ],
    [
      '10:00:00  changed     policy/device and cert/abababababababab...  AttachPolicy, by `candid policy\\u000a10:00:00  stopped`',
    ],
  ],
  [
    'a hello with two faults: the main one first, the other once',
    [
      {
        event: 'connection.accepted',
        connection: 'c1',
        remote: { address: '192.0.2.7', port: 50_000 },
        listener: { port: 8883 },
      },
      finding(cipher),
      recordOf('HELLO_NO_SHARED_GROUP', { sent: { alert: 40, close: 'fin' }, also: [cipher] }),
    ],
    [
      '10:00:00  refused     192.0.2.7:50000  HELLO_NO_SHARED_GROUP',
      '          the client offers only the group secp224r1, and this server accepts x25519, secp256r1 and secp384r1',
      '          offered     secp224r1',
      '          accepted    x25519, secp256r1 and secp384r1',
      '          also        HELLO_NO_SHARED_CIPHER: on TLSv1.2 the client offers only ECDSA suites, and this server has only an RSA certificate',
      '          to do       enable secp256r1 (P-256) in the device; with mbedTLS: build with `MBEDTLS_ECP_DP_SECP256R1_ENABLED`, and look at `mbedtls_ssl_conf_curves` (2.x) or `mbedtls_ssl_conf_groups` (3.x)',
      '          client saw  TLS alert 40',
      '          on AWS IoT  TLS alert 40; the alert is the one that the RFC asks for; not measured on AWS IoT',
      hint('HELLO_NO_SHARED_GROUP'),
    ],
  ],
  [
    'a fast loop has a line at 2, 5, 10, 20, 50 ...',
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 99, 100].map(count => again(count)),
    [
      ...[2, 5, 10, 20, 100].map(
        count =>
          `10:00:00  again       sensor-1  TRAFFIC_QOS2  ${count} times in 60 s (6/min): PUBLISH with QoS 2 for \`shared/alarm\`: AWS IoT has only QoS 0 and 1`,
      ),
    ],
  ],
  [
    'a slow loop has a line each time, and names the addresses',
    [again(3, { last: '2026-01-01T09:59:40.000Z', addresses: ['192.0.2.7', '192.0.2.8'] })],
    [
      '10:00:00  again       sensor-1  TRAFFIC_QOS2  3 times in 60 s (6/min), from 192.0.2.7 and 192.0.2.8: PUBLISH with QoS 2 for `shared/alarm`: AWS IoT has only QoS 0 and 1',
    ],
  ],
  [
    'ordinary ends have a line each',
    [
      recordOf('CLOSE_BY_CLIENT', {
        ...named,
        verdict: 'closed',
        repeat: { count: 7, since: '2026-01-01T10:00:00.000Z', sameAs: 'c1' },
      }),
    ],
    ['10:00:00  closed      sensor-1  the client sent DISCONNECT after 5.2 s'],
  ],
  [
    'new evidence in a loop is told in full',
    [
      recordOf('TRAFFIC_QOS2', {
        ...named,
        repeat: { count: 3, since: '2026-01-01T09:59:00.000Z' },
      }),
    ],
    [
      '10:00:00  refused     sensor-1  TRAFFIC_QOS2',
      '          PUBLISH with QoS 2 for `shared/alarm`: AWS IoT has only QoS 0 and 1',
      '          to do       use QoS 0 or 1',
      '          client saw  a closed connection and no reason',
      `          on AWS IoT  ${AWS_QOS2}`,
      hint('TRAFFIC_QOS2'),
    ],
  ],
  [
    'it got in after all',
    [
      {
        ...connected,
        refusals: {
          count: 12,
          since: '2026-01-01T09:58:00.000Z',
          last: '2026-01-01T09:59:58.000Z',
          code: 'CERTIFICATE_MISSING',
        },
      },
    ],
    [
      '10:00:00  connected   sensor-1  MQTT 3.1.1, policies device, keep-alive 60 s, TLSv1.3',
      '          it got in   after 12 refusals since 09:58:00, the last was CERTIFICATE_MISSING',
    ],
  ],
  [
    'a session: connected with a finding, denied, closed for it; told once',
    [
      finding(differs),
      connected,
      {
        ...denied,
        event: 'traffic.denied',
        connection: 'c1',
        ...named,
      },
      recordOf('TRAFFIC_PUBLISH_DENIED', {
        ...named,
        also: [differs],
        sent: { connack: 0, close: 'fin' },
      }),
    ],
    [
      '10:00:00  connected   sensor-1  MQTT 3.1.1, policies device, keep-alive 60 s, TLSv1.3',
      '10:00:00  finding     sensor-1  CHAIN_SIGNER_DIFFERS',
      `          ${differs.says}`,
      "          registered  CN=Acme Signer  key id aaaaaaaaaaaaaaaa  issuer's key id 9999999999999999  SHA-256 1111111111111111",
      "          sent        CN=Acme Signer  key id aaaaaaaaaaaaaaaa  issuer's key id 9898989898989898  SHA-256 2222222222222222",
      `          to do       ${differs.remedy}`,
      hint('CHAIN_SIGNER_DIFFERS'),
      '10:00:00  denied      sensor-1  TRAFFIC_PUBLISH_DENIED',
      '          the client may not publish to `shared/alarm` (not allowed by `device`): the nearest statement allows `topic/sensor-1/*`',
      '          asked       iot:Publish on arn:aws:iot:us-east-1:123456789012:topic/shared/alarm',
      '          policies    device',
      '          to do       allow `iot:Publish` on `arn:aws:iot:us-east-1:123456789012:topic/shared/alarm`, or change the topic',
      hint('TRAFFIC_PUBLISH_DENIED'),
      '10:00:00  refused     sensor-1  TRAFFIC_PUBLISH_DENIED',
      '          client saw  a closed connection and no reason',
      '          on AWS IoT  MQTT 5: reason code 0x87 Not authorized; disconnectReason AUTH_ERROR; log reason AUTHORIZATION_FAILURE; AWS IoT closes an MQTT 3.1.1 connection without PUBACK; a client that repeats the message after each reconnect loops',
    ],
  ],
  [
    'ordinary ends are quiet',
    [
      recordOf('CLOSE_BY_CLIENT', { ...named, verdict: 'closed', side: 'client' }),
      recordOf('REGISTRATION_JITP_PROVISIONED', named),
    ],
    [
      '10:00:00  closed      sensor-1  the client sent DISCONNECT after 5.2 s',
      '10:00:00  closed      sensor-1  thing `sensor-1` was provisioned from template `jitp` with `device`, and closed on purpose',
      '          to do       connect again: the first connection always ends so, on AWS IoT too',
    ],
  ],
  [
    'a client that leaves: ranked guesses, and nothing about what it saw',
    [recordOf('HANDSHAKE_ABANDONED', { side: 'client' })],
    [
      '10:00:00  refused     192.0.2.7:50000  HANDSHAKE_ABANDONED',
      "          the client reset the connection 41 ms after our last message, without an alert (our certificate was sent, the client's last message was ClientHello); perhaps it does not have the CA of our certificate, or reads another CA file (BearSSL rejects a certificate by closing without an alert)",
      '          or perhaps  the program was stopped',
      '          to do       check first that the device has `certs/server-ca.pem` as its CA (not the CA that signs devices), then its host name and its clock; with BearSSL: `setTrustAnchors`, with an `X509List` that stays, as it is not copied (ESP8266); `getLastSSLError` says what was wrong',
      '          on AWS IoT  AWS IoT logs nothing',
      hint('HANDSHAKE_ABANDONED'),
    ],
  ],
]

t.test('on TLS 1.3 the alert comes after the client believed to be connected', async t => {
  const told = (version: string, client: string) => {
    const phase = { client, broker: 'alert' }
    const tls = { version, phase: client, alerts: [] }
    const story = storyOf([
      recordOf('CERTIFICATE_MISSING', { sent: { alert: 116, close: 'fin' }, tls, phase }),
    ])
    return story.find(line => line.includes('client saw'))
  }
  t.match(told('TLSv1.3', 'Finished'), /TLS alert 116 at its first read/)
  t.match(told('TLSv1.3', 'ClientHello'), /TLS alert 116$/)
  t.match(told('TLSv1.2', 'Finished'), /TLS alert 116$/)
})

for (const [name, events, lines] of cases) {
  t.test(name, async t => void t.strictSame(storyOf(events), lines))
}

t.test('one line for each packet, where the level is debug', async t => {
  const of = { connection: 'c1', clientId: 'sensor-1' }
  const message = { topic: 'a/b', qos: 1, retain: true, bytes: 12 } as const
  const packets: LogEvent[] = [
    {
      event: 'traffic.subscribed',
      ...of,
      subscriptions: [
        { filter: 'a/#', reasonCode: 1 },
        { filter: '$x', reasonCode: 0x8f },
      ],
    },
    { event: 'traffic.published', ...of, ...message },
    { event: 'traffic.delivered', ...of, ...message, qos: 0, retain: false },
    {
      event: 'traffic.queued',
      clientId: 'sensor-2',
      topic: 'a/b',
      qos: 1,
      bytes: 1,
      dropped: 'full',
    },
    { event: 'traffic.unsubscribed', ...of, filters: ['a/#'] },
    { event: 'traffic.ping', ...of },
  ]
  t.strictSame(storyOf(packets, { level: 'debug' }), [
    '10:00:00  subscribed  sensor-1  `a/#` QoS 1, `$x` refused',
    '10:00:00  published   sensor-1  `a/b` QoS 1, 12 bytes, retained',
    '10:00:00  delivered   sensor-1  `a/b` QoS 0, 12 bytes',
    '10:00:00  queued      sensor-2  `a/b` QoS 1, 1 byte, dropped: full',
    '10:00:00  unsubscribed sensor-1  `a/#`',
    '10:00:00  ping        sensor-1',
  ])
  const [, , , dropped] = storyOf(packets, { level: 'debug' })
  t.strictSame(storyOf(packets), [dropped], 'what is lost is told at any level')
})

t.test('on a terminal long lines are folded between words, and keep their column', async t => {
  const record = recordOf('TRAFFIC_QOS2', {
    ...named,
    says: `it said ${'many words '.repeat(8)}and ${'x'.repeat(70)} at its end`,
  })
  let text = ''
  const write = (part: string): void => {
    text += part
  }
  createJournal({ format: 'story', write, clock, terminal: true, columns: 60, env: {} }).write(
    record,
  )
  const lines = text.replace(/\u001b\[\d+m/g, '').split('\n')
  const at = lines.findIndex(line => line.includes('it said'))
  t.same(lines.slice(at, at + 6), [
    '          it said many words many words many words many',
    '          words many words many words many words many words',
    '          and',
    `          ${'x'.repeat(70)}`,
    '          at its end',
    '          to do       use QoS 0 or 1',
  ])
})

t.test('a client id forges no line and moves no cursor', async t => {
  const clientId = 'x\n10:00:00  ready\u001b[2J\u009b1A\u202e'
  const lines = storyOf([
    recordOf('CLOSE_BY_CLIENT', { clientId, says: `bye ${clientId}` }),
    { ...connected, clientId, policies: [clientId], thingName: clientId },
    recordOf('TRAFFIC_QOS2', { connection: 'c2', clientId, evidence: { topic: clientId } }),
  ])
  t.equal(lines.length, 2 + 6)
  for (const line of lines) t.notMatch(line, /[\p{Cc}\p{Cf}]/u)
})

t.test('colours only on a terminal that wants them', async t => {
  const closed = [recordOf('TRAFFIC_QOS2', named)]
  const plain = storyOf(closed)
  t.notMatch(plain.join(''), '\u001b')
  t.strictSame(storyOf(closed, { terminal: true, env: { NO_COLOR: '1' } }), plain)
  const coloured = storyOf(closed, { terminal: true })
  t.match(coloured[0], '\u001b[31mrefused\u001b[39m')
  // Colours change nothing but the colour.
  const bare = coloured.map(line => line.replace(/\u001b\[\d+m/g, ''))
  t.strictSame(bare, plain)
})

t.test('evidence of an unexpected shape is no reason to fall over', async t => {
  for (const evidence of [{}, { offered: 'x', accepted: [null, {}], candidates: [3, null] }]) {
    for (const code of [
      'HELLO_NO_SHARED_GROUP',
      'HANDSHAKE_ABANDONED',
      'CHAIN_SIGNER_DIFFERS',
    ] as const) {
      const lines = storyOf([recordOf(code, { evidence, level: 'error' })])
      t.ok(lines.length > 2, code)
      t.notMatch(lines.join('\n'), /undefined|\[object/)
    }
  }
})
