/**
 * `npm run bench`: Candid against bare aedes on node:tls, and against mosquitto in what concerns messages, in one run on one
 * machine. They take turns, and what counts is the ratio in each round: the figures themselves belong to this machine and this
 * hour.
 *
 *     npm run bench                        handshakes, connects and messages, in about three minutes
 *     npm run bench -- --rounds 1          a quick look
 *     npm run bench -- --only handshakes   the cases whose name holds this: connects, messages, QoS 1, ...
 *     npm run bench -- --only memory       what an idle connection takes, of 5,000 (--connections N)
 *     npm run bench -- --only account      20,000 publishes a second of 200 devices (--seconds N)
 *     npm run bench -- --only codec        packets read and written, against mqtt-packet
 *     npm run bench -- --only policy       policy decisions alone, which need no servers
 *     npm run bench -- --profile DIR       leaves a CPU profile of Candid there
 */

import { parseArgs } from 'node:util'
import { benchAccount } from './account.ts'
import { type Child, canPin, startChild } from './child.ts'
import type { ClientQuestion, Done, Job } from './client.ts'
import { benchCodec } from './codec.ts'
import { createMaterials, type Materials } from './materials.ts'
import { benchMemory } from './memory.ts'
import { benchPolicy } from './policy.ts'
import { benchRegistry } from './registry.ts'
import { columns, heading, type Pair, type Sample, tableLine } from './report.ts'
import type { ServerAnswer, ServerQuestion } from './serve.ts'
import { benchTraffic } from './traffic.ts'

/** Devices that connect at the same time. */
const DEVICES = 8
/** Short, so that whatever else the machine does falls on both of a pair. */
const SAMPLE_MS = 400

/** A connect runs through so much code once that it takes thousands of them until all of it is compiled. */
const CASES: { name: string; warmUpMs: number; job: Job }[] = [
  { name: 'handshakes, TLS 1.2', warmUpMs: 8000, job: job('handshakes', 'TLSv1.2') },
  { name: 'handshakes, TLS 1.3', warmUpMs: 4000, job: job('handshakes', 'TLSv1.3') },
  { name: 'connects, TLS 1.2', warmUpMs: 5000, job: job('connects', 'TLSv1.2') },
  { name: 'connects, TLS 1.3', warmUpMs: 3000, job: job('connects', 'TLSv1.3') },
]

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    only: { type: 'string', default: '' },
    devices: { type: 'string', default: '100000' },
    connections: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '10' },
    profile: { type: 'string' },
  },
})
const rounds = Math.min(100, Math.max(1, Number(values.rounds) || 15))
if (values.only === 'policy') {
  for (const line of benchPolicy(Math.min(rounds, 5))) console.log(line)
  process.exit()
}
if (values.only === 'codec') {
  for (const line of benchCodec(Math.min(rounds, 9))) console.log(line)
  process.exit()
}
if (values.only === 'registry') {
  await benchRegistry(Number(values.devices), rounds, line => console.log(line))
  process.exit()
}
const pinned = canPin()
const say = (line: string): void => console.log(line)
if (values.only === 'memory') {
  await benchMemory(Number(values.connections), pinned, say)
  process.exit()
}
if (values.only === 'account') {
  await benchAccount(Number(values.seconds), pinned, say)
  process.exit()
}
const profile = values.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', values.profile]
const cases = CASES.filter(({ name }) => name.includes(values.only))
for (const line of heading(rounds, pinned)) say(line)
if (cases.length > 0) await benchConnects()
await benchTraffic({ rounds, only: values.only, pinned, profile }, say)

async function benchConnects(): Promise<void> {
  const materials = await createMaterials(DEVICES)
  const client = startChild<ClientQuestion, Done>('client.js', pinned ? { core: 1 } : {})
  await client.ask({ ask: 'prepare', materials })
  const candid = await server('server-candid.js', profile, materials)
  const aedes = await server('server-aedes.js', [], materials)
  say(columns())
  for (const { name, warmUpMs, job } of cases) {
    for (const which of [candid, aedes]) await measure(client, which, { ...job, ms: warmUpMs })
    const pairs: Pair[] = []
    for (let round = 0; round < rounds; round++) {
      pairs.push({
        candid: await measure(client, candid, job),
        aedes: await measure(client, aedes, job),
      })
    }
    say(tableLine(name, pairs))
  }
  say('')
  await Promise.all([client.stop(), candid.stop(), aedes.stop()])
}

function job(kind: Job['kind'], tls: Job['tls']): Job {
  return { kind, tls, ms: SAMPLE_MS }
}

type Server = { port: number; cpu(): Promise<ServerAnswer>; stop(): Promise<void> }

async function server(file: string, node: string[], materials: Materials): Promise<Server> {
  const core = pinned ? { core: 0 } : {}
  const child = startChild<ServerQuestion, ServerAnswer>(file, { node, ...core })
  const started = await child.ask({ ask: 'start', materials, limits: 'off' })
  if (!('port' in started)) throw new Error(`${file} did not say its port`)
  return { port: started.port, cpu: () => child.ask({ ask: 'cpu' }), stop: child.stop }
}

async function measure(
  client: Child<ClientQuestion, Done>,
  { port, cpu }: Server,
  job: Job,
): Promise<Sample> {
  const before = await cpu()
  const { count, ms } = await client.ask({ ask: 'run', job, port })
  const after = await cpu()
  const used = 'ms' in before && 'ms' in after ? after.ms - before.ms : Number.NaN
  return { perSecond: (count / ms) * 1000, cpuMicros: (used / count) * 1000 }
}
