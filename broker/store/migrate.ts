/**
 * From an older format to the one of today: step by step, written in one batch, so that a crash leaves the old store or the new
 * one. A copy of the old store is made first, and stays.
 */

import { cp } from 'node:fs/promises'
import { FORMAT_KEY, type Level, type LevelBatch, storedRecords, TALLY_KEY } from './level-db.ts'
import { levelFolder } from './level-files.ts'
import { damaged, type StoreProblem } from './problem.ts'
import { emptyTally, sameTally, sealed, type Tally, tallied, unsealed } from './seal.ts'

export type Migration = {
  /** It makes the next format out of this one. */
  from: number
  /** For people: "gives each thing its billing group". */
  does: string
  /** All records to all records, by key. */
  migrate(records: Map<string, string>): Map<string, string>
}

type Request = {
  level: Level
  folder: string
  from: number
  format: number
  steps: Migration[]
  tally: Tally
  now: number
}

export async function migrate(
  request: Request,
): Promise<{ tally: Tally } | { problem: StoreProblem }> {
  const { level, folder, from, format, steps } = request
  const before = await readAll(level)
  if (!before || !sameTally(before.tally, request.tally)) {
    return { problem: damaged(folder, 'some of its records are not as they were written') }
  }
  let records = before.records
  for (let at = from; at < format; at++) {
    const step = steps.find(one => one.from === at)
    if (!step) return { problem: tooOld(folder, at) }
    records = step.migrate(new Map(records))
  }
  const inside = levelFolder(folder)
  await cp(inside, `${inside}.format-${from}-${stamp(request.now)}`, { recursive: true })
  let tally = emptyTally
  const batch: LevelBatch = []
  for (const key of before.records.keys()) if (!records.has(key)) batch.push({ type: 'del', key })
  for (const [key, value] of records) {
    const after = sealed(key, value)
    tally = tallied(tally, undefined, after)
    if (before.records.get(key) !== value) batch.push({ type: 'put', key, value: after })
  }
  batch.push({ type: 'put', key: TALLY_KEY, value: JSON.stringify(tally) })
  batch.push({ type: 'put', key: FORMAT_KEY, value: String(format) })
  await level.batch(batch, { sync: true })
  return { tally }
}

/** For names of copies: `20261121T151500Z`. */
export function stamp(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
}

async function readAll(
  level: Level,
): Promise<{ records: Map<string, string>; tally: Tally } | undefined> {
  const records = new Map<string, string>()
  let tally = emptyTally
  for await (const entries of storedRecords(level)) {
    for (const [key, stored] of entries) {
      const record = unsealed(key, stored)
      if (!record) return undefined
      tally = tallied(tally, undefined, stored)
      records.set(key, record.value)
    }
  }
  return { records, tally }
}

function tooOld(folder: string, format: number): StoreProblem {
  return {
    says: `the store in \`${folder}\` has format ${format}, and this version of candid can't read that any more`,
    hint: 'open it once with an older version of candid, or start with another folder: --state DIR',
  }
}
