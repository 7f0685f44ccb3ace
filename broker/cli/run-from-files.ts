/**
 * A broker that runs from files: config.yaml, policies/ and certs/. It makes its local PKI at the first start, and takes
 * over what changes in the files while it runs. A broken file is reported, and its last good state kept.
 */

import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { configOf, firstListener, portClashes } from '../config/listeners.ts'
import { loadConfig } from '../config/load.ts'
import type { Config, LogForm, LogLevel } from '../config/shape.ts'
import type { ListenerRecord } from '../journal/event.ts'
import { createJournal } from '../journal/journal.ts'
import { openBroker } from '../open.ts'
import { hooksOf } from '../provisioning/hook-program.ts'
import { controlPlane } from '../provisioning/operations.ts'
import { parseOptionsOf } from '../registry/arn.ts'
import { readDeclared } from '../registry/declared/declared.ts'
import type {
  Declared,
  DeclaredPolicy,
  DeclaredProblem,
} from '../registry/declared/declared-shape.ts'
import { watchDeclared } from '../registry/declared/declared-watch.ts'
import { fileProblem } from '../registry/files.ts'
import { openState } from '../registry/open-state.ts'
import { devicesIssuer } from '../registry/pki/create-device.ts'
import { createWorld, runningClock } from '../world.ts'
import { firstCommands } from './first-commands.ts'
import { hookRemarks } from './hook-remarks.ts'
import type { Io } from './io.ts'
import { openManagement } from './management.ts'
import { packageVersion } from './package-root.ts'
import { near } from './project.ts'
import { ownFiles, readyCa, serverPki } from './server-certificates.ts'
import { statePlace } from './state-place.ts'

export type Problem = { says: string; hint?: string }

export type FileBroker = { port: number; stop(): Promise<void> }

/** What the command line says instead of the config. `clock` is ISO, `state` a path from where the command was typed. */
export type StartOverrides = {
  port?: number
  state?: string
  log?: LogForm
  logLevel?: LogLevel
  clock?: string
}

type Request = { configFile?: string; overrides: StartOverrides; io: Io }

/** What has to be known to read the files again. */
type Project = { configFile?: string; baseDir: string; overrides: StartOverrides }

/** The server certificates are looked at once a day, so that a long run doesn't outlive them. */
const RENEWAL_MS = 24 * 60 * 60 * 1000

