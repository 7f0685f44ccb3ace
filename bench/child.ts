/** A child process that answers questions over IPC, on a core of its own where the machine lets us choose. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

export type Child<Question, Answer> = {
  /** One at a time. Rejects when the child ends without an answer. */
  ask(question: Question): Promise<Answer>
  stop(): Promise<void>
}

/** Whether a process can be bound to one core here: with `taskset` (Linux), and two cores at least. */
export function canPin(): boolean {
  return availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0
}

/**
 * @param file a module of this folder that calls `answer`
 * @param options `core` binds it to that core; `node` are arguments for node itself
 */
export function startChild<Question extends object, Answer>(
  file: string,
  options: { core?: number; node?: string[] } = {},
): Child<Question, Answer> {
  const { core, node = [] } = options
  const script = fileURLToPath(new URL(file, import.meta.url))
  const command = [process.execPath, ...node, script]
  const pinned = core === undefined ? command : ['taskset', '-c', String(core), ...command]
  const [program = '', ...args] = pinned
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return {
    ask: question => ask(child, question),
    async stop() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

function ask<Answer>(child: ChildProcess, question: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = (): void =>
      reject(new Error(`the child process ended: ${child.spawnargs.at(-1)}`))
    child.once('exit', ended)
    child.once('message', answer => {
      child.removeListener('exit', ended)
      resolve(answer as Answer)
    })
    child.send(question)
  })
}

/** For the child: answers each question, and ends when the parent is gone. A failure ends it too. */
export function answer<Question, Answer>(reply: (question: Question) => Promise<Answer>): void {
  process.on('message', question => {
    reply(question as Question).then(
      value => process.send?.(value),
      error => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.on('disconnect', () => process.exit())
}
