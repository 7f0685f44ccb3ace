/** Situations and the whole entries of each, keys in AWS's order: the lines themselves are compared. */

import t from 'tap'
import type { ClosingRecord } from '../../broker/journal/dossier.ts'
import { createJournal, type JournalOptions, type LogEvent } from '../../broker/journal/journal.ts'
import { standingClock } from '../../broker/world.ts'
import { recordOf } from './record.ts'

const TIME = '2026-01-01 10:00:00.476'
const clock = standingClock(Date.parse('2026-01-01T10:00:00.476Z'))
const TRACE = '00000000-0000-4000-8000-00000000000'

function written(
  events: LogEvent[],
  options: Partial<JournalOptions> = {},
): { lines: string[]; aside: string } {
  const lines: string[] = []
  let aside = ''
  let traces = 0
  const random = (bytes: number): Buffer => {
    const made = Buffer.alloc(bytes)
    made[bytes - 1] = ++traces
    return made
  }
  const journal = createJournal({
    format: 'cloudwatch',
    write: text => void lines.push(text),
    clock,
    terminal: false,
    aws: {
      accountId: () => '123456789012',
      random,
      aside(text) {
        aside += text
      },
    },
    ...options,
  })
  for (const event of events) journal.write(event)
  return { lines, aside }
}

const certificateId = 'ab'.repeat(32)
const remote = { address: '192.0.2.7', port: 50_000 }
const mqtt = {
  protocol: '3.1.1',
  clientId: 'sensor-1',
  cleanStart: true,
  keepAlive: 60,
  packets: { in: 1, out: 0 },
  bytes: { in: 20, out: 0 },
}

const connected = (protocol = '3.1.1'): LogEvent => ({
  event: 'connection.connected',
  connection: 'c1',
  clientId: 'sensor-1',
  certificateId,
  protocol,
  policies: ['device'],
  keepAlive: 60,
  cleanStart: true,
  sessionPresent: false,
  remote,
})

/** Of a client that has sent its CONNECT. */
function closed(code: Parameters<typeof recordOf>[0], more: Partial<ClosingRecord> = {}) {
  const time = '2026-01-01T10:00:00.476Z'
  return recordOf(code, { time, clientId: 'sensor-1', certificateId, remote, mqtt, ...more })
}

const inSession = { sent: { connack: 0, close: 'fin' } } as const
const hello = { sni: 'broker.local' } as ClosingRecord['hello'] & object

const of = { connection: 'c1', clientId: 'sensor-1' }
const message = { topic: 'a/b', qos: 1, retain: false, bytes: 12 } as const

const head = (logLevel: string, status: string, eventType: string, trace = 1) => ({
  timestamp: TIME,
  logLevel,
  traceId: `${TRACE}${trace}`,
  accountId: '123456789012',
  status,
  eventType,
})
const who = {
  clientId: 'sensor-1',
  principalId: certificateId,
  sourceIp: '192.0.2.7',
  sourcePort: 50_000,
}

/** The extra field, of a record made from the catalogue's example. */
function candid(record: ClosingRecord, more: object = {}) {
  const { connection, code, says, remedy } = record
  return { connection, code, says, remedy, ...more }
}

