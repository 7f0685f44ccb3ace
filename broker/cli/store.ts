/** `candid store`: looks at the store of a project, repairs it, and writes all that it holds as text. */

import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { nearest, shown } from '../config/words.ts'
import { count } from '../diagnosis/words.ts'
import { danglingReferences } from '../registry/consistency.ts'
import { readDeclared } from '../registry/declared/declared.ts'
import { errorCode, fileProblem } from '../registry/files.ts'
import { openState } from '../registry/open-state.ts'
import { openLevelStore } from '../store/level.ts'
import { problemIn } from '../store/problem.ts'
import { checkStore, missingStore, type Repaired, repairStore } from '../store/repair.ts'
import { type Command, type Given, helpLines } from './flags.ts'
import { inProject } from './in-project.ts'
import { exits, type Io } from './io.ts'
import { near, type Project } from './project.ts'
import { complain, print, printJson, reject, type Spoken, talk } from './say.ts'
import { statePlace } from './state-place.ts'

const state = { value: 'DIR', says: 'the state folder (default: that of the config)' }
const config = { value: 'FILE', says: 'the project (default: ./config.yaml)' }

const commands: { [verb: string]: Command } = {
  check: {
    usage: ['candid store check [--state DIR] [--config FILE]'],
    says: ['reads every record of the store, and says whether it is as it was written'],
    flags: { state, config },
    takes: [],
  },
  repair: {
    usage: ['candid store repair [--state DIR] [--config FILE]'],
    says: [
      'makes a damaged store one that opens again, with all that can be read, and says what is missing',
      'a copy of the store as it was stays beside it',
    ],
    flags: { state, config },
    takes: [],
  },
  export: {
    usage: ['candid store export [--out FILE] [--state DIR] [--config FILE]'],
    says: ['writes every record as a line of JSON: {"key": "things/sensor-1", "value": {...}}'],
    flags: {
      out: { value: 'FILE', says: 'write it here (default: stdout)' },
      state,
      config,
    },
    takes: [],
  },
}

const acts: { [verb: string]: (given: Given, place: Place, io: Io) => Promise<number> } = {
  check,
  repair,
  export: exportRecords,
}

type Place = { folder: string; project: Project }

export async function run(args: string[], io: Io): Promise<number> {
  const [verb = '', ...rest] = args
  const json = args.includes('--json')
  const command = Object.hasOwn(commands, verb) ? commands[verb] : undefined
  const act = Object.hasOwn(acts, verb) ? acts[verb] : undefined
  if (command && act) {
    return inProject(rest, command, io, (given, project) => {
      const place = statePlace(project.config, project.baseDir, given.value('state'), io)
      if (place !== 'memory') return act(given, { folder: place.folder, project }, io)
      const says = 'the config keeps the state in memory: there is no store'
      return Promise.resolve(reject({ says, hint: '--state DIR names one' }, io, json))
    })
  }
  const lines = Object.values(commands).flatMap(one => [...helpLines(one), ''])
  if (verb === '--help' || verb === '-h') {
    print(lines, io)
    return exits.fine
  }
  if (verb === '') {
    talk(lines, io)
    return exits.invalid
  }
  const meant = nearest(verb, Object.keys(commands))
  const hint = meant ? `did you mean \`candid store ${meant}\`?` : 'candid store --help'
  return reject({ says: `unknown command ${shown(`store ${verb}`)}`, hint }, io, json)
}

async function check(given: Given, { folder, project }: Place, io: Io): Promise<number> {
  const json = given.has('json')
  const checked = await checkStore(folder, io.world.clock.now())
  if ('problem' in checked) return complain([checked.problem], exits.refused, io, json)
  const { kinds, remarks } = checked
  const dangling = await danglingIn(folder, project, io)
  const records = Object.values(kinds).reduce((sum, count) => sum + count, 0)
  talk(
    remarks.map(({ says }) => says),
    io,
  )
  if (json) printJson({ folder, records, kinds, dangling }, io)
  else {
    const list = Object.entries(kinds).map(([kind, count]) => `  ${kind} ${count}`)
    print(
      [`the store in \`${near(folder, io)}\` is whole: ${count(records, 'record')}`, ...list],
      io,
    )
    talk(dangling, io)
  }
  return dangling.length > 0 ? exits.refused : exits.fine
}

async function repair(given: Given, { folder, project }: Place, io: Io): Promise<number> {
  const json = given.has('json')
  const repaired = await repairStore(folder, io.world.clock.now())
  if ('problem' in repaired) return complain([repaired.problem], exits.failed, io, json)
  const dangling = await danglingIn(folder, project, io)
  if (json) printJson({ folder, ...repaired, dangling }, io)
  else {
    const dropped = repaired.dropped.map(key => `not as it was written, and left out: \`${key}\``)
    const copy = `the store as it was is in \`${near(repaired.copy, io)}\``
    print([repairedLine(repaired), ...dropped, ...dangling, copy], io)
  }
  return repaired.whole ? exits.fine : exits.refused
}

function repairedLine({ whole, records, before }: Repaired): string {
  if (whole) return `nothing is missing: ${count(records, 'record')}`
  const now = `in the store now: ${count(records, 'record')}`
  if (!before) return `${now}; how many there were, nothing tells`
  if (before.atLeast) return `${now}, of at least ${before.records}; later changes may be missing`
  if (before.records === records)
    return `${now}, as before; some of them may be older than the last change`
  return `${now}, of ${before.records}`
}

async function exportRecords(given: Given, { folder }: Place, io: Io): Promise<number> {
  const missing = await missingStore(folder)
  if (missing) return complain([missing], exits.failed, io)
  const opened = await openLevelStore(folder, { now: io.world.clock.now() })
  if ('problem' in opened) return complain([opened.problem], exits.failed, io)
  const lines: string[] = []
  try {
    for await (const some of opened.store.records()) {
      for (const [key, value] of some) {
        lines.push(`{"key":${JSON.stringify(key)},"value":${value}}\n`)
      }
    }
  } catch (error) {
    const problem = problemIn(error)
    if (!problem) throw error
    return complain([problem], exits.failed, io)
  } finally {
    await opened.store.close()
  }
  const out = given.value('out')
  if (out === undefined) {
    for (const line of lines) io.stdout.write(line)
    return exits.fine
  }
  try {
    await writeFile(resolve(io.cwd, out), lines.join(''), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    return complain([outProblem(error, out)], exits.failed, io)
  }
  talk([`${count(lines.length, 'record')} written to \`${out}\``], io)
  return exits.fine
}

function outProblem(error: unknown, out: string): Spoken {
  if (errorCode(error) === 'EEXIST')
    return { says: `\`${out}\` is there already`, hint: 'give another name: --out FILE' }
  const problem = fileProblem(error, out)
  if (!problem) throw error
  return problem
}

/** What files declare counts too: an attachment may lead there. */
async function danglingIn(folder: string, project: Project, io: Io): Promise<string[]> {
  const account = () => project.config.account
  const opened = await openState({ folder }, { world: io.world, account }, () => undefined)
  if ('problem' in opened) return [opened.problem.says]
  const { declared } = await readDeclared(project.config, project.baseDir)
  opened.registry.declare(declared)
  const dangling = danglingReferences(opened.registry.desk.view)
  await opened.close()
  return dangling
}
