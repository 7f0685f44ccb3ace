/** Runs `openssl s_client` as a device: its handshake, MQTT bytes through stdin, and what it told about its end. */

import type { Packet } from 'mqtt-packet'
import { readPackets } from '../helpers/mqtt-bytes.ts'
import { launch, type Run } from './run.ts'

export type SClientOptions = {
  host?: string
  port: number
  /** PEM file. With it, a server certificate that doesn't verify ends the handshake with an alert. */
  ca?: string
  /** Files, PEM or DER; openssl tells them apart. */
  cert?: string
  key?: string
  /** PEM file with the certificates to send behind `cert`. */
  certChain?: string
  /** `localhost` unless told; `false` sends none. */
  sni?: string | false
  tls?: '1.2' | '1.3'
  /** openssl's `-cipher`: TLS 1.2 suites. */
  cipher?: string
  /** `-ciphersuites`: TLS 1.3 suites. */
  ciphersuites?: string
  groups?: string
  alpn?: string
  args?: string[]
  /** Written right after the handshake. A first byte among `BCKQRk` would be taken for a command. */
  send?: Uint8Array
  /** Ends the visit as soon as what came from the server satisfies it. */
  enough?: (received: Buffer) => boolean
  /** How long stdin stays open when neither `enough` nor the server ends it; 1000 ms unless told. */
  holdMs?: number
}

export type SClientRun = Run & {
  /** stdout holds what the server sent after the handshake, and nothing else. */
  packets: Packet[]
  handshake: { ok: boolean; protocol?: string; suite?: string; verification?: string }
  /** The alert that the server sent, if openssl saw one. On TLS 1.3 it may come though the handshake is `ok`. */
  alert?: number
}

/** Connects, sends, reads until `enough`, the server's close or `holdMs`, then says close_notify. Never rejects. */
export async function sClient(options: SClientOptions): Promise<SClientRun> {
  let timer: NodeJS.Timeout | undefined
  const running = launch('openssl', ['s_client', ...sClientArgs(options)], {
    ...(options.send && { input: options.send }),
    holdInput: true,
    onStdout: received => {
      if (options.enough?.(received)) running.endInput()
    },
  })
  const hold = () => {
    timer = setTimeout(running.endInput, options.holdMs ?? 1000)
  }
  // A refused handshake never says so; then openssl ends by itself.
  running.saw(/CONNECTION ESTABLISHED/).then(hold, () => {})
  const ended = await running.done
  clearTimeout(timer)

  const alert = /SSL alert number (\d+)/.exec(ended.stderr)?.[1]
  const told = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(ended.stderr)?.[1]
  return {
    ...ended,
    packets: readPackets(ended.stdout),
    handshake: {
      ok: ended.stderr.includes('CONNECTION ESTABLISHED'),
      ...pick('protocol', told('Protocol version')),
      ...pick('suite', told('Ciphersuite')),
      ...pick('verification', told('Verification') ?? told('Verification error')),
    },
    ...(alert !== undefined && { alert: Number(alert) }),
  }
}

function sClientArgs(options: SClientOptions): string[] {
  const { host = '127.0.0.1', sni = 'localhost' } = options
  const valued: [string, string | undefined][] = [
    ['-connect', `${host}:${options.port}`],
    ['-servername', sni === false ? undefined : sni],
    ['-CAfile', options.ca],
    ['-cert', options.cert],
    ['-key', options.key],
    ['-cert_chain', options.certChain],
    ['-cipher', options.cipher],
    ['-ciphersuites', options.ciphersuites],
    ['-groups', options.groups],
    ['-alpn', options.alpn],
  ]
  return [
    // -brief puts the talk on stderr, so that stdout is the server's bytes alone.
    '-brief',
    ...(sni === false ? ['-noservername'] : []),
    ...(options.tls ? [`-tls${options.tls.replace('.', '_')}`] : []),
    ...(options.ca === undefined ? [] : ['-verify_return_error']),
    ...valued.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value])),
    ...(options.args ?? []),
  ]
}

function pick<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  // A computed key widens to an index signature; K says which one it is.
  return (value === undefined ? {} : { [key]: value.trim() }) as { [P in K]?: string }
}
