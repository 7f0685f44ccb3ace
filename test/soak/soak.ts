/**
 * A soak: random clients of both versions come, die, are taken over and go slow, for as long as you like. Afterwards no message
 * that was acknowledged may be missing, and the broker's memory must be what it was.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Device } from '../../broker/main.ts'
import { plainJs } from '../helpers/plain-js.ts'
import { arrive, publisher, type Scene, subscriber, visitor } from './actors.ts'
import type { Answer, Question, Usage } from './broker-child.ts'
import type { Client } from './client.ts'
import { flood, type Lags, pair } from './healthy.ts'
import { createLedger } from './ledger.ts'

export type SoakOptions = {
  seed: number
  ms: number
  /** A folder: sessions and messages are kept there. */
  state?: string
  /** Gets a line every half a minute. */
  say?(line: string): void
}

export type SoakReport = {
  /** Empty where all is well. */
  problems: string[]
  /** How often each thing was done. */
  done: Record<string, number>
  messages: {
    acknowledged: number
    arrived: number
    repeated: number
    outOfOrder: number
    lost: number
  }
  /** Of the broker, before and after, when nobody was there. */
  heapMb: { before: number; after: number }
  residentMb: { before: number; after: number }
  /** Of the healthy pair, in ms. */
  lags: Record<keyof Lags, { count: number; p50: number; p99: number; max: number }>
  cpuShare: number
}

const PUBLISHERS = ['p-0', 'p-1', 'p-2', 'p-3', 'p-4', 'p-5']
const SUBSCRIBERS = [
  { name: 's-0', version: 4, filters: ['soak/+/data'] },
  { name: 's-1', version: 5, filters: ['soak/+/data', 'soak/p-1/data'] },
  { name: 's-2', version: 4, filters: PUBLISHERS.map(name => `soak/${name}/data`) },
  { name: 's-3', version: 5, filters: ['soak/#'], receiveMaximum: 5 },
  { name: 's-4', version: 4, filters: ['soak/#', 'soak/+/data'] },
  { name: 's-5', version: 5, filters: ['soak/p-0/+', 'soak/+/data'], receiveMaximum: 20 },
] as const
const GROUP = [
  { name: 'g-0', version: 5, steady: true },
  { name: 'g-1', version: 4, steady: false },
  { name: 'g-2', version: 5, steady: false },
] as const
const VISITORS = ['v-0', 'v-1', 'v-2', 'v-3']
const OTHERS = ['pair-from', 'pair-to', 'flood-from', 'flood-to', 'reader']
const DEVICES = [
  ...PUBLISHERS,
  ...SUBSCRIBERS.map(({ name }) => name),
  ...GROUP.map(({ name }) => name),
  ...VISITORS,
  ...OTHERS,
]

export async function soak({ seed, ms, state, say }: SoakOptions): Promise<SoakReport> {
  const broker = await startBroker(state)
  const problems: string[] = []
  const done: Record<string, number> = {}
  const ledger = createLedger()
  const wakers = new Set<() => void>()
  let over = false
  const scene: Scene = {
    port: broker.port,
    seed,
    ledger,
    device: name => broker.devices.get(name) as Device,
    goesOn: () => !over,
    pause: time =>
      new Promise(resolve => {
        if (over) return resolve()
        const wake = (): void => {
          clearTimeout(timer)
          wakers.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, time)
        wakers.add(wake)
      }),
    problem(says) {
      if (problems.length < 100) problems.push(says)
      say?.(`problem: ${says}`)
    },
    count(what) {
      done[what] = (done[what] ?? 0) + 1
    },
  }
  await everybodyOnce(scene)
  const before = await broker.usage()
  const begun = performance.now()
  const telling = setInterval(() => {
    const minutes = ((performance.now() - begun) / 60_000).toFixed(1)
    void broker.usage().then(({ heapBytes, residentBytes }) => {
      const { acknowledged, arrived } = ledger.figures()
      say?.(
        `${minutes} min: ${acknowledged} acknowledged, ${arrived} arrived, heap ${mb(heapBytes)} MB, resident ${mb(residentBytes)} MB`,
      )
    })
  }, 30_000)
  const lags: Lags = { calm: [], stuck: [] }
  let stuck = false
  const { receivers, ready } = receiversOf(scene)
  await ready
  const publishing = PUBLISHERS.map((name, at) => publisher(scene, name, at % 2 === 0 ? 4 : 5))
  const others = [
    ...VISITORS.map(name => visitor(scene, name, PUBLISHERS)),
    pair(scene, lags, () => stuck),
    flood(scene, value => {
      stuck = value
    }),
  ]
  await new Promise(resolve => setTimeout(resolve, ms))
  over = true
  for (const wake of wakers) wake()
  clearInterval(telling)
  await Promise.all(others)
  const retained = await Promise.all(publishing)
  const last = await Promise.all(receivers)
  const used = await broker.usage()
  const lost = await allArrived(scene)
  await checkRetained(scene, retained)
  for (const client of last) client?.leave()
  await everybodyOnce(scene)
  const after = await broker.usage()
  await broker.stop()
  return {
    problems,
    done,
    messages: { ...ledger.figures(), lost },
    heapMb: { before: mb(before.heapBytes), after: mb(after.heapBytes) },
    residentMb: { before: mb(before.residentBytes), after: mb(after.residentBytes) },
    lags: { calm: figuresOf(lags.calm), stuck: figuresOf(lags.stuck) },
    cpuShare: (used.cpuMs - before.cpuMs) / ms,
  }
}

