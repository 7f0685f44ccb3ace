/**
 * `candid start`: the arguments and the ending of the broker. What the broker is, broker/main.ts
 * wires.
 */

import { logForms, logLevels } from '../config/shape.ts'
import { nearest, shown } from '../config/words.ts'
import { type Command, type Given, helpLines, readArguments } from './flags.ts'
import { exits, type Io } from './io.ts'
import { openProject } from './project.ts'
import type { StartOverrides } from './run-from-files.ts'
import { complain, print, type Spoken } from './say.ts'
import { serve } from './serve.ts'

export const command: Command = {
  usage: [
    'candid start [--config FILE] [--port N] [--state DIR|memory] [--log story|json|cloudwatch] [--log-level LEVEL] [--clock ISO]',
  ],
  says: ['runs the broker until Ctrl-C; flags override the config file'],
  flags: {
    config: { value: 'FILE', says: 'the config (default: ./config.yaml, where there is one)' },
    port: { value: 'N', says: 'listen here; 0 takes a free port' },
    state: {
      value: 'DIR|memory',
      says: 'keeps what the broker learns (default: the folder `state` beside the config)',
    },
    log: {
      value: 'story|json|cloudwatch',
      says: "lines for people, JSON lines, or AWS's log entries (default: story on a terminal)",
    },
    'log-level': {
      value: 'LEVEL',
      says: 'error, warn, info or debug; debug tells of each message',
    },
    clock: { value: 'ISO', says: 'run as if it were this time: 2049-12-31T23:59:00Z' },
  },
  takes: [],
}

export async function run(args: string[], io: Io): Promise<number> {
  const read = readArguments(args, command)
  if ('help' in read) {
    print(helpLines(command), io)
    return exits.fine
  }
  if ('problems' in read) return complain(read.problems, exits.invalid, io)
  const asked = readOverrides(read.given)
  if ('problems' in asked) return complain(asked.problems, exits.invalid, io)
  // Read here once before the broker reads it again: with a bad config, nothing of the broker is
  // even loaded.
  const opened = await openProject(read.given.value('config'), io)
  if ('problems' in opened) return complain(opened.problems, exits.invalid, io)
  const { configFile } = opened.project
  return serve(async () => {
    const { startFromFiles } = await import('./run-from-files.ts')
    const file = configFile === undefined ? {} : { configFile }
    return startFromFiles({ ...file, overrides: asked.overrides, io })
  }, io)
}

/** What the flags ask for, or every mistake in them. */
export function readOverrides(
  given: Given,
): { overrides: StartOverrides } | { problems: Spoken[] } {
  const problems: Spoken[] = []
  const overrides: StartOverrides = {}
  const port = given.value('port')
  if (port !== undefined) {
    if (/^\d{1,5}$/.test(port) && Number(port) <= 65535) overrides.port = Number(port)
    else problems.push({ says: `\`--port\`: ${shown(port)} is no port`, hint: '--port 8883' })
  }
  const state = given.value('state')
  if (state !== undefined) overrides.state = state
  const log = given.has('json') ? 'json' : given.value('log')
  if (log !== undefined) {
    const form = logForms.find(known => known === log)
    if (form) overrides.log = form
    else problems.push(unknownLog(log))
  }
  const level = given.value('log-level')
  if (level !== undefined) {
    const known = logLevels.find(one => one === level.toLowerCase())
    if (known) overrides.logLevel = known
    else {
      const says = `\`--log-level\`: unknown level ${shown(level)}`
      problems.push({ says, hint: `--log-level ${nearest(level, logLevels) ?? 'debug'}` })
    }
  }
  const clock = given.value('clock')
  if (clock !== undefined) {
    if (isTime(clock)) overrides.clock = new Date(clock).toISOString()
    else {
      problems.push({
        says: `\`--clock\`: ${shown(clock)} is no time`,
        hint: '--clock 2049-12-31T23:59:00Z',
      })
    }
  }
  return problems.length > 0 ? { problems } : { overrides }
}

function unknownLog(log: string): Spoken {
  const close = nearest(log, logForms)
  return {
    says: `\`--log\`: unknown form ${shown(log)}`,
    hint: close ? `did you mean \`${close}\`?` : '--log story, --log json or --log cloudwatch',
  }
}

/**
 * ISO 8601 with a full date, and with a zone where there is a time: what a machine's zone would
 * change is refused.
 */
function isTime(text: string): boolean {
  const form = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/
  return form.test(text) && !Number.isNaN(Date.parse(text))
}
