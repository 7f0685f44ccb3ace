/**
 * `--out DIR`: copies of what was made, for taking to the device. Nothing that is there is
 * overwritten.
 */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileProblem, type NewFile, writeFileWhole } from '../registry/files.ts'
import type { Io } from './io.ts'
import { exists, near } from './project.ts'
import type { Spoken } from './say.ts'

/**
 * @returns what stands in the way; nothing was written then, or not all of it where the disk failed
 */
export async function writeCopies(
  files: NewFile[],
  folder: string,
  io: Io,
): Promise<Spoken | undefined> {
  for (const file of files) {
    const path = join(folder, file.name)
    if (await exists(path)) {
      return {
        says: `\`${near(path, io)}\` is there already`,
        hint: 'choose another folder, or move that file away',
      }
    }
  }
  try {
    await mkdir(folder, { recursive: true })
    for (const file of files) await writeFileWhole(join(folder, file.name), file, io.world)
    return undefined
  } catch (error) {
    const problem = fileProblem(error, near(folder, io))
    if (!problem) throw error
    return problem
  }
}
