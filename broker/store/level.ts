/**
 * The store on disk: LevelDB, in a folder that one process opens at a time. Each batch is in the log and synced to the disk
 * before it counts as written. What LevelDB doesn't notice, `seal.ts` and `level-files.ts` do.
 */

import {
  FORMAT_KEY,
  type Level,
  type LevelBatch,
  OWN,
  openLevel,
  storedRecords,
  TALLY_KEY,
} from './level-db.ts'
import {
  levelFolder,
  lookAtFiles,
  makeFolders,
  readStatus,
  type Status,
  writeStatus,
} from './level-files.ts'
import { type Migration, migrate } from './migrate.ts'
import { codeOf, damaged, refusedBySystem, type StoreProblem, storeError } from './problem.ts'
import { emptyTally, readTally, sameTally, sealed, type Tally, tallied, unsealed } from './seal.ts'
import type { Change, Entry, Store } from './store.ts'

/** The form in which records are kept. A store of an older one is brought to this one when it is opened. */
export const FORMAT = 1

export type LevelOptions = {
  /** The steps from older formats; the format that they end with. For tests of the steps themselves. */
  migrations?: { steps: Migration[]; format: number }
  /** ms since 1970: names the copy of an older store. */
  now: number
}

export type OpenedLevel = {
  store: Store
  /** Worth telling, in the way of nothing. */
  remarks: StoreProblem[]
}

/**
 * Opens the store in a folder, or makes one there. Never throws for what a disk, a person or another process may have done.
 * @param folder the state folder; made where there is none
 */
export async function openLevelStore(
  folder: string,
  options: LevelOptions,
): Promise<OpenedLevel | { problem: StoreProblem }> {
  // The files are looked at before LevelDB has its lock. What is gone when looked at again was no damage, but another
  // process that was just making the store, opening it or closing it.
  for (let looks = LOOKS; ; looks--) {
    const opened = await tryOpen(folder, options)
    if (!('problem' in opened) || opened.problem.inUse || looks === 1) return opened
    await new Promise<void>(resolve => void setTimeout(resolve, BETWEEN_LOOKS_MS))
  }
}

const LOOKS = 3
const BETWEEN_LOOKS_MS = 100

async function tryOpen(
  folder: string,
  options: LevelOptions,
): Promise<OpenedLevel | { problem: StoreProblem }> {
  try {
    await makeFolders(folder)
    return await open(folder, options)
  } catch (error) {
    const problem = refusedBySystem(error, folder)
    if (!problem) throw error
    return { problem }
  }
}

async function open(
  folder: string,
  options: LevelOptions,
): Promise<OpenedLevel | { problem: StoreProblem }> {
  const status = await readStatus(folder)
  const seen = await lookAtFiles(folder, status)
  if ('problem' in seen) return orInUse(seen, status)
  const opened = await openLevel(folder, seen.isNew)
  if ('problem' in opened) return opened
  const { level } = opened
  const checked = await check(level, folder, status, options)
  if ('problem' in checked) {
    await level.close()
    return checked
  }
  await writeStatus(folder, { open: { pid: process.pid } })
  return {
    store: storeOn(level, folder, checked.tally),
    remarks: seen.torn ? [tornRemark(folder)] : [],
  }
}

/** What the store says of itself: its format, and that it is as it was left. */
async function check(
  level: Level,
  folder: string,
  status: Status | undefined,
  { now, migrations = { steps: [], format: FORMAT } }: LevelOptions,
): Promise<{ tally: Tally } | { problem: StoreProblem }> {
  const format = await level.get(FORMAT_KEY)
  if (format === undefined) {
    if (status) return { problem: damaged(folder, 'it is empty, and it was not') }
    const [first] = await level.keys({ limit: 1 }).all()
    if (first !== undefined) return { problem: foreign(folder) }
    await level.batch(
      [
        { type: 'put', key: FORMAT_KEY, value: String(migrations.format) },
        { type: 'put', key: TALLY_KEY, value: JSON.stringify(emptyTally) },
      ],
      { sync: true },
    )
    return { tally: emptyTally }
  }
  if (!/^[1-9]\d{0,5}$/.test(format)) return { problem: damaged(folder, 'its format is no number') }
  if (Number(format) > migrations.format) return { problem: newer(folder, format) }
  const tally = readTally(await level.get(TALLY_KEY))
  if (!tally) return { problem: damaged(folder, 'the record that counts the others is missing') }
  if (status && 'closed' in status && !sameTally(status.closed, tally)) {
    const { records } = status.closed
    const what = `it was left with ${records} records, and now says that it has ${tally.records}`
    return { problem: damaged(folder, `${what}; the latest changes are missing`) }
  }
  if (Number(format) === migrations.format) return { tally }
  return migrate({ level, folder, from: Number(format), tally, now, ...migrations })
}

