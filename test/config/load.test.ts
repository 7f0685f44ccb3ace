import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import t from 'tap'
import { configOf } from '../../broker/config/listeners.ts'
import { loadConfig } from '../../broker/config/load.ts'
import { defaultConfig } from '../../broker/config/shape.ts'

/** line, path, what is wrong, hint */
type Mistake = [number, string, string, string?]

const mistakes: [name: string, text: string, want: Mistake[]][] = [
  [
    'an unknown key, with the one that was meant',
    'listner:\n  port: 1\n',
    [[1, 'listner', 'unknown key', 'did you mean `listeners`?']],
  ],
  [
    'a key of another style',
    'tls:\n  handshake_timeout_seconds: 60\n',
    [
      [
        2,
        'tls.handshake_timeout_seconds',
        'unknown key',
        'did you mean `handshakeTimeoutSeconds`?',
      ],
    ],
  ],
  [
    'a key in the wrong group',
    'log: json\nport: 8883\n',
    [[2, 'port', 'unknown key', 'did you mean `listeners[0].port`?']],
  ],
  [
    'a key that is like no other',
    'account:\n  zzz: 1\n',
    [[2, 'account.zzz', 'unknown key', 'the keys here are `id` or `region`']],
  ],
  [
    'keys of every object in JavaScript',
    'provisioning:\n  __proto__: 1\n  constructor: 1\n',
    [
      [2, 'provisioning.__proto__', 'unknown key', 'the keys here are `chain` or `hooks`'],
      [3, 'provisioning.constructor', 'unknown key', 'the keys here are `chain` or `hooks`'],
    ],
  ],
  [
    'a key with control characters',
    '"lo\\eg\\n": 1\n',
    [[1, '`lo\\u{1b}g\\u{a}`', 'unknown key', 'did you mean `log`?']],
  ],
  [
    'a key written twice',
    'log: json\ncerts: a\nlog: story\n',
    [[3, 'log', 'is written twice, first in line 1', 'keep one of the two']],
  ],
  [
    'a word that is not in the list, with the one that was meant',
    'provisioning: { chain: lenent }',
    [[1, 'provisioning.chain', 'unknown value `lenent`', 'did you mean `lenient`?']],
  ],
  [
    'a word in the wrong case',
    'log: JSON',
    [[1, 'log', 'unknown value `JSON`', 'did you mean `json`?']],
  ],
  [
    'a word that is like no other',
    'log: quiet',
    [[1, 'log', 'unknown value `quiet`', 'it can be `story`, `json` or `cloudwatch`']],
  ],
  [
    'half the name of a security policy',
    'tls:\n  securityPolicy: TLS13_1_3_2022_10\n',
    [
      [
        2,
        'tls.securityPolicy',
        'unknown value `TLS13_1_3_2022_10`',
        'did you mean `IoTSecurityPolicy_TLS13_1_3_2022_10`?',
      ],
    ],
  ],
  [
    'items of a list, each in its own line',
    'tls:\n  groups:\n    - x25519\n    - p256\n    -\n    - x25519\n',
    [
      [4, 'tls.groups[1]', 'unknown value `p256`', 'did you mean `secp256r1`?'],
      [5, 'tls.groups[2]', 'is empty', 'fill the item in or take it out'],
      [6, 'tls.groups[3]', '`x25519` is in the list twice', 'keep one of the two'],
    ],
  ],
  [
    'an empty list where something must be served',
    'tls:\n  serverCertificates: []\n',
    [
      [
        2,
        'tls.serverCertificates',
        'must hold at least one item',
        'leave the key out to get the default',
      ],
    ],
  ],
  [
    'one word where a list is wanted',
    'tls:\n  names: broker.local\n',
    [[2, 'tls.names', 'must be a list, not `broker.local`', 'write `names: [broker.local]`']],
  ],
  [
    'a number in quotes',
    'listeners: [{ port: "8883" }]',
    [
      [
        1,
        'listeners[0].port',
        'must be a whole number, not a text',
        'write the number without quotes',
      ],
    ],
  ],
  [
    'numbers that are none',
    'listeners: [{ port: all }]\ntls:\n  connectTimeoutSeconds: 1.5\n',
    [
      [1, 'listeners[0].port', 'must be a whole number, not `all`'],
      [3, 'tls.connectTimeoutSeconds', 'must be a whole number, not `1.5`'],
    ],
  ],
  [
    'numbers out of range',
    'listeners: [{ port: 65536 }]\ntls:\n  handshakeTimeoutSeconds: 35\n  connectTimeoutSeconds: 0\n',
    [
      [
        1,
        'listeners[0].port',
        'must be from 0 to 65535, not `65536`',
        '8883 is the port of AWS, 0 takes a free one',
      ],
      [
        3,
        'tls.handshakeTimeoutSeconds',
        'must be from 36 to 3600, not `35`',
        'below 36 a client that rejects our certificate in silence looks like one that is merely slow',
      ],
      [4, 'tls.connectTimeoutSeconds', 'must be from 1 to 3600, not `0`'],
    ],
  ],
  [
    'a list and a group where text is wanted',
    'certs: [a]\npolicies: { a: b }\n',
    [
      [1, 'certs', 'must be a text, not a list'],
      [
        2,
        'policies',
        'must be a text, not a group of keys',
        'put the text in quotes if it holds a colon',
      ],
    ],
  ],
  [
    'a colon without its space',
    'listeners:\n  - port:8883\n',
    [
      [
        2,
        'listeners[0]',
        'must be a group of keys, not `port:8883`',
        'put a space after the colon',
      ],
    ],
  ],
  [
    'values that AWS or the network refuse',
    "listeners: [{ host: 'a b' }]\naccount:\n  id: 1234\n  region: us\ntls: { names: ['mqtts://x'] }\n",
    [
      [
        1,
        'listeners[0].host',
        '`a b` is no address to listen on',
        "'::' is every address, 127.0.0.1 is this machine only",
      ],
      [3, 'account.id', '`1234` is no AWS account id', 'it has 12 digits'],
      [4, 'account.region', '`us` is no AWS region', 'such as `us-east-1`'],
      [
        5,
        'tls.names[0]',
        '`mqtts://x` is no host name and no IP address',
        'such as `broker.local` or `192.168.1.10`, without scheme and port',
      ],
    ],
  ],
  [
    'devices and their parts',
    [
      'devices:',
      '  - thing: a b',
      '    certificate: a.pem',
      '    policies: [device.json, a/b]',
      '  - status: active',
      '    certificat: b.pem',
      '  - thing: c',
      '  - c.pem',
      '',
    ].join('\n'),
    [
      [
        2,
        'devices[0].thing',
        '`a b` is no thing name that AWS takes',
        'use 1 to 128 of the characters a-z A-Z 0-9 : _ -',
      ],
      [
        4,
        'devices[0].policies[1]',
        '`a/b` is no policy name that AWS takes',
        'write the name only: no folder',
      ],
      [5, 'devices[1].status', 'unknown value `active`', 'did you mean `ACTIVE`?'],
      [6, 'devices[1].certificat', 'unknown key', 'did you mean `certificate`?'],
      [
        7,
        'devices[2].certificate',
        'is missing',
        'add `certificate: FILE`: PEM or DER, its path relative to this file',
      ],
      [
        8,
        'devices[3]',
        'must be a group of keys, not `c.pem`',
        'such as `thing`, `certificate` or `status`',
      ],
    ],
  ],
  [
    'more policies than AWS attaches',
    `devices:\n- certificate: a\n  policies: [${'abcdefghijk'.split('').join(', ')}]\n`,
    [
      [
        3,
        'devices[0].policies',
        'holds 11 policies',
        'AWS attaches 10 at most: put statements together',
      ],
    ],
  ],
  [
    'a template by its file name',
    'authorities:\n- certificate: a\n  template: jitp.json\n',
    [
      [
        3,
        'authorities[0].template',
        '`jitp.json` is no template name that AWS takes',
        'write the name without `.json`',
      ],
    ],
  ],
  [
    'the one listener of former versions, with how to write it now',
    'listener:\n  host: "::1"\n  port: 18883\n',
    [[1, 'listener', 'is a list now', 'write `listeners: [{ host: "::1", port: 18883 }]`']],
  ],
  [
    'a listener of former versions that says nothing that can be read',
    'listener: 8883\n',
    [[1, 'listener', 'is a list now', 'write `listeners: [{ port: 8883 }]`']],
  ],
  [
    'no listener at all',
    'listeners: []\n',
    [[1, 'listeners', 'must hold at least one item', 'leave the key out to get the default']],
  ],
  [
    'a group of keys in a listener',
    'listeners:\n  - port: 8883\n    tls: { sni: required }\n',
    [
      [
        3,
        'listeners[0].tls',
        'stands outside `listeners`, for all of them',
        'write its keys into the listener itself, such as `sni: required`',
      ],
    ],
  ],
  [
    'two listeners on one port',
    'listeners:\n  - port: 8883\n  - { host: 127.0.0.1, port: 8883 }\n',
    [
      [
        3,
        'listeners[1].port',
        'port `8883` is taken by the listener in line 2',
        'give each listener a port of its own',
      ],
    ],
  ],
  [
    'names that are known in no listener',
    'listeners:\n  - { securityPolicy: TLS13_1_3_2022_10 }\n  - { port: 443, apln: required }\n',
    [
      [
        2,
        'listeners[0].securityPolicy',
        'unknown value `TLS13_1_3_2022_10`',
        'did you mean `IoTSecurityPolicy_TLS13_1_3_2022_10`?',
      ],
      [3, 'listeners[1].apln', 'unknown key', 'did you mean `alpn`?'],
    ],
  ],
  [
    'a server certificate without its key, and one that is neither',
    'tls:\n  serverCertificates:\n    - { certificate: a.pem }\n    - { key: a.key, cretificate: b.pem }\n    - dsa\n',
    [
      [3, 'tls.serverCertificates[0].key', 'is missing', 'write `key: FILE`: PEM'],
      [4, 'tls.serverCertificates[1].cretificate', 'unknown key', 'did you mean `certificate`?'],
      [5, 'tls.serverCertificates[2]', 'unknown value `dsa`', 'did you mean `rsa`?'],
    ],
  ],
  [
    'limits that are none',
    'limits:\n  publishPerSecond: off\n  payloadBytes: lots\n  filtersPerSubscribe: 0\n  hashTakesParent: off\npublishesPerSecond: 5\n',
    [
      [2, 'limits.publishPerSecond', 'unknown key', 'did you mean `publishesPerSecond`?'],
      [3, 'limits.payloadBytes', 'must be a whole number, not `lots`'],
      [
        4,
        'limits.filtersPerSubscribe',
        'must be from 1 to 9007199254740991, not `0`',
        '`off` is no limit',
      ],
      [5, 'limits.hashTakesParent', 'must be true or false'],
      [6, 'publishesPerSecond', 'unknown key', 'did you mean `limits.publishesPerSecond`?'],
    ],
  ],
  [
    'a word for all limits that is none',
    'limits: of\n',
    [[1, 'limits', 'unknown value `of`', 'did you mean `off`?']],
  ],
  [
    'a keep-alive that nobody could have',
    'limits:\n  queuedMessages: 5\n  keepAliveMostSeconds: 10\n',
    [
      [
        3,
        'limits',
        'keepAliveLeastSeconds (30) is over keepAliveMostSeconds (10)',
        'write both, the least one not over the most',
      ],
    ],
  ],
  [
    'something else than a group of keys',
    'hello',
    [[1, '', 'must be a group of keys, not `hello`', 'such as `listeners`, `account` or `tls`']],
  ],
  [
    'a reference to nothing',
    'listeners:\n  - host: *\n',
    [[2, '', 'is not YAML: alias cannot be an empty string', 'check the line and the one above']],
  ],
  [
    'a tab, and a mistake behind it',
    'tls:\n\tnames: []\nlogg: json\n',
    [
      [2, '', 'a tab stands at the start of the line', 'indent with spaces only'],
      [3, 'logg', 'unknown key', 'did you mean `log`?'],
    ],
  ],
  [
    'what is not closed, each in its own section',
    'tls:\n  names: [a\naccount:\n  id: "1\nlisteners: [{ port: 1\nport: 3\n',
    [
      [2, '', 'a `[` is not closed', 'add the missing `]`'],
      [4, '', 'a quote is not closed', 'add the missing quote'],
      [5, '', 'a `{` is not closed', 'add the missing `}`'],
      [6, 'port', 'unknown key', 'did you mean `listeners[0].port`?'],
    ],
  ],
  [
    'a colon in a text without quotes',
    'devices:\n  - thing: a\n    certificate: a: b\n',
    [
      [
        3,
        '',
        'a colon or an indentation stands where none can',
        'check the indentation; put text that holds a colon in quotes',
      ],
    ],
  ],
  [
    'a second document',
    'log: json\n---\nlog: story\n',
    [[2, '', 'a second document starts here', 'take out the line `---`']],
  ],
  [
    'a tag',
    'certs: !secret x\n',
    [[1, '', 'a text that starts with `!` has no meaning here', 'put the text in quotes']],
  ],
  [
    'hooks that are none',
    'provisioning:\n  hooks:\n    - template: a b\n      command: [x]\n    - command: [x]\n    - template: c\n    - { template: d, command: [x], module: y }\n    - { template: e, command: [] }\n',
    [
      [
        3,
        'provisioning.hooks[0].template',
        '`a b` is no name of a template that AWS takes',
        'use 1 to 36 of the characters a-z A-Z 0-9 _ -',
      ],
      [
        5,
        'provisioning.hooks[1].template',
        'is missing',
        'add `template: NAME`, the name of a file in policies/templates/',
      ],
      [
        6,
        'provisioning.hooks[2]',
        'has `command` or `module`, one of the two',
        'such as `command: [node, hook.mjs]`, or `module: hook.mjs`',
      ],
      [
        7,
        'provisioning.hooks[3]',
        'has `command` or `module`, one of the two',
        'such as `command: [node, hook.mjs]`, or `module: hook.mjs`',
      ],
      [
        8,
        'provisioning.hooks[4].command',
        'must hold at least one item',
        'leave the key out to get the default',
      ],
    ],
  ],
]

