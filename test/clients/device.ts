/** Runs one of the device programs (mbedtls-client.c, gnutls-client.c, ...) and reads its JSON lines. Flags: options.c. */

import { launch, type Run, type Running } from './run.ts'

export type DeviceFlags = {
  host?: string
  port: number
  /** Files, PEM or DER. */
  ca?: string
  cert?: string
  key?: string
  format?: 'pem' | 'der'
  sni?: string
  /** In the library's own names. */
  suites?: string[]
  /** `secp224r1`, `secp256r1`, `x25519`, ... */
  curves?: string[]
  min?: 'tls12' | 'tls13'
  max?: 'tls12' | 'tls13'
  noVerify?: boolean
  certificateAfterSession?: boolean
  keyShare?: boolean
  clientId?: string
  keepAlive?: number
  subscribe?: string[]
  /** `TOPIC:PAYLOAD:QOS` */
  publish?: string[]
  closeAfter?: 'certificate' | 'handshake' | 'connect' | 'connack'
  reset?: boolean
  /** ms; how long it stays at the end. */
  hold?: number
  /** ms; its patience with the handshake and with each answer. */
  timeout?: number
}

/** What the server's end of the TCP connection did, as far as the device has read. */
type Tcp = 'open' | 'fin' | 'reset'
type Trouble = {
  /** The library's own number, as its documents write it. */
  error: string
  words: string
  /** The last TLS alert and who sent it. */
  alert?: number
  alertFrom?: 'server' | 'client'
  tcp: Tcp
}

export type DeviceEvent =
  | { event: 'start'; program: string; version: string }
  | ({ event: 'load'; ok: false; what: string } & Trouble)
  | { event: 'tcp'; ok: boolean; localPort?: number; error?: string }
  | ({ event: 'handshake'; ok: false; timeout: boolean; partial?: true } & Trouble)
  | { event: 'handshake'; ok: true; partial?: true; protocol?: string; suite?: string }
  | { event: 'connack'; code: number; sessionPresent: boolean }
  | { event: 'suback'; id: number; code: number }
  | { event: 'puback'; id: number }
  | { event: 'message'; topic: string; payload: string; qos: number; retain: boolean }
  | { event: 'packet'; type: number; length: number }
  | { event: 'nonsense' }
  /** `returned` is what the device's own read or write gave it: 0, or the library's error. */
  | ({ event: 'read' | 'write'; returned: number } & Trouble)
  | { event: 'timeout'; waitingFor: string }
  | { event: 'closed'; by: 'client' | 'broker'; tcp: Tcp }

export type EventName = DeviceEvent['event']
export type EventOf<N extends EventName> = Extract<DeviceEvent, { event: N }>

export type DeviceRun = Run & {
  events: DeviceEvent[]
  /** The first event of that name. */
  event<N extends EventName>(name: N): EventOf<N> | undefined
}

export type RunningDevice = {
  done: Promise<DeviceRun>
  /** Waits for the first event of that name. Rejects when the device ends without. */
  event<N extends EventName>(name: N): Promise<EventOf<N>>
  stop(): Promise<DeviceRun>
}

/** @param program from `buildClient` */
export function runDevice(program: string, flags: DeviceFlags): Promise<DeviceRun> {
  return launchDevice(program, flags).done
}

/** Starts a device and goes on. Who launches must await `done` or `stop()`. */
export function launchDevice(program: string, flags: DeviceFlags): RunningDevice {
  const running: Running = launch(program, flagArgs(flags), { timeoutMs: 20_000 })
  const done = running.done.then(readRun)
  return {
    done,
    async event<N extends EventName>(name: N) {
      const [line] = await running.saw(new RegExp(`^\\{"event":"${name}".*\\}(?=\\n)`, 'm'))
      return JSON.parse(line) as EventOf<N>
    },
    async stop() {
      await running.stop()
      return done
    },
  }
}

function readRun(ended: Run): DeviceRun {
  const lines = ended.stdout.toString().split('\n').filter(Boolean)
  const events = lines.map(line => JSON.parse(line) as DeviceEvent)
  return {
    ...ended,
    events,
    event: name => events.find(({ event }) => event === name) as EventOf<typeof name> | undefined,
  }
}

/** `closeAfter: 'connect'` becomes `--close-after connect`; a list is joined or repeated, as the flag wants it. */
function flagArgs(flags: DeviceFlags): string[] {
  const args: string[] = []
  for (const [name, value] of Object.entries(flags)) {
    const flag = `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
    if (value === true) args.push(flag)
    else if (!Array.isArray(value)) {
      if (value !== undefined && value !== false) args.push(flag, String(value))
    } else if (name === 'suites' || name === 'curves') args.push(flag, value.join(','))
    else for (const one of value) args.push(flag, one)
  }
  return args
}
