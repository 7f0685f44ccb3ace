/**
 * `candid-broker` as a library: a whole broker inside a test process, in memory, silent, on a free port.
 *
 *     const broker = await start({ port: 0, clock: '2026-01-01T00:00:00Z' })
 *     const device = await broker.createDevice('sensor-1')
 *     const record = await broker.closed({ clientId: 'sensor-1' })
 *     await broker.stop()
 */

import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { type LimitsOption, limitsOf } from './config/limit-values.ts'
import { configOf as configOfListener } from './config/listeners.ts'
import { type Config, defaultConfig, type ListenerItem } from './config/shape.ts'
import type { ClosingRecord } from './journal/dossier.ts'
import type { LogEvent } from './journal/journal.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { openBroker } from './open.ts'
import { readPolicy } from './policy/policy.ts'
import type { Hooks } from './provisioning/hook.ts'
import { type ControlPlane, controlPlane } from './provisioning/operations.ts'
import { type Answer, answer } from './registry/answer.ts'
import { parseOptionsOf } from './registry/arn.ts'
import { equipDevice } from './registry/equip-device.ts'
import { putGivenAuthority, putGivenCertificate, putGivenTemplate } from './registry/given.ts'
import { openState, type StatePlace } from './registry/open-state.ts'
import { type Durable, durableOperations } from './registry/operations/durable-operations.ts'
import { createDevice, createDevicesCa } from './registry/pki/create-device.ts'
import { ownItems, ownRemarks, readOwn, readOwnCertificates } from './registry/pki/server-own.ts'
import { createServerPki, type ServerPki } from './registry/pki/server-pki.ts'
import type { Registry } from './registry/registry.ts'
import type { Store } from './store/store.ts'
import { type Clock, createWorld, runningClock, standingClock, type World } from './world.ts'
import { readCertificate } from './x509/certificate.ts'
import { readPemOrDer } from './x509/pem.ts'

export type StartOptions = {
  /** 0, the default, takes a free port. */
  port?: number
  /** Default 127.0.0.1: a broker in a test is nobody else's business. */
  host?: string
  /** Several ports at once, with what `listeners` of config.yaml can say for each; instead of `port` and `host`. */
  listeners?: Partial<ListenerItem>[]
  /**
   * ISO or ms since 1970: the broker's clock stands still there, so that two runs write the same log. `manual`: it begins with
   * the real time, or at `{ manual: '2026-01-01T00:00:00Z' }`, stands, and moves by `broker.clock.advance('1h')`. Or one of
   * your own.
   */
  clock?: string | number | ManualOption | Clock
  /**
   * ISO or ms since 1970; default: now. The server certificates are made as of then: valid from a day before it, for 397
   * days. To see what a device does with one that ran out, or when its clock is behind.
   */
  serverCertificatesAt?: string | number
  /** As in config.yaml; a server certificate of your own is given as PEM: `{ certificate, key, ca }`. */
  tls?: Partial<Config['tls']>
  /** `hooks`: functions that are asked before a device is provisioned by a template, by the template's name. */
  provisioning?: { chain?: Config['provisioning']['chain']; hooks?: Hooks }
  account?: Partial<Config['account']>
  /** As in config.yaml: what becomes of a policy over AWS's limit. */
  policySize?: Config['policySize']
  /** AWS's limits of MQTT, `off`, or some of them by name: `{ publishesPerSecond: 'off' }`. Default: `aws`. */
  limits?: LimitsOption
  /** Made before by `createPki`, so that many brokers need not make keys each. Then `serverCertificatesAt` is not looked at. */
  pki?: Pki
  /** A folder, or a store of your own: it keeps what the registry learns, sessions and retained messages. Default: memory. */
  state?: string | Store
  /** Gets every log event as it is written. */
  log?(event: LogEvent): void
  /** `log` gets an event for each packet too: `traffic.published`, `traffic.delivered`, ... */
  logTraffic?: boolean
}

/** ISO, or ms since 1970: where the clock begins. `manual` alone: the real time. */
export type ManualOption = 'manual' | { manual: string | number }