/** Starts the broker, or says in a line each what is in the way; then nothing runs. */
export async function startFromFiles(
  request: Request,
): Promise<FileBroker | { problems: Problem[] }> {
  const { overrides, io } = request
  const { configFile } = request
  const project: Project = {
    ...(configFile === undefined ? {} : { configFile }),
    baseDir: configFile === undefined ? io.cwd : dirname(configFile),
    overrides,
  }
  const read = await readConfig(project)
  if ('problems' in read) return read
  let { config } = read
  const world = createWorld(
    runningClock(overrides.clock === undefined ? undefined : Date.parse(overrides.clock)),
  )
  const ensured = await serverPki(config, project, world)
  if ('problems' in ensured) return ensured
  const { caFile, made } = ensured
  let { pki } = ensured

  const journal = createJournal({
    format: config.log ?? (io.isTerminal ? 'story' : 'json'),
    write: text => void io.stdout.write(text),
    clock: world.clock,
    terminal: io.isTerminal,
    columns: io.columns,
    ...(config.logLevel === undefined ? {} : { level: config.logLevel }),
    aws: {
      accountId: () => config.account.id,
      random: world.random,
      aside: text => void io.stderr.write(text),
    },
  })
  const place = statePlace(config, project.baseDir, overrides.state, io)
  const issuer = devicesIssuer(resolve(project.baseDir, config.certs), world)
  const state = await openState(
    place,
    { world, account: () => config.account, policyOptions: () => parseOptionsOf(config), issuer },
    warn,
  )
  if ('problem' in state) return { problems: [state.problem] }
  const { registry } = state
  state.remarks.forEach(warn)
  let declared: Declared | undefined
  // Watching starts before reading, so that no change falls between the two.
  let reading = Promise.resolve()
  let watched = watchedPaths(config, project)
  let watcher = watchDeclared(watched, readAgain, world.clock)
  let opened: Awaited<ReturnType<typeof openBroker>> | undefined
  let hooksRemarked = ''
  await declare()
  let remarked = ''
  remark(ensured.remarks)

  opened = await openBroker({
    world,
    journal,
    registry,
    config,
    pki,
    endpointName: hostname(),
    caFile,
    hooks: () => hooksOf(config.provisioning.hooks, project.baseDir),
    ...(state.mqtt && { mqtt: state.mqtt }),
    async fresh() {
      watcher.hurry()
      await reading
    },
  })
  if ('problem' in opened) {
    watcher.close()
    await state.close()
    return { problems: [opened.problem] }
  }
  const { connections, ports, stop } = opened
  const port = ports[0] ?? 0
  const management = await openManagement(
    place,
    {
      world,
      journal,
      registry,
      operations: controlPlane(registry),
      version: await packageVersion(),
      status: () => ({
        listeners: config.listeners.map(({ host }, index) => ({ host, port: ports[index] ?? 0 })),
        connections: connections(),
      }),
      takeOver() {
        watcher.now()
        return reading
      },
    },
    warn,
  )
  let cancelRenewal = world.clock.after(RENEWAL_MS, renewLater)
  await ready(ports)
  return {
    port,
    async stop() {
      await management.close()
      watcher.close()
      cancelRenewal()
      await reading
      await stop()
      await state.close()
    },
  }

  function readAgain(): void {
    reading = reading.then(reload).catch(error => warn({ says: `reading the files: ${error}` }))
  }

  function warn(problem: Problem & { file?: string; line?: number }): void {
    journal.write({ event: 'broker.warning', ...problem })
  }

  /** What devices may dislike in the server certificates: told at the start, and again when it has changed. */
  function remark(remarks: Problem[]): void {
    if (JSON.stringify(remarks) === remarked) return
    remarked = JSON.stringify(remarks)
    remarks.forEach(warn)
  }

  async function declare(): Promise<void> {
    const name = project.configFile === undefined ? 'config.yaml' : basename(project.configFile)
    const result = await readDeclared(config, project.baseDir, declared, name)
    for (const problem of result.problems) warn(problemOf(problem))
    const changed = declared && changedPolicies(declared.policies, result.declared.policies)
    declared = result.declared
    registry.declare(declared)
    const { devices, authorities, policies, templates } = declared
    journal.write({
      event: 'broker.declared',
      devices: devices.length,
      authorities: authorities.length,
      policies: policies.length,
      templates: templates.length,
      // AWS: a changed policy acts after some minutes. Who tests against us must not rely on our haste.
      ...(changed && changed.length > 0 ? { changed: { policies: changed, says: CHANGED } } : {}),
    })
    await remarkHooks(name)
  }

  /** Told at the start, and again when it has changed. */
  async function remarkHooks(file: string): Promise<void> {
    const { hooks } = config.provisioning
    const names = [...registry.desk.view.templates.keys()]
    const remarks = await hookRemarks(hooks, project.baseDir, names, io.env['PATH'])
    if (JSON.stringify(remarks) === hooksRemarked) return
    hooksRemarked = JSON.stringify(remarks)
    for (const one of remarks) warn({ ...one, file })
  }

  /** A changed config acts on what is declared and on new connections; other hosts and ports need a new start. */
  async function reload(): Promise<void> {
    const again = await readConfig(project)
    if ('problems' in again) {
      for (const problem of again.problems) warn(problem)
      warn({ says: 'config.yaml is not taken over; what it said before still holds' })
      return
    }
    const { listeners } = config
    const moved = places(again.config) !== places(config)
    if (moved) {
      const says = 'a host or port in `listeners` has changed: `listeners` is not taken over'
      warn({ says, hint: 'start the broker again for that' })
    }
    if (again.config.state !== config.state && overrides.state === undefined) {
      const says = '`state` has changed: what the broker learns stays in the folder that it has'
      warn({ says, hint: 'start the broker again for that' })
    }
    config = { ...again.config, state: config.state, ...(moved ? { listeners } : {}) }
    watchAgain()
    await renew()
    await declare()
  }

  /** A changed config may name other folders and files. */
  function watchAgain(): void {
    const paths = watchedPaths(config, project)
    if (JSON.stringify(paths) === JSON.stringify(watched)) return
    watched = paths
    watcher.close()
    watcher = watchDeclared(paths, readAgain, world.clock)
  }

  async function renew(): Promise<void> {
    const next = await serverPki(config, project, world)
    if ('problems' in next) {
      next.problems.forEach(warn)
      const says = '`tls` and `listeners` are not taken over; devices are served as before'
      return warn({ says, hint: 'mend the server certificate: the broker then reads all again' })
    }
    if (next.why) warn({ says: `new server certificates: ${next.why}` })
    pki = next.pki
    remark(next.remarks)
    if (opened && 'renew' in opened) opened.renew(config, pki)
  }

  function renewLater(): void {
    reading = reading.then(renew).catch(error => warn({ says: `renewing: ${error}` }))
    cancelRenewal = world.clock.after(RENEWAL_MS, renewLater)
  }

  async function ready(ports: number[]): Promise<void> {
    const { host } = firstListener(config)
    const [port = 0] = ports
    if (made.length > 0) io.stderr.write(`made the local PKI in ${join(config.certs, 'server')}\n`)
    journal.write({
      event: 'broker.ready',
      host,
      port,
      listeners: config.listeners.map((listener, index) =>
        listenerRecord(configOf(config, listener), listener.host, ports[index] ?? 0),
      ),
      endpoint: `mqtts://${hostname()}:${port}`,
      ...readyCa(config, project, caFile, io),
      ...(project.configFile === undefined ? {} : { config: project.configFile }),
      state: place === 'memory' ? place : place.folder,
      version: await packageVersion(),
      next: await firstCommands(
        {
          certsDir: resolve(project.baseDir, config.certs),
          policiesDir: resolve(project.baseDir, config.policies),
          ...configFlag(project, io),
          host,
          port,
        },
        io,
      ),
    })
  }
}

