/**
 * The world that is passed along: time, randomness and identifiers come from here and from nowhere else. That is what
 * lets a test run twice and get the same log.
 */

import { randomBytes } from 'node:crypto'

/** The broker's clock. `now` is wall time in ms since 1970; `elapsed` is monotonic ms, for durations only. */
export type Clock = {
  now(): number
  elapsed(): number
  /** Runs `act` once after `ms`. The returned function cancels it. Never keeps the process alive. */
  after(ms: number, act: () => void): () => void
  /** It was set to another time than the real one, by which clients judge our certificate. */
  set?: true
}

export type World = {
  clock: Clock
  /** Cryptographic randomness: keys, serial numbers. */
  random(bytes: number): Buffer
  /** The next identifier of a kind, unique in this process: `connection` gives `c1`, `c2`, ... */
  nextId(kind: string): string
}

/** The system's clock, or one that runs on from `from` (ms since 1970). */
export function runningClock(from?: number): Clock {
  const shift = from === undefined ? 0 : from - Date.now()
  const clock: Clock = { now: () => Date.now() + shift, elapsed: () => performance.now(), after }
  return from === undefined ? clock : { ...clock, set: true }
}

/** A clock that stands still at `at` (ms since 1970), so that every record of a test carries the same time. */
export function standingClock(at: number): Clock {
  return { now: () => at, elapsed: () => performance.now(), after, set: true }
}

/** @param clock the clock that everything in this process reads */
export function createWorld(clock: Clock): World {
  const counters = new Map<string, number>()
  return {
    clock,
    random: bytes => randomBytes(bytes),
    nextId(kind) {
      const count = (counters.get(kind) ?? 0) + 1
      counters.set(kind, count)
      return `${kind.charAt(0)}${count}`
    },
  }
}

/** A UUID from 16 random bytes (RFC 9562, version 4). */
export function uuidFrom(bytes: Buffer): string {
  const own = Buffer.from(bytes.subarray(0, 16))
  own[6] = ((own[6] ?? 0) & 0x0f) | 0x40
  own[8] = ((own[8] ?? 0) & 0x3f) | 0x80
  const hex = own.toString('hex')
  return [0, 8, 12, 16, 20].map((from, i) => hex.slice(from, [8, 12, 16, 20, 32][i])).join('-')
}

/** The system's timers can't wait longer, 24.8 days: asked for more they fire at once. */
const LONGEST_MS = 2 ** 31 - 1

function after(ms: number, act: () => void): () => void {
  let timer: NodeJS.Timeout
  const wait = (left: number): void => {
    const part = Math.min(left, LONGEST_MS)
    timer = setTimeout(() => (left > part ? wait(left - part) : act()), part).unref()
  }
  wait(ms)
  return () => clearTimeout(timer)
}
