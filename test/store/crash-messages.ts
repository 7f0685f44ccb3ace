/**
 * Rounds of the crash test for messages: the real broker, killed under QoS 1 load. Everything that it acknowledged has to be
 * there afterwards: messages for persistent sessions of both versions, connected or away, retained messages, subscriptions.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { type Minted, minted } from '../helpers/pki.ts'
import { plainJs } from '../helpers/plain-js.ts'
import { randomFrom } from './random.ts'

export type Figures = {
  rounds: number
  /** PUBACKs and SUBACKs that came. */
  acknowledged: number
  /** Messages that came to the two sessions, and how many of them more than once. */
  received: number
  twice: number
  /** What was acknowledged and is not there. */
  lost: string[]
}

type Receiver = {
  clientId: string
  options: IClientOptions
  /** Whether it is connected when the broker is killed. */
  stays: boolean
  got: Map<string, number>
}

/** The broker is killed at most so long after the load has begun. */
const MOST_MS = 600
const AT_ONCE = 20
const RETAINED_TOPICS = 5

const CONFIG = `listeners: [{ host: 127.0.0.1, port: 0 }]
log: json
limits: off
devices:
  - thing: load
    certificate: load.pem
    policies: [all]
`
const POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }],
}

/** @param told of each round, for long runs */
export async function crashMessages(
  rounds: number,
  seed: number,
  told: (line: string) => void = () => undefined,
): Promise<Figures> {
  const random = randomFrom(seed)
  const js = plainJs([])
  const dir = mkdtempSync(join(tmpdir(), 'candid-crash-'))
  const device = minted({ subject: [['CN', 'load']] })
  mkdirSync(join(dir, 'policies'))
  writeFileSync(join(dir, 'config.yaml'), CONFIG)
  writeFileSync(join(dir, 'load.pem'), device.pem)
  writeFileSync(join(dir, 'policies', 'all.json'), JSON.stringify(POLICY))
  const receivers: Receiver[] = [
    { clientId: 'stays', options: { protocolVersion: 4 }, stays: true, got: new Map() },
    {
      clientId: 'away',
      options: { protocolVersion: 5, properties: { sessionExpiryInterval: 4_000_000 } },
      stays: false,
      got: new Map(),
    },
  ]
  const figures: Figures = { rounds, acknowledged: 0, received: 0, twice: 0, lost: [] }
  const acknowledged = new Set<string>()
  /** By topic: the latest that was acknowledged. What was sent after it may be there instead. */
  const retained = new Map<string, number>()
  try {
    for (let round = 1; round <= rounds; round++) {
      const broker = await startBroker(js, dir)
      for (const one of receivers) {
        const { client, present } = await receive(broker.port, device, one)
        if (round > 1 && !present) figures.lost.push(`round ${round}: the session ${one.clientId}`)
        const filter = round === 1 ? 'load/#' : `round/${round}`
        await client.subscribeAsync(filter, { qos: 1 })
        figures.acknowledged++
        if (!one.stays) await client.endAsync()
      }
      const protocolVersion = round % 2 === 0 ? 4 : 5
      const speaker = await connect(broker.port, device, { clientId: 'speaker', protocolVersion })
      let alive = true
      const publish = async (worker: number): Promise<void> => {
        for (let number = 1; alive; number++) {
          const name = `${round}-${worker}-${number}`
          const keeps = number % 4 === 0
          const topic = keeps ? `retained/${worker % RETAINED_TOPICS}` : `load/${worker}`
          const value = round * 1_000_000 + number
          const payload = keeps ? `${value} ${name}` : name
          if (!(await confirmed(speaker.client, topic, payload, keeps))) return
          figures.acknowledged++
          if (keeps) retained.set(topic, Math.max(value, retained.get(topic) ?? 0))
          else acknowledged.add(name)
        }
      }
      const work = Array.from({ length: AT_ONCE }, (_, worker) => publish(worker))
      await new Promise(resolve => setTimeout(resolve, random(MOST_MS)))
      broker.kill()
      alive = false
      await Promise.all([...work, broker.ended])

      const again = await startBroker(js, dir)
      const found = await look(again.port, device, receivers, round)
      for (const [topic, least] of retained) {
        if ((found.get(topic) ?? 0) < least) {
          figures.lost.push(`round ${round}: ${topic} has ${found.get(topic)}, and had ${least}`)
        }
      }
      again.kill()
      await again.ended
      for (const { clientId, got } of receivers) {
        for (const name of [...acknowledged, `round/${round}`]) {
          if (round === 1 && name === 'round/1') continue
          if (!got.has(name)) figures.lost.push(`round ${round}: ${clientId} never got ${name}`)
        }
      }
      acknowledged.clear()
      for (const { got } of receivers) {
        figures.received += got.size
        figures.twice += [...got.values()].filter(times => times > 1).length
        got.clear()
      }
      told(`round ${round}: ${figures.acknowledged} acknowledged, ${figures.lost.length} lost`)
    }
    return figures
  } finally {
    rmSync(dir, { recursive: true, force: true })
    rmSync(js, { recursive: true, force: true })
  }
}

