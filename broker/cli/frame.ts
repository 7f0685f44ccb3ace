/**
 * The verbs of the command line, and what surrounds each of them: help, version, a verb that
 * doesn't exist, and a bug. A verb is loaded when it is called, so that `candid explain` needn't
 * load a broker.
 */

import { nearest, shown } from '../config/words.ts'
import { exits, type Io } from './io.ts'
import { packageVersion } from './package-root.ts'
import { print, reject, table, talk } from './say.ts'

type Run = (args: string[], io: Io) => Promise<number>
type Verb = { says: string; load(): Promise<{ run: Run }> }

/** Runs one command line (without `node` and the file). Returns the exit code; never throws. */
export async function runCommand(args: string[], io: Io): Promise<number> {
  try {
    return await dispatch(args, io)
  } catch (error) {
    talk(bugLines(error), io)
    return exits.failed
  }
}

/** How a bug of ours shows itself: what it is, where it is, what to do with it. */
export function bugLines(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return [
    'this is a bug in candid:',
    ...stack.split('\n'),
    'hint: please report it with the lines above',
  ]
}

async function dispatch(args: string[], io: Io): Promise<number> {
  const [first, ...rest] = args
  if (first === '--version' || first === '-V') {
    print([await packageVersion()], io)
    return exits.fine
  }
  if (first === undefined) {
    talk(overview(), io)
    return exits.invalid
  }
  if (first === 'help' && rest[0] !== undefined) return dispatch([rest[0], '--help'], io)
  if (first === 'help' || first === '--help' || first === '-h') {
    print(overview(), io)
    return exits.fine
  }
  const verb = Object.hasOwn(verbs, first) ? verbs[first] : undefined
  if (verb) return (await verb.load()).run(rest, io)
  const near = nearest(first, Object.keys(verbs))
  const kind = first.startsWith('-') ? 'flag' : 'command'
  return reject(
    {
      says: `unknown ${kind} ${shown(first)}`,
      hint: near && kind === 'command' ? `did you mean \`candid ${near}\`?` : 'candid --help',
    },
    io,
  )
}

function overview(): string[] {
  return [
    'candid: a local AWS IoT Core that says why it refused a device',
    '',
    ...table(Object.entries(verbs).map(([name, verb]) => [`candid ${name}`, verb.says])).map(
      line => `  ${line}`,
    ),
    '',
    'candid COMMAND --help tells more, candid --version which version this is',
  ]
}

const verbs: { [name: string]: Verb } = {
  start: { says: 'runs the broker', load: () => import('./start.ts') },
  init: { says: 'writes the files of a new project', load: () => import('./init.ts') },
  device: { says: 'devices: thing, key, certificate, policies', load: () => import('./device.ts') },
  cert: { says: 'device certificates and their status', load: () => import('./cert.ts') },
  ca: { says: 'CAs whose devices are provisioned', load: () => import('./ca.ts') },
  thing: { says: 'things and their attributes', load: () => import('./thing.ts') },
  type: { says: 'thing types', load: () => import('./type.ts') },
  group: { says: 'thing groups', load: () => import('./group.ts') },
  policy: {
    says: 'policies, and tests, simulations and checks of them',
    load: () => import('./policy.ts'),
  },
  template: {
    says: 'provisioning templates, and checks of them',
    load: () => import('./template.ts'),
  },
  call: { says: "calls any operation of AWS's control plane", load: () => import('./call.ts') },
  store: { says: 'checks, repairs or exports the store on disk', load: () => import('./store.ts') },
  explain: {
    says: 'explains a diagnosis, or judges a certificate',
    load: () => import('./explain.ts'),
  },
}
