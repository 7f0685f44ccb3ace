import t from 'tap'
import { knownChains } from '../../broker/connection/known-chains.ts'
import type { Certificate } from '../../broker/x509/certificate.ts'
import type { Judgement } from '../../broker/x509/judge.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const chain = [Buffer.from('leaf'), Buffer.from('signer')]

/** Only the dates of a certificate count here. */
function judgementOf(...dates: [notBefore: number, notAfter: number][]): Judgement {
  const certificates = dates.map(([notBefore, notAfter]) => ({ notBefore, notAfter }))
  return { chain: certificates as Certificate[], links: [], problems: [] }
}

type Visit = [ders: Buffer[], now: number, revision: number]

/** How often it is judged. */
function times(judgement: Judgement, visits: Visit[], limit = 10): number {
  const known = knownChains(limit)
  let count = 0
  for (const [ders, now, revision] of visits) {
    known.judge(ders, { now, revision }, () => {
      count++
      return judgement
    })
  }
  return count
}

const long: [number, number] = [NOW - 1e9, NOW + 1e9]

const cases: [says: string, expected: number, judgement: Judgement, visits: Visit[]][] = [
  [
    'the same again',
    1,
    judgementOf(long),
    [
      [chain, NOW, 1],
      [chain, NOW + 29_000, 1],
    ],
  ],
  [
    'a changed registry',
    2,
    judgementOf(long),
    [
      [chain, NOW, 1],
      [chain, NOW, 2],
    ],
  ],
  [
    'half a minute later',
    2,
    judgementOf(long),
    [
      [chain, NOW, 1],
      [chain, NOW + 30_000, 1],
    ],
  ],
  [
    'a clock that was put back',
    2,
    judgementOf(long),
    [
      [chain, NOW, 1],
      [chain, NOW - 1, 1],
    ],
  ],
  [
    'another order',
    2,
    judgementOf(long),
    [
      [chain, NOW, 1],
      [chain.toReversed(), NOW, 1],
    ],
  ],
  [
    'valid to the last ms',
    1,
    judgementOf(long, [NOW, NOW + 500]),
    [
      [chain, NOW, 1],
      [chain, NOW + 500, 1],
    ],
  ],
  [
    'an issuer that has expired meanwhile',
    2,
    judgementOf(long, [NOW, NOW + 500]),
    [
      [chain, NOW, 1],
      [chain, NOW + 501, 1],
    ],
  ],
  [
    'one that has become valid meanwhile',
    2,
    judgementOf([NOW + 500, NOW + 1e9]),
    [
      [chain, NOW, 1],
      [chain, NOW + 500, 1],
    ],
  ],
  [
    'too large to be kept',
    2,
    judgementOf(long),
    [
      [[Buffer.alloc(9000)], NOW, 1],
      [[Buffer.alloc(9000)], NOW, 1],
    ],
  ],
]

for (const [says, expected, judgement, visits] of cases) {
  t.test(`${says}: judged ${expected === 1 ? 'once' : 'again'}`, async t => {
    t.equal(times(judgement, visits), expected)
  })
}

t.test('the least recently used is forgotten', async t => {
  const other = [Buffer.from('other')]
  const third = [Buffer.from('third')]
  const visits = [chain, other, chain, third, chain, other].map((ders): Visit => [ders, NOW, 1])
  t.equal(times(judgementOf(long), visits, 2), 4, 'chain stays, other is judged twice')
})
