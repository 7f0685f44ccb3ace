/** Where the state of a project is kept: as `--state` says, or `state` of the config. */

import { resolve } from 'node:path'
import type { Config } from '../config/shape.ts'
import type { Io } from './io.ts'

/**
 * @param baseDir where paths of the config start
 * @param flag the value of `--state`: its path starts where it was typed
 */
export function statePlace(
  { state }: Pick<Config, 'state'>,
  baseDir: string,
  flag: string | undefined,
  io: Pick<Io, 'cwd'>,
): { folder: string } | 'memory' {
  const asked = flag ?? state
  if (asked === 'memory') return 'memory'
  return { folder: resolve(flag === undefined ? baseDir : io.cwd, asked) }
}
