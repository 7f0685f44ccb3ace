/**
 * `npm run bench -- --only account`: AWS's quotas of a whole account, held on one core or not. 200 devices publish 100 times a
 * second each, with QoS 1, which is what AWS takes of one connection (100) and of all (20,000). A part of them is listened to.
 */

import type { MeasuredBroker } from './brokers.ts'
import type { Lag } from './load.ts'
import { type Setting, withBrokers } from './setting.ts'

const PUBLISHERS = 200
/** AWS: 20,000 go out per second, too; most of what devices publish goes to rules, and to no device. */
const HEARD = 50
const WARM_UP_MS = 5000

export async function benchAccount(
  seconds: number,
  pinned: boolean,
  say: (line: string) => void,
): Promise<void> {
  const devices = PUBLISHERS + HEARD
  await withBrokers({ devices, limits: 'aws', pinned }, say, async ({ brokers, connect }) => {
    say(
      `${PUBLISHERS} devices publish 100 times a second each, QoS 1, 100 bytes, ${HEARD} of them have a subscriber; ${seconds} s`,
    )
    for (const broker of brokers) {
      // aedes 1.2.0 may end with a full stack here: what it has in flight above its limit, it lets go recursively.
      const words = await measure(broker, connect, seconds).catch(() => 'did not stand it')
      say(`  ${broker.name.padEnd(10)} ${words}`)
    }
  })
}

async function measure(
  broker: MeasuredBroker,
  connect: Setting['connect'],
  seconds: number,
): Promise<string> {
  const load = await connect(broker, {
    publishers: PUBLISHERS,
    subscribers: 1,
    heard: HEARD,
    qos: 1,
    window: 100,
    rate: 100,
  })
  await load.run(WARM_UP_MS)
  const before = await broker.cpuMs()
  const result = await load.run(seconds * 1000)
  const share = ((await broker.cpuMs()) - before) / result.ms
  await load.stop()
  const perSecond = (count: number): string => `${((count / result.ms) * 1000).toFixed(0)}/s`
  return [
    `${perSecond(result.sent)} published, ${perSecond(result.acked)} acknowledged`,
    `${perSecond(result.arrived)} delivered, ${result.lost} lost`,
    `${(share * 100).toFixed(0)} % of a core`,
    `PUBACK after ${words(result.acknowledgement)}`,
    `delivered after ${words(result.delivery)}`,
  ].join('; ')
}

function words({ p50, p99, max }: Lag): string {
  const [half, most, all] = [p50, p99, max].map(us => (us / 1000).toFixed(1))
  return `${half} ms (99 %: ${most} ms, worst: ${all} ms)`
}
