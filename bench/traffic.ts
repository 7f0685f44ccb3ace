/**
 * Messages through Candid, bare aedes and mosquitto: one to one and one to a hundred, over TLS 1.3 with client certificates.
 * The brokers take turns in each round, and what counts is the ratio of the same round.
 */

import type { MeasuredBroker } from './brokers.ts'
import type { Load, LoadResult, LoadShape } from './load.ts'
import { quantile } from './report.ts'
import { type Setting, withBrokers } from './setting.ts'

const MANY = 100
const WARM_UP_MS = 3000
const SAMPLE_MS = 600

/** AWS takes 100 unacknowledged publishes of one client. */
const CASES: { name: string; shape: LoadShape }[] = [
  { name: 'messages, one to one, QoS 0', shape: shape(1, 0, 500) },
  { name: 'messages, one to one, QoS 1', shape: shape(1, 1, 100) },
  { name: 'messages, one to a hundred, QoS 0', shape: shape(MANY, 0, 100) },
  { name: 'messages, one to a hundred, QoS 1', shape: shape(MANY, 1, 100) },
]

export type TrafficOptions = { rounds: number; only: string; pinned: boolean; profile: string[] }

/** @param say gets a line at a time */
export async function benchTraffic(
  { rounds, only, pinned, profile }: TrafficOptions,
  say: (line: string) => void,
): Promise<void> {
  const setting = { devices: MANY + 1, limits: 'off', pinned, node: profile } as const
  await withBrokers(setting, say, async brokers => {
    for (const { name, shape } of CASES.filter(one => one.name.includes(only))) {
      for (const line of linesOf(name, await measure(brokers, shape, rounds))) say(line)
    }
  })
}

async function measure(
  { brokers, connect }: Setting,
  shape: LoadShape,
  rounds: number,
): Promise<Measured[]> {
  const all: Measured[] = []
  for (const broker of brokers) {
    const load = await connect(broker, shape)
    await load.run(WARM_UP_MS)
    all.push({ broker, load, samples: [] })
  }
  for (let round = 0; round < rounds; round++) {
    for (const { broker, load, samples } of all) {
      const before = await broker.cpuMs()
      const result = await load.run(SAMPLE_MS)
      samples.push({ ...result, cpuMs: (await broker.cpuMs()) - before })
    }
  }
  for (const { load } of all) await load.stop()
  return all
}

type Sample = LoadResult & { cpuMs: number }
type Measured = {
  broker: MeasuredBroker
  load: Load
  samples: Sample[]
}

function shape(subscribers: number, qos: 0 | 1, window: number): LoadShape {
  return { publishers: 1, subscribers, qos, window }
}

function linesOf(name: string, all: Measured[]): string[] {
  const own = all[0]?.samples ?? []
  return [
    name,
    ...all.map(({ broker, samples }) => {
      const cells = [
        `  ${broker.name}`.padEnd(12),
        `${median(samples.map(perSecond)).toFixed(0)}/s`.padStart(10),
        `cpu ${median(samples.map(cpuMicros)).toFixed(2)} us`.padStart(13),
        `load ${(median(samples.map(({ busy }) => busy)) * 100).toFixed(0)} %`.padStart(11),
      ]
      const lost = samples.reduce((sum, one) => sum + one.lost, 0)
      const repeated = samples.reduce((sum, one) => sum + one.repeated, 0)
      if (lost > 0) cells.push(`  lost ${lost}`)
      if (repeated > 0) cells.push(`  repeated ${repeated}`)
      if (broker.name === 'candid') return cells.join('')
      const rate = own.map((sample, at) => perSecond(sample) / perSecond(samples[at] ?? sample))
      const cost = own.map((sample, at) => cpuMicros(sample) / cpuMicros(samples[at] ?? sample))
      cells.push(`   candid: rate ${spread(rate)}, cost ${spread(cost)}`)
      return cells.join('')
    }),
  ]
}

function perSecond({ arrived, ms }: Sample): number {
  return (arrived / ms) * 1000
}

function cpuMicros({ arrived, cpuMs }: Sample): number {
  return (cpuMs / arrived) * 1000
}

function median(values: number[]): number {
  return quantile(values, 0.5)
}

function spread(values: number[]): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map(part => quantile(values, part).toFixed(2))
  return `${middle}x (${low} to ${high})`
}
