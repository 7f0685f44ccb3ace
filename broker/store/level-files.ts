/**
 * The files of a store: `DIR/store/`, where LevelDB keeps its own, and beside them `status.json`. That says whether the store is
 * open, and by which process, or how it was left. LevelDB makes a new, empty store where its files are gone, so what is missing
 * is looked for before it opens them.
 */

import { mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readLevelLog } from './level-log.ts'
import { codeOf, damaged, type StoreProblem } from './problem.ts'
import type { Tally } from './seal.ts'

/** `open`: a process has it, or had it and was killed. `closed`: it was left in order, with this in it. */
export type Status = { open: { pid: number } } | { closed: Tally }

export function levelFolder(folder: string): string {
  return join(folder, 'store')
}

/** Makes the folders, for their owner only, and out of git's sight. */
export async function makeFolders(folder: string): Promise<void> {
  const made = await mkdir(levelFolder(folder), { recursive: true, mode: 0o700 })
  if (made === undefined) return
  if (made !== levelFolder(folder)) await writeFile(join(folder, '.gitignore'), '*\n')
  await syncFolder(folder)
  await syncFolder(dirname(made))
}

/** Nothing where there is none, or none that can be read: no more is known then. */
export async function readStatus(folder: string): Promise<Status | undefined> {
  try {
    const status = JSON.parse(await readFile(statusFile(folder), 'utf8'))
    if (Number.isSafeInteger(status?.open?.pid)) return { open: { pid: status.open.pid } }
    const { records, sum } = status?.closed ?? {}
    if (Number.isSafeInteger(records) && Number.isSafeInteger(sum))
      return { closed: { records, sum } }
  } catch (error) {
    if (!(error instanceof SyntaxError) && codeOf(error) !== 'ENOENT') throw error
  }
  return undefined
}

/** Durable when it resolves. */
export async function writeStatus(folder: string, status: Status): Promise<void> {
  const aside = `${statusFile(folder)}.new`
  await writeFile(aside, `${JSON.stringify(status)}\n`, { mode: 0o600, flush: true })
  await rename(aside, statusFile(folder))
  await syncFolder(levelFolder(folder))
}

/** What is wrong with LevelDB's files, as far as it shows before LevelDB opens them. */
export async function lookAtFiles(
  folder: string,
  status: Status | undefined,
): Promise<{ isNew: boolean; torn: boolean } | { problem: StoreProblem }> {
  const inside = levelFolder(folder)
  const names = await readdir(inside)
  const has = (pattern: RegExp): boolean => names.some(name => pattern.test(name))
  const problem = (what: string) => ({ problem: damaged(folder, what) })
  if (!names.includes('CURRENT')) {
    if (has(/^MANIFEST-|\.(ldb|sst)$/)) return problem('its file `CURRENT` is missing')
    if (status) return problem('its files are missing')
    return { isNew: true, torn: false }
  }
  if (!has(/^MANIFEST-/)) return problem('its file `MANIFEST-...` is missing')
  if (!has(/\.log$/) && (status || has(/\.(ldb|sst)$/)))
    return problem('its file `....log`, with the latest changes, is missing')
  let torn = false
  for (const name of names.filter(one => one.endsWith('.log'))) {
    const state = readLevelLog(await readFile(join(inside, name)))
    if (state.kind === 'damaged')
      return problem(`\`${name}\` can't be read from byte ${state.at} on`)
    torn ||= state.kind === 'torn'
  }
  return { isNew: false, torn }
}

/** Makes new names in a folder survive a crash of the machine, where the system can do that. */
async function syncFolder(folder: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>> | undefined
  try {
    handle = await open(folder, 'r')
    await handle.sync()
  } catch (error) {
    // Windows opens no folders.
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL'].includes(codeOf(error))) throw error
  } finally {
    await handle?.close()
  }
}

function statusFile(folder: string): string {
  return join(levelFolder(folder), 'status.json')
}
