/** `npm run bench -- --only memory`: what a connection costs that is there and says nothing. */

import { withBrokers } from './setting.ts'

/** Made before the first look: code is compiled and tables are grown for them. */
const FIRST = 200

/** @param connections how many are measured */
export async function benchMemory(
  connections: number,
  pinned: boolean,
  say: (line: string) => void,
): Promise<void> {
  const devices = FIRST + connections
  await withBrokers({ devices, limits: 'aws', pinned }, say, async ({ brokers, connect }) => {
    const idle = { subscribers: 0, qos: 0, window: 1 } as const
    say(`${connections} idle connections, TLS 1.3, each with a certificate of its own`)
    for (const broker of brokers) {
      const some = await connect(broker, { ...idle, publishers: FIRST })
      const before = await broker.memory()
      const all = await connect(broker, { ...idle, publishers: connections, first: FIRST })
      const each = ((await broker.memory()) - before) / connections / 1024
      say(`  ${broker.name.padEnd(10)} ${each.toFixed(1).padStart(7)} KiB each`)
      await all.stop()
      await some.stop()
    }
  })
}
