/**
 * `npm run bench`: Candid against bare aedes on node:tls, in one run on one machine. The two take turns, and what
 * counts is the ratio in each round: the figures themselves belong to this machine and this hour.
 *
 *     npm run bench                        all of it, in about two minutes
 *     npm run bench -- --rounds 1          a quick look
 *     npm run bench -- --only handshakes   the cases whose name holds this
 *     npm run bench -- --only policy       policy decisions alone, which need no servers
 *     npm run bench -- --profile DIR       leaves a CPU profile of Candid there
 */

import { parseArgs } from 'node:util'
import { canPin, startChild } from './child.ts'
import type { ClientQuestion, Done, Job } from './client.ts'
import { createMaterials } from './materials.ts'
import { benchPolicy } from './policy.ts'
import { benchRegistry } from './registry.ts'
import { heading, type Pair, type Sample, tableLine } from './report.ts'
import type { ServerAnswer, ServerQuestion } from './serve.ts'

/** Devices that connect at the same time. */
const DEVICES = 8
/** Short, so that whatever else the machine does falls on both of a pair. */
const SAMPLE_MS = 400

/** A connect runs through so much code once that it takes thousands of them until all of it is compiled. */
const CASES: { name: string; warmUpMs: number; job: Job }[] = [
  { name: 'handshakes, TLS 1.2', warmUpMs: 8000, job: job('handshakes', 'TLSv1.2', 0) },
  { name: 'handshakes, TLS 1.3', warmUpMs: 4000, job: job('handshakes', 'TLSv1.3', 0) },
  { name: 'connects, TLS 1.2', warmUpMs: 5000, job: job('connects', 'TLSv1.2', 0) },
  { name: 'connects, TLS 1.3', warmUpMs: 3000, job: job('connects', 'TLSv1.3', 0) },
  { name: 'messages, QoS 0', warmUpMs: 2000, job: job('messages', 'TLSv1.3', 0) },
  { name: 'messages, QoS 1', warmUpMs: 2000, job: job('messages', 'TLSv1.3', 1) },
]

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    only: { type: 'string', default: '' },
    devices: { type: 'string', default: '100000' },
    profile: { type: 'string' },
  },
})
const rounds = Math.min(100, Math.max(1, Number(values.rounds) || 15))
if (values.only === 'policy') {
  for (const line of benchPolicy(Math.min(rounds, 5))) console.log(line)
  process.exit()
}
if (values.only === 'registry') {
  await benchRegistry(Number(values.devices), rounds, line => console.log(line))
  process.exit()
}
const pinned = canPin()
const materials = await createMaterials(DEVICES)
const profile = values.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', values.profile]

const client = startChild<ClientQuestion, Done>('client.js', pinned ? { core: 1 } : {})
await client.ask({ ask: 'prepare', materials })
const servers = {
  candid: await server('server-candid.js', profile),
  aedes: await server('server-aedes.js', []),
}

for (const line of heading(rounds, pinned)) console.log(line)
for (const { name, warmUpMs, job } of CASES.filter(({ name }) => name.includes(values.only))) {
  for (const which of ['candid', 'aedes'] as const) await measure(which, { ...job, ms: warmUpMs })
  const pairs: Pair[] = []
  for (let round = 0; round < rounds; round++) {
    pairs.push({ candid: await measure('candid', job), aedes: await measure('aedes', job) })
  }
  console.log(tableLine(name, pairs))
}
await Promise.all([client.stop(), servers.candid.stop(), servers.aedes.stop()])

function job(kind: Job['kind'], tls: Job['tls'], qos: Job['qos']): Job {
  return { kind, tls, qos, ms: SAMPLE_MS }
}

async function server(file: string, node: string[]) {
  const core = pinned ? { core: 0 } : {}
  const child = startChild<ServerQuestion, ServerAnswer>(file, { node, ...core })
  const started = await child.ask({ ask: 'start', materials })
  if (!('port' in started)) throw new Error(`${file} did not say its port`)
  return { port: started.port, cpu: () => child.ask({ ask: 'cpu' }), stop: child.stop }
}

async function measure(which: 'candid' | 'aedes', job: Job): Promise<Sample> {
  const { port, cpu } = servers[which]
  const before = await cpu()
  const { count, ms } = await client.ask({ ask: 'run', job, port })
  const after = await cpu()
  const used = 'ms' in before && 'ms' in after ? after.ms - before.ms : Number.NaN
  return { perSecond: (count / ms) * 1000, cpuMicros: (used / count) * 1000 }
}
