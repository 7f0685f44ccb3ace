/** A project folder of its own for each test, and commands run in it without a process. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { runCommand } from '../../broker/cli/frame.ts'
import type { Io } from '../../broker/cli/io.ts'
import { createWorld, standingClock } from '../../broker/world.ts'

export const at = Date.UTC(2026, 0, 1)

export type Ran = { code: number; out: string; err: string; json: () => Answer }

/** What `--json` prints: what a command has, and no more, is there. */
export type Answer = {
  [key: string]: unknown
  commands: string[]
  kept: string[]
  problems: { says: string }[]
  written: string[]
}

export type Sandbox = {
  dir: string
  io: Io
  run(...args: string[]): Promise<Ran>
  write(path: string, content: string | Buffer): void
  read(path: string): string
  /** Permission bits. */
  mode(path: string): number
}

export function sandbox(t: Test, now = at): Sandbox {
  const dir = mkdtempSync(join(tmpdir(), 'candid-cli-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  let out = ''
  let err = ''
  const io: Io = {
    stdout: { write: text => (out += text) },
    stderr: { write: text => (err += text) },
    cwd: dir,
    isTerminal: false,
    env: {},
    world: createWorld(standingClock(now)),
    signals: () => () => {},
    exit: () => {},
  }
  return {
    dir,
    io,
    async run(...args) {
      out = ''
      err = ''
      const code = await runCommand(args, io)
      const ran = { code, out, err }
      return { ...ran, json: () => JSON.parse(ran.out) }
    },
    write(path, content) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), content)
    },
    read: path => readFileSync(join(dir, path), 'utf8'),
    mode: path => statSync(join(dir, path)).mode & 0o777,
  }
}

/** A project with two policies and a template. */
export function project(t: Test, now = at): Sandbox {
  const box = sandbox(t, now)
  const allow = { Effect: 'Allow', Action: 'iot:*', Resource: '*' }
  const document = JSON.stringify({ Version: '2012-10-17', Statement: [allow] })
  box.write('policies/device.json', document)
  box.write('policies/sensors.json', document)
  box.write('policies/templates/jitp.json', '{"Parameters":{},"Resources":{}}')
  return box
}

/** Runs openssl; nothing where the machine has none. */
export function openssl(cwd: string, ...args: string[]): string | undefined {
  try {
    return execFileSync('openssl', args, { cwd, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export const withoutOpenssl =
  openssl('/', 'version') === undefined ? 'NO OPENSSL ON THIS MACHINE: not checked' : false
