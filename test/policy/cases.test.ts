/** The engine against its case files: outcome and trace of each, and a runner that would notice if they were wrong. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readYamlValue } from '../../broker/config/yaml-value.ts'
import { runCases } from '../../broker/policy/cases.ts'

const folder = 'test/policy/cases'
const files = readdirSync(folder).filter(name => name.endsWith('.cases.yaml'))

type Plain = { [key: string]: unknown }

function contentOf(text: string): unknown {
  const read = readYamlValue(text)
  if ('problem' in read) throw new Error(`line ${read.problem.line}: ${read.problem.says}`)
  return read.value
}

function resultsOf(value: unknown) {
  const ran = runCases(value, () => undefined)
  if ('mistakes' in ran) throw new Error(ran.mistakes.join('\n'))
  return ran.results
}

let total = 0
for (const file of files) {
  t.test(file, async t => {
    const value = contentOf(readFileSync(join(folder, file), 'utf8')) as { cases: Plain[] }
    for (const { failures, name, passed } of resultsOf(value)) {
      total += 1
      t.ok(passed, name, { failures })
    }
    const names = value.cases.map(({ name }) => name)
    t.equal(new Set(names).size, names.length, 'each case has a name of its own')
  })

  t.test(`${file}: outcome and trace are both asserted`, async t => {
    const { cases } = contentOf(readFileSync(join(folder, file), 'utf8')) as { cases: Plain[] }
    for (const { expect, name, request } of cases) {
      const { aws, matched, nearest, outcome, problems, statement } = expect as Plain
      if (request === undefined) t.ok(problems ?? aws, `${String(name)}`)
      else if (outcome === 'ALLOWED') t.ok(statement, `${String(name)}`)
      else t.ok(outcome === 'EXPLICIT_DENY' ? matched && statement : nearest, `${String(name)}`)
    }
  })
}

t.test('there are enough of them', async t => {
  t.ok(total >= 250, `${total} cases`)
})

const statements = [{ Effect: 'Allow', Action: 'iot:Publish', Resource: 'topic/a' }]
const right = { statements, request: 'iot:Publish topic/b', principal: { clientId: 'x' } }
const wrong: [name: string, expect: Plain, failure: string][] = [
  ['outcome', { outcome: 'ALLOWED' }, 'outcome: expected `ALLOWED`, got `IMPLICIT_DENY`'],
  [
    'statement',
    { outcome: 'IMPLICIT_DENY', statement: 'policy 1' },
    'statement: expected `policy 1`, got `none`',
  ],
  [
    'near miss',
    { outcome: 'IMPLICIT_DENY', nearest: 'none' },
    'nearest: expected `none`, got `policy 1`',
  ],
  [
    'element',
    { outcome: 'IMPLICIT_DENY', nearest: { element: 'Action' } },
    'nearest.element: expected `Action`, got `Resource`',
  ],
  [
    'place',
    { outcome: 'IMPLICIT_DENY', nearest: { differsFrom: 'c' } },
    'nearest.differsFrom: expected `c`, got `b`',
  ],
  [
    'why',
    { outcome: 'IMPLICIT_DENY', nearest: { why: 'no reason' } },
    'nearest.why: expected `no reason`, got `nothing`',
  ],
  [
    'unresolved',
    { outcome: 'IMPLICIT_DENY', nearest: { unresolved: ['iot:ClientId'] } },
    'nearest.unresolved: expected `["iot:ClientId"]`, got `nothing`',
  ],
  [
    'missing',
    { outcome: 'IMPLICIT_DENY', missing: ['iot:ClientId'] },
    'missing: expected `["iot:ClientId"]`, got `[]`',
  ],
  ['misses', { outcome: 'IMPLICIT_DENY', misses: [] }, 'misses: expected `[]`, got `["policy 1"]`'],
  ['words', { outcome: 'IMPLICIT_DENY', says: 'is allowed' }, 'says: expected `is allowed`, got'],
  ['matched', { outcome: 'IMPLICIT_DENY', matched: 'x' }, 'matched: expected `x`, got `nothing`'],
  ['problems', { outcome: 'IMPLICIT_DENY', problems: [] }, 'expected 0 problems, got 1'],
  [
    'a problem',
    { outcome: 'IMPLICIT_DENY', problems: ['nonsense'] },
    'expected a problem with `nonsense`',
  ],
  ['aws', { outcome: 'IMPLICIT_DENY', aws: 'x' }, 'aws: expected `x`, got `nothing`'],
]
for (const [name, expect, failure] of wrong)
  t.test(`a wrong expectation fails: ${name}`, async t => {
    const [result] = resultsOf({ cases: [{ name, ...right, expect }] })
    t.equal(result?.passed, false)
    t.equal(result?.failures.length, 1)
    t.match(result?.failures[0], failure)
  })

t.test('a policy that does not load fails its case', async t => {
  const broken = [{ Effect: 'Allow', Action: 'iot:Publsh', Resource: 'topic/a' }]
  const [result] = resultsOf({
    cases: [{ ...right, statements: broken, expect: 'IMPLICIT_DENY' }],
  })
  t.match(result, { passed: false, failures: ['a policy does not load: unknown action'] })
})

t.test('mistakes in a file are told by their place', async t => {
  const table: [value: unknown, mistake: string][] = [
    [undefined, 'the file must be a group of keys'],
    [{}, '`cases` must be a list of cases, with one at least'],
    [{ cases: [3] }, 'cases[0] must be a group of keys'],
    [{ cases: [{ requst: 'x' }] }, 'cases[0]: unknown key `requst`, did you mean `request`?'],
    [{ cases: [{ ...right, request: 'x', expect: 'ALLOWED' }] }, 'cases[0].request must be'],
    [{ cases: [{ ...right, expect: 'ALOWED' }] }, '`ALOWED` is none of'],
    [{ cases: [{ ...right, expect: {} }] }, 'cases[0].expect has no `outcome`'],
    [
      { cases: [{ ...right, clock: 'noon', expect: 'ALLOWED' }] },
      'cases[0].clock: `noon` is no time',
    ],
    [
      { cases: [{ ...right, principal: { policies: ['q'] }, expect: 'ALLOWED' }] },
      'no policy is called `q`',
    ],
    [
      { cases: [{ ...right, principal: { groups: ['q'] }, expect: 'ALLOWED' }] },
      'no group is called `q`',
    ],
    [
      { cases: [{ ...right, policies: { p: { file: 'none.json' } }, expect: 'ALLOWED' }] },
      "cases[0].policies.p: can't read the file `none.json`",
    ],
    [
      { cases: [{ ...right, principal: { certificate: { CommonName: 'a' } }, expect: 'ALLOWED' }] },
      '`CommonName` is none of',
    ],
  ]
  for (const [value, mistake] of table) {
    const ran = runCases(value, () => undefined)
    t.ok('mistakes' in ran && ran.mistakes.some(one => one.includes(mistake)), mistake, { ran })
  }
})

t.test('yaml that is none, and yaml that grows', async t => {
  const grows = ['a: &a [x,x,x,x,x,x,x,x,x]']
  for (const [name, before] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg'].map(pair => [...pair]))
    grows.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`)
  for (const text of ['a: [', 'a: 1\na: 2', '\ta: 1', grows.join('\n'), 'a: *b'])
    t.ok('problem' in readYamlValue(text), text.slice(0, 30))
})
