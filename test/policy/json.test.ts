import fc from 'fast-check'
import t from 'tap'
import { type JsonNode, readJson } from '../../broker/policy/json.ts'

const refusals: [text: string, line: number, says: RegExp][] = [
  ['', 1, /^expected a value, found the end of the text$/],
  ['{\n"a": 1,\n}', 2, /^a comma before `}`$/],
  ['[1,\n2,\n]', 2, /^a comma before `]`$/],
  ['{\n"a": 1\n"b": 2}', 3, /^expected a comma or `}`, found `"`$/],
  ['{\n"a" 1}', 2, /^expected a colon after `a`, found `1`$/],
  ['{\na: 1}', 2, /^expected a key in double quotes, found `a`$/],
  ['{"a": "b\n"}', 1, /^a string is not closed on its line$/],
  ['{"a": "b', 1, /^a string is not closed$/],
  ['"a\\', 1, /^a string is not closed$/],
  ['{"a": "\\x"}', 1, /^a string holds an unknown escape$/],
  ['{}\n\n{}', 3, /^unexpected `\{` after the end of the document$/],
  ['[01]', 1, /^expected a value, found `0`$/],
  ['[tru]', 1, /^expected a value, found `t`$/],
  ['['.repeat(100_000), 1, /^too many nested brackets$/],
]
for (const [text, line, says] of refusals)
  t.test(`refuses ${JSON.stringify(text).slice(0, 30)}`, async t => {
    const read = readJson(text)
    t.match(read, { ok: false, problem: { line, says } })
  })

t.test('hints at comments and quotes', async t => {
  const hint = (text: string) => {
    const read = readJson(text)
    return read.ok ? undefined : read.problem.hint
  }
  t.equal(hint('{ // why\n}'), 'json has no comments')
  t.equal(hint("{ 'a': 1 }"), 'json wants plain double quotes')
  t.equal(hint('{ \u201ca\u201d: 1 }'), 'json wants plain double quotes')
})

t.test('a byte order mark is skipped', async t => {
  t.ok(readJson('\ufeff{}').ok)
})

t.test('lines are counted from 1, where each value begins', async t => {
  const read = readJson('{\n  "a":\n    ["x",\n    {}]\r\n}')
  t.match(read, {
    root: {
      line: 1,
      members: [{ line: 2, value: { line: 3, items: [{ line: 3 }, { line: 4 }] } }],
    },
  })
})

t.test('reads what JSON.parse reads', async t => {
  const value = fc.json({ maxDepth: 5 })
  const spaced = fc.tuple(value, fc.constantFrom(0, 2)).map(([json, indent]) => {
    return JSON.stringify(JSON.parse(json), null, indent)
  })
  fc.assert(
    fc.property(spaced, text => {
      const read = readJson(text)
      return read.ok && JSON.stringify(plain(read.root)) === JSON.stringify(JSON.parse(text))
    }),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('accepts no broken text that JSON.parse refuses', async t => {
  const scrap = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '1',
    ' ',
    '\n',
    'null',
    '"',
    '\\',
  )
  let broken = 0
  fc.assert(
    fc.property(fc.array(scrap, { maxLength: 8 }), scraps => {
      const text = scraps.join('')
      const read = readJson(text)
      const accepted = parses(text)
      if (!accepted) broken += 1
      return read.ok === accepted
    }),
    { numRuns: 2000 },
  )
  t.ok(broken > 100)
})

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function plain(node: JsonNode): unknown {
  if (node.kind === 'array') return node.items.map(plain)
  // Not built by assignment: a key may be called `__proto__`.
  if (node.kind === 'object')
    return Object.fromEntries(node.members.map(({ key, value }) => [key, plain(value)]))
  return node.value
}
