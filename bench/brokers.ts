/** The brokers that are measured: each a process of its own, on core 0 where the machine lets us choose. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startChild } from './child.ts'
import type { Materials } from './materials.ts'
import type { ServerAnswer, ServerQuestion } from './serve.ts'

export type BrokerName = 'candid' | 'aedes' | 'mosquitto'

export type MeasuredBroker = {
  name: BrokerName
  port: number
  /** Processor time so far, in ms, of all its threads. */
  cpuMs(): Promise<number>
  /** Resident memory in bytes, after a garbage collection where there is one. */
  memory(): Promise<number>
  stop(): Promise<void>
}

export type BrokerOptions = {
  materials: Materials
  /** A folder for files of its own. */
  folder: string
  /** `aws` are AWS's limits; for rates they are off. */
  limits: 'aws' | 'off'
  core?: number
  /** Arguments for node. */
  node?: string[]
}

export function hasMosquitto(): boolean {
  return spawnSync(mosquitto(), ['-h']).error === undefined
}

export function startBroker(name: BrokerName, options: BrokerOptions): Promise<MeasuredBroker> {
  return name === 'mosquitto' ? startMosquitto(options) : startNode(name, options)
}

async function startNode(
  name: 'candid' | 'aedes',
  { materials, limits, core, node = [] }: BrokerOptions,
): Promise<MeasuredBroker> {
  const child = startChild<ServerQuestion, ServerAnswer>(`server-${name}.js`, {
    node: ['--expose-gc', ...node],
    ...(core === undefined ? {} : { core }),
  })
  const ask = async (question: ServerQuestion): Promise<number> => {
    const answer = await child.ask(question)
    return 'port' in answer ? answer.port : 'ms' in answer ? answer.ms : answer.bytes
  }
  const port = await ask({ ask: 'start', materials, limits })
  return {
    name,
    port,
    cpuMs: () => ask({ ask: 'cpu' }),
    memory: () => ask({ ask: 'memory' }),
    stop: child.stop,
  }
}

/** With client certificates and no ACL; else as it comes, but for small packets, which Candid doesn't hold back either. */
async function startMosquitto({ materials, folder, core }: BrokerOptions): Promise<MeasuredBroker> {
  const port = await freePort()
  const server = materials.server.find(({ kind }) => kind === 'ECDSA')
  if (!server) throw new Error('the bench made no P-256 server certificate')
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const lines = [
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    'per_listener_settings false',
    'allow_anonymous true',
    'log_dest none',
    'set_tcp_nodelay true',
    `listener ${port} 127.0.0.1`,
    'require_certificate true',
    `cafile ${write('mosquitto-ca.pem', materials.devicesCa)}`,
    `certfile ${write('mosquitto.pem', server.certificate)}`,
    `keyfile ${write('mosquitto.key', server.privateKey)}`,
  ]
  const config = write('mosquitto.conf', lines.map(line => `${line}\n`).join(''))
  const command = [mosquitto(), '-c', config]
  const [file = '', ...args] =
    core === undefined ? command : ['taskset', '-c', String(core), ...command]
  // As root it warns that it should not be.
  const child = spawn(file, args, { stdio: 'ignore' })
  await listening(port)
  const { pid = 0 } = child
  return {
    name: 'mosquitto',
    port,
    cpuMs: async () => processorMs(pid),
    memory: async () => Number(/VmRSS:\s+(\d+)/.exec(proc(pid, 'status'))?.[1]) * 1024,
    async stop() {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    },
  }
}

/** Debian keeps it where only root's PATH looks. */
function mosquitto(): string {
  const known = '/usr/sbin/mosquitto'
  return spawnSync(known, ['-h']).error === undefined ? known : 'mosquitto'
}

/** Linux: the first number of schedstat is the time on the processor, in ns. */
function processorMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const times = threads.map(thread => Number(proc(pid, `task/${thread}/schedstat`).split(' ')[0]))
  return times.reduce((sum, one) => sum + one, 0) / 1e6
}

function proc(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, '127.0.0.1')
    const up = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (up) return
    await wait(50)
  }
  throw new Error('mosquitto does not listen')
}
