import t from 'tap'
import {
  abandonCandidates,
  leftWithoutConnectCandidates,
} from '../../broker/diagnosis/abandonment.ts'
import { silenceCertainty } from '../../broker/diagnosis/candidate.ts'
import type { Certainty } from '../../broker/diagnosis/entry.ts'
import {
  type RejectionFacts,
  rejectionCandidates,
  rejectionCertainty,
  rejectionMeaning,
} from '../../broker/diagnosis/rejection.ts'

const facts: RejectionFacts = {
  names: ['localhost', '*.example.test'],
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2027-01-01T00:00:00.000Z',
  serverKey: 'RSA',
  now: '2026-06-01T00:00:00.000Z',
}

const V13 = { tlsVersion: 'TLSv1.3' }

const alerts: [
  name: string,
  alert: number,
  stack: string | undefined,
  facts: Partial<RejectionFacts>,
  causes: string[],
  certainty: string,
][] = [
  ['48 of mbedTLS is proof', 48, 'mbedTLS', {}, ['trust'], 'proof'],
  ['48 of an unknown stack is not', 48, undefined, {}, ['trust'], 'likely'],
  ['42 of mbedTLS is the name', 42, 'mbedTLS', {}, ['name'], 'likely'],
  ['46 of mbedTLS is the clock or the hash', 46, 'mbedTLS', {}, ['clock', 'weak'], 'guess'],
  ['80 of libmosquitto is the name', 80, 'OpenSSL', {}, ['name'], 'likely'],
  ['42 of Go is anything', 42, 'Go', {}, ['trust', 'name', 'clock', 'weak'], 'guess'],
  [
    'a name that fits goes last',
    42,
    'OpenSSL',
    { sni: 'localhost' },
    ['clock', 'weak', 'name'],
    'guess',
  ],
  [
    'so does one under a wildcard',
    42,
    'OpenSSL',
    { sni: 'A.example.test.' },
    ['clock', 'weak', 'name'],
    'guess',
  ],
  [
    'a wildcard is one label only',
    42,
    'Go',
    { sni: 'a.b.example.test' },
    ['name', 'trust', 'clock', 'weak'],
    'likely',
  ],
  [
    'a clock of 1970 goes first',
    42,
    'OpenSSL',
    { deviceClock: '1970-01-01T00:00:09.000Z' },
    ['clock', 'name', 'weak'],
    'likely',
  ],
  [
    'a good clock goes last',
    42,
    'Go',
    { deviceClock: '2026-06-01T00:00:00.000Z' },
    ['trust', 'name', 'weak', 'clock'],
    'guess',
  ],
  [
    '46 of Java leaves the clock out on TLS 1.2',
    46,
    'Java',
    { tlsVersion: 'TLSv1.2' },
    ['trust', 'name', 'weak'],
    'guess',
  ],
  [
    '46 of Java is anything on TLS 1.3',
    46,
    'Java',
    V13,
    ['trust', 'name', 'clock', 'weak'],
    'guess',
  ],
  [
    '42 of Java is the clock on TLS 1.2',
    42,
    'Java',
    { tlsVersion: 'TLSv1.2' },
    ['clock'],
    'likely',
  ],
  [
    '42 of Java tells nothing on TLS 1.3',
    42,
    'Java',
    V13,
    ['trust', 'name', 'clock', 'weak'],
    'guess',
  ],
  ['45 of wolfSSL is the clock, either way', 45, 'wolfSSL', {}, ['clock'], 'likely'],
  ['42 of rustls is the name', 42, 'rustls', V13, ['name'], 'likely'],
  ['45 of rustls is the clock', 45, 'rustls', {}, ['clock'], 'likely'],
  ['48 of NSS is proof', 48, 'NSS', {}, ['trust'], 'proof'],
  ['42 of GnuTLS is anything', 42, 'GnuTLS', {}, ['trust', 'name', 'clock', 'weak'], 'guess'],
  ['43 of OpenSSL is the kind', 43, 'OpenSSL', {}, ['weak'], 'likely'],
  [
    '42 of SChannel was not measured',
    42,
    'SChannel',
    {},
    ['trust', 'name', 'clock', 'weak'],
    'guess',
  ],
  [
    'our own dates come first',
    46,
    'Java',
    { now: '2028-01-01T00:00:00.000Z' },
    ['outdated', 'trust', 'name', 'weak'],
    'likely',
  ],
  [
    'a name that our certificate lacks makes the name likely',
    42,
    'GnuTLS',
    { sni: 'iot.example.com' },
    ['name', 'trust', 'clock', 'weak'],
    'likely',
  ],
]

