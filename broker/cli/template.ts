/** `candid template`: provisioning templates. */

import { shown } from '../config/words.ts'
import { helpLines } from './flags.ts'
import { exits, type Io } from './io.ts'
import { print, reject, talk } from './say.ts'
import { run as check, command as checkCommand } from './template-check.ts'

export async function run(args: string[], io: Io): Promise<number> {
  const [verb, ...rest] = args
  if (verb === 'check') return check(rest, io)
  if (verb === '--help' || verb === '-h') {
    print(helpLines(checkCommand), io)
    return exits.fine
  }
  if (verb === undefined) {
    talk(helpLines(checkCommand), io)
    return exits.invalid
  }
  const says = `unknown command ${shown(`template ${verb}`)}`
  return reject({ says, hint: 'there is `check`' }, io, args.includes('--json'))
}
