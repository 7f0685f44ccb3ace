/**
 * `npm run bench -- --only registry`: what a large registry costs. The real broker process starts on a state folder with many
 * registered devices and on one with ten, and devices connect to both in turns.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { answer } from '../broker/registry/answer.ts'
import { recordOfCertificate } from '../broker/registry/certificate-record.ts'
import { sha256 } from '../broker/registry/desk.ts'
import { openState } from '../broker/registry/open-state.ts'
import { mustRead } from '../broker/registry/pki/create-authority.ts'
import type { CertificateRecord } from '../broker/registry/records.ts'
import type { Registry } from '../broker/registry/registry.ts'
import { createWorld, runningClock, uuidFrom, type World } from '../broker/world.ts'
import { readPemOrDer } from '../broker/x509/pem.ts'
import { directly } from '../test/helpers/directly.ts'
import { startChild } from './child.ts'
import type { ClientQuestion, Done, Job } from './client.ts'
import { createMaterials, type Materials } from './materials.ts'
import { quantile } from './report.ts'

const FEW = 10
const AT_ONCE = 1000
const POLICY = 'bench'
const DOCUMENT = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }],
})
const SOURCE = { kind: 'learned', how: 'bench' } as const
const CONNECTS: Job = { kind: 'connects', tls: 'TLSv1.3', ms: 400 }

/** @param many devices in the large state; @param say gets a line at a time */
export async function benchRegistry(
  many: number,
  rounds: number,
  say: (line: string) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'candid-registry-'))
  const running: Running[] = []
  try {
    writeFileSync(
      join(folder, 'config.yaml'),
      'listeners: [{ host: 127.0.0.1, port: 0 }]\nlimits: off\n',
    )
    mkdirSync(join(folder, 'policies'))
    const materials = await createMaterials(8)
    const filled = await fill(join(folder, 'many'), many, materials)
    await fill(join(folder, 'few'), FEW, materials)
    say(`${many} devices written in ${filled.toFixed(1)} s`)
    // The first start makes the server certificates.
    await (await startBroker(folder, 'few')).stop()
    const starts: Record<string, { ms: number; cpu: number }[]> = { few: [], many: [] }
    for (let round = 0; round < 5; round++) {
      for (const state of ['few', 'many']) {
        const broker = await startBroker(folder, state)
        starts[state]?.push({ ms: broker.startMs, cpu: broker.cpuMs() })
        await broker.stop()
      }
    }
    for (const [state, all] of Object.entries(starts)) {
      const [ms, cpu] = [all.map(one => one.ms), all.map(one => one.cpu)].map(
        of => `${quantile(of, 0.5).toFixed(0)} ms (${of.map(one => one.toFixed(0)).join(', ')})`,
      )
      say(`start to broker.ready, ${state}: ${ms}; processor time ${cpu}`)
    }
    const few = await startBroker(folder, 'few')
    const large = await startBroker(folder, 'many')
    running.push(few, large)
    const perDevice = (large.rssKb() - few.rssKb()) / many
    say(
      `resident memory: ${mb(few.rssKb())} and ${mb(large.rssKb())}, ${perDevice.toFixed(2)} KB per device`,
    )
    const client = startChild<ClientQuestion, Done>('client.js')
    const serverCa = readFileSync(resolve(folder, few.ca), 'utf8')
    await client.ask({ ask: 'prepare', materials: { ...materials, serverCa } })
    const sample = async (broker: Running, ms: number): Promise<Sample> => {
      const before = broker.cpuMs()
      const done = await client.ask({ ask: 'run', job: { ...CONNECTS, ms }, port: broker.port })
      const cpu = (broker.cpuMs() - before) / done.count
      return { perSecond: (done.count / done.ms) * 1000, cpu }
    }
    for (const broker of running) await sample(broker, 3000)
    const pairs: { few: Sample; many: Sample }[] = []
    for (let round = 0; round < rounds; round++) {
      pairs.push({ few: await sample(few, CONNECTS.ms), many: await sample(large, CONNECTS.ms) })
    }
    const rate = pairs.map(pair => pair.many.perSecond / pair.few.perSecond)
    const cpu = pairs.map(pair => pair.many.cpu / pair.few.cpu)
    say(`connects per second, many over few: ${middle(rate)}`)
    say(`processor time of a connect, many over few: ${middle(cpu)}`)
    say(`resident memory after that: ${mb(few.rssKb())} and ${mb(large.rssKb())}`)
    await client.stop()
  } finally {
    await Promise.all(running.map(broker => broker.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

type Sample = { perSecond: number; cpu: number }

function middle(values: number[]): string {
  const [low, median, high] = [0.25, 0.5, 0.75].map(part => quantile(values, part).toFixed(2))
  return `${median} (${low} to ${high})`
}

function mb(kb: number): string {
  return `${(kb / 1024).toFixed(0)} MB`
}

/** Through the real registry; the devices of `materials` are among them. Gives the seconds that it took. */
async function fill(folder: string, devices: number, materials: Materials): Promise<number> {
  const world = createWorld(runningClock())
  const account = () => ({ id: '123456789012', region: 'us-east-1' })
  const begun = performance.now()
  const opened = await openState({ folder }, { world, account }, problem => {
    throw new Error(problem.says)
  })
  if ('problem' in opened) throw new Error(opened.problem.says)
  const { registry } = opened
  directly(registry).putPolicy(POLICY, DOCUMENT)
  const real = materials.devices.map(({ thingName, certificate }) => {
    return { thingName, record: recordOf(certificate, registry) }
  })
  for (const { thingName, record } of real) put(registry, thingName, record)
  const [{ record } = impossible()] = real
  for (let at = real.length; at < devices; at++) {
    put(registry, `device-${at}`, invented(record, world))
    if (at % AT_ONCE === 0) await registry.durable()
  }
  await opened.close()
  return (performance.now() - begun) / 1000
}

function recordOf(pem: string, { desk }: Registry): CertificateRecord {
  const [der = impossible()] = readPemOrDer(Buffer.from(pem)).certificates
  const about = {
    ownedBy: desk.account().id,
    now: desk.now(),
    generationId: desk.uuid(),
    source: SOURCE,
  }
  return { ...recordOfCertificate(mustRead(der), about), status: 'ACTIVE' }
}

/** Another device's, with another signature and key: it stands there, and nobody connects with it. */
function invented(record: CertificateRecord, world: World): CertificateRecord {
  const der = Buffer.from(record.der ?? '', 'base64')
  const other = Buffer.concat([der.subarray(0, -64), world.random(64)])
  return {
    ...record,
    der: other.toString('base64'),
    certificateId: sha256(other),
    publicKeySha256: world.random(32).toString('hex'),
    generationId: uuidFrom(world.random(16)),
  }
}

/** Certificate, thing, and an attachment of each kind. */
function put(registry: Registry, thingName: string, record: CertificateRecord): void {
  const { certificateId } = record
  registry.desk.transact(() => {
    registry.desk.tables.certificates.put(certificateId, record)
    directly(registry).putThing({ thingName, attributes: { serialNumber: thingName } })
    directly(registry).attachThing(certificateId, thingName)
    directly(registry).attachPolicy(certificateId, POLICY)
    return answer({})
  })
}

type Running = {
  port: number
  /** Of the file that clients need. */
  ca: string
  /** From the start of the process to `broker.ready`. */
  startMs: number
  cpuMs(): number
  rssKb(): number
  stop(): Promise<void>
}

/** `candid start` as a process of its own. */
async function startBroker(folder: string, state: string): Promise<Running> {
  const begun = performance.now()
  const main = fileURLToPath(new URL('../broker/cli/main.js', import.meta.url))
  const args = [main, 'start', '--log', 'json', '--state', state]
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  const ready = await readyLine(child)
  const { port, ca } = ready
  return {
    port,
    ca,
    startMs: performance.now() - begun,
    cpuMs: () => {
      const [user = 0, system = 0] =
        procFile(child, 'stat').split(') ')[1]?.split(' ').slice(11).map(Number) ?? []
      return (user + system) * TICK_MS
    },
    rssKb: () => Number(/VmRSS:\s+(\d+)/.exec(procFile(child, 'status'))?.[1]),
    async stop() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10

function procFile({ pid }: ChildProcess, name: string): string {
  return readFileSync(`/proc/${pid}/${name}`, 'utf8')
}

function readyLine({ stdout }: ChildProcess): Promise<{ port: number; ca: string }> {
  return new Promise((resolve, reject) => {
    if (!stdout) return reject(new Error('no stdout'))
    const lines = createInterface({ input: stdout })
    lines.on('line', line => {
      const event = JSON.parse(line)
      if (event.event === 'broker.ready') resolve(event)
    })
    lines.once('close', () => reject(new Error('the broker ended before it was ready')))
  })
}

function impossible(): never {
  throw new Error('the bench has no devices')
}
