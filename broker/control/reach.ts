/**
 * The registry of a project, for a command: through the door of the running broker, or, where none runs, in the state folder
 * itself with what the files declare. Both answer alike. Refusals and what is in the way are values.
 */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../config/shape.ts'
import { controlPlane } from '../provisioning/operations.ts'
import { parseOptionsOf } from '../registry/arn.ts'
import { readDeclared } from '../registry/declared/declared.ts'
import { openState, type StatePlace } from '../registry/open-state.ts'
import { ensureDevicesCa } from '../registry/pki/create-device.ts'
import type { World } from '../world.ts'
import { ask, type Reply } from './client.ts'
import { type DoorFile, readDoorFile } from './door-file.ts'
import { operationOf, unknownHint } from './operations.ts'

export type Output = { [key: string]: unknown }

export type Said = { says: string; hint?: string }

export type Called =
  | { ok: true; value: Output }
  /** AWS's exception. */
  | { ok: false; refusal: { exception: string; message: string; hint?: string } }
  /** It came to no answer. */
  | { ok: false; failed: Said }

export type Reach = {
  via: 'broker' | 'store'
  /** @param operation AWS's name: `CreateThing` */
  call(operation: string, input: object): Promise<Called>
  close(): Promise<void>
}

export type ReachParts = {
  folder: string
  config: Config
  /** Paths of the config start here. */
  baseDir: string
  world: World
  /** What asks, for the broker's log: `candid thing create`. */
  by: string
  /** Nothing will be changed: no state is made where there is none. */
  reads: boolean
}

/** A command is over soon, and a broker that starts opens its door soon. */
const TRIES = 30
const PAUSE_MS = 100

export async function reach(parts: ReachParts): Promise<Reach | { problem: Said }> {
  for (let tries = TRIES; ; tries--) {
    const door = await throughDoor(parts)
    if (door) return door
    const state = await inState(parts)
    if (!('problem' in state) || !state.problem.inUse || tries === 0) return state
    await new Promise<void>(done => void setTimeout(done, PAUSE_MS))
  }
}

/** The broker that runs on a state folder reads the files now; false where none does: it reads them at its start. */
export async function takeOverFiles(folder: string, by: string): Promise<boolean> {
  const door = await readDoorFile(folder)
  if (door === undefined) return false
  const answer = await ask(door, { method: 'POST', path: '/files', by })
  return 'status' in answer && answer.status === 200
}

/** The port of the first listener of the broker that runs on a state folder; nothing where none runs, or none answers. */
export async function runningPort(folder: string, by: string): Promise<number | undefined> {
  const door = await readDoorFile(folder)
  if (door === undefined) return undefined
  const answer = await ask(door, { method: 'GET', path: '/status', by, timeoutMs: 2000 })
  if (!('status' in answer) || answer.status !== 200) return undefined
  const { listeners } = answer.body
  const first: unknown = Array.isArray(listeners) ? listeners[0] : undefined
  const port = typeof first === 'object' && first !== null && 'port' in first ? first.port : 0
  return typeof port === 'number' && port > 0 ? port : undefined
}

/** Nothing where no broker runs. */
async function throughDoor({
  folder,
  by,
}: ReachParts): Promise<Reach | { problem: Said } | undefined> {
  const door = await readDoorFile(folder)
  if (door === undefined) return undefined
  const reply = await ask(door, { method: 'GET', path: '/status', by, timeoutMs: 5000 })
  if ('failed' in reply && reply.failed === 'closed') return undefined
  if ('failed' in reply) return { problem: mute(door, folder, reply.says) }
  if (reply.status === 401) return { problem: mute(door, folder, 'it does not take the token') }
  return {
    via: 'broker',
    async call(operation, input) {
      const path = `/operations/${encodeURIComponent(operation)}`
      const answer = await ask(door, { method: 'POST', path, input, by })
      return calledBy(answer, door, folder)
    },
    close: () => Promise.resolve(),
  }
}

function calledBy(reply: Reply, door: DoorFile, folder: string): Called {
  if ('failed' in reply) return { ok: false, failed: mute(door, folder, reply.says) }
  if (reply.status === 200) return { ok: true, value: reply.body }
  const { exception, message, hint } = reply.body
  if (typeof exception !== 'string' || typeof message !== 'string') {
    return { ok: false, failed: mute(door, folder, `it answered ${reply.status}`) }
  }
  return {
    ok: false,
    refusal: { exception, message, ...(typeof hint === 'string' ? { hint } : {}) },
  }
}

function mute({ pid }: DoorFile, folder: string, why: string): Said {
  return {
    says: `the broker of \`${folder}\` (process ${pid}) does not answer at its door: ${why}`,
    hint: 'look at what it says; if it hangs, stop it and start it again',
  }
}

async function inState(parts: ReachParts): Promise<Reach | { problem: Said & { inUse?: true } }> {
  const { folder, config, baseDir, world, reads } = parts
  // INVARIANT: who only asks leaves no state behind.
  const place: StatePlace = reads && !existsSync(folder) ? 'memory' : { folder }
  let lost: Said | undefined
  const issuer = async () => {
    const made = await ensureDevicesCa(resolve(baseDir, config.certs), world)
    return 'ca' in made ? made.ca : made
  }
  const state = await openState(
    place,
    {
      world,
      account: () => config.account,
      policyOptions: () => parseOptionsOf(config),
      issuer,
    },
    problem => {
      lost = problem
    },
  )
  if ('problem' in state) return state
  const { registry } = state
  const { declared } = await readDeclared(config, baseDir)
  registry.declare(declared)
  const operations = controlPlane(registry)
  return {
    via: 'store',
    async call(name, input) {
      const operation = operationOf(operations, name)
      if (operation === undefined) {
        const hint = unknownHint(operations, name)
        const message = 'there is no such operation'
        return { ok: false, refusal: { exception: 'UnknownOperationException', message, hint } }
      }
      const result = await operation(input)
      await registry.durable().catch(() => undefined)
      if (lost) return { ok: false, failed: lost }
      return result.ok ? { ok: true, value: { ...(result.value as object | undefined) } } : result
    },
    close: () => state.close(),
  }
}
