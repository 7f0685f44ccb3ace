/**
 * Folders and files of declarations: listed in a fixed order, read with a limit, and with words for
 * what goes wrong.
 */

import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { shown } from '../../config/words.ts'
import { errorCode } from '../files.ts'
import type { DeclaredProblem } from './declared-shape.ts'

/** Where declarations are read from, and where problems go. */
export type Site = {
  /** Absolute. */
  baseDir: string
  configFile: string
  report(problem: DeclaredProblem): void
}

export type Unreadable = { ok: false; says: string; hint?: string }

/** A file's path as it is shown: relative to the config file's folder, with `/`. */
export function shownPath(path: string, site: Site): string {
  const short = relative(site.baseDir, resolve(site.baseDir, path))
  return sep === '/' ? short : short.split(sep).join('/')
}

/** A path in backticks, for a sentence. */
export function quotedPath(path: string): string {
  return shown(path, 240)
}

/**
 * The names in a folder, sorted, without hidden ones and the left-overs of editors. A folder that
 * doesn't exist is empty.
 * @param path absolute
 * @returns undefined where the folder can't be read, which was reported
 */
export async function namesIn(
  path: string,
  kind: 'file' | 'folder',
  site: Site,
): Promise<string[] | undefined> {
  let entries: Dirent[]
  try {
    entries = await readdir(path, { withFileTypes: true })
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    site.report({ file: shownPath(path, site), severity: 'error', ...inWords(error, 'folder') })
    return undefined
  }
  return entries
    .filter(
      entry => entry.isSymbolicLink() || (kind === 'file' ? entry.isFile() : entry.isDirectory()),
    )
    .map(entry => entry.name)
    .filter(name => !/^[.#]|~$/.test(name))
    .sort(byText)
}

/** A whole file, at most 1 MiB. Only plain files are opened: a pipe would wait for ever. */
export async function readBytes(path: string): Promise<{ ok: true; bytes: Buffer } | Unreadable> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) {
      return { ok: false, says: 'is a folder, not a file', hint: 'name the file in it' }
    }
    if (!found.isFile()) return { ok: false, says: 'is not a plain file' }
    if (found.size > sizeLimit) return { ok: false, says: 'is larger than 1 MiB' }
    return { ok: true, bytes: await readFile(path) }
  } catch (error) {
    return { ok: false, ...inWords(error, 'file') }
  }
}

/** A whole text file in UTF-8, with or without a byte order mark. */
export async function readText(path: string): Promise<{ ok: true; text: string } | Unreadable> {
  const read = await readBytes(path)
  if (!read.ok) return read
  const { bytes } = read
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { ok: false, says: 'is UTF-16 text', hint: 'save the file as UTF-8' }
  }
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { ok: false, says: 'is not UTF-8 text', hint: 'save the file as UTF-8' }
  }
}

/** The order of everything declared: by code units, the same on each machine. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function inWords(error: unknown, what: 'file' | 'folder'): { says: string; hint?: string } {
  const code = errorCode(error)
  if (code === 'ENOENT') return { says: `there is no such ${what}`, hint: 'check the path' }
  if (code === 'EACCES' || code === 'EPERM') {
    return { says: 'permission denied', hint: `let the user that runs candid read this ${what}` }
  }
  if (code === 'ENOTDIR') return { says: 'a part of this path is a file, not a folder' }
  return { says: `can not be read: ${code || 'unknown error'}` }
}

const sizeLimit = 1024 * 1024
