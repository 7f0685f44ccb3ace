/**
 * What the commands on the registry have in common: they find the project, its declared files and its registry, behind the
 * door of a running broker or in the state folder, and say a refusal of AWS's as one.
 */

import { basename } from 'node:path'
import { type Called, type Output, type Reach, reach, takeOverFiles } from '../control/reach.ts'
import { readDeclared } from '../registry/declared/declared.ts'
import type { Declared } from '../registry/declared/declared-shape.ts'
import type { Command, Flag, Given } from './flags.ts'
import { inProject } from './in-project.ts'
import { exits, type Io } from './io.ts'
import type { Project } from './project.ts'
import { complain, print, printJson, type Spoken } from './say.ts'
import { statePlace } from './state-place.ts'

/** What a command on the registry works with. */
export type Registry = {
  given: Given
  project: Project
  io: Io
  /** Calls one of AWS's operations. */
  call(operation: string, input: object): Promise<Called>
  /** All pages of a list, as one: `items` names the key under which they come. */
  all(operation: string, items: string, input?: object): Promise<Called>
  /** Of the files of the project, as they are now. */
  declared(): Promise<Declared>
  /** The running broker takes over the files now; false where none runs. */
  takeOver(): Promise<boolean>
}

/** What a command has to tell: `lines` for people, `output` with `--json`. */
export type Told = { lines: string[]; output: Output }
export type Outcome = Told | { stopped: Stop }

/** Why a command can't go on: wrong input, or no answer, or AWS's exception. */
export type Stop =
  | { problems: Spoken[]; exit: number }
  | { refusal: { exception: string; message: string; hint?: string } }

export type RegistryVerb = {
  command: Command
  /** It changes nothing. */
  reads?: true
  act(registry: Registry): Promise<Outcome>
}

const projectFlags: { [name: string]: Flag } = {
  config: { value: 'FILE', says: 'the project (default: ./config.yaml)' },
  state: { value: 'DIR', says: 'its state folder (default: as the config says)' },
}

/** @param by the command as it is typed: `candid thing create` */
export function runInRegistry(
  { command, reads, act }: RegistryVerb,
  by: string,
  args: string[],
  io: Io,
): Promise<number> {
  const whole = { ...command, flags: { ...command.flags, ...projectFlags } }
  return inProject(args, whole, io, async (given, project) => {
    const json = given.has('json')
    const opened = opening(given, project, by, reads === true, io)
    try {
      const outcome = await act(registryOf(given, project, opened, io))
      const via = await opened.via()
      if ('stopped' in outcome) return stop(outcome.stopped, via, json, io)
      if (json) printJson({ ...outcome.output, ...via }, io)
      else print(outcome.lines, io)
      return exits.fine
    } finally {
      await opened.close()
    }
  })
}

/** The value of an operation, or why there is none. */
export async function need(
  called: Promise<Called>,
): Promise<{ value: Output } | { stopped: Stop }> {
  const result = await called
  if (result.ok) return { value: result.value }
  if ('failed' in result) return stopped([result.failed], exits.failed)
  return { stopped: { refusal: result.refusal } }
}

export function stopped(
  problems: Spoken[],
  exit: number = exits.invalid,
): { stopped: { problems: Spoken[]; exit: number } } {
  return { stopped: { problems, exit } }
}

type Opened = Reach | { problem: Spoken }

/** The registry is opened when it is first asked: what only edits a file needs none. */
function opening(given: Given, project: Project, by: string, reads: boolean, io: Io) {
  let kept: Promise<Opened> | undefined
  const place = statePlace(project.config, project.baseDir, given.value('state'), io)
  async function open(): Promise<Opened> {
    if (place === 'memory') return { problem: IN_MEMORY }
    const { config, baseDir } = project
    kept ??= reach({ folder: place.folder, config, baseDir, world: io.world, by, reads })
    return kept
  }
  const got = async () => {
    const one = await kept
    return one && 'via' in one ? one : undefined
  }
  return {
    open,
    takeOver: () => (place === 'memory' ? Promise.resolve(false) : takeOverFiles(place.folder, by)),
    via: async () => {
      const one = await got()
      return one === undefined ? {} : { via: one.via }
    },
    close: async () => (await got())?.close(),
  }
}

const IN_MEMORY = {
  says: 'a broker that keeps its state in memory has no management door',
  hint: 'give it a state folder: `state: state` in config.yaml, or --state DIR',
}

function registryOf(
  given: Given,
  project: Project,
  { open, takeOver }: Pick<ReturnType<typeof opening>, 'open' | 'takeOver'>,
  io: Io,
): Registry {
  let declared: Promise<Declared> | undefined
  const call: Registry['call'] = async (operation, input) => {
    const opened = await open()
    return 'problem' in opened
      ? { ok: false, failed: opened.problem }
      : opened.call(operation, input)
  }
  return {
    given,
    project,
    io,
    call,
    async all(operation, items, input = {}) {
      const list: unknown[] = []
      let next: object = largestPage(operation)
      for (;;) {
        const page = await call(operation, { ...input, ...next })
        if (!page.ok) return page
        const { [items]: some, nextToken, nextMarker } = page.value
        if (Array.isArray(some)) list.push(...some)
        const token = nextToken ?? nextMarker
        if (typeof token !== 'string') return { ok: true, value: { [items]: list } }
        next = {
          ...largestPage(operation),
          ...(nextToken ? { nextToken } : { marker: nextMarker }),
        }
      }
    },
    declared() {
      const name = basename(project.configFile ?? 'config.yaml')
      declared ??= readDeclared(project.config, project.baseDir, undefined, name).then(
        result => result.declared,
      )
      return declared
    },
    takeOver,
  }
}

/** AWS has two ways to ask for a page. */
function largestPage(operation: string): { [key: string]: number } {
  const byMarker =
    /^List(Certificates|CACertificates|CertificatesByCA|Policies|AttachedPolicies|TargetsForPolicy|OutgoingCertificates)$/
  return byMarker.test(operation) ? { pageSize: 250 } : { maxResults: 250 }
}

function stop(why: Stop, via: object, json: boolean, io: Io): number {
  if ('problems' in why) return complain(why.problems, why.exit, io, json)
  const { exception, message } = why.refusal
  const hint =
    why.refusal.hint ??
    (exception === 'ResourceNotFoundException' ? whatIsThere(message) : undefined)
  const spoken = { says: `${exception}: ${message}`, ...(hint === undefined ? {} : { hint }) }
  complain([spoken], exits.refused, io)
  if (json) printJson({ ...why.refusal, ...via }, io)
  if (exception === 'UnknownOperationException') return exits.invalid
  return exception === 'InternalFailureException' ? exits.failed : exits.refused
}

/** Where somebody looks who has mistyped a name. AWS's texts say what kind of thing is missing, not always in the same place. */
function whatIsThere(message: string): string | undefined {
  const [, family] = KINDS.find(([kind]) => kind.test(message)) ?? []
  return family === undefined ? undefined : `candid ${family} list shows what is there`
}

const KINDS: readonly [kind: RegExp, family: string][] = [
  [/^Thing group /, 'group'],
  [/^Thing type /, 'type'],
  [/^Thing |for thing /, 'thing'],
  [/^Certificate /, 'cert'],
  [/^CA certificate /, 'ca'],
  [/^Policy /, 'policy'],
  [/^Template /, 'template'],
]
