/** Bytes that break MQTT, each with the fault that must be found in them: one packet, after a CONNECT where it isn't one. */

import type { Fault } from '../../../broker/mqtt/codec/problem.ts'

export type FaultCase = {
  name: string
  /** Both versions where absent; a CONNECT tells its own. */
  version?: 4 | 5
  bytes: Buffer
  fault: Fault
  /** Of MQTT 5. */
  reasonCode: number
  /** Of 3.1.1, then of 5; undefined: the standard says it in plain prose, or the version doesn't know it. */
  statements: [mqtt311: string | undefined, mqtt5: string | undefined]
}

/** A UTF-8 string with its length. */
export function utf8(value: string | number[]): number[] {
  const bytes = [...Buffer.from(value as string)]
  return [bytes.length >> 8, bytes.length & 255, ...bytes]
}

/** A packet of less than 16 KB. */
export function packet(header: number, ...parts: number[][]): Buffer {
  const body = parts.flat()
  const length = body.length > 127 ? [(body.length & 127) | 128, body.length >> 7] : [body.length]
  return Buffer.from([header, ...length, ...body])
}

/** Properties with their length, which is less than 128. */
export function properties(...list: number[][]): number[] {
  const all = list.flat()
  return [all.length, ...all]
}

const MALFORMED = 0x81
const PROTOCOL_ERROR = 0x82

const ID = [0, 7]
const LATIN1 = [0x63, 0x61, 0x66, 0xe9]
const SURROGATE = [0xed, 0xa0, 0x80]
const OVERLONG = [0xc0, 0x80]
const NULL = [0x61, 0, 0x62]
const ILL = ['MQTT-1.5.3-1', 'MQTT-1.5.4-1'] as const
const HOLDS_NULL = ['MQTT-1.5.3-2', 'MQTT-1.5.4-2'] as const
const USER_PROPERTY = [38, ...utf8('a'), ...utf8('b')]

/** Of 3.1.1, then of 5. */
type Ids = readonly [mqtt311?: string | undefined, mqtt5?: string | undefined]

type ConnectParts = {
  name?: string | number[]
  flags?: number
  properties?: number[][]
  payload?: number[][]
}

/** Clean, keep-alive 60, client id `x`. */
function connect(level: 4 | 5, given: ConnectParts): Buffer {
  const { name = 'MQTT', flags = 2, payload = [utf8('x')] } = given
  const own = level === 5 ? [properties(...(given.properties ?? []))] : []
  return packet(0x10, utf8(name), [level, flags, 0, 60], ...own, ...payload)
}

function row(
  name: string,
  bytes: Buffer,
  fault: Fault,
  statements: Ids,
  reasonCode: number = MALFORMED,
): FaultCase {
  return { name, bytes, fault, reasonCode, statements: [statements[0], statements[1]] }
}

/** Each of the two takes the same bytes but for the properties. */
function rows(
  name: string,
  header: number,
  before: number[],
  after: number[],
  fault: Fault,
  statements: Ids,
  reasonCode: number = MALFORMED,
): FaultCase[] {
  return [
    { ...row(name, packet(header, before, after), fault, statements, reasonCode), version: 4 },
    { ...row(name, packet(header, before, [0], after), fault, statements, reasonCode), version: 5 },
  ]
}

function only5(
  name: string,
  bytes: Buffer,
  fault: Fault,
  statement?: string,
  reasonCode: number = MALFORMED,
): FaultCase {
  return { ...row(name, bytes, fault, [undefined, statement], reasonCode), version: 5 }
}

function only311(name: string, bytes: Buffer, fault: Fault, statement?: string): FaultCase {
  return { ...row(name, bytes, fault, [statement]), version: 4 }
}