function receiversOf(scene: Scene): {
  receivers: Promise<Client | undefined>[]
  ready: Promise<void>
} {
  const receivers: Promise<Client | undefined>[] = []
  const all: Promise<void>[] = []
  const begin = (own: Omit<Parameters<typeof subscriber>[1], 'ready'>): Promise<void> =>
    new Promise(ready => void receivers.push(subscriber(scene, { ...own, ready })))
  for (const { filters, ...own } of SUBSCRIBERS) {
    const { name } = own
    const begun = begin({ ...own, filters: [...filters], as: name })
    all.push(begun.then(() => scene.ledger.owe(name, PUBLISHERS, true)))
  }
  const filters = ['$share/group/soak/+/data']
  const members = GROUP.map(one => begin({ ...one, filters, as: 'group' }))
  all.push(Promise.all(members).then(() => scene.ledger.owe('group', PUBLISHERS, false)))
  return { receivers, ready: Promise.all(all).then(() => undefined) }
}

/** Waits while something still comes; tells who lacks what. */
async function allArrived({ ledger, problem }: Scene): Promise<number> {
  const names = [...SUBSCRIBERS.map(({ name }) => name), 'group']
  const lacking = (): number => names.reduce((sum, name) => sum + ledger.lacks(name).count, 0)
  let known = lacking()
  for (let quiet = 0; known > 0 && quiet < 50; quiet++) {
    await new Promise(resolve => setTimeout(resolve, 100))
    const now = lacking()
    if (now < known) quiet = 0
    known = now
  }
  for (const name of names) {
    const { count, first } = ledger.lacks(name)
    if (count > 0) problem(`${name} lacks ${count} acknowledged messages, first ${first}`)
  }
  return known
}

/** The retained message of each topic is the last one that was acknowledged, or a later one. */
async function checkRetained(scene: Scene, publishers: { retained: number }[]): Promise<void> {
  const found = new Map<string, number>()
  const reader = await arrive(scene, 'reader', {
    version: 5,
    clean: true,
    message({ topic, payload, retain }) {
      if (retain) found.set(topic, Number(payload))
      return true
    },
  })
  for (const [at, { retained }] of publishers.entries()) {
    const topic = `soak/${PUBLISHERS[at]}/state`
    await reader?.subscribe([topic], 1)
    for (let tries = 0; retained > 0 && !found.has(topic) && tries < 50; tries++) {
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    const got = found.get(topic) ?? 0
    if (got < retained) scene.problem(`${topic} keeps ${got}, and ${retained} was acknowledged`)
    await reader?.publish(topic, '', { retain: true })
  }
  reader?.leave()
}

/** Each connects with a clean session and leaves: nothing is kept of anybody afterwards. */
async function everybodyOnce(scene: Scene): Promise<void> {
  for (const [at, name] of DEVICES.entries()) {
    const client = await arrive(scene, name, { version: at % 2 === 0 ? 4 : 5, clean: true })
    client?.leave()
    await client?.ended
  }
}

type Running = {
  port: number
  devices: Map<string, Device>
  usage(): Promise<Usage>
  stop(): Promise<void>
}

async function startBroker(state: string | undefined): Promise<Running> {
  const folder = plainJs(['test/soak/broker-child.ts'])
  const script = join(folder, 'test/soak/broker-child.js')
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const
  const child = spawn(process.execPath, ['--expose-gc', script], { stdio: [...stdio] })
  let stopping = false
  const died = once(child, 'exit').then((): unknown[] => {
    if (stopping) return []
    throw new Error('the broker has ended')
  })
  // It is looked at with each question.
  died.catch(() => undefined)
  // One at a time: answers come in the order of the questions.
  let last: Promise<unknown> = Promise.resolve()
  const ask = (question: Question): Promise<Answer> => {
    const asked = last.then(async () => {
      child.send(question)
      const [answer] = await Promise.race([once(child, 'message'), died])
      return answer as Answer
    })
    last = asked
    return asked
  }
  const names = [...DEVICES]
  const started = await ask({ ask: 'start', devices: names, ...(state ? { state } : {}) })
  if (!('port' in started)) throw new Error('the broker did not say its port')
  return {
    port: started.port,
    devices: new Map(started.devices.map(device => [device.thingName, device])),
    async usage() {
      const answer = await ask({ ask: 'usage' })
      if (!('heapBytes' in answer)) throw new Error('no usage')
      return answer
    },
    async stop() {
      await ask({ ask: 'stop' })
      stopping = true
      child.disconnect()
      await died
      rmSync(folder, { recursive: true })
    },
  }
}

function figuresOf(values: number[]): SoakReport['lags']['calm'] {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number): number =>
    Number((sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(2))
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}

function mb(bytes: number): number {
  return Number((bytes / 2 ** 20).toFixed(1))
}
