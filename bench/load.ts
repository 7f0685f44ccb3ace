/**
 * The load program (bench/load/*.c): compiled once for each state of its sources, then run as a child that is told what to do
 * a line at a time. In C, because a client in Node is slower than the brokers that it is to measure.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Materials } from './materials.ts'

export type LoadProgram = { ok: true; file: string } | { ok: false; missing: string }

/** What `bench/load/main.c` documents. `subscribers` of each publisher that is `heard`. */
export type LoadShape = {
  publishers: number
  subscribers: number
  heard?: number
  qos: 0 | 1
  window: number
  /** Of MQTT; 4, which is 3.1.1, unless told. */
  version?: 4 | 5
  /** 1: the subscribers' sessions outlive their connections. */
  persistent?: 0 | 1
  /** The number of the first device; 0 unless told. */
  first?: number
  /** Publishes per second of each publisher. */
  rate?: number
}

export type LoadResult = {
  sent: number
  acked: number
  arrived: number
  lost: number
  repeated: number
  ms: number
  /** Of one core: near 1 the load program is what limits. */
  busy: number
  /** Microseconds from when a message was due to its arrival, and to its PUBACK. */
  delivery: Lag
  acknowledgement: Lag
}

export type Lag = { p50: number; p99: number; max: number }

export type Load = {
  run(ms: number): Promise<LoadResult>
  stop(): Promise<void>
}

const SOURCES = ['load.h', 'main.c', 'peer.c', 'run.c']

/** Finds or makes the program. */
export function buildLoad(): LoadProgram {
  // dist/bench holds no C.
  const folder = fileURLToPath(new URL('../../bench/load/', import.meta.url))
  const hash = createHash('sha256')
  for (const file of SOURCES) hash.update(readFileSync(join(folder, file)))
  const builds = fileURLToPath(new URL('load/', import.meta.url))
  mkdirSync(builds, { recursive: true })
  const program = join(builds, `load-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(program)) return { ok: true, file: program }
  const sources = SOURCES.filter(name => name.endsWith('.c'))
  const draft = `${program}.${process.pid}`
  const args = ['-std=c11', '-O2', '-Wall', '-o', draft, ...sources, '-lssl', '-lcrypto']
  const compiled = spawnSync('cc', args, { cwd: folder, encoding: 'utf8' })
  const hint = 'hint: apt-get install gcc libc6-dev libssl-dev'
  if (compiled.error) return { ok: false, missing: `no C compiler \`cc\` here; ${hint}` }
  if (compiled.status !== 0) {
    return { ok: false, missing: `the load program does not compile; ${hint}\n${compiled.stderr}` }
  }
  renameSync(draft, program)
  return { ok: true, file: program }
}

/** Writes what the load program needs: `ca.pem`, and a file with key and certificate for each device. */
export function writeDevices({ serverCa, devices }: Materials, folder: string): void {
  writeFileSync(join(folder, 'ca.pem'), serverCa)
  for (const { thingName, certificate, privateKey } of devices) {
    writeFileSync(join(folder, `${thingName}.pem`), certificate + privateKey, { mode: 0o600 })
  }
}

/**
 * Resolves when all devices are connected and subscribed.
 * @param folder what `writeDevices` has filled
 */
export async function startLoad(
  program: string,
  port: number,
  folder: string,
  shape: LoadShape,
  core?: number,
): Promise<Load> {
  const flags = { port, ca: join(folder, 'ca.pem'), devices: folder, ...shape }
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
  const command = [program, ...args]
  const [file = '', ...others] =
    core === undefined ? command : ['taskset', '-c', String(core), ...command]
  const child = spawn(file, others, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await answerOf(child, lines)
  return {
    async run(ms) {
      child.stdin.write(`run ${ms}\n`)
      return (await answerOf(child, lines)) as LoadResult
    },
    async stop() {
      child.stdin.end()
      await lines.next()
    },
  }
}

async function answerOf(child: ChildProcess, lines: AsyncIterator<string>): Promise<unknown> {
  const { value, done } = await lines.next()
  if (done) throw new Error(`the load program ended, exit code ${child.exitCode}`)
  return JSON.parse(value)
}
