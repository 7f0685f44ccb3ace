/** Runs mosquitto_pub and mosquitto_sub as devices, with the flags that the README shows. */

import { launch, type Run, type Running, run } from './run.ts'

export type MosquittoOptions = {
  /** `localhost` unless told: it is sent as SNI, and checked against the server certificate. */
  host?: string
  port: number
  /** PEM files. */
  ca?: string
  cert?: string
  key?: string
  clientId?: string
  topic: string
  qos?: 0 | 1 | 2
  args?: string[]
}

/** Publishes one message and ends. `code` 0 means that it went through. */
export function mosquittoPub(
  options: MosquittoOptions & { message: string; retain?: boolean },
): Promise<Run> {
  const { message, retain } = options
  return run('mosquitto_pub', [...sharedArgs(options), '-m', message, ...(retain ? ['-r'] : [])])
}

/**
 * Subscribes and prints `TOPIC PAYLOAD` lines on stdout until `count` messages came or `waitS` seconds are over. It talks
 * (`-d`), so a test may wait for `saw(/received SUBACK/)`. Who launches must await `done` or `stop()`.
 */
export function mosquittoSub(
  options: MosquittoOptions & { count?: number; waitS?: number },
): Running {
  const { count = 1, waitS = 10 } = options
  const limits = ['-v', '-d', '-C', String(count), '-W', String(waitS)]
  // Its stdout is a pipe here, and would be written in blocks.
  return launch('stdbuf', ['-oL', 'mosquitto_sub', ...sharedArgs(options), ...limits])
}

function sharedArgs(options: MosquittoOptions): string[] {
  const { host = 'localhost', port, ca, cert, key, clientId, topic, qos } = options
  const valued: [string, string | number | undefined][] = [
    ['-h', host],
    ['-p', port],
    ['--cafile', ca],
    ['--cert', cert],
    ['--key', key],
    ['-i', clientId],
    ['-t', topic],
    ['-q', qos],
  ]
  const args = valued.flatMap(([flag, value]) => (value === undefined ? [] : [flag, String(value)]))
  return [...args, ...(options.args ?? [])]
}
