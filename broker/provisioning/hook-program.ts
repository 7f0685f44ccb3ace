/** Hooks that config.yaml declares: a command that talks JSON over its standard input and output, or a module. */

import { spawn } from 'node:child_process'
import { resolve as pathTo } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { HookItem } from '../config/shape.ts'
import type { Hook, Hooks } from './hook.ts'

/**
 * The hooks of config.yaml. Of several for one template the last one counts.
 * @param base the folder that paths are relative to, and where commands run
 */
export function hooksOf(items: readonly HookItem[], base: string): Hooks {
  return Object.fromEntries(
    items.map(({ template, command, module }) => [
      template,
      command ? commandHook(command, base) : moduleHook(pathTo(base, module)),
    ]),
  )
}

/**
 * A command without a shell: the payload is its standard input, its answer one JSON text on standard output, exit code 0.
 * When its time is over, its whole process group is killed.
 * @param command the program and its arguments
 * @param cwd where it runs
 */
export function commandHook([program = '', ...given]: readonly string[], cwd: string): Hook {
  return (payload, stop) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, given, {
        cwd,
        // A group of its own, so that what it starts goes with it.
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      const kill = (): void => killGroup(child.pid)
      stop.addEventListener('abort', kill, { once: true })
      const out = collect(child.stdout, () => {
        reject(new Error(`it has written over ${OUTPUT_BYTES} bytes`))
        kill()
      })
      // What it says goes no further than the first words: it must go on without a reader all the same.
      const err = collect(child.stderr, () => undefined)
      // It may have closed its input, or ended, before it has read everything.
      child.stdin.on('error', () => undefined)
      child.stdin.end(JSON.stringify(payload))
      child.on('error', error => reject(new Error(`\`${program}\`: ${error.message}`)))
      child.on('close', (code, signal) => {
        stop.removeEventListener('abort', kill)
        const said = firstLine(err())
        if (code !== 0) {
          const end = signal === null ? `exit code ${code}` : signal
          return reject(
            new Error(said === '' ? `\`${program}\` has ended with ${end}` : `${end}: ${said}`),
          )
        }
        try {
          resolve(JSON.parse(out()))
        } catch {
          reject(new Error(`what \`${program}\` has written is no JSON`))
        }
      })
    })
}

/**
 * A module's default export, or its `handler`, called with the payload as a Lambda function is. It runs inside the broker:
 * one that never lets go of the processor stops everything.
 */
export function moduleHook(file: string): Hook {
  return async payload => {
    const loaded = (await import(pathToFileURL(file).href)) as { [name: string]: unknown }
    const handler = loaded['default'] ?? loaded['handler']
    if (typeof handler !== 'function') {
      throw new Error('the module exports no function as `default` or `handler`')
    }
    return (handler as (payload: unknown) => unknown)(payload)
  }
}

/** An answer is a word and some parameters. */
const OUTPUT_BYTES = 65_536

function collect(stream: NodeJS.ReadableStream, tooMuch: () => void): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= OUTPUT_BYTES) chunks.push(chunk)
    else if (bytes - chunk.length <= OUTPUT_BYTES) tooMuch()
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]?.slice(0, 200) ?? ''
}
