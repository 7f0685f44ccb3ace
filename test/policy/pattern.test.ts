import fc from 'fast-check'
import t from 'tap'
import { findInBits } from '../../broker/policy/find-in-bits.ts'
import {
  compilePattern,
  firstDifference,
  matches,
  substitute,
} from '../../broker/policy/pattern.ts'
import type { Context } from '../../broker/policy/variables.ts'

const id = `\${iot:ClientId}`

const cases: [pattern: string, asked: string, want: boolean, context?: Context][] = [
  ['', '', true],
  ['', 'a', false],
  ['a/b', 'a/b', true],
  ['a/b', 'A/b', false],
  ['*', '', true],
  ['*', 'a/b/c', true],
  ['a/*/c', 'a/b/c', true],
  ['a/*/c', 'a/x/y/c', true],
  ['a/*/c', 'a/c', false],
  ['a/*', 'a/', true],
  ['a/*', 'a', false],
  ['a?c', 'a/c', true],
  ['a?c', 'ac', false],
  ['a?c', 'abbc', false],
  ['a?', 'a\u{1f600}', true],
  ['?*', '\u{1f600}', true],
  ['*?', '\u{1f600}', true],
  ['*??', '\u{1f600}', false],
  ['some/+/topic', 'some/+/topic', true],
  ['some/+/topic', 'some/a/topic', false],
  ['some/*/topic', 'some/+/topic', true],
  ['some/#', 'some/#', true],
  ['some/#', 'some/a', false],
  ['some/*', 'some/#', true],
  ['?*?', '\u{1f600}', false],
  ['*ab*ab', 'ab', false],
  ['*ab*ab', 'abab', true],
  ['ab*ba', 'aba', false],
  ['*a*b*c*', 'xxaxxbxxcxx', true],
  ['*a*b*c*', 'xxaxxcxxbxx', false],
  ['a**b', 'ab', true],
  ['a**b', 'axyb', true],
  [`a\${*}`, 'a*', true],
  [`a\${*}`, 'ab', false],
  [`a\${?}`, 'a?', true],
  [`a\${?}`, 'ab', false],
  [`\${$}{x}`, `\${x}`, true],
  ['a$b', 'a$b', true],
  [`a\${b`, `a\${b`, true],
  [`client/${id}`, 'client/x', true, { 'iot:ClientId': 'x' }],
  [`client/${id}`, 'client/y', false, { 'iot:ClientId': 'x' }],
  [`client/${id}`, 'client/', false, {}],
  [`client/${id}`, 'client/', false, { 'iot:ClientId': '' }],
  [`client/${id}`, `client/${id}`, false, {}],
  [`client/${id}`, 'client/anything', false, { 'iot:ClientId': '*' }],
  [`client/${id}`, 'client/*', true, { 'iot:ClientId': '*' }],
  [`client/${id}`, 'client/ab', false, { 'iot:ClientId': 'a?' }],
  [`*/${id}/*`, 'x/me/y', true, { 'iot:ClientId': 'me' }],
  [`*/${id}/*/${id}`, 'x/me/me', false, { 'iot:ClientId': 'me' }],
  [`*/${id}/*/${id}`, 'x/me//me', true, { 'iot:ClientId': 'me' }],
  [`*${id}*`, 'anything', false, {}],
  [`*${id}`, 'xyz', true, { 'iot:ClientId': 'yz' }],
  [`\${constructor}`, 'x', false, {}],
  [`\${__proto__}`, '[object Object]', false, {}],
]

for (const [pattern, asked, want, context = {}] of cases)
  t.test(`\`${pattern}\` and \`${asked}\`: ${want}`, async t => {
    t.equal(matches(compilePattern(pattern), asked, context), want)
  })

const character = fc.constantFrom('a', 'b', '/', '\u{1f600}')
const text = fc.array(character, { maxLength: 12 }).map(parts => parts.join(''))
const piece = fc.constantFrom('a', 'b', '/', '*', '?', id, '\u{1f600}')
const pattern = fc.array(piece, { maxLength: 9 }).map(parts => parts.join(''))

t.test('the matcher equals a slow reference', async t => {
  let hits = 0
  fc.assert(
    fc.property(pattern, text, fc.option(text), (pattern, asked, value) => {
      const context = value === null ? {} : { 'iot:ClientId': value }
      const want = slow(pattern, asked, value ?? '')
      if (want) hits += 1
      return matches(compilePattern(pattern), asked, context) === want
    }),
    { numRuns: 3000 },
  )
  t.ok(hits > 100, 'the property has seen matches too')
})

