#!/usr/bin/env node
/**
 * The process around the command line. What the commands do stands in their own files; `frame.ts`
 * chooses among them.
 */

import { createInterface } from 'node:readline/promises'
import { createWorld, runningClock } from '../world.ts'
import { bugLines, runCommand } from './frame.ts'
import { exits, type Io } from './io.ts'
import { talk } from './say.ts'

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
  isTerminal: process.stdout.isTTY === true,
  columns: process.stdout.columns,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
  env: process.env,
  world: createWorld(runningClock()),
  signals(act) {
    process.on('SIGINT', act)
    process.on('SIGTERM', act)
    return () => {
      process.off('SIGINT', act)
      process.off('SIGTERM', act)
    }
  },
  exit: code => process.exit(code),
}

// `candid explain CODE | head -1` closes our output early: that is no error of anybody's.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exits.fine : exits.failed)
})
process.on('uncaughtException', error => {
  talk(bugLines(error), io)
  process.exit(exits.failed)
})

process.exitCode = await runCommand(process.argv.slice(2), io)

async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await reader.question(question)
  } finally {
    reader.close()
  }
}
