/** `candid policy lint`: what is wrong with policy documents, or will surprise, and what AWS would say. */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseOptionsOf } from '../registry/arn.ts'
import type { Command, Given } from './flags.ts'
import { inProject } from './in-project.ts'
import { exits, type Io } from './io.ts'
import { problemSpoken, type ReadPolicy, readPolicyFile } from './policy-files.ts'
import { near, type Project } from './project.ts'
import { complain, print, printJson, reject, spokenLines } from './say.ts'

export const command: Command = {
  usage: ['candid policy lint [FILE...]'],
  says: [
    'checks policy documents; without FILE, all of the project',
    'exit code 2 if AWS would refuse one, 0 if there are warnings at most',
  ],
  flags: {
    config: {
      value: 'FILE',
      says: 'the project whose account and region count (default: ./config.yaml)',
    },
  },
  takes: ['FILE?...'],
}

export function run(args: string[], io: Io): Promise<number> {
  return inProject(args, command, io, (given, project) => lint(given, project, io))
}

async function lint(given: Given, project: Project, io: Io): Promise<number> {
  const json = given.has('json')
  const files = given.plain.length > 0 ? given.plain : await policiesOf(project, io)
  if (files.length === 0) {
    const says = `no policy in \`${near(project.policiesDir, io)}\``
    return reject({ says, hint: 'candid policy lint FILE' }, io, json)
  }
  const read: ReadPolicy[] = []
  for (const file of files) {
    const one = await readPolicyFile(file, parseOptionsOf(project.config), io)
    if ('problem' in one) return complain([one.problem], exits.invalid, io, json)
    read.push(one)
  }
  if (json)
    printJson(
      {
        files: read.map(({ aws, file, policy, problems }) => ({
          file,
          good: policy !== undefined,
          problems,
          aws,
        })),
      },
      io,
    )
  else for (const one of read) print(linesOf(one), io)
  return read.every(({ policy }) => policy) ? exits.fine : exits.refused
}

function linesOf({ aws, file, problems }: ReadPolicy): string[] {
  if (problems.length === 0) return [`${file}: fine`]
  const told = problems.flatMap(problem => spokenLines(problemSpoken(file, problem)))
  return aws ? [...told, `${file}: aws answers: ${aws.error}: ${aws.message}`] : told
}

async function policiesOf(project: Project, io: Io): Promise<string[]> {
  // A folder that can't be listed holds nothing to check; the message names it.
  const names = await readdir(project.policiesDir).catch(() => [])
  return names
    .filter(name => name.endsWith('.json'))
    .sort()
    .map(name => near(join(project.policiesDir, name), io))
}
