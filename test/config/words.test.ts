import t from 'tap'
import { nearest, oneOfWords, shown } from '../../broker/config/words.ts'

const display: [given: string, want: string][] = [
  ['plain', '`plain`'],
  ['two\nlines\r\t', '`two\\u{a}lines\\u{d}\\u{9}`'],
  ['\u001b[31mred', '`\\u{1b}[31mred`'],
  ['a\u202eb\u2028c', '`a\\u{202e}b\\u{2028}c`'],
  ['\ud800', '`\\u{d800}`'],
  ['ü 温度 🌡', '`ü 温度 🌡`'],
  ['x'.repeat(80), `\`${'x'.repeat(80)}\``],
  ['x'.repeat(81), `\`${'x'.repeat(80)}...\``],
  ['🌡'.repeat(300), `\`${'🌡'.repeat(80)}...\``],
]

t.test('text from outside is shown on one line, without effects', async t => {
  for (const [given, want] of display) t.equal(shown(given), want)
})

const guesses: [word: string, candidates: string[], want: string | undefined][] = [
  ['listner', ['listener', 'log'], 'listener'],
  ['prot', ['port', 'host'], 'port'],
  ['security_policy', ['securityPolicy', 'names'], 'securityPolicy'],
  ['active', ['INACTIVE', 'ACTIVE'], 'ACTIVE'],
  ['jsonl', ['story', 'json'], 'json'],
  ['384r1', ['secp256r1', 'secp384r1'], 'secp384r1'],
  ['secp', ['secp256r1', 'secp384r1'], undefined],
  ['policy', ['thing', 'policies'], 'policies'],
  ['', ['a'], undefined],
  ['zzz', ['port', 'host'], undefined],
  ['x'.repeat(100_000), ['port'], undefined],
]

t.test('the nearest word is guessed, or none', async t => {
  for (const [word, candidates, want] of guesses) {
    t.equal(nearest(word, candidates), want, word.slice(0, 20))
  }
})

t.test('choices read as a sentence', async t => {
  t.equal(oneOfWords(['a']), '`a`')
  t.equal(oneOfWords(['a', 'b', 'c']), '`a`, `b` or `c`')
})
