/**
 * A command's arguments: read against one description, from which its `--help` is made too, so that
 * the two can't differ.
 */

import { parseArgs } from 'node:util'
import { nearest, shown } from '../config/words.ts'
import type { Spoken } from './say.ts'
import { table } from './say.ts'

export type Flag = {
  /** What stands for the value in the help (`FILE`). Absent: a flag without a value. */
  value?: string
  /** May be given several times. */
  many?: true
  says: string
}

export type Command = {
  /** What is typed, one line for each way: `candid ca create NAME [--template NAME]`. */
  usage: string[]
  /** What it does, one line each. */
  says: string[]
  flags: { [name: string]: Flag }
  /** The names of the plain arguments; one with `?` may be left out, one with `...` at the end may be many. */
  takes: string[]
}

export type Given = {
  plain: string[]
  has(flag: string): boolean
  /** The last value given. */
  value(flag: string): string | undefined
  values(flag: string): string[]
}

/** Reads arguments. `help` is true when the help was asked for: nothing else counts then. */
export function readArguments(
  args: string[],
  command: Command,
): { given: Given } | { help: true } | { problems: Spoken[] } {
  const flags: { [name: string]: Flag } = { ...command.flags, ...everywhere }
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const { tokens } = parseArgs({
    args: args.map(arg => (arg === '-h' ? '--help' : arg)),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const plain: string[] = []
  const found = new Map<string, string[]>()
  const problems: Spoken[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') plain.push(token.value)
    if (token.kind !== 'option') continue
    const problem = flagProblem(token, flags, command)
    if (problem) problems.push(problem)
    else found.set(token.name, [...(found.get(token.name) ?? []), token.value ?? ''])
  }
  if (found.has('help')) return { help: true }
  problems.push(...plainProblems(plain, command))
  if (problems.length > 0) return { problems }
  return {
    given: {
      plain,
      has: flag => found.has(flag),
      value: flag => found.get(flag)?.at(-1),
      values: flag => found.get(flag) ?? [],
    },
  }
}

/** The lines of a command's `--help`. */
export function helpLines(command: Command): string[] {
  const flags = Object.entries({ ...command.flags, ...everywhere })
  return [
    ...command.usage.map((line, index) => `${index === 0 ? 'usage: ' : '       '}${line}`),
    '',
    ...command.says,
    '',
    ...table(flags.map(([name, flag]) => [flagWords(name, flag), flag.says])).map(l => `  ${l}`),
  ]
}

type OptionToken = {
  name: string
  rawName: string
  value?: string | undefined
  inlineValue?: boolean | undefined
}

function flagProblem(
  token: OptionToken,
  flags: { [name: string]: Flag },
  command: Command,
): Spoken | undefined {
  const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined
  if (!flag) {
    const near = nearest(token.name, Object.keys(flags))
    return {
      says: `unknown flag ${shown(token.rawName)}`,
      hint: near ? `did you mean \`--${near}\`?` : helpHint(command),
    }
  }
  const empty = token.value === undefined || token.value === ''
  if (flag.value !== undefined && (empty || looksLikeFlag(token))) {
    return {
      says: `\`--${token.name}\` needs a value`,
      hint: `--${token.name} ${flag.value}   ${flag.says}`,
    }
  }
  if (flag.value === undefined && token.value !== undefined) {
    return { says: `\`--${token.name}\` takes no value`, hint: helpHint(command) }
  }
  return undefined
}

/**
 * `--port --log json`: the value was forgotten. A value that does begin with a dash is given as
 * `--flag=-value`. A dash alone is one: it stands for stdin.
 */
function looksLikeFlag(token: OptionToken): boolean {
  return token.inlineValue !== true && /^-./.test(token.value ?? '')
}

function plainProblems(plain: string[], command: Command): Spoken[] {
  const extra = plain[command.takes.length]
  const missing = command.takes[plain.length]
  const many = command.takes.at(-1)?.endsWith('...') === true
  if (extra !== undefined && !many) {
    return [{ says: `one argument too many: ${shown(extra)}`, hint: usageHint(command) }]
  }
  if (missing !== undefined && !missing.includes('?')) {
    return [{ says: `${missing.replace('...', '')} is missing`, hint: usageHint(command) }]
  }
  return []
}

function usageHint(command: Command): string {
  return command.usage[0] ?? ''
}

function helpHint(command: Command): string {
  const words = (command.usage[0] ?? 'candid').split(' ').filter(word => /^[a-z]+$/.test(word))
  return `${words.join(' ')} --help`
}

function flagWords(name: string, flag: Flag): string {
  return `--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`
}

const everywhere: { [name: string]: Flag } = {
  json: { says: 'print the answer as JSON' },
  help: { says: 'print this' },
}
