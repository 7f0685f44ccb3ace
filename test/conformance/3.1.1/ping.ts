/** PINGREQ, and the keep-alive that it keeps. */

import type { Case } from '../scene.ts'

const AWS_LEAST_MS = 30_000

export const ping = {
  'a PINGREQ is answered with a PINGRESP': async ({ t, client }) => {
    const a = await client()
    a.send([0xc0, 0])
    const { bytes } = await a.expect('pingresp')
    t.same(bytes, Buffer.of(0xd0, 0))
  },
  'silence for one and a half keep-alives ends the connection, and the will is published': async ({
    client,
    advance,
    id,
  }) => {
    const listener = await client({ keepalive: 1200 })
    await listener.subscribe(`${id}/will`)
    const will = {
      topic: `${id}/will`,
      payload: Buffer.from('gone'),
      qos: 1,
      retain: false,
    } as const
    const silent = await client({ keepalive: AWS_LEAST_MS / 1000, will })
    await advance(AWS_LEAST_MS)
    await silent.silent()
    await advance(1.5 * AWS_LEAST_MS)
    await silent.closed('CLOSE_KEEP_ALIVE_TIMEOUT')
    await listener.gets('gone')
  },
  'AWS: a keep-alive of 0, or over 1200 s, is one of 1200 s; one under 30 s is 30 s': async ({
    t,
    client,
    advance,
  }) => {
    const table: [asked: number, effective: number][] = [
      [0, 1200],
      [1201, 1200],
      [1, 30],
    ]
    for (const [keepalive, effective] of table) {
      t.comment(`${keepalive} s`)
      const a = await client({ keepalive })
      await advance(1499 * effective)
      await a.silent()
      await advance(1500 * effective)
      await a.closed('CLOSE_KEEP_ALIVE_TIMEOUT')
    }
  },
} satisfies { [name: string]: Case }
