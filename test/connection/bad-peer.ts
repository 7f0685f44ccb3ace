/** What the tests of limits have in common: sending what no client sends, and the other client, which must not suffer. */

import type { Socket } from 'node:net'
import type { Test } from 'tap'
import type { Broker } from '../../broker/main.ts'
import { connect, running } from '../helpers/device.ts'
import { manualClock } from '../helpers/manual-clock.ts'
import { record } from '../tls/hello-bytes.ts'

/** Sends each piece when the system has taken the one before. */
export async function sendAll(socket: Socket, pieces: Iterable<Buffer>): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed || !socket.writable) return
    await new Promise<void>(done => void socket.write(piece, () => done()))
  }
}

/** Another client of the same broker, which stays connected. */
export type Neighbour = {
  /** Publishes to itself, and gets it. */
  isWell(): Promise<void>
}

export async function neighbour(t: Test, broker: Broker): Promise<Neighbour> {
  const { client, seen } = await connect(t, broker, await broker.createDevice('neighbour'))
  if (seen.connack !== 0) throw new Error('the neighbour got no CONNACK')
  await client.subscribeAsync('neighbour')
  return {
    async isWell() {
      const heard = new Promise<void>(resolve => client.once('message', () => resolve()))
      await client.publishAsync('neighbour', 'x', { qos: 1 })
      await heard
    },
  }
}

/** A broker whose clock stands, for many cases in turn. */
export async function shared(t: Test): Promise<{ broker: Broker; isWell(): Promise<void> }> {
  const broker = await running(t, { clock: manualClock() })
  const { isWell } = await neighbour(t, broker)
  return { broker, isWell }
}

/** 10,000 records that hold the same. */
export function many(type: number, fragment: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: 10_000 }, () => record(type, fragment, 0x0303)))
}
