/** Waits for the first of several things that can happen to a connection in a room, with a time limit. */

import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import type { World } from '../world.ts'
import type { Visit } from './visit.ts'

export type Outside = { kind: 'timeout' } | { kind: 'interrupted'; reason: Diagnosis }

/**
 * @param limitMs undefined waits for ever
 * @param begin sets up what to wait for; the first call of `settle` counts
 * @param cleanUp runs once, whatever ended the wait
 */
export function waitFor<T>(
  visit: Visit,
  world: World,
  limitMs: number | undefined,
  begin: (settle: (what: T) => void) => (() => void) | undefined,
): Promise<T | Outside> {
  return new Promise(resolve => {
    let settled = false
    let cleanUp: (() => void) | undefined
    const settle = (what: T | Outside): void => {
      if (settled) return
      settled = true
      cancel?.()
      visit.interrupt = undefined
      cleanUp?.()
      resolve(what)
    }
    const cancel =
      limitMs === undefined
        ? undefined
        : world.clock.after(limitMs, () => settle({ kind: 'timeout' }))
    visit.interrupt = reason => settle({ kind: 'interrupted', reason })
    cleanUp = begin(settle)
    // `begin` may have settled at once, before there was anything to clean up.
    if (settled) cleanUp?.()
  })
}