/** Fetches all that the sessions are owed, up to a message that is sent now, and what is retained. */
async function look(
  port: number,
  device: Minted,
  receivers: Receiver[],
  round: number,
): Promise<Map<string, number>> {
  const speaker = await connect(port, device, { clientId: 'last', protocolVersion: 4 })
  const found = new Map<string, number>()
  speaker.client.on('message', (topic, payload) => {
    found.set(topic, Number.parseInt(payload.toString(), 10))
  })
  for (let topic = 0; topic < RETAINED_TOPICS; topic++) {
    await speaker.client.subscribeAsync(`retained/${topic}`, { qos: 1 })
  }
  await confirmed(speaker.client, `round/${round}`, `round/${round}`, false)
  for (const one of receivers) {
    const mark = `${one.clientId} ${round}`
    await confirmed(speaker.client, 'load/last', mark, false)
    const { client } = await receive(port, device, one)
    // What was sent last comes last: with `limits: off` all that is stored goes out in its order.
    while (!one.got.has(mark)) {
      await new Promise<void>(resolve => client.once('message', () => resolve()))
    }
    await client.endAsync()
  }
  await speaker.client.endAsync()
  return found
}

/** Messages may come in one piece with the CONNACK: they are counted from the beginning. */
function receive(port: number, device: Minted, { clientId, options, got }: Receiver) {
  return connect(port, device, { ...options, clientId, clean: false }, payload => {
    const name = payload.toString()
    got.set(name, (got.get(name) ?? 0) + 1)
  })
}

async function startBroker(js: string, dir: string) {
  const main = join(js, 'broker/cli/main.js')
  const broker = spawn(process.execPath, [main, 'start'], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(broker, 'close')
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: broker.stdout }).on('line', line => {
      const event = JSON.parse(line)
      if (event.event === 'broker.ready') resolve(event.port)
    })
    void ended.then(() => reject(new Error('the broker did not start')))
  })
  return { port, ended, kill: () => void broker.kill('SIGKILL') }
}

async function connect(
  port: number,
  device: Minted,
  options: IClientOptions,
  came: (payload: Buffer) => void = () => undefined,
) {
  const client = mqtt.connect({
    host: '127.0.0.1',
    port,
    protocol: 'mqtts',
    rejectUnauthorized: false,
    cert: device.pem,
    key: device.keyPem,
    reconnectPeriod: 0,
    ...options,
  })
  client.setMaxListeners(0)
  client.on('message', (_topic, payload) => came(payload))
  client.on('error', () => undefined)
  const present = await new Promise<boolean>((resolve, reject) => {
    client.once('connect', packet => resolve(packet.sessionPresent))
    client.once('close', () => reject(new Error(`${options.clientId} was not let in`)))
  })
  return { client, present }
}

/** Whether its PUBACK came. */
function confirmed(
  client: MqttClient,
  topic: string,
  payload: string,
  retain: boolean,
): Promise<boolean> {
  return new Promise(resolve => {
    const closed = (): void => resolve(false)
    client.once('close', closed)
    client.publish(topic, payload, { qos: 1, retain }, error => {
      client.removeListener('close', closed)
      resolve(!error)
    })
    if (!client.connected) resolve(false)
  })
}
