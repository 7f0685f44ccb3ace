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
} satisfies { [name: string]: Case }
