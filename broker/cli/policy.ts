/** `candid policy`: chooses between testing, simulating and checking policies. */

import { nearest, oneOfWords, shown } from '../config/words.ts'
import { helpLines } from './flags.ts'
import { exits, type Io } from './io.ts'
import { run as lint, command as lintCommand } from './policy-lint.ts'
import { run as simulate, command as simulateCommand } from './policy-simulate.ts'
import { run as test, command as testCommand } from './policy-test.ts'
import { print, reject, talk } from './say.ts'

export async function run(args: string[], io: Io): Promise<number> {
  const [verb, ...rest] = args
  if (verb === 'test') return test(rest, io)
  if (verb === 'simulate') return simulate(rest, io)
  if (verb === 'lint') return lint(rest, io)
  const commands = [testCommand, simulateCommand, lintCommand]
  const lines = commands.flatMap((command, index) => [
    ...(index === 0 ? [] : ['']),
    ...helpLines(command),
  ])
  if (verb === '--help' || verb === '-h') {
    print(lines, io)
    return exits.fine
  }
  if (verb === undefined) {
    talk(lines, io)
    return exits.invalid
  }
  const near = nearest(verb, ['test', 'simulate', 'lint'])
  const hint = near
    ? `did you mean \`candid policy ${near}\`?`
    : `there is ${oneOfWords(['test', 'simulate', 'lint'])}`
  return reject(
    { says: `unknown command ${shown(`policy ${verb}`)}`, hint },
    io,
    args.includes('--json'),
  )
}
