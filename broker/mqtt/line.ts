/**
 * What aedes takes for its socket. aedes never touches the real one: it reads packets that the traffic room has let
 * through, and it writes here. So the socket keeps one owner, and every end goes through the close room.
 */

import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Front } from './front.ts'

/** What aedes tells its owner. */
export type LineOwner = {
  connackSent(sessionPresent: boolean): void
  /** aedes has ended the connection: with an error, or after a DISCONNECT. */
  ended(error: Error | undefined): void
  /** iot:Receive, for each delivery. */
  mayReceive(topic: string): boolean
  /** The client doesn't take what it gets. */
  tooSlow(bytes: number, limit: number): void
}

export type Line = Duplex & { owner: LineOwner }

/** What one slow client can make us keep. */
const WAITING_LIMIT = 4 * 1024 * 1024

export function createLine(front: Front, owner: LineOwner): Line {
  return new AedesLine(front, owner) as unknown as Line
}

/** A class because aedes wants an event emitter with the methods of a stream; it is no real stream, which would cost more. */
class AedesLine extends EventEmitter {
  readonly owner: LineOwner
  readonly writable = true
  destroyed = false
  readonly #front: Front

  constructor(front: Front, owner: LineOwner) {
    super()
    this.#front = front
    this.owner = owner
  }

  /** aedes asks for more bytes when its batch is done: we go on reading, and answer that there are none. */
  read(): null {
    this.#front.pump()
    return null
  }

  /** mqtt-packet corks once for each packet: that is how outgoing packets are counted. */
  cork(): void {
    this.#front.packets.out++
  }

  uncork(): void {}

  /** Always has room, so that one slow client can't hold up the others; past the limit that client is closed. */
  write(chunk: Buffer | string): boolean {
    if (this.destroyed) return true
    this.#front.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    const waiting = this.#front.waiting()
    if (waiting > WAITING_LIMIT) this.owner.tooSlow(waiting, WAITING_LIMIT)
    return true
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this
    this.destroyed = true
    this.owner.ended(error)
    // The next tick, as a real stream does: aedes closes its client on it. A `close` would do the same, but only after node
    // has made an error of it, with its stack.
    process.nextTick(() => this.emit('end'))
    return this
  }
}
