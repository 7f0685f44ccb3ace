/** `candid policy`: policies of the registry, and tests of policy documents. */

import { type Family, runFamily } from './family.ts'
import type { Io } from './io.ts'
import { run as lint, command as lintCommand } from './policy-lint.ts'
import { run as simulate, command as simulateCommand } from './policy-simulate.ts'
import { run as test, command as testCommand } from './policy-test.ts'
import {
  policyAttach,
  policyCreate,
  policyDelete,
  policyDescribe,
  policyDetach,
  policyList,
  policySetDefault,
  policyUpdate,
  policyVersions,
} from './policy-verbs.ts'

const verbs: Family = {
  test: { command: testCommand, run: test },
  simulate: { command: simulateCommand, run: simulate },
  lint: { command: lintCommand, run: lint },
  create: policyCreate,
  update: policyUpdate,
  list: policyList,
  describe: policyDescribe,
  versions: policyVersions,
  'set-default': policySetDefault,
  attach: policyAttach,
  detach: policyDetach,
  delete: policyDelete,
}

export function run(args: string[], io: Io): Promise<number> {
  return runFamily('policy', verbs, args, io)
}
