/**
 * Between the ledger and the store: what was committed is written in order, and what is committed while a write runs goes
 * into the next one, together (group commit). After a write that failed nothing more is written and nothing more may
 * change: what stands on disk is then a state that once was, never a mixture.
 */

import type { Change, Store } from '../store/store.ts'
import type { Ledger } from './ledger.ts'

export type Keeper = {
  /** Resolves when all that was committed before is durable; rejects when it could not be written. */
  durable(): Promise<void>
}

/** Reads everything that the store holds into the tables of the ledger. Gives the keys that no table wants. */
export async function restoreFrom(store: Store, ledger: Ledger): Promise<string[]> {
  const strange: string[] = []
  for await (const [key, value] of store.records()) {
    const slash = key.indexOf('/')
    const known = ledger.restore(key.slice(0, slash), key.slice(slash + 1), JSON.parse(value))
    if (!known) strange.push(key)
  }
  return strange
}

/** @param failed told once, when a write failed */
export function keepIn(store: Store, ledger: Ledger, failed: (error: Error) => void): Keeper {
  let waiting: Change[] = []
  let writing: Promise<void> = Promise.resolve()
  let running = false
  let broken: Error | undefined

  async function write(): Promise<void> {
    // One turn of the event loop is waited for: what is committed in it goes along.
    await new Promise(resolve => setImmediate(resolve))
    const changes = waiting
    waiting = []
    running = false
    if (broken) throw broken
    try {
      await store.write(changes)
    } catch (error) {
      if (broken === undefined) {
        broken = error instanceof Error ? error : new Error(String(error))
        ledger.seal(`the store could not be written: ${broken.message}`)
        failed(broken)
      }
      throw broken
    }
  }

  ledger.onCommit(changes => {
    for (const { table, key, after } of changes) {
      const value = after === undefined ? undefined : JSON.stringify(after)
      waiting.push({ key: `${table}/${key}`, value })
    }
    if (running) return
    running = true
    writing = writing.then(write, write)
    // Whoever needs to know asks by `durable`.
    writing.catch(() => undefined)
  })
  return { durable: () => writing }
}