const denied = closed('TRAFFIC_PUBLISH_DENIED', inSession)
const deniedFilter = closed('TRAFFIC_SUBSCRIBE_DENIED', inSession)
const refused = closed('PERMISSION_CONNECT_DENIED')
const taken = closed('CLOSE_DUPLICATE_CLIENT_ID', inSession)
const silent = closed('CLOSE_KEEP_ALIVE_TIMEOUT', inSession)
const large = closed('TRAFFIC_PAYLOAD_TOO_LARGE', inSession)
const polite = closed('CLOSE_BY_CLIENT', { ...inSession, verdict: 'closed' })
const lost = closed('CLOSE_CONNECTION_LOST', { ...inSession, verdict: 'closed' })
const badId = closed('CONNECT_CLIENT_ID_INVALID')
const inactive = closed('REGISTRATION_INACTIVE', { hello })
const pending = closed('REGISTRATION_PENDING_ACTIVATION', { hello })
const expired = closed('CERTIFICATE_EXPIRED', { hello })
const noSni = closed('REGISTRATION_NOT_REGISTERED')
const noTls = recordOf('HELLO_NOT_TLS', { time: '2026-01-01T10:00:00.476Z', remote })
const rejected = recordOf('HANDSHAKE_SERVER_CERTIFICATE_REJECTED', {
  time: '2026-01-01T10:00:00.476Z',
  remote,
  hello,
})
const also = [{ code: 'CHAIN_ORDER', says: 'the chain is out of order', remedy: 'r', evidence: {} }]

const failed = (record: ClosingRecord, reason: string, details: string) => ({
  ...head('ERROR', 'Failure', 'Connection.AuthNError'),
  protocol: 'MQTT',
  authenticationType: 'AWS_X509',
  ...(record.mqtt ? who : { sourceIp: '192.0.2.7', sourcePort: 50_000 }),
  targetPort: 8883,
  ...(record.hello ? { serverNameIndication: 'broker.local' } : {}),
  reason,
  details,
})

const UNREGISTERED = [
  'DEVICE_CERTIFICATE_NOT_REGISTERED',
  'Device certificate is not registered',
] as const
const INACTIVE = ['DEVICE_CERTIFICATE_INACTIVE', 'Device certificate is not active'] as const
const UNKNOWN = [
  'NOT_AUTHENTICATED',
  'The credentials provided could not be authenticated',
] as const
const DENIED = { reason: 'AUTHORIZATION_FAILURE', details: 'Authorization Failure' }

