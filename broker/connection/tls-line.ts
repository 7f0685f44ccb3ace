/**
 * The stream on which node:tls runs, between it and the wire. We decide when bytes reach OpenSSL, and we see what it writes.
 *
 * It has the methods that node:tls calls on a stream and is none itself: a real Duplex would cost a fifth of the throughput.
 */

import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Wire } from './wire.ts'

export type TlsLine = {
  /** For `new TLSSocket(stream)`. */
  stream: Duplex
  /** Gives bytes to OpenSSL. */
  feed(chunk: Buffer): void
  /** Nothing goes in or out from now on: OpenSSL is done with, whatever it says. */
  cut(): void
  isCut(): boolean
  /** Called with all that OpenSSL writes, before it goes out; undefined to stop watching. */
  watch(see: ((chunk: Buffer) => void) | undefined): void
}

export function createTlsLine(wire: Wire): TlsLine {
  const stream = new Line(wire)
  return {
    stream: stream as unknown as Duplex,
    feed: chunk => void (stream.open && stream.emit('data', chunk)),
    cut() {
      stream.open = false
    },
    isCut: () => !stream.open,
    watch(see) {
      stream.see = see
    },
  }
}

/** A class because node:tls wants an event emitter. */
class Line extends EventEmitter {
  see: ((chunk: Buffer) => void) | undefined
  open = true
  destroyed = false
  /** node:tls reads it: a client's close_notify doesn't end our side before the close room has spoken. */
  readonly allowHalfOpen = true
  readonly readable = true
  readonly writable = true
  readonly #wire: Wire
  #corked: Buffer[] = []
  #done: (() => void)[] = []

  constructor(wire: Wire) {
    super()
    this.#wire = wire
  }

  pause(): this {
    this.#wire.pause()
    return this
  }

  resume(): this {
    this.#wire.resume()
    return this
  }

  /** node:tls writes between cork and uncork: what OpenSSL made at one time leaves as one piece, in one call of the system. */
  cork(): void {}

  write(chunk: Buffer, done: () => void): boolean {
    if (this.open) {
      this.see?.(chunk)
      this.#corked.push(chunk)
      this.#done.push(done)
    } else done()
    return true
  }

  uncork(): void {
    const pieces = this.#corked
    const told = this.#done
    const [only] = pieces
    if (only === undefined) return
    this.#corked = []
    this.#done = []
    this.#wire.write(pieces.length === 1 ? only : Buffer.concat(pieces), () => {
      for (const done of told) done()
    })
  }

  /** node:tls has written its close_notify. The wire itself is ended by the close room. */
  end(done?: () => void): this {
    if (typeof done === 'function') process.nextTick(done)
    return this
  }

  destroy(): this {
    if (this.destroyed) return this
    this.destroyed = true
    this.open = false
    process.nextTick(() => this.emit('close'))
    return this
  }
}
