/** What every room may use: made once by main.ts and passed along. */

import type { SecureContext } from 'node:tls'
import type { Config } from '../config/shape.ts'
import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import type { ClosingRecord } from '../journal/dossier.ts'
import type { Journal } from '../journal/journal.ts'
import type { MqttBroker } from '../mqtt/broker.ts'
import type { Presence } from '../mqtt/presence.ts'
import type { Rates } from '../mqtt/rates.ts'
import type { Registry } from '../registry/registry.ts'
import type { ServiceTable } from '../service/service.ts'
import type { Endpoint, KeyType } from '../tls/match.ts'
import type { World } from '../world.ts'
import type { CertificateCache } from '../x509/cache.ts'
import type { KnownChains } from './known-chains.ts'
import type { KnownHellos } from './known-hellos.ts'
import type { Live } from './live.ts'
import type { Repeats } from './repeats.ts'
import type { InHand } from './services.ts'

export type House = {
  world: World
  journal: Journal
  registry: Registry
  live: Live
  mqtt: MqttBroker
  rates: Rates
  /** What lifecycle events remember of client ids. */
  presence: Presence
  certificates: CertificateCache
  hellos: KnownHellos
  chains: KnownChains
  repeats: Repeats
  /** What answers on `$aws/...` topics. */
  services: ServiceTable
  inHand: InHand
  /** Read anew when config.yaml changes; for TLS a connection keeps those it came with. */
  settings(): Settings
  /** Before a certificate is judged: resolves when no change of the files is waiting. */
  fresh?(): Promise<void>
  /** Open connections, by connection id. */
  open: Map<string, OpenConnection>
  /** Sessions, by client id: who connects with the same id takes over. */
  sessions: Map<string, OpenConnection>
  /** Told of each closing record, after the journal. */
  closed(record: ClosingRecord): void
}

export type OpenConnection = {
  id: string
  /** Ends it from outside; resolves when its MQTT session is free for another connection. */
  end(reason: Diagnosis): Promise<void>
  /** Resolves when its closing record is written. */
  done: Promise<void>
}

export type Settings = {
  config: Config
  port: number
  /** The name under which this endpoint is reached. */
  endpointName: string
  /** With these of our keys: the client's signature algorithms decide which are of use. */
  secureContext(keys: KeyType[]): SecureContext
  endpoint: Endpoint
  server: ServerCertificateFacts[]
  /** Of all server certificates. */
  names: string[]
  /** All of them are the user's own. */
  own: boolean
}

export type ServerCertificateFacts = {
  kind: KeyType
  names: string[]
  notBefore: string
  notAfter: string
  /** The CA file that a device needs in order to trust it. */
  caFile?: string
  /** Of a certificate of the user's own: who signed the last one of its chain. */
  issuer?: string
}
