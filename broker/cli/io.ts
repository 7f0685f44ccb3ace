/**
 * What a command may touch of the process around it. Tests give their own, so that no command needs
 * a process.
 */

import type { World } from '../world.ts'

export type Output = { write(text: string): unknown }

export type Io = {
  /** Data: what a program may read. */
  stdout: Output
  /** Talk: what a person reads. */
  stderr: Output
  /** Relative paths start here. */
  cwd: string
  /** A person sees stdout at once. */
  isTerminal: boolean
  /** Asks a person; absent where none is there to answer. */
  ask?(question: string): Promise<string>
  /** The width of that terminal. */
  columns?: number | undefined
  env: { [name: string]: string | undefined }
  world: World
  /** Calls `act` at each SIGINT and SIGTERM. The returned function stops that. */
  signals(act: () => void): () => void
  /** Ends the process at once. */
  exit(code: number): void
}

/** What a command leaves behind for scripts. `refused`: it worked, and the answer is no. */
export const exits = { fine: 0, failed: 1, refused: 2, invalid: 3 } as const