t.test('there is a first difference exactly where there is no match', async t => {
  fc.assert(
    fc.property(pattern, text, text, (pattern, asked, value) => {
      const context = { 'iot:ClientId': value || 'c' }
      const compiled = compilePattern(pattern)
      const at = firstDifference(substitute(compiled, context), asked)
      if (matches(compiled, asked, context)) return at === undefined
      return at !== undefined && at >= 0 && at <= asked.length
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

const differences: [pattern: string, asked: string, at: number | undefined][] = [
  ['abc', 'abd', 2],
  ['abc', 'ab', 2],
  ['ab', 'abc', 2],
  ['a/*/set', 'a/b/get', 4],
  ['a/*', 'b/c', 0],
  ['a/*/x/*/c', 'a/b/y/c', 2],
  ['a/?/c', 'a/b/d', 4],
  ['a*', 'a', undefined],
]
for (const [pattern, asked, at] of differences)
  t.test(`\`${pattern}\` first differs from \`${asked}\` at ${at}`, async t => {
    t.equal(firstDifference(compilePattern(pattern), asked), at)
  })

t.test('a substituted pattern matches what the pattern matched', async t => {
  const compiled = compilePattern(`client/${id}/?*`)
  const seen = substitute(compiled, { 'iot:ClientId': 'a*b' })
  t.equal(seen.text, `client/a\${*}b/?*`)
  t.ok(matches(seen, 'client/a*b/c', {}))
  t.notOk(matches(seen, 'client/axb/c', {}))
  t.ok(matches(compilePattern(seen.text), 'client/a*b/c', {}))
})

t.test('no pattern makes matching slow', async t => {
  const long = 'a'.repeat(65_536)
  const hostile: [name: string, pattern: string][] = [
    ['stars', '*a'.repeat(202_300)],
    ['stars and a miss', `${'*a'.repeat(30_000)}*b`],
    ['one long run', `*${'a'.repeat(30_000)}b*`],
    ['one long run, miss first', `*b${'a'.repeat(30_000)}*`],
    ['variables never closed', `\${`.repeat(202_300)],
    ['variables', id.repeat(25_000)],
    ['stars and variables', `*${id}`.repeat(25_000)],
  ]
  for (const [name, pattern] of hostile) {
    const start = performance.now()
    t.equal(
      matches(compilePattern(pattern), long, { 'iot:ClientId': 'a' }),
      name.startsWith('stars and v'),
      name,
    )
    const took = performance.now() - start
    t.ok(took < 5000, `${name}: ${Math.round(took)} ms`)
  }
})

// Tries everything: exponential, obvious, and only for short patterns.
function slow(pattern: string, asked: string, value: string): boolean {
  if (pattern.includes(id)) return value !== '' && slowParts(parts(pattern, value), [...asked])
  return slowParts(parts(pattern, value), [...asked])
}

function slowParts(wanted: string[], asked: string[]): boolean {
  const [first, ...rest] = wanted
  if (first === undefined) return asked.length === 0
  if (first === 'star')
    return asked.some((_, index) => slowParts(rest, asked.slice(index))) || slowParts(rest, [])
  if (asked.length === 0) return false
  return (first === 'one' || first === asked[0]) && slowParts(rest, asked.slice(1))
}

function parts(pattern: string, value: string): string[] {
  return pattern
    .split(id)
    .flatMap((plain, index) => [
      ...(index === 0 ? [] : [...value]),
      ...[...plain].map(c => (c === '*' ? 'star' : c === '?' ? 'one' : c)),
    ])
}

t.test('a long piece with `?` is found where a short one would be', async t => {
  const filler = 'x'.repeat(40_000)
  const piece = `a?${'b'.repeat(60)}?c`
  const table: [text: string, want: boolean][] = [
    [`${filler}aq${'b'.repeat(60)}qc${filler}`, true],
    [`${filler}a😀${'b'.repeat(60)}😀c`, true],
    [`${filler}a${'b'.repeat(60)}qc${filler}`, false],
    [`aq${'b'.repeat(60)}qc${filler}`, true],
    [`${filler}aq${'b'.repeat(59)}qc`, false],
    [filler, false],
  ]
  for (const [text, want] of table) {
    t.equal(matches(compilePattern(`*${piece}*`), text, {}), want)
    t.equal(matches(compilePattern(`*${piece}*x`), `${text}x`, {}), want)
  }
  const variable = compilePattern(`*?${'b'.repeat(40)}${id}?*`)
  const named = `${filler}q${'b'.repeat(40)}nameq`
  t.equal(matches(variable, named, { 'iot:ClientId': 'name' }), true)
  t.equal(matches(variable, named, { 'iot:ClientId': 'other' }), false)
  t.equal(matches(variable, named, {}), false)
})

t.test('searching in bits finds what searching by hand finds', async t => {
  const piece = fc.array(fc.constantFrom('a', 'b', 'ab', '😀', '?', '?'), {
    minLength: 1,
    maxLength: 40,
  })
  const text = fc.array(fc.constantFrom('a', 'b', '😀'), { maxLength: 60 })
  fc.assert(
    fc.property(piece, text, (parts, letters) => {
      const [segment = []] = compilePattern(parts.join('')).segments
      const asked = letters.join('')
      const length = parts.join('').replaceAll('😀', 'x').length
      const points = [...asked]
      const by = points.findIndex((_, at) =>
        [...parts.join('')].every((one, index) =>
          one === '?' ? at + index < points.length : points[at + index] === one,
        ),
      )
      const want = by < 0 ? -1 : points.slice(0, by + length).join('').length
      return findInBits(segment, asked, 0, {}) === want
    }),
    { numRuns: 2000 },
  )
  t.pass()
})
