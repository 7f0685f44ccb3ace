/** A command with verbs of its own (`candid thing create`): chooses among them, and shows them all. */

import { nearest, oneOfWords, shown } from '../config/words.ts'
import type { Command } from './flags.ts'
import { type RegistryVerb, runInRegistry } from './in-registry.ts'
import { exits, type Io } from './io.ts'
import { print, reject, table, talk } from './say.ts'

/** A verb with a way of its own to run. */
export type OwnVerb = { command: Command; run(args: string[], io: Io): Promise<number> }

export type Family = { [verb: string]: RegistryVerb | OwnVerb }

export async function runFamily(
  noun: string,
  verbs: Family,
  args: string[],
  io: Io,
): Promise<number> {
  const [name, ...rest] = args
  if (name === '--help' || name === '-h') {
    print(overview(noun, verbs), io)
    return exits.fine
  }
  if (name === undefined) {
    talk(overview(noun, verbs), io)
    return exits.invalid
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (verb) {
    const by = `candid ${noun} ${name}`
    return 'run' in verb ? verb.run(rest, io) : runInRegistry(verb, by, rest, io)
  }
  const near = nearest(name, Object.keys(verbs))
  const hint = near
    ? `did you mean \`candid ${noun} ${near}\`?`
    : `there is ${oneOfWords(Object.keys(verbs))}`
  const says = `unknown command ${shown(`${noun} ${name}`)}`
  return reject({ says, hint }, io, args.includes('--json'))
}

function overview(noun: string, verbs: Family): string[] {
  const rows = Object.values(verbs).map(({ command }) => [
    command.usage[0] ?? '',
    command.says[0] ?? '',
  ])
  const [first = '', ...more] = table(rows)
  return [
    `usage: ${first}`,
    ...more.map(line => `       ${line}`),
    '',
    `candid ${noun} VERB --help tells more of each; --json prints the answer as JSON`,
  ]
}
