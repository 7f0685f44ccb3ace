/** Damage is done to real files: the store is as it was written, or it says that it isn't. Never anything between. */

import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { asKilled, changeFile, fileOf, filesOf, filled, readFolder } from './scratch.ts'

const flip = (at: number) => (bytes: Buffer) => {
  bytes[at] = (bytes[at] ?? 0) ^ 0x04
  return bytes
}

type Case = { does: string; to: 'closed' | 'killed'; harm(folder: string): void; says: RegExp }

const cases: Case[] = [
  {
    does: 'CURRENT is missing',
    to: 'killed',
    harm: folder => rmSync(fileOf(folder, /^CURRENT$/)),
    says: /its file `CURRENT` is missing/,
  },
  {
    does: 'CURRENT is garbage',
    to: 'killed',
    harm: folder => changeFile(fileOf(folder, /^CURRENT$/), () => Buffer.from('nothing\n')),
    says: /LevelDB says: /,
  },
  {
    does: 'the manifest is missing',
    to: 'killed',
    harm: folder => rmSync(fileOf(folder, /^MANIFEST-/)),
    says: /its file `MANIFEST-\.\.\.` is missing/,
  },
  {
    does: 'a byte of the manifest is flipped',
    to: 'killed',
    harm: folder => changeFile(fileOf(folder, /^MANIFEST-/), flip(20)),
    says: /LevelDB says: Corruption/,
  },
  {
    does: 'a table is missing',
    to: 'killed',
    harm: folder => rmSync(fileOf(folder, /\.ldb$/)),
    says: /LevelDB says: Corruption: \d+ missing files/,
  },
  {
    does: 'a byte in the middle of a table is flipped',
    to: 'killed',
    harm: folder => changeFile(fileOf(folder, /\.ldb$/), flip(30_000)),
    says: /isn't as it was written|LevelDB says|it holds \d+ records/,
  },
  {
    does: 'the log is missing',
    to: 'killed',
    harm: folder => rmSync(fileOf(folder, /\d\.log$/)),
    says: /with the latest changes, is missing/,
  },
  {
    does: 'a byte in the middle of the log is flipped',
    to: 'killed',
    harm: folder => changeFile(fileOf(folder, /\d\.log$/), flip(5_000)),
    says: /`\d+\.log` can't be read from byte \d+ on/,
  },
  {
    does: 'a part of the log is lost, which a file system fills with zeros',
    to: 'killed',
    harm: folder => changeFile(fileOf(folder, /\d\.log$/), bytes => bytes.fill(0, 4096, 8192)),
    says: /`\d+\.log` can't be read from byte \d+ on/,
  },
  {
    does: 'the end of the log is cut off, after an orderly stop',
    to: 'closed',
    harm: folder => truncateSync(fileOf(folder, /\d\.log$/), 10_000),
    says: /it was left with 2199 records, and now says that it has 2\d\d\d; the latest changes are missing/,
  },
  {
    does: 'all of the log is cut off, after an orderly stop',
    to: 'closed',
    harm: folder => truncateSync(fileOf(folder, /\d\.log$/), 0),
    says: /it was left with 2199 records, and now says that it has 2000/,
  },
  {
    does: "all of LevelDB's files are gone",
    to: 'killed',
    harm: folder => {
      for (const file of filesOf(folder, /^(CURRENT|MANIFEST-.*|.*\.ldb|.*\.log)$/)) rmSync(file)
    },
    says: /its files are missing/,
  },
]

for (const { does, to, harm, says } of cases) {
  t.test(does, async t => {
    const folder = await filled(t, to)
    harm(folder)
    const left = await readFolder(folder)
    t.match(left, { problem: { says, hint: /candid store repair --state / } })
    t.match(left, { problem: { says: new RegExp(`the store in \`${folder}\` is damaged: `) } })
  })
}

t.test('what a crash cut off was never confirmed: it is left out, and told', async t => {
  const folder = await filled(t, 'killed')
  const log = fileOf(folder, /\d\.log$/)
  truncateSync(log, statSync(log).size - 5)
  changeFile(log, bytes => Buffer.concat([bytes, Buffer.alloc(40)]))
  const left = await readFolder(folder)
  t.match(left, { remarks: [{ says: /was cut off by a crash/ }] })
  t.equal('records' in left && left.records.length, 2189)
})

t.test('one byte flipped anywhere: all is there, or the damage is told', async t => {
  const whole = await filled(t, 'closed')
  const before = await readFolder(asKilled(t, whole))
  if (!('records' in before)) throw new Error(before.problem.says)
  t.equal(before.records.length, 2199)
  const names = readdirSync(join(whole, 'store')).filter(name => !/^LO|^status/.test(name))
  const place = fc.record({
    name: fc.constantFrom(...names),
    where: fc.double({ min: 0, max: 0.999999, noNaN: true }),
    bit: fc.integer({ min: 0, max: 7 }),
  })
  let told = 0
  await fc.assert(
    fc.asyncProperty(place, async ({ name, where, bit }) => {
      const folder = asKilled(t, whole)
      const file = fileOf(folder, new RegExp(`^${name}$`))
      changeFile(file, bytes => {
        const at = Math.floor(bytes.length * where)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
        return bytes
      })
      const left = await readFolder(folder)
      if ('problem' in left) told++
      else t.same(left.records, before.records, `${basename(file)} at ${where}`)
    }),
    { numRuns: 60, verbose: true },
  )
  t.ok(told > 10, `${told} of 60 were told`)
})
