/**
 * The place of the door: a Unix socket in the state folder, or a named pipe on Windows. What a killed broker has left there
 * is taken away; what answers is not.
 */

import { chmod, lstat, mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { errorCode, fileProblem, type Problem } from '../registry/files.ts'
import type { World } from '../world.ts'

/** Of the path of a socket: 108 with its end on Linux, 104 on macOS. */
const LONGEST_PATH = 103

export type Place = {
  path: string
  /** Takes away what was made for it. */
  leave(): Promise<void>
}

/** Listens in the state folder. Where its path is too long for a socket: in a new folder for temporary files. */
export async function listenAt(
  server: Server,
  folder: string,
  world: World,
): Promise<Place | { problem: Problem }> {
  if (process.platform === 'win32') {
    const path = `\\\\.\\pipe\\candid-${world.random(16).toString('hex')}`
    await listening(server, path)
    return { path, leave: () => Promise.resolve() }
  }
  const inside = join(folder, SOCKET)
  try {
    const long = Buffer.byteLength(inside) > LONGEST_PATH
    const path = long ? join(await mkdtemp(join(tmpdir(), 'candid-')), SOCKET) : inside
    const taken = await clear(path)
    if (taken) return { problem: taken }
    await listening(server, path)
    await chmod(path, 0o600)
    const leave = () => rm(long ? dirname(path) : path, { recursive: true, force: true })
    return { path, leave }
  } catch (error) {
    const problem = fileProblem(error, inside)
    if (!problem) throw error
    return { problem }
  }
}

const SOCKET = 'door.sock'

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** @returns what is in the way */
async function clear(path: string): Promise<Problem | undefined> {
  const there = await lstat(path).catch(() => undefined)
  if (there === undefined) return undefined
  const hint = 'move it away, or give another state folder'
  if (!there.isSocket()) return { says: `\`${path}\` is there, and is no socket`, hint }
  if (await answers(path)) {
    return {
      says: `another broker answers on \`${path}\``,
      hint: 'stop that one first, or give another state folder',
    }
  }
  await rm(path, { force: true })
  return undefined
}

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // EAGAIN: its queue is full, so there is somebody.
    socket.once('error', error => resolve(errorCode(error) === 'EAGAIN'))
  })
}
