/**
 * Compiles a client program once for each state of its source and each version of its compiler. Tests run in several
 * processes at once: each may compile, the rename decides, and nobody ever sees half a program.
 */

import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { run } from '../run.ts'

/**
 * @param name the source's file name in this folder
 * @param compiler its language and version: another one builds anew
 * @param command how to make `draft` (a file or a folder) of `source`
 * @returns the path of what was made
 * @throws Error with the compiler's words when the source doesn't compile: that is a bug here, nothing to skip
 */
export async function buildOnce(
  name: string,
  compiler: string,
  command: (
    source: string,
    draft: string,
  ) => { command: string; args: string[]; env?: Record<string, string> },
): Promise<string> {
  const source = `${here}${name}`
  const digest = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
    .slice(0, 12)
  const made = `${built}${compiler}-${digest}`
  if (existsSync(made)) return made
  await mkdir(built, { recursive: true })
  const draft = `${made}.${randomUUID()}`
  const { command: program, args, env } = command(source, draft)
  const compiled = await run(program, args, { timeoutMs: 50_000, ...(env && { env }) })
  if (compiled.code !== 0) throw new Error(`${name} does not compile:\n${compiled.stderr}`)
  try {
    await rename(draft, made)
  } catch (error) {
    // A folder can't replace one that another process made meanwhile.
    await rm(draft, { recursive: true, force: true })
    if (!existsSync(made)) throw error
  }
  return made
}

const here = fileURLToPath(new URL('.', import.meta.url))
const built = fileURLToPath(new URL('../build/', import.meta.url))