for (const [name, alert, stack, more, causes, certainty] of alerts) {
  t.test(name, async t => {
    const ranked = rejectionCandidates(alert, stack, { ...facts, ...more })
    t.strictSame(
      ranked.map(one => one.cause),
      causes,
    )
    t.equal(rejectionCertainty(alert, stack, more.tlsVersion, ranked), certainty)
    for (const { why } of ranked) t.notMatch(why, /undefined|nothing/)
  })
}

t.test('meaning in words', async t => {
  t.equal(rejectionMeaning(42, 'mbedTLS'), 'mbedTLS sends it for a wrong host name')
  t.match(rejectionMeaning(45, 'mbedTLS'), 'over by its clock')
  t.match(rejectionMeaning(46, 'mbedTLS'), 'not valid yet by its clock')
  t.match(
    rejectionMeaning(46, 'Java', 'TLSv1.2'),
    'a CA that it does not have, a wrong host name or',
  )
  t.equal(rejectionMeaning(46, 'Java', 'TLSv1.3'), 'Java sends it for any fault of a certificate')
  t.equal(rejectionMeaning(42, 'Go'), 'Go sends it for any fault of a certificate')
  t.equal(rejectionMeaning(45, undefined), 'by its clock our certificate is not valid now')
  t.equal(rejectionMeaning(42, undefined), undefined)
})

t.test('unknown facts leave no holes', async t => {
  for (const { why } of abandonCandidates({
    certificateShown: true,
    afterMs: 5,
    reset: false,
    closeNotify: false,
    certificate: { notBefore: '', notAfter: '', names: [] },
  })) {
    t.notMatch(why, /undefined|nothing|from {2}to/)
  }
})

const closes: [
  name: string,
  stack: string | undefined,
  afterMs: number,
  closeNotify: boolean,
  first: string,
  shown?: boolean,
  variant?: string,
][] = [
  ['Bun is silent when it rejects', 'BoringSSL', 5, false, 'trust'],
  ['Node is known by its suites', 'OpenSSL', 5, false, 'trust', true, 'Node'],
  ['BearSSL is silent when it rejects', 'BearSSL', 40, false, 'trust'],
  ['s2n is silent and polite', 's2n', 12_000, true, 'trust'],
  ['Node is silent on TLS 1.3', 'OpenSSL', 5, false, 'trust'],
  ['mbedTLS would have sent an alert', 'mbedTLS', 40, false, 'memory'],
  ['a long wait is a timer', 'mbedTLS', 8000, false, 'timer'],
  ['before our certificate it is not the certificate', 'BearSSL', 40, false, 'network', false],
]

for (const [name, stack, afterMs, closeNotify, first, certificateShown = true, variant] of closes) {
  t.test(name, async t => {
    const ranked = abandonCandidates({
      certificateShown,
      afterMs,
      closeNotify,
      reset: false,
      ...(stack === undefined ? {} : { stack }),
      ...(variant === undefined ? {} : { variant }),
      tlsVersion: 'TLSv1.3',
      certificate: facts,
    })
    t.equal(ranked[0]?.cause, first)
    t.equal(
      ranked.some(one => one.cause === 'trust'),
      certificateShown,
    )
  })
}

t.test('our own dates are no fault of the device', async t => {
  for (const [now, why] of [
    ['2028-01-01T00:00:00.000Z', 'our certificate ran out on 2027-01-01T00:00:00.000Z'],
    [
      '2025-01-01T00:00:00.000Z',
      'our certificate is valid only from 2026-01-01T00:00:00.000Z, by our own clock too',
    ],
  ] as const) {
    const deviceClock = '1970-01-01T00:00:09.000Z'
    const given = { ...facts, now, deviceClock }
    t.same(rejectionCandidates(45, 'OpenSSL', given), [{ cause: 'outdated', why, evident: true }])
    const certificate = given
    const silent = { stack: 'OpenSSL', tlsVersion: 'TLSv1.2', afterMs: 3, bytes: 0, certificate }
    t.match(leftWithoutConnectCandidates(silent)[0], { cause: 'outdated' })
  }
})

t.test('how much silence carries', async t => {
  const left = (stack: string, sni: string): Certainty =>
    silenceCertainty({
      candidates: abandonCandidates({
        ...{ stack, certificateShown: true, afterMs: 12_000, reset: false, closeNotify: true },
        certificate: { ...facts, sni },
      }),
    })
  t.equal(left('s2n', 'other.example.com'), 'likely')
  t.equal(left('s2n', facts.names[0] ?? ''), 'guess')
  t.equal(left('mbedTLS', 'other.example.com'), 'guess', 'it would have sent an alert')
})

