/** What is told of the hooks of config.yaml before anybody asks one. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { hookRemarks } from '../../broker/cli/hook-remarks.ts'
import type { HookItem } from '../../broker/config/shape.ts'

const dir = mkdtempSync(join(tmpdir(), 'candid-hook-'))
t.teardown(() => rmSync(dir, { recursive: true }))
writeFileSync(join(dir, 'hook.mjs'), '')
writeFileSync(join(dir, 'run'), '', { mode: 0o755 })
writeFileSync(join(dir, 'text'), '', { mode: 0o644 })

const fleet = { template: 'fleet', line: 4 }
const cases: [what: string, hook: HookItem, says?: RegExp, hint?: RegExp][] = [
  ['a module that is there', { ...fleet, module: 'hook.mjs' }],
  ['a program of the PATH with a script', { ...fleet, command: ['node', 'hook.mjs'] }],
  ['a program of the project', { ...fleet, command: ['./run', 'SOME.thing'] }],
  ['options', { ...fleet, command: ['node', '-e', 'absent.mjs'] }],
  [
    'a template with a typing mistake',
    { template: 'fleat', line: 4, module: 'hook.mjs' },
    /^the hook of template `fleat`: there is no template of this name/,
    /^did you mean `fleet`\?/,
  ],
  [
    'a template that nobody knows',
    { template: 'workbench', line: 4, module: 'hook.mjs' },
    /`workbench`: there is no template/,
    /policies\/templates\/workbench\.json/,
  ],
  [
    'an absent module',
    { ...fleet, module: 'hok.mjs' },
    /no module `hok\.mjs`$/,
    /folder of config/,
  ],
  ['an absent program', { ...fleet, command: ['nodee', 'hook.mjs'] }, /no program `nodee`/, /PATH/],
  ['a program without its mode', { ...fleet, command: ['./text'] }, /no program `\.\/text`/, /755/],
  ['an absent script', { ...fleet, command: ['node', 'x/h.js'] }, /no file `x\/h\.js`$/, /config/],
]

for (const [what, hook, says, hint] of cases) {
  t.test(what, async t => {
    const path = `/absent:${dirname(process.execPath)}`
    const remarks = await hookRemarks([hook], dir, ['jitp', 'fleet'], path)
    t.equal(remarks.length, says === undefined ? 0 : 1)
    if (says !== undefined) t.match(remarks, [{ line: 4, says, hint }])
  })
}

t.test('without a PATH no program is looked for in it', async t => {
  const hooks: HookItem[] = [{ ...fleet, command: ['nodee'] }]
  t.same(await hookRemarks(hooks, dir, ['fleet'], undefined), [])
})
