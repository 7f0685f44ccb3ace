/** Thing groups of config.yaml: what of them is good, what is told, and the policies that come of it. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../../broker/config/load.ts'
import { readDeclared } from '../../../broker/registry/declared/declared.ts'
import { createRegistry } from '../../../broker/registry/registry.ts'
import { createWorld, runningClock } from '../../../broker/world.ts'

const document = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }],
})

async function declare(t: Test, groups: string) {
  const { config, problems: wrong } = loadConfig(`groups:\n${groups}`)
  if (!config) return { wrong }
  const folder = t.testdir()
  mkdirSync(join(folder, 'policies'))
  for (const name of ['fleet', 'site'])
    writeFileSync(join(folder, `policies/${name}.json`), document)
  const { declared, problems } = await readDeclared(config, folder)
  const registry = createRegistry({
    world: createWorld(runningClock()),
    account: () => config.account,
  })
  registry.declare(declared)
  return { wrong, problems, namesOf: (thing: string) => registry.policiesOf('any', thing).names }
}

t.test('policies of the groups of a thing, and of those above', async t => {
  const { namesOf, problems } = await declare(
    t,
    `- { name: all, policies: [site] }
- { name: lamps, parent: all, policies: [fleet], things: [lamp-1] }
- { name: pumps, things: [pump-1] }
`,
  )
  t.same(problems, [])
  t.same(namesOf?.('lamp-1'), ['fleet', 'site'])
  t.same(namesOf?.('pump-1'), [])
  t.same(namesOf?.('other'), [])
})

const told: [name: string, groups: string, says: string, hint?: string][] = [
  ['twins', '- { name: a }\n- { name: a }\n', 'thing group `a` is declared twice'],
  ['an unknown parent', '- { name: a, parent: b }\n', 'unknown thing group `b`'],
  [
    'a misspelt parent',
    '- { name: lamps }\n- { name: b, parent: lmaps }\n',
    'unknown thing group `lmaps`',
    'did you mean `lamps`?',
  ],
  [
    'a misspelt policy',
    '- { name: a, policies: [fleat] }\n',
    'unknown policy `fleat`',
    'did you mean `fleet`?',
  ],
  ['a group above itself', '- { name: a, parent: a }\n', 'thing group `a` is above itself'],
]
for (const [name, groups, says, hint] of told)
  t.test(`told: ${name}`, async t => {
    const { problems = [] } = await declare(t, groups)
    t.equal(problems.length, 1)
    t.match(problems[0], {
      file: 'config.yaml',
      severity: 'error',
      says,
      ...(hint === undefined ? {} : { hint }),
    })
  })

t.test('a circle of three is told of each, and ends somewhere', async t => {
  const { namesOf, problems = [] } = await declare(
    t,
    `- { name: a, parent: b, policies: [site], things: [x] }
- { name: b, parent: c }
- { name: c, parent: a, policies: [fleet] }
`,
  )
  t.equal(problems.length, 3)
  t.same(namesOf?.('x'), ['site', 'fleet'])
})

const refused: [name: string, groups: string, path: string, says: string][] = [
  ['no name', '- { policies: [fleet] }\n', 'groups[0].name', 'is missing'],
  ['a bad name', '- { name: "a b" }\n', 'groups[0].name', '`a b` is no name of a thing group'],
  ['an unknown key', '- { name: a, polices: [] }\n', 'groups[0].polices', 'unknown key'],
  ['a bad thing', '- { name: a, things: ["x/y"] }\n', 'groups[0].things[0]', 'is no thing name'],
]
for (const [name, groups, path, says] of refused)
  t.test(`refused: ${name}`, async t => {
    const { wrong } = await declare(t, groups)
    t.equal(wrong.length, 1)
    t.match(wrong[0], { line: 2, path, says })
  })
