import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import fc from 'fast-check'
import t from 'tap'
import { openLevelStore } from '../../broker/store/level.ts'
import { createMemoryStore } from '../../broker/store/memory.ts'
import type { Change, Store } from '../../broker/store/store.ts'
import { asKilled, folderOf, NOW, opened, put, readFolder, recordsOf } from './scratch.ts'

const change = fc.record({
  key: fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', '/', '~', 'é') }),
  value: fc.option(fc.json({ maxDepth: 1 }), { nil: undefined }),
})
const batches = fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 6 })

async function fill(store: Store, all: Change[][]): Promise<void> {
  await Promise.all(all.map(changes => store.write(changes)))
}

t.test(
  'whatever is written is there, in both engines alike, and after a kill and a stop',
  async t => {
    await fc.assert(
      fc.asyncProperty(batches, async all => {
        const folder = folderOf(t)
        const [memory, level] = [createMemoryStore(), await opened(t, folder)]
        await fill(memory, all)
        await fill(level, all)
        const expected = await recordsOf(memory)
        t.same(await recordsOf(level), expected)
        t.same(await readFolder(asKilled(t, folder)), { records: expected, remarks: [] })
        await level.close()
        t.same(await readFolder(folder), { records: expected, remarks: [] })
      }),
      { numRuns: 25, verbose: true },
    )
  },
)

t.test('a batch survives a kill as soon as its write resolves', async t => {
  const folder = folderOf(t)
  const store = await opened(t, folder)
  for (let round = 0; round < 5; round++) {
    await store.write([put(`things/t-${round}`, { round }), put('settings/last', { round })])
    const left = await readFolder(asKilled(t, folder))
    t.same('records' in left && left.records.at(0), ['settings/last', `{"round":${round}}`])
    t.equal('records' in left && left.records.length, round + 2)
  }
})

t.test('the folders are for their owner only, and git does not look into them', async t => {
  const folder = join(folderOf(t), 'deep', 'state')
  await opened(t, folder)
  t.equal(statSync(folder).mode & 0o777, 0o700)
  t.equal(statSync(join(folder, 'store')).mode & 0o777, 0o700)
  t.equal(readFileSync(join(folder, '.gitignore'), 'utf8'), '*\n')
})

t.test('one process at a time: the second is told who has it', async t => {
  const folder = folderOf(t)
  const store = await opened(t, folder)
  const second = await openLevelStore(folder, { now: NOW })
  t.same(second, {
    problem: {
      says: `the state folder \`${folder}\` is in use by process ${process.pid}`,
      hint: 'stop that broker first, or give this one a folder of its own: --state DIR',
      inUse: true,
    },
  })
  await store.write([put('things/a', {})])
  await store.close()
  t.match(await readFolder(folder), { records: [['things/a', '{}']] })
})

t.test('a folder that can not be used', async t => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'file'), '')
  const cases: [path: string, says: RegExp][] = [
    [
      'file',
      /`.*\/file` can't be used: (there is a file of that name|a part of this path is a file)/,
    ],
    ['file/below', /can't be used: a part of this path is a file, not a folder/],
  ]
  if (process.getuid?.() !== 0) {
    mkdirSync(join(folder, 'locked'))
    chmodSync(join(folder, 'locked'), 0o500)
    cases.push(['locked/state', /can't be used: permission denied/])
  }
  for (const [path, says] of cases) {
    const result = await openLevelStore(join(folder, path), { now: NOW })
    t.match(result, { problem: { says, hint: /--state DIR/ } }, path)
  }
})

t.test('a LevelDB that is not ours is left as it is', async t => {
  const folder = folderOf(t)
  const theirs = new ClassicLevel(join(folder, 'store'))
  await theirs.put('their key', 'their value')
  await theirs.close()
  t.match(await openLevelStore(folder, { now: NOW }), {
    problem: { says: /was not made by candid/, hint: /folder of its own/ },
  })
  t.equal(await theirs.open().then(() => theirs.get('their key')), 'their value')
  await theirs.close()
})

t.test('after a write that failed nothing more is written', async t => {
  const folder = folderOf(t)
  const store = await opened(t, folder)
  await store.write([put('things/a', {})])
  const wrong = store.write([put('!tally', {})])
  const next = store.write([put('things/b', {})])
  await t.rejects(wrong, /begins with/)
  await t.rejects(next)
  await store.close()
  t.match(await readFolder(folder), { records: [['things/a', '{}']] })
})
