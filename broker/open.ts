/** Wires the rooms together and opens the door: read it as the diagram of the running broker. */

import type { Config } from './config/shape.ts'
import type { House, Settings } from './connection/house.ts'
import { type ListenProblem, listen } from './connection/listener.ts'
import { endOfRegistration } from './connection/registration.ts'
import { createRepeats } from './connection/repeats.ts'
import { settingsOf } from './connection/settings.ts'
import { diagnose } from './diagnosis/diagnosis.ts'
import type { ClosingRecord } from './journal/dossier.ts'
import type { Journal } from './journal/journal.ts'
import { createMqttBroker } from './mqtt/broker.ts'
import type { Registry } from './registry/registry.ts'
import type { ServerPki } from './registry/server-pki.ts'
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
  /** Told of each closing record. */
  closed?(record: ClosingRecord): void
}

export type OpenBroker = {
  port: number
  /** Takes over a new configuration or new server certificates for the connections to come. */
  renew(config: Config, pki: ServerPki): void
  /** Ends every connection, with a record each, and closes the door. */
  stop(): Promise<void>
}

/** Certificates that are kept parsed: a fleet reconnects with the same ones. */
const CACHED_CERTIFICATES = 2000

export async function openBroker(parts: Parts): Promise<OpenBroker | { problem: ListenProblem }> {
  const { world, journal, registry } = parts
  const mqtt = await createMqttBroker(error => {
    journal.write({ event: 'broker.warning', says: `aedes: ${error.message}` })
  })
  let settings: Settings
  const house: House = {
    world,
    journal,
    registry,
    mqtt,
    certificates: certificateCache(CACHED_CERTIFICATES),
    repeats: createRepeats(world.clock),
    settings: () => settings,
    open: new Map(),
    sessions: new Map(),
    closed: record => parts.closed?.(record),
    ...(parts.fresh === undefined ? {} : { fresh: parts.fresh }),
  }
  const where = {
    endpointName: parts.endpointName,
    ...(parts.caFile === undefined ? {} : { caFile: parts.caFile }),
  }
  settings = settingsOf(parts.config, parts.pki, { ...where, port: parts.config.listener.port })
  const { host, port } = parts.config.listener
  const listener = await listen(host, port, house)
  if ('problem' in listener) {
    await mqtt.stop()
    return listener
  }
  settings = { ...settings, port: listener.port }
  registry.onChange(() => endDisabled(house))
  return {
    port: listener.port,
    renew(config, pki) {
      settings = settingsOf(config, pki, { ...where, port: listener.port })
    },
    async stop() {
      const closed = listener.close()
      const reason = diagnose('CLOSE_BY_BROKER', { why: 'the broker was stopped' })
      const open = [...house.open.values()]
      for (const connection of open) void connection.end(reason)
      await Promise.all(open.map(({ done }) => done))
      await closed
      await mqtt.stop()
      journal.write({ event: 'broker.stopped' })
    },
  }
}

/** AWS ends the sessions of a certificate that leaves ACTIVE within minutes; here it is at once. */
function endDisabled({ sessions, registry }: House): void {
  for (const session of sessions.values()) {
    const { certificateId = '' } = session
    const registered = registry.certificate(certificateId)
    if (registered?.status === 'ACTIVE') continue
    void session.end(endOfRegistration(registered, registry))
  }
}