const headers: FaultCase[] = [
  row('type 0', Buffer.of(0, 0), 'packet-type', []),
  only311('AUTH on 3.1.1', Buffer.of(0xf0, 0), 'packet-type'),
  row('CONNECT with flags', packet(0x11), 'header-flags', ['MQTT-2.2.2-2', 'MQTT-2.1.3-1']),
  row('PUBACK with flags', packet(0x42, ID), 'header-flags', ['MQTT-2.2.2-2', 'MQTT-2.1.3-1']),
  row('PUBREC with flags', packet(0x51, ID), 'header-flags', ['MQTT-2.2.2-2', 'MQTT-2.1.3-1']),
  row('PUBREL without 0010', packet(0x60, ID), 'header-flags', ['MQTT-3.6.1-1', 'MQTT-3.6.1-1']),
  row('PUBCOMP with flags', packet(0x78, ID), 'header-flags', ['MQTT-2.2.2-2', 'MQTT-2.1.3-1']),
  ...rows('SUBSCRIBE without 0010', 0x80, ID, [...utf8('a'), 0], 'header-flags', [
    'MQTT-3.8.1-1',
    'MQTT-3.8.1-1',
  ]),
  ...rows('UNSUBSCRIBE without 0010', 0xa0, ID, utf8('a'), 'header-flags', [
    'MQTT-3.10.1-1',
    'MQTT-3.10.1-1',
  ]),
  row('PINGREQ with flags', packet(0xc1), 'header-flags', ['MQTT-2.2.2-2', 'MQTT-2.1.3-1']),
  row('DISCONNECT with flags', packet(0xe2), 'header-flags', ['MQTT-3.14.1-1', 'MQTT-3.14.1-1']),
  only5('AUTH with flags', packet(0xf1), 'header-flags', 'MQTT-3.15.1-1'),
  row('PUBLISH with QoS 3', Buffer.of(0x36, 0), 'qos-3', ['MQTT-3.3.1-4', 'MQTT-3.3.1-4']),
  row('PUBLISH with DUP and QoS 0', Buffer.of(0x38, 0), 'dup-at-qos-0', [
    'MQTT-3.3.1-2',
    'MQTT-3.3.1-2',
  ]),
  row('a length of five bytes', Buffer.of(0x30, 255, 255, 255, 255, 1), 'length-too-long', []),
  only5('a padded length', Buffer.of(0xc0, 0x80, 0), 'length-not-shortest', 'MQTT-1.5.5-1'),
  ...[0x20, 0x90, 0xb0, 0xd0].map(header =>
    row('a packet of servers', packet(header, ID), 'only-of-servers', [], PROTOCOL_ERROR),
  ),
]

const fields: FaultCase[] = [
  row('PUBLISH without a topic', packet(0x30), 'cut-short', []),
  row('PUBLISH with a topic that runs past its end', packet(0x30, [0, 9, 65]), 'cut-short', []),
  row('PUBLISH with no room for its identifier', packet(0x32, utf8('a'), [1]), 'cut-short', []),
  row('PUBACK of one byte', packet(0x40, [1]), 'cut-short', []),
  ...rows('SUBSCRIBE without options', 0x82, ID, utf8('a'), 'cut-short', []),
  ...rows('UNSUBSCRIBE with half a filter', 0xa2, ID, [0, 3, 65], 'cut-short', []),
  row('PINGREQ with a body', packet(0xc0, [0]), 'left-over', []),
  only311('PUBACK of three bytes', packet(0x40, ID, [0]), 'left-over'),
  only311('DISCONNECT with a body', packet(0xe0, [0]), 'left-over'),
  only5('PUBACK with more than its properties', packet(0x40, ID, [0, 0, 0]), 'left-over'),
  only5('DISCONNECT with more than its properties', packet(0xe0, [0, 0, 0]), 'left-over'),
  ...[LATIN1, SURROGATE, OVERLONG].map(bytes =>
    row('PUBLISH with a topic that is no UTF-8', packet(0x30, utf8(bytes)), 'ill-formed-text', ILL),
  ),
  row('PUBLISH with a null in its topic', packet(0x30, utf8(NULL)), 'null-in-text', HOLDS_NULL),
  ...rows('SUBSCRIBE to no UTF-8', 0x82, ID, [...utf8(LATIN1), 0], 'ill-formed-text', ILL),
  ...rows('SUBSCRIBE to a null', 0x82, ID, [...utf8(NULL), 0], 'null-in-text', HOLDS_NULL),
  ...rows('UNSUBSCRIBE of no UTF-8', 0xa2, ID, utf8(LATIN1), 'ill-formed-text', ILL),
  ...rows('UNSUBSCRIBE of a null', 0xa2, ID, utf8(NULL), 'null-in-text', HOLDS_NULL),
  ...identifierZero(),
]

