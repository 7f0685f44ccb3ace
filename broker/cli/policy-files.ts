/** Policy documents from files that were named on the command line, and how their problems are told. */

import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { shown } from '../config/words.ts'
import type { ParseOptions, PolicyProblem } from '../policy/document.ts'
import { type Policy, readPolicy } from '../policy/policy.ts'
import { policyComplaint } from '../registry/declared/declared-documents.ts'
import { fileProblem } from '../registry/files.ts'
import type { Io } from './io.ts'
import type { Spoken } from './say.ts'

export type ReadPolicy = {
  file: string
  name: string
  /** Absent where the document has an error. */
  policy?: Policy
  problems: PolicyProblem[]
  /** What AWS would answer. */
  aws?: { error: string; message: string }
}

export async function readPolicyFile(
  file: string,
  options: ParseOptions,
  io: Io,
): Promise<ReadPolicy | { problem: Spoken }> {
  const text = await readTextFile(file, io)
  if (typeof text !== 'string') return text
  const name = basename(file).replace(/\.json$/i, '')
  return { file, name, ...readPolicy(name, text, options) }
}

export async function readTextFile(file: string, io: Io): Promise<string | { problem: Spoken }> {
  try {
    return await readFile(resolve(io.cwd, file), 'utf8')
  } catch (error) {
    const problem = fileProblem(error, file)
    if (!problem) throw error
    return { problem }
  }
}

/** `policies/device.json:12: error: statement 2: unknown action ...` */
export function problemSpoken(file: string, problem: PolicyProblem): Spoken {
  const { hint, line, says, severity } = policyComplaint(problem)
  const place =
    line === undefined ? shown(file).slice(1, -1) : `${shown(file).slice(1, -1)}:${line}`
  return { says: `${place}: ${severity}: ${says}`, ...(hint === undefined ? {} : { hint }) }
}
