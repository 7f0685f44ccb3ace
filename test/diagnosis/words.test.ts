import fc from 'fast-check'
import t from 'tap'
import { escapeText } from '../../broker/diagnosis/escape.ts'
import { between, count, duration, either, list, quote } from '../../broker/diagnosis/words.ts'

const cases: [name: string, got: string, want: string][] = [
  ['no items', list([]), 'nothing'],
  ['one item', list(['a']), 'a'],
  ['two', list(['a', 'b']), 'a and b'],
  ['either', either(['a', 'b', 'c']), 'a, b or c'],
  ['too many', list(['a', 'b', 'c', 'd'], 2), 'a, b and 2 more'],
  ['ms', duration(8.4), '8 ms'],
  ['nothing at all', duration(Number.NaN), '0 ms'],
  ['a second', duration(1000), '1 s'],
  ['seconds', duration(1530), '1.5 s'],
  ['many seconds', duration(45_000), '45 s'],
  ['minutes', duration(180_000), '3 min'],
  ['days', between('2026-01-12T00:00:00Z', '2025-12-31T00:00:00Z'), '12 days'],
  ['no date', between('x', '2025-12-31T00:00:00Z'), ''],
  ['one byte', count(1, 'byte'), '1 byte'],
  ['many bytes', count(1_200_000, 'byte'), '1,200,000 bytes'],
  ['backticks inside', quote('a`b'), "`a'b`"],
  ['C0', escapeText('a\u001b[31m\r\n'), 'a\\u001b[31m\\u000d\\u000a'],
  ['C1 and bidi', escapeText('\u009b\u202e\u2066\u2028'), '\\u009b\\u202e\\u2066\\u2028'],
  ['tags beyond the first plane', escapeText('\u{e0041}'), '\\u{e0041}'],
  ['lone surrogate', escapeText('\ud800'), '\\ud800'],
  ['ordinary text stays', escapeText('Zürich 東京 🌡'), 'Zürich 東京 🌡'],
]

for (const [name, got, want] of cases) t.test(name, async t => void t.equal(got, want))

t.test(
  'escaped text holds nothing that a terminal obeys, and escaping it again changes nothing',
  async t => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const safe = escapeText(text)
        return !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(safe) && escapeText(safe) === safe
      }),
    )
    t.pass('held for random text')
  },
)
