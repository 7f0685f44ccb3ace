/** The way out: what can be read is kept, what is missing is told, and nothing is thrown away. */

import { existsSync, rmSync, truncateSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { checkStore, repairStore } from '../../broker/store/repair.ts'
import {
  asKilled,
  changeFile,
  fileOf,
  filled,
  folderOf,
  NOW,
  opened,
  readFolder,
} from './scratch.ts'

const flip = (at: number) => (bytes: Buffer) => {
  bytes[at] = (bytes[at] ?? 0) ^ 0x04
  return bytes
}

t.test('a store that is whole stays as it is', async t => {
  for (const end of ['closed', 'killed'] as const) {
    const folder = await filled(t, end)
    const before = await readFolder(asKilled(t, folder))
    const repaired = await repairStore(folder, NOW)
    t.match(repaired, { records: 2199, before: { records: 2199 }, dropped: [], whole: true }, end)
    t.same(await readFolder(folder), before)
  }
})

t.test('a changed record is dropped by name, its copy is kept', async t => {
  const folder = await filled(t, 'closed')
  changeFile(fileOf(folder, /\.ldb$/), flip(30_000))
  const damaged = asKilled(t, folder)
  t.match(await checkStore(folder, NOW), { problem: { says: /is damaged/ } })
  const repaired = await repairStore(folder, NOW)
  if ('problem' in repaired) throw new Error(repaired.problem.says)
  t.equal(repaired.copy, `${folder}/store.damaged-20260101T000000Z`)
  t.ok(existsSync(`${repaired.copy}/CURRENT`))
  t.notOk(repaired.whole)
  t.same(repaired.before, { records: 2199, atLeast: false })
  t.ok(repaired.records < 2199)
  const left = await readFolder(folder)
  t.equal('records' in left && left.records.length, repaired.records)
  t.same(await checkStore(folder, NOW), {
    kinds: { late: 200, things: repaired.records - 200 },
    remarks: [],
  })
  t.match(await readFolder(damaged), { problem: {} }, 'only the original was changed')
})

t.test('without CURRENT the tables and the log are read anew', async t => {
  const folder = await filled(t, 'killed')
  rmSync(fileOf(folder, /^CURRENT$/))
  const repaired = await repairStore(folder, NOW)
  t.match(repaired, { records: 2199, before: { records: 2199, atLeast: true }, dropped: [] })
  t.equal('whole' in repaired && repaired.whole, false, 'nothing tells whether more was there')
  t.match(await checkStore(folder, NOW), { kinds: { late: 200, things: 1999 } })
})

t.test('a log that was cut off: how many are missing is told after an orderly stop', async t => {
  const folder = await filled(t, 'closed')
  truncateSync(fileOf(folder, /\d\.log$/), 0)
  t.match(await repairStore(folder, NOW), {
    records: 2000,
    before: { records: 2199, atLeast: false },
    whole: false,
  })
})

t.test('a folder that is in use, or without a store, is left alone', async t => {
  const folder = await filled(t, 'closed')
  const store = await opened(t, folder)
  t.match(await repairStore(folder, NOW), { problem: { says: /in use by process/ } })
  t.notOk(existsSync(`${folder}/store.damaged-20260101T000000Z`))
  await store.close()
  const empty = folderOf(t)
  for (const look of [repairStore, checkStore]) {
    t.match(await look(empty, NOW), { problem: { says: /there is no store in/ } })
  }
  t.notOk(existsSync(`${empty}/store`))
})

t.test(
  'whatever is damaged: the repaired store opens, and holds no record that was not written',
  async t => {
    const whole = await filled(t, 'closed')
    const before = await readFolder(asKilled(t, whole))
    if ('problem' in before) throw new Error(before.problem.says)
    const known = new Map(before.records)
    const harm = fc.record({
      file: fc.constantFrom(/^CURRENT$/, /^MANIFEST-/, /\.ldb$/, /\d\.log$/),
      where: fc.double({ min: 0, max: 0.999999, noNaN: true }),
      how: fc.constantFrom('flip', 'cut', 'remove'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(harm, { minLength: 1, maxLength: 3 }), async harms => {
        const folder = asKilled(t, whole)
        for (const { file, where, how } of harms) {
          const path = fileOf(whole, file).replace(whole, folder)
          if (!existsSync(path)) continue
          if (how === 'remove') rmSync(path)
          else if (how === 'cut') changeFile(path, bytes => bytes.subarray(0, bytes.length * where))
          else changeFile(path, bytes => flip(Math.floor(bytes.length * where))(bytes))
        }
        const repaired = await repairStore(folder, NOW)
        if ('problem' in repaired) throw new Error(repaired.problem.says)
        const left = await readFolder(folder)
        if ('problem' in left) throw new Error(left.problem.says)
        t.equal(left.records.length, repaired.records)
        const wrong = left.records.filter(([key]) => !known.has(key) && key !== 'things/t-0-1')
        t.same(wrong, [])
        if (repaired.whole) t.same(left.records, before.records)
      }),
      { numRuns: 30, verbose: true },
    )
  },
)
