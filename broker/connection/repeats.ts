/**
 * Counts how often one device has ended with one code in a row, so that a reconnect loop is told in full once and then in
 * short: by its first time, its last, how often and how fast. What strangers can make us keep has a limit everywhere.
 */

import type { Repeat } from '../journal/dossier.ts'
import type { Clock } from '../world.ts'

export type Ending = {
  /** Whom it is counted for: see sameness.ts. */
  device: string
  code: string
  connection: string
  /** What has to be the same for a short telling. */
  sameness: string
  /** It had got its CONNACK. */
  inSession: boolean
  /** From where: more than one where several devices share what they are counted by. */
  addresses: string[]
}

export type Refusals = {
  count: number
  /** Times (ISO) of the first and the last. */
  since: string
  last: string
  /** The code of the last. */
  code: string
}

export type Repeats = {
  /** @returns the count, this time included; see `Repeat` */
  note(ending: Ending): Repeat
  /**
   * A device got its CONNACK: what had kept it out is forgotten.
   * @param device all that it may have been counted by
   * @returns how it was refused before, if it was
   */
  gotIn(device: string[]): Refusals | undefined
}

type Loop = {
  code: string
  count: number
  /** ms since 1970. */
  since: number
  last: number
  inSession: boolean
  addresses: string[]
  /** What was told in full: where, and when. */
  told: Map<string, { connection: string; at: number }>
}

/** Strangers may come from as many addresses as they like: only the latest are remembered. */
const DEVICES = 10_000
const CODES = 8
const VARIANTS = 8
const ADDRESSES = 8
/** A pause that long ends a loop: the SDKs of AWS wait up to two minutes between their attempts. */
const PAUSE_MS = 10 * 60_000
/** What was told so long ago has left the screen. */
const TOLD_AGAIN_MS = 60 * 60_000

/** @param clock gives the times: counting follows the wall clock of the broker */
export function createRepeats(clock: Clock): Repeats {
  const devices = new Map<string, Loop[]>()

  function loopsOf(device: string): Loop[] {
    const loops = devices.get(device) ?? []
    // The latest stand at the end.
    devices.delete(device)
    devices.set(device, loops)
    if (devices.size > DEVICES) forgetOldest(devices)
    return loops
  }

  return {
    note(ending) {
      const now = clock.now()
      const loops = loopsOf(ending.device)
      const at = loops.findIndex(({ code }) => code === ending.code)
      const [known] = at < 0 ? [] : loops.splice(at, 1)
      const goesOn = known && now - known.last < PAUSE_MS
      const loop = goesOn ? known : begun(ending, now)
      loops.push(loop)
      if (loops.length > CODES) loops.shift()
      loop.count++
      const last = loop.last
      loop.last = now
      for (const address of ending.addresses) {
        const full = loop.addresses.length >= ADDRESSES
        if (!full && !loop.addresses.includes(address)) loop.addresses.push(address)
      }
      const sameAs = toldBefore(loop, ending, now)
      const minutes = (now - loop.since) / 60_000
      return {
        count: loop.count,
        since: new Date(loop.since).toISOString(),
        ...(loop.count === 1 ? {} : { last: new Date(last).toISOString() }),
        ...(loop.count === 1 || minutes <= 0 ? {} : { perMinute: rate(loop.count - 1, minutes) }),
        ...(sameAs === undefined ? {} : { sameAs }),
        ...(loop.addresses.length > 1 ? { addresses: [...loop.addresses] } : {}),
      }
    },
    gotIn(names) {
      const now = clock.now()
      const over: Loop[] = []
      for (const name of names) {
        const loops = devices.get(name)
        if (loops === undefined) continue
        over.push(...loops.filter(loop => !loop.inSession && now - loop.last < PAUSE_MS))
        const left = loops.filter(loop => loop.inSession)
        if (left.length > 0) devices.set(name, left)
        else devices.delete(name)
      }
      const latest = over.reduce<Loop | undefined>(
        (one, next) => (one && one.last > next.last ? one : next),
        undefined,
      )
      return (
        latest && {
          count: over.reduce((sum, { count }) => sum + count, 0),
          since: new Date(Math.min(...over.map(({ since }) => since))).toISOString(),
          last: new Date(latest.last).toISOString(),
          code: latest.code,
        }
      )
    },
  }
}

function begun({ code, inSession }: Ending, now: number): Loop {
  return { code, count: 0, since: now, last: now, inSession, addresses: [], told: new Map() }
}

/**
 * The connection whose full record says the same, or undefined: then this one is to be told in full. A device that changes
 * its evidence each time is told in full a few times, and then only as often as any other.
 */
function toldBefore(loop: Loop, ending: Ending, now: number): string | undefined {
  const { told } = loop
  const before = told.get(ending.sameness)
  if (before && now - before.at < TOLD_AGAIN_MS) return before.connection
  if (before === undefined && told.size >= VARIANTS) {
    const [oldest, latest] = [[...told][0], [...told.values()].at(-1)]
    if (oldest && now - oldest[1].at < TOLD_AGAIN_MS) return latest?.connection
    if (oldest) told.delete(oldest[0])
  }
  told.delete(ending.sameness)
  told.set(ending.sameness, { connection: ending.connection, at: now })
  return undefined
}

function forgetOldest(devices: Map<string, Loop[]>): void {
  const oldest = devices.keys().next()
  if (!oldest.done) devices.delete(oldest.value)
}

/** Two digits are all that a person reads. */
function rate(times: number, minutes: number): number {
  return Number((times / minutes).toPrecision(2))
}
