/** `candid ca`: chooses between making a CA and registering one. */

import { nearest, shown } from '../config/words.ts'
import { run as create, command as createCommand } from './ca-create.ts'
import { run as register, command as registerCommand } from './ca-register.ts'
import { helpLines } from './flags.ts'
import { exits, type Io } from './io.ts'
import { print, reject, talk } from './say.ts'

export async function run(args: string[], io: Io): Promise<number> {
  const [verb, ...rest] = args
  if (verb === 'create') return create(rest, io)
  if (verb === 'register') return register(rest, io)
  const lines = [...helpLines(createCommand), '', ...helpLines(registerCommand)]
  if (verb === '--help' || verb === '-h') {
    print(lines, io)
    return exits.fine
  }
  if (verb === undefined) {
    talk(lines, io)
    return exits.invalid
  }
  const near = nearest(verb, ['create', 'register'])
  return reject(
    {
      says: `unknown command ${shown(`ca ${verb}`)}`,
      hint: near ? `did you mean \`candid ca ${near}\`?` : 'candid ca --help',
    },
    io,
    args.includes('--json'),
  )
}