t.test('every mistake is reported at once, with its line, path and remedy', async t => {
  for (const [name, text, want] of mistakes) {
    t.test(name, async t => {
      const { config, problems } = loadConfig(text)
      t.equal(config, undefined)
      t.strictSame(
        problems.map(({ line, path, says, hint }) =>
          hint === undefined ? [line, path, says] : [line, path, says, hint],
        ),
        want,
      )
    })
  }
})

t.test('lines count the same in files from Windows', async t => {
  for (const [name, text, want] of mistakes) {
    const { problems } = loadConfig(text.replaceAll('\n', '\r\n'))
    t.strictSame(
      problems.map(({ line }) => line),
      want.map(([line]) => line),
      name,
    )
  }
})

const same: [name: string, text: string][] = [
  ['an empty file', ''],
  ['only comments', '# nothing\n'],
  ['keys without values', 'tls:\nlisteners:\ndevices:\nlog: ~\n'],
  ['a byte order mark', '\ufefflisteners: [{ port: 8883 }]'],
]

t.test('what is not written has its default', async t => {
  for (const [name, text] of same) {
    t.strictSame(loadConfig(text), { config: defaultConfig(), problems: [] }, name)
  }
})

t.test('the starter config.yaml writes every key with its default', async t => {
  const text = await readFile(new URL('../../config.yaml', import.meta.url), 'utf8')
  t.strictSame(loadConfig(text), { config: defaultConfig(), problems: [] })
  const groups = Object.values(defaultConfig()).filter(value => !Array.isArray(value))
  const inner = groups.flatMap(value => (typeof value === 'object' ? Object.keys(value) : []))
  for (const key of [...Object.keys(defaultConfig()), ...inner, 'log']) {
    t.match(text, new RegExp(`^ *(# +)?${key}:`, 'm'), key)
  }
})

