/** From one format to the next, with invented steps: there is only one format so far. */

import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openLevelStore } from '../../broker/store/level.ts'
import type { Migration } from '../../broker/store/migrate.ts'
import { folderOf, NOW, opened, put, readFolder, recordsOf } from './scratch.ts'

const steps: Migration[] = [
  {
    from: 1,
    does: 'calls devices things',
    migrate: records =>
      new Map([...records].map(([key, value]) => [key.replace('devices/', 'things/'), value])),
  },
  {
    from: 2,
    does: 'gives each thing a version',
    migrate: records =>
      new Map([...records].map(([key, value]) => [key, value.replace('}', ',"version":1}')])),
  },
]

async function older(folder: string): Promise<void> {
  const store = await openLevelStore(folder, { now: NOW })
  if ('problem' in store) throw new Error(store.problem.says)
  await store.store.write([put('devices/a', { name: 'a' }), put('devices/b', { name: 'b' })])
  await store.store.close()
}

t.test('an older store goes through each step once, and a copy of it stays', async t => {
  const folder = folderOf(t)
  await older(folder)
  const expected = [
    ['things/a', '{"name":"a","version":1}'],
    ['things/b', '{"name":"b","version":1}'],
  ]
  for (const start of ['first', 'second']) {
    const result = await openLevelStore(folder, { now: NOW, migrations: { steps, format: 3 } })
    if ('problem' in result) throw new Error(result.problem.says)
    t.same(await recordsOf(result.store), expected, start)
    await result.store.close()
  }
  t.same(readdirSync(folder).sort(), ['store', 'store.format-1-20260101T000000Z'])
  const copy = folderOf(t)
  renameSync(join(folder, 'store.format-1-20260101T000000Z'), join(copy, 'store'))
  t.match(await readFolder(copy), { records: [['devices/a', '{"name":"a"}'], ['devices/b']] })
})

t.test('a newer store is refused, and left as it is', async t => {
  const folder = folderOf(t)
  await older(folder)
  const newer = await openLevelStore(folder, { now: NOW, migrations: { steps, format: 3 } })
  if ('problem' in newer) throw new Error(newer.problem.says)
  await newer.store.close()
  t.match(await openLevelStore(folder, { now: NOW }), {
    problem: {
      says: /has format 3, and this version of candid knows up to 1/,
      hint: /--state DIR/,
    },
  })
  const again = await openLevelStore(folder, { now: NOW, migrations: { steps, format: 3 } })
  t.match(again, { remarks: [] })
  if ('store' in again) await again.store.close()
})

t.test('a store that no step leads on from is refused', async t => {
  const folder = folderOf(t)
  await older(folder)
  t.match(await openLevelStore(folder, { now: NOW, migrations: { steps: [], format: 2 } }), {
    problem: { says: /has format 1, and this version of candid can't read that any more/ },
  })
  const store = await opened(t, folder)
  t.equal((await recordsOf(store)).length, 2)
})