function identifierZero(): FaultCase[] {
  const zero = [0, 0]
  const sent = ['MQTT-2.3.1-1', 'MQTT-2.2.1-3'] as const
  const echoed = ['MQTT-2.3.1-6', 'MQTT-2.2.1-5'] as const
  const fault = 'packet-identifier-0'
  return [
    ...rows('PUBLISH', 0x32, [...utf8('a'), ...zero], [], fault, sent, PROTOCOL_ERROR),
    ...rows('SUBSCRIBE', 0x82, zero, [...utf8('a'), 0], fault, sent, PROTOCOL_ERROR),
    ...rows('UNSUBSCRIBE', 0xa2, zero, utf8('a'), fault, sent, PROTOCOL_ERROR),
    row('PUBACK', packet(0x40, zero), fault, echoed, PROTOCOL_ERROR),
    row('PUBREC', packet(0x50, zero), fault, echoed, PROTOCOL_ERROR),
    row('PUBREL', packet(0x62, zero), fault, echoed, PROTOCOL_ERROR),
    row('PUBCOMP', packet(0x70, zero), fault, [undefined, echoed[1]], PROTOCOL_ERROR),
  ].map(one => ({ ...one, name: `${one.name} with the identifier 0` }))
}

const connects: FaultCase[] = ([4, 5] as const).flatMap(version => {
  const first = (
    name: string,
    given: ConnectParts,
    fault: Fault,
    statements: Ids,
    reasonCode: number = MALFORMED,
  ): FaultCase => ({
    ...row(`CONNECT ${name}`, connect(version, given), fault, statements, reasonCode),
    version,
  })
  const same = (id: string): [string, string] => [id, id]
  const id = utf8('x')
  const willProperties = version === 5 ? [0] : []
  return [
    // The version is not known yet.
    {
      ...first('of something else', { name: 'MQTX' }, 'protocol-name', same('MQTT-3.1.2-1'), 0x84),
    },
    first('in small letters', { name: 'mqtt' }, 'protocol-name', same('MQTT-3.1.2-1'), 0x84),
    first('with its reserved flag', { flags: 3 }, 'connect-reserved-flag', same('MQTT-3.1.2-3')),
    first('with a will QoS and no will', { flags: 0x0a }, 'will-qos-without-will', [
      'MQTT-3.1.2-13',
      'MQTT-3.1.2-11',
    ]),
    first('with will retain and no will', { flags: 0x22 }, 'will-retain-without-will', [
      'MQTT-3.1.2-15',
      'MQTT-3.1.2-13',
    ]),
    first(
      'with will QoS 3',
      { flags: 0x1e, payload: [id, willProperties, utf8('t'), utf8('m')] },
      'will-qos-3',
      ['MQTT-3.1.2-14', 'MQTT-3.1.2-12'],
    ),
    first('without a client id', { payload: [] }, 'cut-short', same('MQTT-3.1.4-1')),
    first(
      'without its will topic',
      { flags: 6, payload: [id, willProperties] },
      'cut-short',
      same('MQTT-3.1.4-1'),
    ),
    first(
      'without its will message',
      { flags: 6, payload: [id, willProperties, utf8('t')] },
      'cut-short',
      same('MQTT-3.1.4-1'),
    ),
    first('without its user name', { flags: 0x82 }, 'cut-short', same('MQTT-3.1.4-1')),
    first(
      'without its password',
      { flags: 0xc2, payload: [id, utf8('u')] },
      'cut-short',
      same('MQTT-3.1.4-1'),
    ),
    first('that goes on', { payload: [id, [1]] }, 'left-over', same('MQTT-3.1.4-1')),
    first('with a client id that is no UTF-8', { payload: [utf8(LATIN1)] }, 'ill-formed-text', ILL),
    first('with a null in its client id', { payload: [utf8(NULL)] }, 'null-in-text', HOLDS_NULL),
    first(
      'with a user name that is no UTF-8',
      { flags: 0x82, payload: [id, utf8(SURROGATE)] },
      'ill-formed-text',
      ILL,
    ),
    first(
      'with a will topic that is no UTF-8',
      { flags: 6, payload: [id, willProperties, utf8(LATIN1), utf8('m')] },
      'ill-formed-text',
      ILL,
    ),
    ...(version === 4
      ? [
          first(
            'with a password and no user name',
            { flags: 0x42, payload: [id, utf8('p')] },
            'password-without-username',
            ['MQTT-3.1.2-22'],
          ),
        ]
      : []),
  ]
})

