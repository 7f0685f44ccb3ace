/**
 * The project a command works in: its config.yaml (or the defaults, where there is none) and the
 * folders that names.
 */

import { lstat, readdir, readFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { loadConfig } from '../config/load.ts'
import { type Config, defaultConfig } from '../config/shape.ts'
import { nearest, oneOfWords, shown } from '../config/words.ts'
import { errorCode, fileProblem } from '../registry/files.ts'
import type { Io } from './io.ts'
import type { Spoken } from './say.ts'

export type Project = {
  config: Config
  /** Absent: there is no config file, and the defaults hold. */
  configFile?: string
  /** Absolute; paths of the config start here. */
  baseDir: string
  certsDir: string
  policiesDir: string
}

/**
 * Finds and reads the config.
 * @param flag the value of `--config`; without it ./config.yaml where there is one
 */
export async function openProject(
  flag: string | undefined,
  io: Io,
): Promise<{ project: Project } | { problems: Spoken[] }> {
  const found = await findConfig(flag, io)
  if ('problem' in found) return { problems: [found.problem] }
  const { file, text } = found
  if (file === undefined) return { project: projectOf(defaultConfig(), io.cwd) }
  const { config, problems } = loadConfig(text)
  if (!config) return { problems: problems.map(problem => configProblem(problem, file, io)) }
  return { project: { ...projectOf(config, dirname(file)), configFile: file } }
}

/** A path as the person would type it: relative where that is shorter. */
export function near(path: string, io: Io): string {
  const short = relative(io.cwd, path)
  return short === ''
    ? '.'
    : short.length < path.length && !short.startsWith('../..')
      ? short
      : path
}

/**
 * Something of this name is there. What can't be looked at will be found out when it is written to.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false
  }
}

/** One word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * Checks that a policy or template of this name is there.
 * @param folder where its `NAME.json` should be
 */
export async function missingDocument(
  kind: 'policy' | 'template',
  name: string,
  folder: string,
  io: Io,
): Promise<Spoken | undefined> {
  const names = await documentNames(folder)
  if (names.includes(name)) return undefined
  const close = nearest(name, names)
  const there =
    names.length === 0 ? 'candid init writes some to begin with' : `there is ${oneOfWords(names)}`
  return {
    says: `no ${kind} ${shown(name)} in \`${near(folder, io)}\``,
    hint: close ? `did you mean \`${close}\`?` : there,
  }
}

async function documentNames(folder: string): Promise<string[]> {
  try {
    const files = await readdir(folder)
    return files
      .filter(file => file.endsWith('.json'))
      .map(file => file.slice(0, -'.json'.length))
      .sort()
  } catch {
    // What can't be listed holds no policy that the broker could read either; the message names the
    // folder.
    return []
  }
}

/** The config file's absolute path and text; no path where none was asked for and none is there. */
async function findConfig(
  flag: string | undefined,
  io: Io,
): Promise<{ file?: string; text: string } | { problem: Spoken }> {
  const file = resolve(io.cwd, flag ?? 'config.yaml')
  try {
    return { file, text: await readFile(file, 'utf8') }
  } catch (error) {
    if (flag === undefined && errorCode(error) === 'ENOENT') return { text: '' }
    const problem = fileProblem(error, flag ?? 'config.yaml')
    if (!problem) throw error
    return { problem }
  }
}

/** `config.yaml:12: listner.port: unknown key` */
function configProblem(
  problem: { line: number; path: string; says: string; hint?: string },
  file: string,
  io: Io,
): Spoken {
  const key = problem.path === '' ? '' : `${problem.path}: `
  return {
    says: `${near(file, io)}:${problem.line}: ${key}${problem.says}`,
    ...(problem.hint !== undefined && { hint: problem.hint }),
  }
}

function projectOf(config: Config, baseDir: string): Project {
  return {
    config,
    baseDir,
    certsDir: resolve(baseDir, config.certs),
    policiesDir: resolve(baseDir, config.policies),
  }
}
