/**
 * Runs a foreign program for a test: collects what it prints, lets the test read along and feed it, and never leaves a
 * process behind.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'

export type RunOptions = {
  cwd?: string
  /** On top of this process's own environment. */
  env?: Record<string, string>
  /** Written to stdin at once. */
  input?: Uint8Array | string
  /** Leaves stdin open after `input`; `endInput` closes it. Otherwise it closes at once. */
  holdInput?: boolean
  /** Called with all of stdout so far, whenever some more of it came. */
  onStdout?: (all: Buffer) => void
  /** SIGKILL after that long; 15 s unless told. */
  timeoutMs?: number
}

export type Run = {
  /** `null` where a signal ended it, or it never started. */
  code: number | null
  signal: NodeJS.Signals | null
  /** There is no such program on this machine. */
  notFound: boolean
  timedOut: boolean
  stdout: Buffer
  stderr: string
}

export type Running = {
  done: Promise<Run>
  /**
   * The first match in what it has printed so far on stdout and stderr, or prints from now on.
   * @throws Error when it ends without
   */
  saw(pattern: RegExp): Promise<RegExpExecArray>
  write(bytes: Uint8Array | string): void
  endInput(): void
  /** Ends it now (by SIGTERM, unless told) and waits until it has gone. */
  stop(signal?: NodeJS.Signals): Promise<Run>
}

/** Starts a program and waits for its end. Never rejects. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Run> {
  return launch(command, args, options).done
}

/** Starts a program and goes on. Who launches must await `done` or `stop()`. */
export function launch(command: string, args: string[], options: RunOptions = {}): Running {
  const child = spawn(command, args, {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env && { env: { ...process.env, ...options.env } }),
    stdio: 'pipe',
  })
  const printed = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  const watchers = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (bytes: Buffer) => {
      printed[name].push(bytes)
      for (const look of watchers) look()
      if (name === 'stdout') options.onStdout?.(Buffer.concat(printed.stdout))
    })
  }
  // A program that ends early breaks the pipe; its exit says enough.
  child.stdin.on('error', () => {})
  if (options.input !== undefined) child.stdin.write(options.input)
  if (!options.holdInput) child.stdin.end()

  const done = ended(child, printed, options.timeoutMs ?? 15_000)
  return {
    done,
    saw: pattern => see(pattern, printed, watchers, done, [command, ...args].join(' ')),
    write: bytes => child.stdin.write(bytes),
    endInput: () => child.stdin.end(),
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return done
    },
  }
}

type Printed = { stdout: Buffer[]; stderr: Buffer[] }

function ended(
  child: ChildProcessWithoutNullStreams,
  printed: Printed,
  timeoutMs: number,
): Promise<Run> {
  return new Promise(resolve => {
    let timedOut = false
    let notFound = false
    const kill = () => child.kill('SIGKILL')
    const timer = setTimeout(() => {
      timedOut = true
      kill()
    }, timeoutMs)
    // A test that is bailed out of must not leave it running.
    process.once('exit', kill)
    const finish = (code: number | null, signal: NodeJS.Signals | null) => {
      clearTimeout(timer)
      process.off('exit', kill)
      const stdout = Buffer.concat(printed.stdout)
      const stderr = Buffer.concat(printed.stderr).toString()
      resolve({ code, signal, notFound, timedOut, stdout, stderr })
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      notFound = error.code === 'ENOENT'
      if (child.pid === undefined) finish(null, null)
    })
    child.once('close', finish)
  })
}

function see(
  pattern: RegExp,
  printed: Printed,
  watchers: Set<() => void>,
  done: Promise<Run>,
  what: string,
): Promise<RegExpExecArray> {
  const whole = () => Buffer.concat([...printed.stdout, ...printed.stderr]).toString()
  return new Promise((resolve, reject) => {
    const look = () => {
      const match = pattern.exec(whole())
      if (!match) return
      watchers.delete(look)
      resolve(match)
    }
    watchers.add(look)
    look()
    void done.then(() => {
      watchers.delete(look)
      reject(new Error(`\`${what}\` ended and never printed ${pattern}:\n${whole()}`))
    })
  })
}
