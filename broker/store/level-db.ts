/** LevelDB itself: opening it, and all that it holds. What its records mean for the store is told by `level.ts`. */

import { type BatchOperation, ClassicLevel } from 'classic-level'
import { levelFolder, readStatus } from './level-files.ts'
import { codeOf, type StoreProblem } from './problem.ts'

export type Level = ClassicLevel<string, string>
export type LevelBatch = BatchOperation<Level, string, string>[]

/** Records of the store itself begin with this. */
export const OWN = '!'
export const FORMAT_KEY = '!format'
export const TALLY_KEY = '!tally'

/** Records that are read at a time. */
const AT_ONCE = 1000
const BYTES_AT_ONCE = 1024 * 1024

/** Opens LevelDB, with nothing of the store looked at; or says that another process has it. Rejects with LevelDB's errors. */
export async function openLevel(
  folder: string,
  createIfMissing: boolean,
): Promise<{ level: Level } | { problem: StoreProblem }> {
  const level: Level = new ClassicLevel(levelFolder(folder), { createIfMissing })
  try {
    await level.open()
    return { level }
  } catch (error) {
    await level.close()
    if (codeOf(error) === 'LEVEL_LOCKED') return { problem: await lockedBy(folder) }
    throw error
  }
}

/** All stored records but the store's own, with their checksums still on them. */
export async function* storedRecords(level: Level): AsyncGenerator<[string, string][]> {
  const iterator = level.iterator({ highWaterMarkBytes: BYTES_AT_ONCE })
  try {
    for (;;) {
      const entries = await iterator.nextv(AT_ONCE)
      if (entries.length === 0) return
      yield entries.filter(([key]) => !key.startsWith(OWN))
    }
  } finally {
    await iterator.close()
  }
}

async function lockedBy(folder: string): Promise<StoreProblem> {
  const status = await readStatus(folder)
  const who = status && 'open' in status ? `process ${status.open.pid}` : 'another process'
  return {
    says: `the state folder \`${folder}\` is in use by ${who}`,
    hint: 'stop that broker first, or give this one a folder of its own: --state DIR',
    inUse: true,
  }
}
