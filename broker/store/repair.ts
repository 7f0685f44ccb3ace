/**
 * The way out of a damaged store. Everything is copied first; then what can be read is kept, and what is missing is told as far
 * as it can be known: from the tally, and from how the store was left.
 */

import { access, cp, rm } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import { FORMAT, openLevelStore } from './level.ts'
import {
  FORMAT_KEY,
  type Level,
  type LevelBatch,
  openLevel,
  storedRecords,
  TALLY_KEY,
} from './level-db.ts'
import { levelFolder, lookAtFiles, readStatus, writeStatus } from './level-files.ts'
import { stamp } from './migrate.ts'
import { codeOf, problemIn, refusedBySystem, type StoreProblem } from './problem.ts'
import { emptyTally, readTally, sameTally, type Tally, tallied, unsealed } from './seal.ts'

export type Repaired = {
  /** The folder with the store as it was. */
  copy: string
  /** What it holds now. */
  records: number
  /** How many there were: `atLeast` where changes after that may be lost too. Absent: nothing tells. */
  before?: { records: number; atLeast: boolean }
  /** Keys of records that were not as they were written, and are no longer there. */
  dropped: string[]
  /** All is there, and as it was written. */
  whole: boolean
}

/** How many records of each kind there are, after all of them were read and compared with what was written. */
export async function checkStore(
  folder: string,
  now: number,
): Promise<{ kinds: Record<string, number>; remarks: StoreProblem[] } | { problem: StoreProblem }> {
  const missing = await missingStore(folder)
  if (missing) return { problem: missing }
  const opened = await openLevelStore(folder, { now })
  if ('problem' in opened) return opened
  const kinds: Record<string, number> = {}
  try {
    for await (const some of opened.store.records()) {
      for (const [key] of some) {
        const kind = key.slice(0, key.indexOf('/'))
        kinds[kind] = (kinds[kind] ?? 0) + 1
      }
    }
    return { kinds, remarks: opened.remarks }
  } catch (error) {
    const problem = problemIn(error)
    if (!problem) throw error
    return { problem }
  } finally {
    await opened.store.close()
  }
}

export async function repairStore(
  folder: string,
  now: number,
): Promise<Repaired | { problem: StoreProblem }> {
  const missing = await missingStore(folder)
  if (missing) return { problem: missing }
  const copy = `${levelFolder(folder)}.damaged-${stamp(now)}`
  try {
    await cp(levelFolder(folder), copy, { recursive: true, errorOnExist: true, force: false })
    return await repair(folder, copy)
  } catch (error) {
    const problem = refusedBySystem(error, folder)
    if (!problem) throw error
    return { problem }
  }
}

async function repair(folder: string, copy: string): Promise<Repaired | { problem: StoreProblem }> {
  const status = await readStatus(folder)
  const files = await lookAtFiles(folder, status)
  const filesWhole = !('problem' in files) && !files.torn
  const first = await tryReading(folder)
  if ('problem' in first) {
    await rm(copy, { recursive: true })
    return first
  }
  if (first.broken) {
    await ClassicLevel.repair(levelFolder(folder))
    const again = await openLevel(folder, true)
    if ('problem' in again) return again
    return finish(again.level, await readGood(again.level))
  }
  return finish(first.level, first.good)

  async function finish(level: Level, good: Good): Promise<Repaired> {
    const { tally, dropped } = good
    const said = readTally(await level.get(TALLY_KEY))
    const batch: LevelBatch = dropped.map(key => ({ type: 'del', key }))
    batch.push({ type: 'put', key: TALLY_KEY, value: JSON.stringify(tally) })
    if ((await level.get(FORMAT_KEY)) === undefined) {
      batch.push({ type: 'put', key: FORMAT_KEY, value: String(FORMAT) })
    }
    await level.batch(batch, { sync: true })
    await level.close()
    await writeStatus(folder, { closed: tally })
    const closed = status && 'closed' in status ? status.closed : undefined
    const before = closed ?? said
    return {
      copy,
      records: tally.records,
      ...(before && { before: { records: before.records, atLeast: !closed && !filesWhole } }),
      dropped,
      whole:
        before !== undefined && sameTally(before, tally) && (closed !== undefined || filesWhole),
    }
  }
}

type Good = { tally: Tally; dropped: string[] }

/** Everything that LevelDB can read as it is; `broken` where LevelDB itself needs its repair. */
async function tryReading(
  folder: string,
): Promise<
  { broken: true } | { broken: false; level: Level; good: Good } | { problem: StoreProblem }
> {
  let level: Level | undefined
  try {
    const opened = await openLevel(folder, false)
    if ('problem' in opened) return opened
    level = opened.level
    return { broken: false, level, good: await readGood(level) }
  } catch (error) {
    await level?.close()
    if (!codeOf(error).startsWith('LEVEL_')) throw error
    return { broken: true }
  }
}

async function readGood(level: Level): Promise<Good> {
  let tally = emptyTally
  const dropped: string[] = []
  for await (const entries of storedRecords(level)) {
    for (const [key, stored] of entries) {
      if (unsealed(key, stored)) tally = tallied(tally, undefined, stored)
      else dropped.push(key)
    }
  }
  return { tally, dropped }
}

/** Looking at a store makes none. */
export async function missingStore(folder: string): Promise<StoreProblem | undefined> {
  try {
    await access(levelFolder(folder))
    return undefined
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return refusedBySystem(error, folder)
    return { says: `there is no store in \`${folder}\``, hint: '--state DIR names another folder' }
  }
}