const cases: [name: string, events: LogEvent[], entries: object[]][] = [
  [
    'a connect',
    [connected()],
    [{ ...head('INFO', 'Success', 'Connect'), protocol: 'MQTT', ...who }],
  ],
  [
    'a connect that no policy allows',
    [refused],
    [
      {
        ...head('ERROR', 'Failure', 'Connect'),
        protocol: 'MQTT',
        ...who,
        ...DENIED,
        candid: candid(refused),
      },
    ],
  ],
  [
    'a client id that AWS refuses',
    [badId],
    [
      {
        ...head('ERROR', 'Failure', 'Connect'),
        protocol: 'MQTT',
        ...who,
        reason: 'CLIENT_ERROR',
        details: badId.says,
        candid: candid(badId),
      },
    ],
  ],
  [
    'a goodbye',
    [polite],
    [
      {
        ...head('INFO', 'Success', 'Disconnect'),
        protocol: 'MQTT',
        ...who,
        disconnectReason: 'CLIENT_INITIATED_DISCONNECT',
        candid: candid(polite),
      },
    ],
  ],
  [
    'a lost link',
    [lost],
    [
      {
        ...head('INFO', 'Success', 'Disconnect'),
        protocol: 'MQTT',
        ...who,
        disconnectReason: 'CONNECTION_LOST',
        candid: candid(lost),
      },
    ],
  ],
  [
    'a takeover',
    [taken],
    [
      {
        ...head('ERROR', 'Failure', 'Disconnect'),
        protocol: 'MQTT',
        ...who,
        reason: 'DUPLICATE_CLIENT_ID',
        details: 'A new connection was established with the same client ID',
        disconnectReason: 'DUPLICATE_CLIENTID',
        candid: candid(taken),
      },
    ],
  ],
  [
    'silence',
    [silent],
    [
      {
        ...head('ERROR', 'Failure', 'Disconnect'),
        protocol: 'MQTT',
        ...who,
        reason: 'MQTT_KEEP_ALIVE_TIMEOUT',
        details: silent.says,
        disconnectReason: 'MQTT_KEEP_ALIVE_TIMEOUT',
        candid: candid(silent),
      },
    ],
  ],
  [
    'a payload over the limit',
    [large],
    [
      {
        ...head('ERROR', 'Failure', 'Disconnect'),
        protocol: 'MQTT',
        ...who,
        reason: 'CLIENT_ERROR',
        details: large.says,
        disconnectReason: 'CLIENT_ERROR',
        candid: candid(large),
      },
    ],
  ],
  ...(
    [
      [denied, 'Publish-In', 'shared/alarm'],
      [deniedFilter, 'Subscribe', 'shared/#'],
    ] as const
  ).map(([record, type, topicName]): (typeof cases)[number] => [
    `${type} that no policy allows: the packet, and the end, with one trace id`,
    [record],
    [
      {
        ...head('ERROR', 'Failure', type),
        protocol: 'MQTT',
        topicName,
        ...who,
        ...DENIED,
        candid: candid(record),
      },
      {
        ...head('ERROR', 'Failure', 'Disconnect'),
        protocol: 'MQTT',
        ...who,
        ...DENIED,
        disconnectReason: 'AUTH_ERROR',
        candid: candid(record),
      },
    ],
  ]),
  [
    'a delivery that no policy allows, and a publish on MQTT 5, which stays',
    [
      connected('5'),
      {
        event: 'traffic.denied',
        ...of,
        code: 'TRAFFIC_RECEIVE_DENIED',
        says: 's',
        remedy: 'r',
        evidence: { topic: 'a/b' },
      },
      {
        event: 'traffic.denied',
        ...of,
        packet: 'PUBLISH',
        reasonCode: 0x87,
        code: 'TRAFFIC_PUBLISH_DENIED',
        says: 's',
        remedy: 'r',
        evidence: { topic: 'x' },
      },
      {
        event: 'traffic.denied',
        ...of,
        packet: 'SUBSCRIBE',
        reasonCode: 0x8f,
        code: 'TRAFFIC_TOPIC_INVALID',
        says: 's',
        remedy: 'r',
        evidence: { topic: '#x' },
      },
    ],
    [
      { ...head('INFO', 'Success', 'Connect'), protocol: 'MQTT', ...who },
      {
        ...head('ERROR', 'Failure', 'Publish-Out', 2),
        protocol: 'MQTT',
        topicName: 'a/b',
        ...who,
        ...DENIED,
        candid: { connection: 'c1', code: 'TRAFFIC_RECEIVE_DENIED', says: 's', remedy: 'r' },
      },
      {
        ...head('ERROR', 'Failure', 'Publish-In', 3),
        protocol: 'MQTT',
        topicName: 'x',
        ...who,
        ...DENIED,
        candid: { connection: 'c1', code: 'TRAFFIC_PUBLISH_DENIED', says: 's', remedy: 'r' },
      },
      {
        ...head('ERROR', 'Failure', 'Subscribe', 4),
        protocol: 'MQTT',
        topicName: '#x',
        ...who,
        reason: 'CLIENT_ERROR',
        details: 's',
        candid: { connection: 'c1', code: 'TRAFFIC_TOPIC_INVALID', says: 's', remedy: 'r' },
      },
    ],
  ],
  [
    'a certificate that is inactive, with what was found before',
    [{ ...inactive, also }],
    [
      {
        ...failed(inactive, ...INACTIVE),
        candid: candid(inactive, {
          also: [{ code: 'CHAIN_ORDER', says: 'the chain is out of order' }],
        }),
      },
    ],
  ],
  [
    'one that waits: AWS has no reason of its own',
    [pending],
    [{ ...failed(pending, ...INACTIVE), candid: candid(pending) }],
  ],
  [
    'one that ran out: neither',
    [expired],
    [{ ...failed(expired, ...UNKNOWN), candid: candid(expired) }],
  ],
  [
    'no SNI: AWS logs nothing',
    [noSni],
    [{ ...failed(noSni, ...UNREGISTERED), candid: candid(noSni, { awsLogs: false }) }],
  ],
  [
    'no TLS at all: AWS logs nothing',
    [noTls],
    [{ ...failed(noTls, ...UNKNOWN), candid: candid(noTls, { awsLogs: false }) }],
  ],
  [
    'a client that rejects us: AWS logs nothing',
    [rejected],
    [{ ...failed(rejected, ...UNKNOWN), candid: candid(rejected, { awsLogs: false }) }],
  ],
  [
    'fleet provisioning',
    [
      {
        event: 'provisioning.issued',
        connection: 'c1',
        certificateId,
        how: 'keys',
        status: 'PENDING_ACTIVATION',
        expires: '2026-01-01T11:00:00.000Z',
      },
      {
        event: 'provisioning.provisioned',
        certificateId,
        thingName: 'sensor-1',
        template: 'fleet',
        policies: [],
      },
      {
        event: 'provisioning.failed',
        connection: 'c1',
        claimCertificateId: certificateId,
        topic: '$aws/provisioning-templates/fleet/provision/json',
        template: 'fleet',
        code: 'TRAFFIC_REQUEST_REJECTED',
        says: 's',
        remedy: 'r',
      },
    ],
    [
      {
        ...head('INFO', 'Success', 'GetDeviceCredentials'),
        deviceCertificateId: certificateId,
        details: 'with a new key',
      },
      {
        ...head('INFO', 'Success', 'ProvisionDevice', 2),
        provisioningTemplateName: 'fleet',
        deviceCertificateId: certificateId,
        details: 'thing sensor-1',
      },
      {
        ...head('ERROR', 'Failure', 'ProvisionDevice', 3),
        provisioningTemplateName: 'fleet',
        deviceCertificateId: certificateId,
        details: 's',
        candid: { connection: 'c1', code: 'TRAFFIC_REQUEST_REJECTED', says: 's', remedy: 'r' },
      },
    ],
  ],
]

