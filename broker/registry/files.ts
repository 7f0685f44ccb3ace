/**
 * Writes that are whole or not there. A running broker watches these folders: it must never read
 * half a device, and a crash or a second command at the same time must never leave a key without
 * its certificate.
 */

import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { World } from '../world.ts'

/** Something a person has to put right. One line each, as the command line prints it. */
export type Problem = { says: string; hint: string }

/** `secret` files are readable by their owner only. */
export type NewFile = { name: string; content: string; secret?: true }

const secretMode = 0o600

/**
 * Makes a folder with all its files in one step: written aside, then renamed.
 * @param staging an existing or new folder on the same file system, where the half-made folder may
 *   stand
 * @returns false if the folder is there already, with something in it; nothing was changed then
 */
export async function writeFolder(
  folder: string,
  files: NewFile[],
  staging: string,
  world: World,
): Promise<boolean> {
  await mkdir(staging, { recursive: true })
  await mkdir(dirname(folder), { recursive: true })
  const aside = join(staging, `.new-${world.random(6).toString('hex')}`)
  try {
    await mkdir(aside)
    for (const file of files) await writeNew(join(aside, file.name), file)
    await rename(aside, folder)
    return true
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    // Linux and macOS say ENOTEMPTY or EEXIST; Windows says EPERM for a folder that is there.
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errorCode(error))) return false
    if (errorCode(error) === 'EPERM' && process.platform === 'win32') return false
    throw error
  }
}

/** Writes one file, over an older one if there is one: readers see the old or the new, whole. */
export async function writeFileWhole(path: string, file: Omit<NewFile, 'name'>, world: World) {
  const aside = join(dirname(path), `.${basename(path)}.${world.random(6).toString('hex')}`)
  try {
    await writeNew(aside, file)
    await rename(aside, path)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
}

/** The error's `code` (`ENOENT`, ...), or an empty string. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/**
 * What the file system refused, in words.
 * @param path as the person knows it
 * @returns nothing for errors that are not the file system's: those are bugs and must be thrown on
 */
export function fileProblem(error: unknown, path: string): Problem | undefined {
  const code = errorCode(error)
  const known = fileErrors[code]
  if (known) return { says: `\`${path}\`: ${known.says}`, hint: known.hint(path) }
  if (!/^E[A-Z0-9]+$/.test(code)) return undefined
  return { says: `\`${path}\`: ${code}`, hint: 'look at the file and its folder' }
}

async function writeNew(path: string, file: Omit<NewFile, 'name'>): Promise<void> {
  await writeFile(path, file.content, { flag: 'wx', ...(file.secret && { mode: secretMode }) })
  // The umask may have taken more than asked, and must not: a key its owner can't read helps
  // nobody.
  if (file.secret) await chmod(path, secretMode)
}

const fileErrors: Record<string, { says: string; hint: (path: string) => string }> = {
  EACCES: {
    says: 'permission denied',
    hint: path => `see who may read and write it: ls -la ${path}`,
  },
  EISDIR: { says: 'is a folder, not a file', hint: () => 'name the file in it' },
  ENOENT: { says: 'there is no such file', hint: () => 'check the path' },
  ENOSPC: { says: 'the disk is full', hint: () => 'make room and try again' },
  ENOTDIR: {
    says: 'a part of this path is a file, not a folder',
    hint: () => 'check the path, or move that file away',
  },
  EPERM: { says: 'not permitted', hint: path => `see who may write it: ls -la ${path}` },
  EROFS: {
    says: 'the file system is read-only',
    hint: () => 'give a folder that can be written, with `certs:` in config.yaml',
  },
}
