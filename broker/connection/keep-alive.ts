/**
 * Notices silence: one and a half times the keep-alive without a packet (MQTT 3.1.1, 3.1.2.10). One timer that looks at
 * the time of the last packet, so that a packet costs no timer.
 */

import type { Clock } from '../world.ts'

export type KeepAliveWatch = { heard(): void; stop(): void }

/** @param seconds the keep-alive in force, after AWS's clamping; 0: silence may last */
export function keepAliveWatch(
  clock: Clock,
  seconds: number,
  silent: (silentMs: number) => void,
): KeepAliveWatch {
  if (seconds === 0) return { heard: () => undefined, stop: () => undefined }
  const limitMs = seconds * 1500
  let last = clock.elapsed()
  let cancel = clock.after(limitMs, look)
  return {
    heard() {
      last = clock.elapsed()
    },
    stop: () => cancel(),
  }

  function look(): void {
    const silentMs = clock.elapsed() - last
    if (silentMs >= limitMs) silent(silentMs)
    else cancel = clock.after(limitMs - silentMs, look)
  }
}
