/** Wires the rooms together and opens the door: read it as the diagram of the running broker. */

import { configOf } from './config/listeners.ts'
import type { Config } from './config/shape.ts'
import type { House, Settings } from './connection/house.ts'
import { knownChains } from './connection/known-chains.ts'
import { knownHellos } from './connection/known-hellos.ts'
import { type Listener, type ListenProblem, listen } from './connection/listener.ts'
import { createLive } from './connection/live.ts'
import { createRepeats } from './connection/repeats.ts'
import { settingsOf } from './connection/settings.ts'
import { diagnose } from './diagnosis/diagnosis.ts'
import type { ClosingRecord } from './journal/dossier.ts'
import type { Journal } from './journal/journal.ts'
import { createMqttBroker } from './mqtt/broker.ts'
import { type KeepParts, openKeep } from './mqtt/keep-store.ts'
import { createPresence } from './mqtt/presence.ts'
import { createRates } from './mqtt/rates.ts'
import { claimServices } from './provisioning/claim.ts'
import type { Hooks } from './provisioning/hook.ts'
import type { ServerPki } from './registry/pki/server-pki.ts'
import type { Registry } from './registry/registry.ts'
import { serviceTable } from './service/service.ts'
import type { World } from './world.ts'
import { certificateCache } from './x509/cache.ts'

export type Parts = {
  world: World
  journal: Journal
  registry: Registry
  config: Config
  pki: ServerPki
  endpointName: string
  /** The CA file that devices need, where it is on disk. */
  caFile?: string
  /** Resolves when changes of the files that are known of have been taken over. */
  fresh?(): Promise<void>
  /** Of fleet provisioning, by template name; they may change while running. */
  hooks?(): Hooks
  /** Where sessions and messages are kept, and what it holds of them. Absent: they end with the process. */
  mqtt?: Omit<KeepParts, 'clock'>
  /** Told of each closing record. */
  closed?(record: ClosingRecord): void
}

export type OpenBroker = {
  /** Of each listener, in the order of the config. */
  ports: number[]
  /** How many are open now, whether they have got their CONNACK or not. */
  connections(): number
  /** Takes over a new configuration (with the same listeners' places) or new server certificates for the connections to come. */
  renew(config: Config, pki: ServerPki): void
  /** Resolves when all sessions and messages of now would survive a crash, or can not. */
  durable(): Promise<unknown>
  /** Ends every connection, with a record each, and closes the door. */
  stop(): Promise<void>
}

/** Certificates that are kept parsed: a fleet reconnects with the same ones. */
const CACHED_CERTIFICATES = 2000
/** Different offers of ClientHellos that are kept explained, 2 KB each at the most. */
const KNOWN_OFFERS = 500
/** Chains whose judgement is kept, 8 KB each at the most. */
const KNOWN_CHAINS = 1000

export async function openBroker(parts: Parts): Promise<OpenBroker | { problem: ListenProblem }> {
  const { world, journal, registry } = parts
  let { limits } = parts.config
  const opened = parts.mqtt && openKeep({ ...parts.mqtt, clock: world.clock })
  const durable = async (): Promise<unknown> => opened?.keep.durable()
  const mqtt = await createMqttBroker({
    world,
    ...opened,
    limits: () => limits,
    onError(error) {
      journal.write({ event: 'broker.warning', says: `aedes: ${error.message}` })
    },
    everyQueued: journal.traffic === true,
    queued(clientId, { topic, payload }, dropped) {
      const facts = { clientId, topic, qos: 1, bytes: payload.length } as const
      journal.write({ event: 'traffic.queued', ...facts, ...(dropped ? { dropped } : {}) })
    },
  })
  const where = {
    endpointName: parts.endpointName,
    ...(parts.caFile === undefined ? {} : { caFile: parts.caFile }),
  }
  const { listeners } = parts.config
  const settingsOfAll = (config: Config, pki: ServerPki, ports: number[]): Settings[] =>
    config.listeners.map((item, index) =>
      settingsOf(configOf(config, item), pki, { ...where, port: ports[index] ?? item.port }),
    )
  let settings = settingsOfAll(parts.config, parts.pki, [])
  const claim = claimServices({ world, journal, registry, hooks: () => parts.hooks?.() ?? {} })
  const shared: Omit<House, 'settings'> = {
    world,
    journal,
    registry,
    live: createLive(registry, world.clock),
    mqtt,
    rates: createRates(world.clock),
    presence: createPresence(world),
    certificates: certificateCache(CACHED_CERTIFICATES),
    hellos: knownHellos(KNOWN_OFFERS),
    chains: knownChains(KNOWN_CHAINS),
    repeats: createRepeats(world.clock),
    services: serviceTable(claim.services),
    inHand: { all: 0, of: new Map() },
    open: new Map(),
    sessions: new Map(),
    closed: record => parts.closed?.(record),
    ...(parts.fresh === undefined ? {} : { fresh: parts.fresh }),
  }
  const doors: Listener[] = []
  /** Closes the doors and ends every connection: a door is not closed before the last one that came through it has gone. */
  async function shut(why: string): Promise<void> {
    const closed = Promise.all(doors.map(door => door.close()))
    const reason = diagnose('CLOSE_BY_BROKER', { why })
    const open = [...shared.open.values()]
    for (const connection of open) void connection.end(reason)
    await Promise.all(open.map(({ done }) => done))
    await closed
  }
  for (const [index, { host, port }] of listeners.entries()) {
    const own = (): Settings => settings[index] ?? impossible(`listener ${index}`)
    const door = await listen(host, port, { ...shared, settings: own })
    if ('problem' in door) {
      await shut('one of its ports could not be opened')
      await claim.stop()
      await mqtt.stop()
      return door
    }
    doors.push(door)
  }
  const ports = doors.map(door => door.port)
  settings = settings.map((one, index) => ({ ...one, port: ports[index] ?? one.port }))
  return {
    ports,
    connections: () => shared.open.size,
    durable,
    renew(config, pki) {
      limits = config.limits
      settings = settingsOfAll(config, pki, ports)
    },
    async stop() {
      await shut('the broker was stopped')
      await claim.stop()
      await mqtt.stop()
      await durable()
      journal.write({ event: 'broker.stopped' })
    },
  }
}

function impossible(what: string): never {
  throw new Error(`there is no ${what}`)
}
