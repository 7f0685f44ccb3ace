/**
 * Runs a stack's client program: the dial goes in as `name=value` arguments, and its last line on stdout is what it saw, as
 * JSON. Which alert its user was told is read from the very words that the user gets.
 */

import { alertNames } from '../../../broker/tls/names.ts'
import { type Run, run } from '../run.ts'
import type { Dial, Seen } from './stack.ts'

/** The program's last line. */
type Told = Omit<Seen, 'alert'>

export type Program = {
  command: string
  /** Before the dial's own. */
  args: string[]
  env?: Record<string, string>
  /** ms until it is killed; 15 s unless told. */
  timeoutMs?: number
  /** What its user reads in the log on stderr, beside the error. */
  logged?(stderr: string): string | undefined
}

/** How this stack calls what the dial asks for. */
export type Wishes = { suite?: string; group?: string }

/**
 * @returns what the program saw
 * @throws Error with all that it printed, where it ends without its line: a bug of the program
 */
export async function askProgram(program: Program, dial: Dial, wishes: Wishes): Promise<Seen> {
  const { groups: _, suite: __, ...plain } = dial
  const given = Object.entries({ ...plain, ...wishes })
  const args = given.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  const { command, timeoutMs, env } = program
  const ended = await run(command, [...program.args, ...args], {
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(env && { env }),
  })
  const told = toldBy(ended, command)
  const logged = told.connected ? undefined : program.logged?.(ended.stderr)
  return seenFrom({ ...told, words: [told.words, logged].filter(Boolean).join('; ') })
}

/** Adds the alert to what a client told, and cleans its words. */
export function seenFrom(told: Told): Seen {
  const number = alertIn(told.words)
  return {
    ...told,
    words: cleaned(told.words),
    ...(number !== undefined && { alert: { number, from: 'server' } }),
  }
}

function toldBy(ended: Run, command: string): Told {
  const line = ended.stdout.toString().trimEnd().split('\n').at(-1) ?? ''
  if (line.startsWith('{"connected":')) return JSON.parse(line) as Told
  const how = ended.timedOut ? 'was killed' : `ended with ${ended.code ?? ended.signal}`
  throw new Error(`${command} ${how} without its line:\n${ended.stdout}\n${ended.stderr}`)
}

/** The alert of the server's that these words are about. */
function alertIn(words: string): number | undefined {
  const number = /(?:SSL alert number |remote error: tls: alert\(|Alert code )(\d+)/.exec(words)
  if (number) return Number(number[1])
  const name =
    /\b(?:SSLV3|TLSV1|TLSV13)_ALERT_([A-Z_]+)/.exec(words) ??
    /Received fatal alert: (\w+)/.exec(words) ??
    /remote error: tls: ([a-z ]+)/.exec(words)
  const told = name?.[1]?.trim().toLowerCase().replaceAll(' ', '_')
  return told === undefined ? undefined : (OTHER_NAMES[told] ?? numberOf(told))
}

function numberOf(name: string): number | undefined {
  const known = Object.entries(alertNames).find(([, given]) => given === name)
  return known && Number(known[0])
}

/** Where a library's name is not the one of RFC 8446 6. Go: crypto/tls/alert.go; OpenSSL: SSLV3_ALERT_* of ssl/ssl_err.c. */
const OTHER_NAMES: Record<string, number> = {
  error_decrypting_message: 51,
  error_decoding_message: 50,
  expired_certificate: 45,
  protocol_version_not_supported: 70,
  revoked_certificate: 44,
  unknown_certificate: 46,
  unknown_certificate_authority: 48,
}

/** One line without what differs from run to run. */
function cleaned(words: string): string {
  return words
    .replace(/\s+/g, ' ')
    .replace(/\b[0-9A-F]{12,16}:(?=error:)/g, '')
    .replace(/ ?\(\w+\.c:\d+\)|:[\w./-]+\.c:\d+/g, '')
    .replace(/(127\.0\.0\.1|localhost):\d+/g, '$1')
    .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '...')
    .replace(/\/(?:tmp|home|root|work|usr)\/[^\s:'")]*\//g, '')
    .trim()
}
