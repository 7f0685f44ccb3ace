/** Stores in folders of their own, and what a killed process leaves of one. */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { openLevelStore } from '../../broker/store/level.ts'
import { problemIn, type StoreProblem } from '../../broker/store/problem.ts'
import type { Change, Store } from '../../broker/store/store.ts'

export const NOW = Date.UTC(2026, 0, 1)

/** A folder that goes with the test. */
export function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'candid-store-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Opens a store that must open; closed with the test. */
export async function opened(t: Test, folder: string): Promise<Store> {
  const result = await openLevelStore(folder, { now: NOW })
  if ('problem' in result) throw new Error(result.problem.says)
  t.teardown(() => result.store.close())
  return result.store
}

export async function recordsOf(store: Store): Promise<[string, string][]> {
  const records: [string, string][] = []
  for await (const some of store.records()) records.push(...some)
  return records
}

/** All that a folder's store holds, or the problem that opening or reading it ends with. */
export async function readFolder(
  folder: string,
): Promise<{ records: [string, string][]; remarks: StoreProblem[] } | { problem: StoreProblem }> {
  const result = await openLevelStore(folder, { now: NOW })
  if ('problem' in result) return result
  try {
    return { records: await recordsOf(result.store), remarks: result.remarks }
  } catch (error) {
    const problem = problemIn(error)
    if (!problem) throw error
    return { problem }
  } finally {
    await result.store.close()
  }
}

/** The folder as it would be, had its process been killed just now. */
export function asKilled(t: Test, folder: string): string {
  const copy = folderOf(t)
  cpSync(folder, copy, { recursive: true })
  return copy
}

/** Large enough for tables on disk; the latest changes are still in the log. */
export async function filled(t: Test, end: 'closed' | 'killed'): Promise<string> {
  const folder = folderOf(t)
  const first = await opened(t, folder)
  const noise = (at: number) => Array.from({ length: 60 }, (_, i) => (at * 7919 + i * i * 31) % 1e6)
  for (let batch = 0; batch < 10; batch++) {
    await first.write(
      Array.from({ length: 200 }, (_, i) => put(`things/t-${batch}-${i}`, noise(batch * 200 + i))),
    )
  }
  await first.close()
  const again = await opened(t, folder)
  await again.write([put('things/t-0-0', 'changed'), { key: 'things/t-0-1', value: undefined }])
  for (let batch = 0; batch < 20; batch++) {
    await again.write(Array.from({ length: 10 }, (_, i) => put(`late/${batch}-${i}`, noise(i))))
  }
  const copy = asKilled(t, folder)
  await again.close()
  return end === 'closed' ? folder : copy
}

export function put(key: string, value: unknown): Change {
  return { key, value: JSON.stringify(value) }
}

/** LevelDB's files whose name matches, with their path. */
export function filesOf(folder: string, pattern: RegExp): string[] {
  const inside = join(folder, 'store')
  return readdirSync(inside)
    .filter(name => pattern.test(name))
    .sort()
    .map(name => join(inside, name))
}

export function changeFile(path: string, change: (bytes: Buffer) => Buffer): void {
  writeFileSync(path, change(readFileSync(path)))
}

/** The one file of that kind. */
export function fileOf(folder: string, pattern: RegExp): string {
  const [path] = filesOf(folder, pattern)
  if (path === undefined) throw new Error(`no file ${pattern} in ${folder}`)
  return path
}