export type Broker = {
  port: number
  /** Of each listener, in their order; `port` is the first. */
  ports: number[]
  /** `localhost`: a name that the server certificate has. */
  host: string
  /** The CA that clients need in order to trust this broker. */
  ca: string
  /** `now`: the broker's time, ms since 1970. */
  clock: Pick<Clock, 'now'>
  /** What connections know. */
  registry: Registry
  /** AWS's control plane: `operations.updateCertificate({ certificateId, newStatus: 'INACTIVE' })`. Answers when it is durable. */
  operations: Durable<ControlPlane>
  /** Key and certificate, registered ACTIVE, attached to the thing and to the policy. */
  createDevice(thingName: string, options?: DeviceOptions): Promise<Device>
  /** Registers a CA; with a template its devices are provisioned at their first connect. Gives the caCertificateId. */
  registerAuthority(pem: string, options?: AuthorityOptions): string
  /** The next closing record that matches, or one already kept. Each record is given once. */
  closed(filter?: RecordFilter): Promise<ClosingRecord>
  stop(): Promise<void>
}

/** What `start({ clock: 'manual' })` gives. */
export type ManualBroker = Broker & { clock: Pick<ManualClock, 'advance' | 'now'> }

/** A CA and server certificates for `localhost`, 127.0.0.1 and ::1. What is in it is nobody's business. */
export type Pki = ServerPki

export type DeviceOptions = {
  /** A document (object or JSON text). Default: everything is allowed. */
  policy?: unknown
  status?: 'ACTIVE' | 'INACTIVE' | 'REVOKED' | 'PENDING_ACTIVATION' | 'PENDING_TRANSFER'
  keyType?: 'rsa' | 'ec'
}

export type Device = {
  thingName: string
  certificateId: string
  /** PEM. */
  certificate: string
  privateKey: string
  ca: string
}

export type AuthorityOptions = {
  status?: 'ACTIVE' | 'INACTIVE'
  autoRegistration?: 'ENABLE' | 'DISABLE'
  /** A provisioning template (object or JSON text). */
  template?: unknown
}

export type RecordFilter =
  | Partial<Pick<ClosingRecord, 'certificateId' | 'clientId' | 'code' | 'connection' | 'thingName'>>
  | ((record: ClosingRecord) => boolean)

/** Closing records kept for `closed`: a test that never asks must not grow without bound. */
const KEPT_RECORDS = 1000

/**
 * Makes the CA and the server certificates that `start` would make: an RSA key takes about as long as all else of a start.
 * Given to several starts, their devices need one CA only.
 * @param options `names` are further names or addresses in the server certificates
 */
export function createPki(
  options: Pick<StartOptions, 'serverCertificatesAt'> & { names?: string[] } = {},
): Promise<Pki> {
  // Clients judge our certificate by the real time, whatever the broker's clock says.
  const { serverCertificatesAt = Date.now(), names = [] } = options
  const now = timeOf('serverCertificatesAt', serverCertificatesAt)
  return createServerPki({
    names: ['localhost', ...names.filter(name => isIP(name) === 0)],
    addresses: ['127.0.0.1', '::1', ...names.filter(name => isIP(name) !== 0)],
    world: createWorld(runningClock()),
    now,
    // A root is older than what it signs: a device whose clock is behind still finds it valid.
    caNow: Math.min(now, Date.now()),
  })
}