t.test('the examples in the starter can be taken as they are', async t => {
  const text = await readFile(new URL('../../config.yaml', import.meta.url), 'utf8')
  // The examples: comment lines that start with `- ` or continue such a line; notes stand behind
  // two spaces and more.
  const live = text
    .replaceAll(/^#( {3}- | {5})(\w+: (?:\{[^}]*\}|\S+))( {2,}.*)?$/gm, '$1$2')
    .replaceAll(/^(authorities|devices|thingTypes|groups): \[\]$/gm, '')
    .replace(/^listeners:\n(.+\n)+/m, '')
    .replace(/^limits: aws$/m, '')
    .replace(/^# {3}limits:$/m, 'limits:')
    .replace(/^# Where devices/m, 'listeners:\n$&')
    .replace(/^# CAs whose/m, 'authorities:\n$&')
    .replace(/^# Devices that/m, 'devices:\n$&')
    .replace(/^# Thing types/m, 'thingTypes:\n$&')
    .replace(/^# Thing groups/m, 'groups:\n$&')
  const { config, problems } = loadConfig(live)
  t.strictSame(problems, [])
  t.match(config?.listeners, [{ host: '::', port: 443, sni: 'required' }])
  t.match(config?.authorities, [
    { certificate: 'my-ca.pem', status: 'ACTIVE', autoRegistration: 'ENABLE', template: 'jitp' },
  ])
  t.match(config?.devices, [
    {
      certificate: 'device.pem',
      thing: 'sensor-1',
      thingType: 'lamp',
      attributes: { site: 'a' },
      thingPrincipalType: 'EXCLUSIVE_THING',
      status: 'ACTIVE',
      policies: ['device'],
    },
  ])
  t.match(config?.thingTypes, [
    { name: 'lamp', description: 'Lamps', searchableAttributes: ['site'] },
  ])
  t.match(config?.limits, { publishesPerSecond: Infinity, payloadBytes: 131_072 })
  t.match(config?.groups, [
    { name: 'lamps', parent: 'all', policies: ['fleet'], things: ['lamp-1'] },
  ])
})

t.test('values are taken over as written', async t => {
  const { config, problems } = loadConfig(
    [
      'listeners: [{ host: 127.0.0.1, port: 0 }, { sni: required, groups: [secp256r1] }]',
      'account: { id: 000000000000 }',
      'tls:',
      '  names: [10.0.0.1, "fe80::1", broker.local, "*.example.com"]',
      '  groups: &few [secp521r1]',
      '  refuseCertificates: in-handshake',
      'authorities:',
      '  - certificate: a.pem',
      'devices:',
      '  - certificate: b.der',
      '    thing: 12',
      '  - { certificate: c.der, status: PENDING_TRANSFER }',
    ].join('\n'),
  )
  t.strictSame(problems, [])
  const defaults = defaultConfig()
  t.strictSame(config, {
    ...defaults,
    listeners: [
      { host: '127.0.0.1', port: 0 },
      { host: '::', port: 8883, sni: 'required', groups: ['secp256r1'] },
    ],
    account: { id: '000000000000', region: 'us-east-1' },
    tls: {
      ...defaults.tls,
      names: ['10.0.0.1', 'fe80::1', 'broker.local', '*.example.com'],
      groups: ['secp521r1'],
      refuseCertificates: 'in-handshake',
    },
    authorities: [{ certificate: 'a.pem', status: 'ACTIVE', autoRegistration: 'ENABLE', line: 8 }],
    devices: [
      { certificate: 'b.der', status: 'ACTIVE', policies: [], thing: '12', line: 10 },
      { certificate: 'c.der', status: 'PENDING_TRANSFER', policies: [], line: 12 },
    ],
  })
})

t.test('a server certificate of the user is taken as its files, with its line', async t => {
  const own = '{ certificate: a.pem, key: a.key, ca: ca.pem }'
  const { config, problems } = loadConfig(
    `listeners:\n  - serverCertificates:\n    - rsa\n    - ${own}\n`,
  )
  t.strictSame(problems, [])
  t.strictSame(config?.listeners[0]?.serverCertificates, [
    'rsa',
    { certificate: 'a.pem', key: 'a.key', ca: 'ca.pem', line: 4 },
  ])
})

t.test('port 443 wants ALPN, others do not, and a listener may say otherwise', async t => {
  const { config } = loadConfig(
    [
      'listeners:',
      '  - port: 8883',
      '  - { host: 10.0.0.2, port: 443 }',
      '  - { port: 0, alpn: required }',
      '  - { host: 10.0.0.1, port: 443, alpn: optional }',
    ].join('\n'),
  )
  t.ok(config)
  if (config === undefined) return
  const alpn = config.listeners.map(item => configOf(config, item).tls.alpn)
  t.strictSame(alpn, ['optional', 'required', 'required', 'optional'])
})

t.test('listeners on different addresses may have the same port', async t => {
  const text = 'listeners: [{ host: 127.0.0.1 }, { host: "::1" }, { port: 0 }, { port: 0 }]'
  t.strictSame(loadConfig(text).problems, [])
})

t.test('an alias stands for what it names', async t => {
  const { config, problems } = loadConfig(
    'devices:\n- certificate: a\n  policies: &p [x, y]\n- certificate: b\n  policies: *p\n',
  )
  t.strictSame(problems, [])
  t.strictSame(config?.devices[1]?.policies, ['x', 'y'])
  t.match(loadConfig('log: *nothing').problems, [
    { line: 1, says: '`*` starts a reference, and nothing is named `nothing`' },
  ])
})

t.test('deep nesting is refused before the parser sees it', async t => {
  // Some thousand levels end the process inside the parser, which no test could report.
  const deep = ['[', '{a: ', '- ', '? ', '- : ', 'a: ', '- &a ', '[{', '-\t', '? - ']
  for (const piece of deep) {
    for (const count of [199, 20_000]) {
      const { config, problems } = loadConfig(piece.repeat(count))
      t.equal(config, undefined, `${count} of ${JSON.stringify(piece)}`)
      t.ok(problems.length > 0)
    }
  }
  t.match(loadConfig('['.repeat(20_000)).problems, [
    { says: 'is nested more than 200 levels deep' },
  ])
})

t.test('a config or problems come out, whatever the text', async t => {
  const word = fc.constantFrom(
    ...[
      'listeners',
      'listener',
      'port',
      'tls',
      'groups',
      'devices',
      'certificate',
      'log',
      'x25519',
      '8883',
    ],
    ...[': ', ':', '- ', '[', ']', '{', '}', ', ', '"', "'", '#', '&a ', '*a', '!', '|', '>', '<<'],
    ...[
      '\n',
      '\n  ',
      '\n    ',
      '\t',
      '\r',
      '---',
      '...',
      '%',
      '@',
      '~',
      '\u0000',
      '\ud800',
      '\u2028',
    ],
  )
  const yamlish = fc.array(word, { maxLength: 60 }).map(words => words.join(''))
  const line = (text: string) => !/[\n\r\u2028]/.test(text)
  const property = fc.property(
    fc.oneof(yamlish, fc.string({ unit: 'binary', maxLength: 200 })),
    text => {
      const { config, problems } = loadConfig(text)
      const last = text.split('\n').length
      return (
        (config === undefined) === problems.length > 0 &&
        problems.every(
          problem =>
            problem.line >= 1 &&
            problem.line <= last &&
            line(problem.says) &&
            line(problem.path) &&
            line(problem.hint ?? ''),
        )
      )
    },
  )
  const result = fc.check(property, { numRuns: 500 })
  t.notOk(result.failed, fc.defaultReportMessage(result) ?? 'holds for each text')
})