const subscriptions: FaultCase[] = [
  ...rows(
    'SUBSCRIBE to nothing',
    0x82,
    ID,
    [],
    'no-filter',
    ['MQTT-3.8.3-3', 'MQTT-3.8.3-2'],
    PROTOCOL_ERROR,
  ),
  ...rows(
    'UNSUBSCRIBE of nothing',
    0xa2,
    ID,
    [],
    'no-filter',
    ['MQTT-3.10.3-2', 'MQTT-3.10.3-2'],
    PROTOCOL_ERROR,
  ),
  ...rows(
    'SUBSCRIBE with reserved bits',
    0x82,
    ID,
    [...utf8('a'), 0x40],
    'subscription-reserved-bits',
    ['MQTT-3.8.3-4', 'MQTT-3.8.3-5'],
  ),
  only311(
    'SUBSCRIBE with options of MQTT 5',
    packet(0x82, ID, utf8('a'), [4]),
    'subscription-reserved-bits',
    'MQTT-3.8.3-4',
  ),
  ...rows(
    'SUBSCRIBE with QoS 3',
    0x82,
    ID,
    [...utf8('a'), 3],
    'subscription-qos-3',
    ['MQTT-3.8.3-4'],
    PROTOCOL_ERROR,
  ),
  only5(
    'SUBSCRIBE with retain handling 3',
    packet(0x82, ID, [0], utf8('a'), [0x30]),
    'retain-handling-3',
    undefined,
    PROTOCOL_ERROR,
  ),
  only5(
    'SUBSCRIBE with no local to a shared filter',
    packet(0x82, ID, [0], utf8('$share/g/a'), [4]),
    'no-local-on-shared',
    'MQTT-3.8.3-4',
    PROTOCOL_ERROR,
  ),
]

const reasons: FaultCase[] = (
  [
    ['PUBACK', 0x40, 'MQTT-3.4.2-1', 1],
    ['PUBREC', 0x50, 'MQTT-3.5.2-1', 0x92],
    ['PUBREL', 0x62, 'MQTT-3.6.2-1', 0x10],
    ['PUBCOMP', 0x70, 'MQTT-3.7.2-1', 0x80],
    ['DISCONNECT', 0xe0, 'MQTT-3.14.2-1', 0x8e],
    ['AUTH', 0xf0, 'MQTT-3.15.2-1', 0x01],
  ] as const
).map(([name, header, statement, code]) => {
  const bytes = packet(header, name === 'DISCONNECT' || name === 'AUTH' ? [] : ID, [code])
  return only5(
    `${name} with a reason that is not its own`,
    bytes,
    'reason-code',
    statement,
    PROTOCOL_ERROR,
  )
})

/** PUBLISH with these properties. */
function publishing(...list: number[][]): Buffer {
  return packet(0x30, utf8('a'), properties(...list))
}

