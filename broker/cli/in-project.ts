/** What most commands begin with: their arguments, the help if that was asked for, and the project they work in. */

import { type Command, type Given, helpLines, readArguments } from './flags.ts'
import { exits, type Io } from './io.ts'
import { openProject, type Project } from './project.ts'
import { complain, print } from './say.ts'

/** Reads the arguments and hands them over. Mistakes in them are told, all at once, and `act` isn't called. */
export async function withArguments(
  args: string[],
  command: Command,
  io: Io,
  act: (given: Given) => Promise<number>,
): Promise<number> {
  const read = readArguments(args, command)
  if ('help' in read) {
    print(helpLines(command), io)
    return exits.fine
  }
  if ('problems' in read) {
    return complain(read.problems, exits.invalid, io, args.includes('--json'))
  }
  return act(read.given)
}

/** The same for a command that works in a project: `--config` names it. */
export function inProject(
  args: string[],
  command: Command,
  io: Io,
  act: (given: Given, project: Project) => Promise<number>,
): Promise<number> {
  return withArguments(args, command, io, async given => {
    const opened = await openProject(given.value('config'), io)
    if ('problems' in opened) {
      return complain(opened.problems, exits.invalid, io, given.has('json'))
    }
    return act(given, opened.project)
  })
}