function storeOn(level: Level, folder: string, first: Tally): Store {
  let tally = first
  let last: Promise<void> = Promise.resolve()
  let failed = false
  let closing: Promise<void> | undefined
  return {
    records: () => checkedRecords(level, folder, tally),
    read: key => readOne(level, folder, key),
    write(changes) {
      // INVARIANT: nothing is written after what could not be written.
      const written = last.then(async () => {
        tally = await writeBatch(level, changes, tally)
      })
      last = written
      written.catch(() => {
        failed = true
      })
      return written
    },
    close() {
      closing ??= last
        .catch(() => undefined)
        .then(() => level.close())
        .then(() => (failed ? undefined : writeStatus(folder, { closed: tally })))
      return closing
    },
  }
}

async function* checkedRecords(
  level: Level,
  folder: string,
  expected: Tally,
): AsyncGenerator<Entry[]> {
  let records = 0
  let sum = 0
  try {
    for await (const entries of storedRecords(level)) {
      yield entries.map(([key, stored]): Entry => {
        const record = unsealed(key, stored) ?? notAsWritten(key, folder)
        records++
        sum += record.sum
        return [key, record.value]
      })
    }
  } catch (error) {
    const problem = codeOf(error).startsWith('LEVEL_') && refusedBySystem(error, folder)
    throw problem ? storeError(problem) : error
  }
  if (sameTally({ records, sum: sum % 2 ** 48 }, expected)) return
  const what =
    records === expected.records
      ? 'some of its records are older than its last change'
      : `it holds ${records} records, and had ${expected.records}`
  throw storeError(damaged(folder, what))
}

function readOne(level: Level, folder: string, key: string): string | undefined {
  const stored = level.getSync(key)
  return stored === undefined
    ? undefined
    : (unsealed(key, stored) ?? notAsWritten(key, folder)).value
}

function notAsWritten(key: string, folder: string): never {
  throw storeError(damaged(folder, `the record \`${key}\` isn't as it was written`))
}

async function writeBatch(level: Level, changes: Change[], before: Tally): Promise<Tally> {
  const last = new Map(changes.map(({ key, value }) => [key, value]))
  const keys = [...last.keys()]
  if (keys.some(key => key.startsWith(OWN))) throw new Error(`a key begins with \`${OWN}\``)
  const stored = await level.getMany(keys)
  let tally = before
  const batch: LevelBatch = keys.map((key, index) => {
    const value = last.get(key)
    const after = value === undefined ? undefined : sealed(key, value)
    tally = tallied(tally, stored[index], after)
    return after === undefined ? { type: 'del', key } : { type: 'put', key, value: after }
  })
  batch.push({ type: 'put', key: TALLY_KEY, value: JSON.stringify(tally) })
  await level.batch(batch, { sync: true })
  return tally
}

/** What looks like damage may be a broker that is writing just now. */
function orInUse(seen: { problem: StoreProblem }, status: Status | undefined): typeof seen {
  const pid = status && 'open' in status ? status.open.pid : process.pid
  // In a container each start may have the same id.
  if (pid === process.pid || !isRunning(pid)) return seen
  const { says, hint } = seen.problem
  return {
    problem: {
      says,
      hint: `if process ${pid} is a broker with this folder: stop it; if not: ${hint}`,
    },
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

function newer(folder: string, format: string): StoreProblem {
  return {
    says: `the store in \`${folder}\` has format ${format}, and this version of candid knows up to ${FORMAT}`,
    hint: 'take the version that made it, or start with another folder: --state DIR',
  }
}

function foreign(folder: string): StoreProblem {
  return {
    says: `the LevelDB in \`${levelFolder(folder)}\` was not made by candid`,
    hint: 'give a folder of its own: --state DIR',
  }
}

function tornRemark(folder: string): StoreProblem {
  return {
    says: `the last change in the store \`${folder}\` was cut off by a crash, and is left out: it had not been confirmed to anybody`,
    hint: 'nothing is to be done',
  }
}