t.test('who leaves after the handshake', async t => {
  const first = (
    stack: string,
    tlsVersion: string,
    afterMs: number,
    more: { variant?: string } = {},
  ): string | undefined =>
    leftWithoutConnectCandidates({ stack, tlsVersion, afterMs, bytes: 0, ...more })[0]?.cause
  t.equal(first('OpenSSL', 'TLSv1.2', 3, { variant: 'Node' }), 'trust')
  t.equal(first('OpenSSL', 'TLSv1.3', 3, { variant: 'Node' }), 'user')
  t.equal(first('OpenSSL', 'TLSv1.2', 3, { variant: 'Python' }), 'user')
  t.equal(first('OpenSSL', 'TLSv1.2', 3), 'trust')
  t.equal(first('OpenSSL', 'TLSv1.2', 4000), 'user')
  t.equal(first('OpenSSL', 'TLSv1.3', 3), 'user')
  t.equal(first('unknown', 'TLSv1.2', 3), 'health-check')
  t.equal(first('mbedTLS', 'TLSv1.2', 3), 'firmware')
  const certificate = { ...facts, sni: 'other.test' }
  const node = { stack: 'OpenSSL', tlsVersion: 'TLSv1.2', afterMs: 3, bytes: 0, certificate }
  t.match(leftWithoutConnectCandidates(node)[0], { cause: 'name', why: /`other.test`/ })
})

t.test('only a stack that is known to be silent is said to be so', async t => {
  const manner = (
    stack: string,
    more: { variant?: string; afterMs?: number; closeNotify?: boolean },
  ) =>
    abandonCandidates({
      certificateShown: true,
      afterMs: 5,
      closeNotify: false,
      reset: false,
      tlsVersion: 'TLSv1.3',
      ...more,
      stack,
    })
      .map(one => one.why)
      .join('; ')
  t.match(manner('OpenSSL', { variant: 'Node' }), '(Node rejects a certificate by closing')
  t.match(manner('BoringSSL', {}), '(programs such as Bun reject')
  t.match(manner('s2n', { afterMs: 12_000, closeNotify: true }), 's2n rejects')
  for (const [stack, more] of [
    ['OpenSSL', { variant: 'Python' }],
    ['s2n', {}],
    ['Go', {}],
    ['mbedTLS', {}],
    ['rustls', {}],
  ] as const) {
    t.notMatch(manner(stack, more), /rejects? a certificate/, stack)
  }
})

t.test('sizes of what we sent are told where memory may be short', async t => {
  const ranked = abandonCandidates({
    certificateShown: true,
    afterMs: 5,
    closeNotify: false,
    reset: true,
    stack: 'mbedTLS',
    flightBytes: 5279,
  })
  t.match(ranked.find(one => one.cause === 'memory')?.why, '5,279 bytes was too large')
})

t.test('a size that is known to be too much comes first', async t => {
  const first = (more: Partial<Parameters<typeof abandonCandidates>[0]>) => {
    const left = { certificateShown: true, afterMs: 5, closeNotify: false, reset: true }
    const ranked = abandonCandidates({ ...left, ...more })
    t.equal(ranked.filter(one => one.cause === 'memory').length <= 1, true, 'said once')
    t.ok(ranked.some(one => one.cause === 'trust'))
    return ranked[0]
  }
  t.match(first({ flightBytes: 5279 }), { cause: 'memory', why: /5,279 bytes, and some modems/ })
  t.match(first({ flightBytes: 4096 }), { cause: 'trust' })
  t.match(first({ flightBytes: 5279, stack: 'BearSSL' }), { cause: 'trust' })
  t.match(first({ flightBytes: 5279, stack: 'OpenSSL', variant: 'Node' }), { cause: 'trust' })
  const asked = { stack: 'GnuTLS', flightBytes: 2000, fragmentLimit: 512 }
  t.match(first({ ...asked, largestRecord: 513 }), {
    cause: 'memory',
    why: 'it asked for records of 512 bytes at the most, and our largest has 513 bytes',
  })
  t.not(first({ ...asked, largestRecord: 512 })?.cause, 'memory')
})

t.test('who has sent its own certificate has taken ours', async t => {
  const left = { certificateShown: true, closeNotify: false, reset: false, stack: 'BearSSL' }
  const causes = (answered: 'empty' | 'certificate', afterMs: number) =>
    abandonCandidates({ ...left, answered, afterMs }).map(({ cause }) => cause)
  t.same(causes('certificate', 5), ['key', 'network', 'user'])
  t.same(causes('certificate', 5000), ['key', 'timer', 'network', 'user'])
  t.same(causes('empty', 5), ['certificate', 'network', 'user'])
})