const ofProperties: FaultCase[] = [
  only5('properties longer than the packet', packet(0x30, utf8('a'), [9, 1, 0]), 'cut-short'),
  only5(
    'a property longer than the properties',
    packet(0x30, utf8('a'), [3, 3, 0, 5, 65, 65]),
    'cut-short',
  ),
  only5(
    'a property length of five bytes',
    packet(0x30, utf8('a'), [255, 255, 255, 255, 1]),
    'length-too-long',
  ),
  only5(
    'a padded property length',
    packet(0x30, utf8('a'), [0x80, 0]),
    'length-not-shortest',
    'MQTT-1.5.5-1',
  ),
  only5('a property that nobody knows', publishing([0x7f, 0]), 'property-unknown'),
  only5('a property of another packet', publishing([17, 0, 0, 0, 1]), 'property-not-here'),
  only5('a property of servers', publishing([18, ...utf8('x')]), 'property-not-here'),
  only5(
    'a reason string in a SUBSCRIBE',
    packet(0x82, ID, properties([31, ...utf8('x')]), utf8('a'), [0]),
    'property-not-here',
  ),
  only5(
    'a topic alias twice',
    publishing([35, 0, 1], [35, 0, 1]),
    'property-repeated',
    undefined,
    PROTOCOL_ERROR,
  ),
  only5(
    'a content type twice, empty',
    publishing([3, 0, 0], [3, 0, 0]),
    'property-repeated',
    undefined,
    PROTOCOL_ERROR,
  ),
  only5('payload format 2', publishing([1, 2]), 'property-not-0-or-1', undefined, PROTOCOL_ERROR),
  only5('topic alias 0', publishing([35, 0, 0]), 'topic-alias-0', 'MQTT-3.3.2-8', 0x94),
  only5(
    'a subscription identifier in a PUBLISH',
    publishing([11, 1]),
    'subscription-identifier-of-client',
    'MQTT-3.3.4-6',
    PROTOCOL_ERROR,
  ),
  only5(
    'a response topic with a wildcard',
    publishing([8, ...utf8('a/+')]),
    'response-topic-wildcard',
    'MQTT-3.3.2-14',
    PROTOCOL_ERROR,
  ),
  only5(
    'a response topic that is no UTF-8',
    publishing([8, ...utf8(LATIN1)]),
    'ill-formed-text',
    ILL[1],
  ),
  only5(
    'a user property with a null',
    publishing([38, ...utf8('a'), ...utf8(NULL)]),
    'null-in-text',
    HOLDS_NULL[1],
  ),
  only5('half a user property', publishing([38, ...utf8('a')]), 'cut-short'),
  only5(
    'subscription identifier 0',
    packet(0x82, ID, properties([11, 0]), utf8('a'), [0]),
    'property-zero',
    undefined,
    PROTOCOL_ERROR,
  ),
  ...(
    [
      ['receive maximum 0', [33, 0, 0], 'property-zero'],
      ['maximum packet size 0', [39, 0, 0, 0, 0], 'property-zero'],
      ['request problem information 2', [23, 2], 'property-not-0-or-1'],
      ['request response information 2', [25, 2], 'property-not-0-or-1'],
      ['authentication data alone', [22, 0, 0], 'authentication-data-without-method'],
    ] as [string, number[], Fault][]
  ).map(([name, property, fault]) =>
    only5(
      `CONNECT with ${name}`,
      connect(5, { properties: [property] }),
      fault,
      undefined,
      PROTOCOL_ERROR,
    ),
  ),
  only5(
    'CONNECT with a property of a will',
    connect(5, { properties: [[24, 0, 0, 0, 1]] }),
    'property-not-here',
  ),
  only5(
    'a will with a property of CONNECT',
    connect(5, { flags: 6, payload: [utf8('x'), properties([33, 0, 1]), utf8('t'), utf8('m')] }),
    'property-not-here',
  ),
  only5(
    'a will with a response topic that has a wildcard',
    connect(5, {
      flags: 6,
      payload: [utf8('x'), properties([8, ...utf8('#')]), utf8('t'), utf8('m')],
    }),
    'response-topic-wildcard',
    'MQTT-3.3.2-14',
    PROTOCOL_ERROR,
  ),
]

export const faultCases: FaultCase[] = [
  ...headers,
  ...fields,
  ...connects,
  ...subscriptions,
  ...reasons,
  ...ofProperties,
]

/** Packets that look odd and are right. */
export const rightCases: { name: string; version?: 4 | 5; bytes: Buffer; cmd: string }[] = [
  { name: 'a padded length on 3.1.1', version: 4, bytes: Buffer.of(0xc0, 0x80, 0), cmd: 'pingreq' },
  {
    name: 'PUBACK with a reason and no properties',
    version: 5,
    bytes: packet(0x40, ID, [0x10]),
    cmd: 'puback',
  },
  {
    name: 'PUBACK with a reason and properties',
    version: 5,
    bytes: packet(0x40, ID, [0], properties(USER_PROPERTY)),
    cmd: 'puback',
  },
  { name: 'DISCONNECT of no bytes', bytes: packet(0xe0), cmd: 'disconnect' },
  { name: 'DISCONNECT with a reason', version: 5, bytes: packet(0xe0, [4]), cmd: 'disconnect' },
  {
    name: 'a password and no user name',
    version: 5,
    bytes: connect(5, { flags: 0x42, payload: [utf8('x'), utf8('p')] }),
    cmd: 'connect',
  },
  {
    name: 'receive maximum 65535',
    version: 5,
    bytes: connect(5, { properties: [[33, 255, 255]] }),
    cmd: 'connect',
  },
  {
    name: 'an empty will message',
    version: 4,
    bytes: connect(4, { flags: 6, payload: [utf8('x'), utf8('t'), [0, 0]] }),
    cmd: 'connect',
  },
  {
    name: 'user properties that repeat',
    version: 5,
    bytes: publishing(USER_PROPERTY, USER_PROPERTY),
    cmd: 'publish',
  },
  { name: 'an empty topic', bytes: packet(0x30, [0, 0, 0]), cmd: 'publish' },
  { name: 'control characters', bytes: packet(0x30, utf8([1, 0x1f, 0x7f]), [0]), cmd: 'publish' },
  { name: 'four-byte letters', bytes: packet(0x30, utf8('𝄞/ü'), [0]), cmd: 'publish' },
  {
    name: 'AUTH that goes on',
    version: 5,
    bytes: packet(0xf0, [0x18], properties([21, ...utf8('x')])),
    cmd: 'auth',
  },
]