/** Starts a broker in this process. Rejects when the port can't be had or an option is wrong. */
export async function start(options: StartOptions & { clock: ManualOption }): Promise<ManualBroker>
export async function start(options?: StartOptions): Promise<Broker>
export async function start(options: StartOptions = {}): Promise<Broker> {
  const work: (() => Promise<unknown>)[] = []
  const { clock, manual } = clockOf(options.clock, () => Promise.all(work.map(done => done())))
  const world = createWorld(clock)
  const config = configOf(options)
  let devicesCa: ReturnType<typeof createDevicesCa> | undefined
  // P-256, since making an RSA key takes longer than all else that a test does.
  const issuer = () => (devicesCa ??= createDevicesCa(world, 'ec'))
  const { names } = config.tls
  const pki = options.pki ?? (await createPki({ ...options, names }))
  const lists = config.listeners.map(item => configOfListener(config, item).tls.serverCertificates)
  const read = await readOwnCertificates(lists, item => {
    const { ca, ...pems } = item
    const [certificate, key] = [Buffer.from(pems.certificate), Buffer.from(pems.key)]
    return readOwn(item, { certificate, key, ...(ca === undefined ? {} : { ca: Buffer.from(ca) }) })
  })
  if ('problems' in read) throw new Error(read.problems.map(({ says }) => says).join('; '))
  const { own } = read
  const [first = []] = lists
  const ca = first.some(item => typeof item === 'string') ? undefined : ownItems(first)[0]?.ca
  for (const remark of ownRemarks(own, ['localhost', ...names], world.clock.now())) {
    options.log?.({ event: 'broker.warning', ...remark })
  }
  const warn = (problem: { says: string; hint: string }): void => {
    options.log?.({ event: 'broker.warning', says: problem.says, hint: problem.hint })
  }
  const state = await openState(
    stateOf(options.state),
    {
      world,
      account: () => config.account,
      policyOptions: () => parseOptionsOf(config),
      issuer,
    },
    warn,
  )
  if ('problem' in state) throw new Error(inOneLine(state.problem))
  state.remarks.forEach(warn)
  const { registry } = state
  work.push(() => registry.durable().catch(() => undefined))
  const records = recordBook()
  const opened = await openBroker({
    world,
    journal: {
      write: event => options.log?.(event),
      traffic: options.log !== undefined && options.logTraffic === true,
    },
    registry,
    config,
    pki: { ...pki, certificates: [...pki.certificates, ...own] },
    endpointName: 'localhost',
    hooks: () => options.provisioning?.hooks ?? {},
    ...(state.mqtt && { mqtt: state.mqtt }),
    closed: records.add,
  })
  if ('problem' in opened) {
    await state.close()
    throw new Error(inOneLine(opened.problem))
  }
  work.push(opened.durable)
  return {
    port: opened.ports[0] ?? 0,
    ports: opened.ports,
    host: 'localhost',
    ca: ca ?? pki.ca.pem,
    clock: handOf(clock, manual),
    registry,
    operations: durableOperations(controlPlane(registry), registry),
    async createDevice(thingName, { policy, status = 'ACTIVE', keyType = 'ec' } = {}) {
      const device = await createDevice({ thingName, keyType, issuer: await issuer() }, world)
      const { certificate, certificateId } = device
      const text = policyText(policy ?? ALLOW_ALL, config)
      must(
        registry.desk.transact(() => {
          putGivenCertificate(registry.desk, certificate, { status, how: 'createDevice' })
          return equipDevice(thingName, certificateId, text, registry)
        }),
      )
      await registry.durable()
      return {
        thingName,
        certificateId,
        certificate: device.certificatePem,
        privateKey: device.privateKeyPem,
        ca: ca ?? pki.ca.pem,
      }
    },
    registerAuthority: (pem, given = {}) => registerAuthority(pem, given, registry, world),
    closed: records.next,
    async stop() {
      // A peer that answers no FIN would be waited for until somebody moves the clock.
      const stand = manual?.letRun()
      await opened.stop()
      await state.close()
      stand?.()
    },
  }
}

function stateOf(state: StartOptions['state']): StatePlace {
  if (state === undefined || state === 'memory') return 'memory'
  return typeof state === 'string' ? { folder: resolve(state) } : state
}

function inOneLine({ says, hint }: { says: string; hint: string }): string {
  return `${says}; hint: ${hint}`
}

const ALLOW_ALL = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }],
}

function configOf({ port = 0, host = '127.0.0.1', ...options }: StartOptions): Config {
  const config = defaultConfig()
  const { listeners = [{}] } = options
  if (listeners.length === 0) throw new Error('listeners: at least one is needed')
  return {
    ...config,
    listeners: listeners.map(item => ({ host, port, ...item })),
    account: { ...config.account, ...options.account },
    policySize: options.policySize ?? config.policySize,
    limits: limitsOf(options.limits),
    tls: { ...config.tls, ...options.tls },
    provisioning: {
      ...config.provisioning,
      ...(options.provisioning?.chain && { chain: options.provisioning.chain }),
    },
  }
}

