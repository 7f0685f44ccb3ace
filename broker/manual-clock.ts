/**
 * A clock that moves only when it is told to, so that an hour of a device's life takes a test some milliseconds. Timers fire
 * in the order of their times, and what one of them brings about has happened before the next one fires.
 */

import type { Clock } from './world.ts'

/** `500ms`, `90s`, `16m`, `1h`, `7d`, or a number of ms. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

export type ManualClock = Clock & {
  /**
   * Moves time on, and fires what becomes due. Between two timers, and at the end, the broker does all that it has to do: what
   * it has to write to the disk is written, and what it has to say to clients is on its way to them. Nobody waits for what a
   * client answers. Calls that overlap run one after the other. Rejects where it is no duration.
   */
  advance(by: Duration): Promise<void>
  /** Moves time on and fires what becomes due, at once: whatever else a timer brings about comes after all of them. */
  jump(ms: number): void
  /** From now on time goes by itself, a second at a time, so that nobody is waited for in vain. Ends with what it returns. */
  letRun(): () => void
  /** How many timers are waiting. */
  waiting(): number
}

type Timer = { at: number; order: number; act(): void }

/** Turns of the event loop in which promises, writes to sockets and what is put off by a turn come to rest. */
const TURNS = 6
/** As the system's timers: what sets itself again and again can't keep time from moving. */
const LEAST_MS = 1
const STEP_MS = 1000

/**
 * @param start ms since 1970
 * @param busy resolves when work that isn't waiting for time or for a client is done: writes to the disk
 */
export function createManualClock(start: number, busy?: () => Promise<unknown>): ManualClock {
  let elapsed = 0
  let created = 0
  /** The next one stands at the end. */
  const timers: Timer[] = []
  let moving: Promise<void> = Promise.resolve()

  /** The timer that is due next, taken out, with the time moved on to it. */
  function nextUntil(end: number): Timer | undefined {
    const next = timers.at(-1)
    if (next === undefined || next.at > end) return undefined
    timers.pop()
    elapsed = Math.max(elapsed, next.at)
    return next
  }

  async function settle(): Promise<void> {
    await turns()
    if (busy === undefined) return
    await busy()
    await turns()
  }

  async function move(ms: number): Promise<void> {
    await settle()
    const end = elapsed + ms
    for (let next = nextUntil(end); next; next = nextUntil(end)) {
      next.act()
      await settle()
    }
    elapsed = end
  }

  function jump(ms: number): void {
    const end = elapsed + ms
    for (let next = nextUntil(end); next; next = nextUntil(end)) next.act()
    elapsed = end
  }

  return {
    now: () => Math.floor(start + elapsed),
    elapsed: () => elapsed,
    set: true,
    after(ms, act) {
      const timer = { at: elapsed + Math.max(LEAST_MS, ms || 0), order: created++, act }
      timers.splice(placeOf(timer, timers), 0, timer)
      return () => {
        const place = placeOf(timer, timers)
        if (timers[place] === timer) timers.splice(place, 1)
      }
    },
    async advance(by) {
      const ms = msOf(by)
      const go = (): Promise<void> => move(ms)
      moving = moving.then(go, go)
      return moving
    },
    jump,
    letRun() {
      const ticking = setInterval(() => jump(STEP_MS), STEP_MS).unref()
      return () => clearInterval(ticking)
    },
    waiting: () => timers.length,
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise(resolve => setImmediate(resolve))
}

/** Where it stands, or would stand: before all that fire earlier. */
function placeOf(timer: Timer, timers: readonly Timer[]): number {
  let low = 0
  let high = timers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const one = timers[middle] as Timer
    const later = one.at > timer.at || (one.at === timer.at && one.order > timer.order)
    if (later) low = middle + 1
    else high = middle
  }
  return low
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function msOf(by: Duration): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(by)) ?? []
  const ms = typeof by === 'number' ? by : Number(count) * (UNITS[unit] ?? 1)
  if (ms >= 0 && Number.isFinite(ms)) return ms
  const known = '`500ms`, `90s`, `16m`, `1h`, `7d`, or a number of ms'
  throw new Error(`advance: \`${by}\` is no duration; give ${known}`)
}
