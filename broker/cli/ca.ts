/** `candid ca`: CAs whose devices are registered or provisioned at their first connect. */

import { run as create, command as createCommand } from './ca-create.ts'
import { run as register, command as registerCommand } from './ca-register.ts'
import {
  caActivate,
  caCode,
  caDeactivate,
  caDelete,
  caDescribe,
  caDisable,
  caEnable,
  caList,
  caVerify,
} from './ca-verbs.ts'
import { type Family, runFamily } from './family.ts'
import type { Io } from './io.ts'

const verbs: Family = {
  create: { command: createCommand, run: create },
  register: { command: registerCommand, run: register },
  'registration-code': caCode,
  verify: caVerify,
  list: caList,
  describe: caDescribe,
  activate: caActivate,
  deactivate: caDeactivate,
  'enable-registration': caEnable,
  'disable-registration': caDisable,
  delete: caDelete,
}

export function run(args: string[], io: Io): Promise<number> {
  return runFamily('ca', verbs, args, io)
}