function clockOf(
  given: StartOptions['clock'],
  busy: () => Promise<unknown>,
): { clock: Clock; manual?: ManualClock } {
  if (given === undefined) return { clock: runningClock() }
  if (given === 'manual') return manualFrom(Date.now(), busy)
  if (typeof given !== 'object') return { clock: standingClock(timeOf('clock', given)) }
  return 'manual' in given ? manualFrom(timeOf('clock', given.manual), busy) : { clock: given }
}

function manualFrom(
  at: number,
  busy: () => Promise<unknown>,
): { clock: Clock; manual: ManualClock } {
  const manual = createManualClock(at, busy)
  return { clock: manual, manual }
}

/** Typed as a clock that moves by itself; who writes no types is told so. */
function handOf(clock: Clock, manual: ManualClock | undefined): ManualBroker['clock'] {
  const says = "advance: the clock moves by itself; start({ clock: 'manual' }) gives one that waits"
  const advance = manual?.advance ?? (() => Promise.reject(new Error(says)))
  return { now: clock.now, advance }
}

function timeOf(option: string, given: string | number): number {
  const at = new Date(given).getTime()
  if (Number.isNaN(at))
    throw new Error(`${option}: \`${given}\` is no time; give ISO, like 2026-01-01T00:00:00Z`)
  return at
}

/** A policy that AWS would refuse is a mistake of the test's: it is told at once. */
function policyText(policy: unknown, config: Config): string {
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy)
  const read = readPolicy('policy', text, parseOptionsOf(config))
  if (read.policy) return text
  throw new Error(`policy: ${read.problems.map(problem => problem.says).join('; ')}`)
}

function registerAuthority(
  pem: string,
  options: AuthorityOptions,
  registry: Registry,
  world: World,
): string {
  const [der] = readPemOrDer(Buffer.from(pem)).certificates
  const read = der ? readCertificate(der) : undefined
  if (!read?.ok) throw new Error(`authority: ${read?.says ?? 'no certificate in it'}`)
  const { certificate } = read
  const { status = 'ACTIVE', autoRegistration = 'ENABLE', template } = options
  const { desk } = registry
  const how = 'registerAuthority'
  const templateName = world.nextId('template')
  desk.transact(() => {
    if (template !== undefined) {
      const body = typeof template === 'string' ? template : JSON.stringify(template)
      putGivenTemplate(desk, templateName, body, how)
    }
    const named = template === undefined ? {} : { templateName }
    putGivenAuthority(desk, certificate, { status, autoRegistration, how, ...named })
    return answer(undefined)
  })
  return certificate.sha256
}

/** What AWS refuses is a mistake of the test's: it is told at once. */
function must(done: Answer<unknown>): void {
  if (done.ok) return
  const { exception, message, hint } = done.refusal
  throw new Error(`${exception}: ${message}${hint === undefined ? '' : `; hint: ${hint}`}`)
}

function recordBook(): {
  add(record: ClosingRecord): void
  next(filter?: RecordFilter): Promise<ClosingRecord>
} {
  const kept: ClosingRecord[] = []
  const waiting: {
    matches: (record: ClosingRecord) => boolean
    give: (r: ClosingRecord) => void
  }[] = []
  return {
    add(record) {
      const index = waiting.findIndex(({ matches }) => matches(record))
      const [waiter] = index < 0 ? [] : waiting.splice(index, 1)
      if (waiter) waiter.give(record)
      else kept.push(record)
      if (kept.length > KEPT_RECORDS) kept.shift()
    },
    next(filter = {}) {
      const matches = matcher(filter)
      const index = kept.findIndex(matches)
      const [known] = index < 0 ? [] : kept.splice(index, 1)
      if (known) return Promise.resolve(known)
      return new Promise(give => waiting.push({ matches, give }))
    },
  }
}

function matcher(filter: RecordFilter): (record: ClosingRecord) => boolean {
  if (typeof filter === 'function') return filter
  const wanted = Object.entries(filter)
  return record => wanted.every(([key, value]) => record[key as keyof ClosingRecord] === value)
}
