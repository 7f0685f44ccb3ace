/**
 * `door.json` in the state folder: where the door of the running broker is, and the token that opens it. Who may read this
 * file may do everything with the registry, so only its owner may.
 */

import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileWhole } from '../registry/files.ts'
import type { World } from '../world.ts'

export type DoorFile = {
  /** Of the socket, or the name of the pipe on Windows. */
  path: string
  token: string
  pid: number
  /** Of candid. */
  version: string
}

export async function writeDoorFile(folder: string, door: DoorFile, world: World): Promise<void> {
  const content = `${JSON.stringify(door, null, 2)}\n`
  await writeFileWhole(fileOf(folder), { content, secret: true }, world)
}

/** Nothing where there is none, or none that can be read as one. */
export async function readDoorFile(folder: string): Promise<DoorFile | undefined> {
  try {
    const { path, token, pid, version } = JSON.parse(await readFile(fileOf(folder), 'utf8'))
    const good = [path, token, version].every(one => typeof one === 'string' && one !== '')
    return good && Number.isSafeInteger(pid) ? { path, token, pid, version } : undefined
  } catch {
    return undefined
  }
}

/** Only while it is still the one of this token: another broker may have come since. */
export async function removeDoorFile(folder: string, token: string): Promise<void> {
  const there = await readDoorFile(folder)
  if (there?.token === token) await rm(fileOf(folder), { force: true })
}

function fileOf(folder: string): string {
  return join(folder, 'door.json')
}