for (const [name, events, entries] of cases) {
  t.test(name, async t => {
    const { lines, aside } = written(events)
    t.strictSame(
      lines,
      entries.map(entry => `${JSON.stringify(entry)}\n`),
    )
    t.equal(aside, '')
  })
}

const packets: LogEvent[] = [
  { event: 'traffic.published', ...of, ...message, retain: true },
  { event: 'traffic.delivered', ...of, ...message, retain: true },
  { event: 'traffic.queued', clientId: 'sensor-2', topic: 'a/b', qos: 1, bytes: 1 },
  {
    event: 'traffic.queued',
    clientId: 'sensor-2',
    topic: 'a/b',
    qos: 1,
    bytes: 1,
    dropped: 'throttled',
  },
  {
    event: 'traffic.subscribed',
    ...of,
    subscriptions: [
      { filter: 'a/#', reasonCode: 1 },
      { filter: '$x/y', reasonCode: 143 },
    ],
  },
  { event: 'traffic.subscribed', ...of, subscriptions: [{ filter: '$x', reasonCode: 143 }] },
  { event: 'traffic.unsubscribed', ...of, filters: ['a/#'] },
  { event: 'traffic.ping', ...of },
]

const packet = (logLevel: string, eventType: string, trace: number, fields: object) => ({
  ...head(logLevel, 'Success', eventType, trace),
  protocol: 'MQTT',
  ...fields,
})
const queuedFields = { topicName: 'a/b', clientId: 'sensor-2', qos: '1', protocol: 'MQTT' }
const { status: _, eventType: __, ...queuedHead } = head('INFO', '', '', 3)