function places({ listeners }: Config): string {
  return JSON.stringify(listeners.map(({ host, port }) => [host, port]))
}

function listenerRecord({ tls }: Config, host: string, port: number): ListenerRecord {
  const alpn = tls.alpn === 'required' ? 'required' : 'optional'
  return { host, port, securityPolicy: tls.securityPolicy, sni: tls.sni, alpn }
}

/** What a second command needs in order to find the same project. */
function configFlag({ configFile }: Project, io: Io): { configFlag?: string } {
  if (configFile === undefined || configFile === resolve(io.cwd, 'config.yaml')) return {}
  return { configFlag: near(configFile, io) }
}

async function readConfig(project: Project): Promise<{ config: Config } | { problems: Problem[] }> {
  const { configFile, overrides } = project
  const text = configFile === undefined ? '' : await readText(configFile)
  if (typeof text !== 'string') return { problems: [text] }
  const loaded = loadConfig(text)
  if (loaded.config === undefined) {
    const name = configFile === undefined ? 'config.yaml' : basename(configFile)
    return {
      problems: loaded.problems.map(({ line, path, says, hint }) => ({
        says: `${name}:${line}: ${path}: ${says}`,
        ...(hint === undefined ? {} : { hint }),
      })),
    }
  }
  const { config } = loaded
  const [first, ...others] = config.listeners
  const listeners =
    first === undefined || overrides.port === undefined
      ? config.listeners
      : [{ ...first, port: overrides.port }, ...others]
  const [clash] = portClashes(listeners)
  if (clash) {
    const says = `\`--port\`: port ${clash.port} is that of another listener in the config`
    return { problems: [{ says, hint: 'take another port, or --port 0 for a free one' }] }
  }
  return {
    config: {
      ...config,
      listeners,
      ...(overrides.log === undefined ? {} : { log: overrides.log }),
      ...(overrides.logLevel === undefined ? {} : { logLevel: overrides.logLevel }),
    },
  }
}

/** A file that is gone or can't be read is a problem, never an empty config. */
async function readText(file: string): Promise<string | Problem> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const problem = fileProblem(error, file)
    if (problem) return problem
    throw error
  }
}

function watchedPaths(
  config: Config,
  { configFile, baseDir }: Project,
): Parameters<typeof watchDeclared>[0] {
  const certs = resolve(baseDir, config.certs)
  const items = [...config.devices, ...config.authorities]
  return {
    files: [
      ...(configFile === undefined ? [] : [configFile]),
      ...items.map(({ certificate }) => resolve(baseDir, certificate)),
      ...ownFiles(config).map(file => resolve(baseDir, file)),
    ],
    folders: [resolve(baseDir, config.policies), certs],
    except: [join(certs, 'server')],
  }
}

function problemOf({
  file,
  line,
  says,
  hint,
}: DeclaredProblem): Problem & { file: string; line?: number } {
  return {
    says,
    file,
    ...(line === undefined ? {} : { line }),
    ...(hint === undefined ? {} : { hint }),
  }
}

/** Names of the policies whose text is not as before. */
function changedPolicies(before: DeclaredPolicy[], after: DeclaredPolicy[]): string[] {
  const texts = (policies: DeclaredPolicy[]) => new Map(policies.map(one => [one.name, one.text]))
  const [old, now] = [texts(before), texts(after)]
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter(name => old.get(name) !== now.get(name))
    .sort()
}

const CHANGED = 'acts on the next packet of every device; AWS IoT needs some minutes'
