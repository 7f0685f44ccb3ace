/** Operations of the control plane played one after the other, each with what it must answer. */

import type { Test } from 'tap'
import type { ExceptionName } from '../../broker/registry/answer.ts'
import type { Operations } from '../../broker/registry/operations/operations.ts'
import { openRegistry, type Registry } from '../../broker/registry/registry.ts'
import { createWorld } from '../../broker/world.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'
import { type MemoryStore, memoryStore } from './memory-store.ts'

export type Step = [
  operation: keyof Operations,
  input: unknown,
  /** The value: all its fields, each as `t.match` takes it. Or `refused(...)`. */
  expected: object | Refused,
]

export type Refused = { exception: ExceptionName; message: string | RegExp; hint?: string | RegExp }

export function refused(
  exception: ExceptionName,
  message: string | RegExp,
  hint?: string | RegExp,
): Refused {
  return { exception, message, ...(hint === undefined ? {} : { hint }) }
}

export type Setting = { registry: Registry; clock: ManualClock; store: MemoryStore }

export const account = { id: '123456789012', region: 'us-east-1' }

/** A registry with a store in memory; `records` are those of an earlier one. */
export async function opened(
  records?: Iterable<readonly [string, string]>,
  clock: ManualClock = manualClock(),
): Promise<Setting> {
  const store = memoryStore(records)
  const parts = { world: createWorld(clock), account: () => account }
  const { registry } = await openRegistry(parts, store, error => {
    throw error
  })
  return { registry, clock, store }
}

/** The same registry after a restart. */
export async function reopened({ registry, store, clock }: Setting): Promise<Setting> {
  await registry.durable()
  return opened(store.kept, clock)
}

/** Plays the steps; after a refusal the store must be as before. */
export async function play(t: Test, { registry, store }: Setting, steps: Step[]): Promise<void> {
  for (const [operation, input, expected] of steps) {
    const said = `${operation} ${JSON.stringify(input)}`.slice(0, 200)
    await registry.durable()
    const before = JSON.stringify([...store.kept])
    const got = await call(registry, operation, input)
    if ('exception' in expected) {
      t.match(got, { ok: false, refusal: expected }, said)
      await registry.durable()
      t.equal(JSON.stringify([...store.kept]), before, `${said}: nothing changed`)
      continue
    }
    t.match(got, { ok: true, value: expected }, said)
    const value = (got as { value?: object }).value ?? {}
    t.same(Object.keys(value).sort(), Object.keys(expected).sort(), `${said}: all fields`)
  }
}

/** Any input, as from outside. */
export async function call(
  registry: Registry,
  operation: keyof Operations,
  input: unknown,
): Promise<{ ok: boolean; value?: unknown; refusal?: unknown }> {
  const act = registry.operations[operation] as (input: unknown) => never
  return await act(input)
}

/** The value of an answer; a refusal ends the test. */
export function okay<T>(given: { ok: true; value: T } | { ok: false; refusal: unknown }): T {
  if (given.ok) return given.value
  throw new Error(JSON.stringify(given.refusal))
}