/** Of `packets`, with the level `debug`. */
const packetEntries = [
  packet('INFO', 'Publish-In', 1, { topicName: 'a/b', ...who, retain: 'True' }),
  packet('INFO', 'Publish-Out', 2, { topicName: 'a/b', ...who }),
  { ...queuedHead, ...queuedFields, eventType: 'Queued', status: 'Success' },
  {
    ...queuedHead,
    logLevel: 'ERROR',
    traceId: `${TRACE}4`,
    ...queuedFields,
    eventType: 'Queued',
    status: 'Failure',
    details: 'Throttled while queueing offline message',
    candid: { says: 'too many were queued at once' },
  },
  packet('INFO', 'Subscribe', 5, {
    topicName: 'a/#,$x/y',
    subscriptions: [
      { topicName: 'a/#', reasonCode: 1 },
      { topicName: '$x/y', reasonCode: 143 },
    ],
    ...who,
  }),
  packet('INFO', 'Unsubscribe', 6, who),
  packet('DEBUG', 'Ping', 7, {
    latency: 0,
    requestTimestamp: TIME,
    responseTimestamp: TIME,
    ...who,
  }),
]

t.test('packets at level debug', async t => {
  const { lines } = written([connected('5'), ...packets], { level: 'debug' })
  const traced = (entry: { traceId: string }, index: number) => ({
    ...entry,
    traceId: `${TRACE}${index + 2}`,
  })
  t.strictSame(
    lines.slice(1),
    packetEntries.map(traced).map(entry => `${JSON.stringify(entry)}\n`),
  )
})

t.test('on MQTT 3.1.1 a subscription has no reason codes', async t => {
  const { lines } = written([connected(), ...packets.slice(4, 5)], { level: 'debug' })
  t.notOk('subscriptions' in JSON.parse(lines[1] ?? ''))
})

const levels: [level: JournalOptions['level'], types: string[], traffic: boolean][] = [
  [
    'debug',
    [
      'Connect',
      'Publish-In',
      'Publish-Out',
      'Queued',
      'Queued',
      'Subscribe',
      'Unsubscribe',
      'Ping',
    ],
    true,
  ],
  [
    'info',
    ['Connect', 'Publish-In', 'Publish-Out', 'Queued', 'Queued', 'Subscribe', 'Unsubscribe'],
    true,
  ],
  [undefined, ['Connect', 'Queued', 'Subscribe', 'Unsubscribe'], true],
  ['warn', ['Queued'], false],
  ['error', ['Queued'], false],
]

for (const [level, types, traffic] of levels) {
  t.test(`level ${level ?? 'by default: messages are not written'}`, async t => {
    const options = level === undefined ? {} : { level }
    const { lines } = written([connected(), ...packets], options)
    t.strictSame(
      lines.map(line => JSON.parse(line).eventType),
      types,
    )
    const parts = { accountId: () => '', random: Buffer.alloc, aside: () => undefined }
    const write = (): void => undefined
    const journal = createJournal({
      format: 'cloudwatch',
      write,
      clock,
      terminal: false,
      aws: parts,
      ...options,
    })
    t.equal(journal.traffic, traffic)
  })
}

t.test('what AWS has no entry for goes aside, for people', async t => {
  const { lines, aside } = written([
    { event: 'broker.warning', says: 'a file has a mistake', hint: 'mend it' },
    { event: 'broker.stopped' },
  ])
  t.strictSame(lines, [])
  t.equal(
    aside,
    '10:00:00  warning     a file has a mistake\n          hint        mend it\n10:00:00  stopped\n',
  )
})

t.test('nothing is kept of a connection that is over', async t => {
  const { lines } = written([connected(), polite, packets[6] as LogEvent])
  t.strictSame(Object.keys(JSON.parse(lines[2] ?? '')).slice(6), ['protocol', 'clientId'])
})

t.test('secrets are hidden, and nothing moves a cursor', async t => {
  const says = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY----- \u001b[2J\u202e'
  const { lines } = written([closed('CONNECT_CLIENT_ID_INVALID', { says })])
  const [line = ''] = lines
  t.notMatch(line, 'MIIB')
  t.notMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}]/u)
  t.strictSame(Object.keys(JSON.parse(line)).at(-1), 'candid')
})
