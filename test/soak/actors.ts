/** Who takes part in a soak. Each lives its lives until the time is over; how they go is decided by its stream of chance. */

import type { IPublishPacket } from 'mqtt-packet'
import type { Device } from '../../broker/main.ts'
import { type Chance, chanceOf } from './chance.ts'
import { type Client, type ClientOptions, connect } from './client.ts'
import type { Ledger } from './ledger.ts'

export type Scene = {
  port: number
  seed: number
  device(name: string): Device
  ledger: Ledger
  /** False when the actors are to come to their end. */
  goesOn(): boolean
  /** Resolves after the time, or at once when the end has come. */
  pause(ms: number): Promise<void>
  problem(says: string): void
  /** How often something was done. */
  count(what: string): void
}

type Life = Pick<ClientOptions, 'version' | 'clean'> & Partial<ClientOptions>

/** So short that a half-open connection is noticed within the soak. */
const KEEP_ALIVE_SECONDS = 2

/** Tries until it is let in, or the time is over. */
export async function arrive(scene: Scene, name: string, life: Life): Promise<Client | undefined> {
  for (let tries = 0; tries < 50; tries++) {
    const client = await connect({
      port: scene.port,
      device: scene.device(name),
      keepAlive: KEEP_ALIVE_SECONDS,
      problem: says => scene.problem(`${name}: the broker ${says}`),
      ...life,
    })
    if (client) return client
    scene.count('refused')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  scene.problem(`${name} was not let in, 50 times`)
  return undefined
}

/** How a life ends: politely, by RST, without a word while the socket stays open, or by a second connection of the same name. */
export function depart(scene: Scene, chance: Chance, client: Client): void {
  const how = chance.pick({ leave: 2, reset: 3, abandon: 1, takeover: 2 })
  scene.count(how)
  if (how === 'leave') client.leave()
  else if (how === 'reset') client.reset()
  else if (how === 'abandon') client.abandon(6000)
}

/** Publishes numbered messages, sends again what was not acknowledged, and sets the retained message of its topic. */
export async function publisher(
  scene: Scene,
  name: string,
  version: 4 | 5,
): Promise<{ retained: number }> {
  const chance = chanceOf(scene.seed, name)
  const owed = new Set<number>()
  let retained = 0
  const send = (client: Client, number: number): void => {
    void client.publish(`soak/${name}/data`, `${name} ${number}`).then(done => {
      if (!done || !owed.delete(number)) return
      scene.ledger.acknowledged(name, number)
    })
  }
  while (scene.goesOn()) {
    const client = await arrive(scene, name, { version, clean: true })
    if (!client) break
    for (const number of owed) send(client, number)
    const lives = performance.now() + chance.between(300, 5000)
    while (scene.goesOn() && client.alive() && performance.now() < lives) {
      for (let burst = chance.is(0.1) ? 20 : 1; burst > 0; burst--) {
        const number = scene.ledger.next(name)
        owed.add(number)
        send(client, number)
      }
      if (chance.is(0.05)) {
        const number = scene.ledger.next(`${name} retained`)
        const set = client.publish(`soak/${name}/state`, String(number), { retain: true })
        void set.then(done => {
          if (done) retained = Math.max(retained, number)
        })
      }
      await scene.pause(chance.between(20, 100))
    }
    depart(scene, chance, client)
    await scene.pause(chance.between(0, 300))
  }
  await settle(scene, name, version, owed, send)
  return { retained }
}

async function settle(
  scene: Scene,
  name: string,
  version: 4 | 5,
  owed: Set<number>,
  send: (client: Client, number: number) => void,
): Promise<void> {
  const client = await arrive(scene, name, { version, clean: true })
  if (!client) return
  for (const number of owed) send(client, number)
  const until = performance.now() + 10_000
  while (owed.size > 0 && client.alive() && performance.now() < until) {
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  if (owed.size > 0) scene.problem(`${name} gets no PUBACK for ${owed.size} messages`)
  client.leave()
}

export type Subscriber = {
  name: string
  version: 4 | 5
  filters: string[]
  /** In whose name it receives: its own, or that of a group. */
  as: string
  /** It never dies. */
  steady?: boolean
  receiveMaximum?: number
  /** Told when its subscriptions are in place. */
  ready(): void
}

/** A persistent session: it comes back to it again and again, and is owed everything. Gives its last connection. */
export async function subscriber(scene: Scene, own: Subscriber): Promise<Client | undefined> {
  const { name, version, filters, receiveMaximum } = own
  const chance = chanceOf(scene.seed, name)
  let withholds = false
  const life = {
    version,
    clean: false,
    ...(receiveMaximum === undefined ? {} : { receiveMaximum }),
    message(packet: IPublishPacket) {
      const [from = '', number = ''] = packet.payload.toString().split(' ')
      if (packet.topic.endsWith('/data')) scene.ledger.arrived(own.as, from, Number(number))
      return !withholds
    },
  }
  let client = await arrive(scene, name, life)
  if (!(await client?.subscribe(filters, 1))) scene.problem(`${name} may not subscribe`)
  own.ready()
  while (client && scene.goesOn()) {
    const lives = performance.now() + chance.between(300, 4000)
    while (scene.goesOn() && client.alive() && (own.steady || performance.now() < lives)) {
      await scene.pause(chance.between(100, 500))
      if (own.steady) continue
      withholds = chance.is(0.15)
      if (!chance.is(0.1)) continue
      scene.count('stall')
      client.stall()
      await scene.pause(chance.between(100, 1500))
      client.resume()
    }
    if (own.steady && client.alive()) break
    depart(scene, chance, client)
    await scene.pause(chance.between(0, 1000))
    withholds = false
    client = await arrive(scene, name, life)
    if (client && !client.sessionPresent)
      scene.problem(`${name} came back, and its session was gone`)
  }
  return client
}

/** A clean session that comes by, with QoS 0 or 1, and expects nothing but what it asked for. */
export async function visitor(scene: Scene, name: string, topics: string[]): Promise<void> {
  const chance = chanceOf(scene.seed, name)
  while (scene.goesOn()) {
    const filters = topics.filter(() => chance.is(0.4)).map(topic => `soak/${topic}/data`)
    const client = await arrive(scene, name, {
      version: chance.is(0.5) ? 5 : 4,
      clean: true,
      message({ topic }) {
        if (!filters.includes(topic)) scene.problem(`${name} got ${topic}, and never asked for it`)
        return chance.is(0.9)
      },
    })
    if (!client) return
    if (filters.length > 0) await client.subscribe(filters, chance.is(0.5) ? 0 : 1)
    if (chance.is(0.2)) client.stall()
    await scene.pause(chance.between(50, 2000))
    depart(scene, chance, client)
    await scene.pause(chance.between(0, 500))
  }
}
