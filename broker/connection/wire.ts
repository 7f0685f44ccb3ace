/**
 * One TCP connection and its only owner. Whoever leads the connection takes the bytes that come; nobody else writes, ends
 * or destroys the socket.
 */

import type { Socket } from 'node:net'
import type { Clock } from '../world.ts'

/** How the client ended the connection: with a FIN, or with a reset or another network error. */
export type WireEnd = { reset: boolean }

export type Wire = {
  remote: { address: string; port: number }
  /** Takes the bytes from now on; what came while nobody took them is given first. */
  onBytes(take: ((chunk: Buffer) => void) | undefined): void
  /** Told once; at once if it has happened. @returns takes it back, so that a long connection holds none of its short rooms */
  onEnd(tell: (end: WireEnd) => void): () => void
  ended(): WireEnd | undefined
  /** `done` is called when the system has taken the bytes, or can't any more. */
  write(bytes: Buffer, done?: () => void): void
  pause(): void
  resume(): void
  /** Sends FIN after what was written, waits a little for the client's own FIN, and lets go. */
  finish(): void
  /** Resolves when the socket is gone. */
  gone: Promise<void>
}

/**
 * How long a client may take to take our last bytes and to answer our FIN. Without the wait, bytes of its own that are on
 * their way would turn our FIN into a reset, and the client would lose what we said last.
 */
const LINGER_MS = 1000

/** What is kept for the next taker before the socket is paused. */
const KEPT_BYTES = 65_536

/** @param failed told of a throw in what takes the bytes: it must not reach the process */
export function createWire(socket: Socket, clock: Clock, failed: (error: unknown) => void): Wire {
  let take: ((chunk: Buffer) => void) | undefined
  const kept: Buffer[] = []
  let keptBytes = 0
  let end: WireEnd | undefined
  let finished = false
  const tellers = new Set<(end: WireEnd) => void>()

  const gone = new Promise<void>(resolve => {
    socket.once('close', () => {
      ended({ reset: false })
      resolve()
    })
  })
  socket.on('data', (chunk: Buffer) => {
    if (finished) return
    if (take) guarded(() => take?.(chunk))
    else keep(chunk)
  })
  socket.on('end', () => {
    ended({ reset: false })
    if (finished) socket.destroy()
  })
  socket.on('error', () => ended({ reset: true }))

  function ended(how: WireEnd): void {
    if (end !== undefined) return
    end = how
    const told = [...tellers]
    tellers.clear()
    for (const tell of told) guarded(() => tell(how))
  }

  /** While nobody takes them, as between two rooms, the rest may wait in the system's buffers. */
  function keep(chunk: Buffer): void {
    kept.push(chunk)
    keptBytes += chunk.length
    if (keptBytes >= KEPT_BYTES) socket.pause()
  }

  function guarded(act: () => void): void {
    try {
      act()
    } catch (error) {
      failed(error)
    }
  }

  return {
    remote: { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 },
    onBytes(next) {
      take = next
      if (next === undefined) return
      const paused = keptBytes >= KEPT_BYTES
      // Whoever takes them may let go in between: the rest is for the next one.
      while (take === next) {
        const chunk = kept.shift()
        if (chunk === undefined) break
        keptBytes -= chunk.length
        next(chunk)
      }
      if (paused && keptBytes < KEPT_BYTES) socket.resume()
    },
    onEnd(tell) {
      if (end === undefined) tellers.add(tell)
      else tell(end)
      return () => void tellers.delete(tell)
    },
    ended: () => end,
    write(bytes, done = () => undefined) {
      if (finished || socket.destroyed || !socket.writable) done()
      else socket.write(bytes, () => done())
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    finish() {
      if (finished) return
      finished = true
      // Both ends: a client that has ended may still not take what we wrote.
      const cancel = clock.after(LINGER_MS, () => socket.destroy())
      void gone.then(cancel)
      socket.resume()
      if (end === undefined) socket.end()
      else socket.end(() => socket.destroy())
    },
    gone,
  }
}

/** IPv4 through an IPv6 socket comes as `::ffff:127.0.0.1`. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}
