/**
 * The life of a server on the command line: it begins, runs until a signal, and ends in order or,
 * at a second one, at once.
 */

import { exits, type Io } from './io.ts'
import { complain, type Spoken, talk } from './say.ts'

export type Started = { stop(): Promise<void> } | { problems: Spoken[] }

/**
 * Returns the exit code, once the server has ended. A signal that comes while it begins counts too.
 */
export async function serve(begin: () => Promise<Started>, io: Io): Promise<number> {
  let signalled = () => {}
  let signals = 0
  const stopAsked = new Promise<void>(done => {
    signalled = done
  })
  const deaf = io.signals(() => {
    signals += 1
    if (signals > 1) io.exit(interrupted)
    signalled()
  })
  try {
    const started = await begin()
    if ('problems' in started) return complain(started.problems, exits.failed, io)
    await stopAsked
    if (io.isTerminal) talk(['stopping; Ctrl-C again stops at once'], io)
    await started.stop()
    return exits.fine
  } finally {
    deaf()
  }
}

/** What a shell shows for a command that SIGINT ended. */
const interrupted = 130
