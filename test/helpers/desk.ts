/** A registry for tests of operations: its clock stands until a test moves it, and the CA that issues is made once. */

import type { Answer, Refusal } from '../../broker/registry/answer.ts'
import type { Authority } from '../../broker/registry/pki/create-authority.ts'
import { createDevicesCa } from '../../broker/registry/pki/create-device.ts'
import { openRegistry, type Registry } from '../../broker/registry/registry.ts'
import { createWorld, type World } from '../../broker/world.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'
import { type MemoryStore, memoryStore } from './memory-store.ts'
import { PKI_NOW } from './pki.ts'

export const ACCOUNT = { id: '123456789012', region: 'eu-central-1' }

export type TestRegistry = {
  registry: Registry
  /** AWS's operations. */
  aws: Registry['operations']
  clock: ManualClock
  world: World
  store: MemoryStore
  /** The same, opened again from what its store holds. */
  again(): Promise<TestRegistry>
}

export async function testRegistry(
  store = memoryStore(),
  clock = manualClock(PKI_NOW),
): Promise<TestRegistry> {
  const world = createWorld(clock)
  const { registry } = await openRegistry(
    { world, account: () => ACCOUNT, issuer: devicesCa },
    store,
    () => undefined,
  )
  return {
    registry,
    aws: registry.operations,
    clock,
    world,
    store,
    async again() {
      await registry.durable()
      return testRegistry(memoryStore(store.kept), clock)
    },
  }
}

/** The value of an answer that must be one. */
export function gives<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value
  const { exception, message } = answer.refusal
  throw new Error(`${exception}: ${message}`)
}

/** The refusal of an answer that must be one. */
export function refusalOf(answer: Answer<unknown>): Refusal {
  if (!answer.ok) return answer.refusal
  throw new Error(`not refused: ${JSON.stringify(answer.value)}`)
}

/** `''` where it was done; else the exception's name. */
export function outcome(answer: Answer<unknown>): string {
  return answer.ok ? '' : answer.refusal.exception
}

let made: Promise<Authority> | undefined
function devicesCa(): Promise<Authority> {
  made ??= createDevicesCa(createWorld(manualClock(PKI_NOW)), 'rsa')
  return made
}
