/**
 * The installed package's own folder, with package.json and the starter files: one more step up
 * from dist/broker/.
 */

import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @returns an absolute path. Works from broker/ and from dist/broker/. */
export async function packageRoot(): Promise<string> {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (let up = 0; up < 5; up++) {
    if ((await nameAndVersion(folder))?.name === 'candid-broker') return folder
    folder = dirname(folder)
  }
  throw new Error("the package's own package.json can't be found")
}

/** `0.1.0` */
export async function packageVersion(): Promise<string> {
  return (await nameAndVersion(await packageRoot()))?.version ?? 'unknown'
}

async function nameAndVersion(
  folder: string,
): Promise<{ name?: string; version?: string } | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
}
