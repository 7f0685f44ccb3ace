/** `candid call OPERATION`: any of AWS's operations, with AWS's input and output. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { defaultConfig } from '../config/shape.ts'
import { shown } from '../config/words.ts'
import { operationNames } from '../control/operations.ts'
import { controlPlane } from '../provisioning/operations.ts'
import { fileProblem } from '../registry/files.ts'
import { createRegistry } from '../registry/registry.ts'
import { need, type RegistryVerb, runInRegistry, stopped, type Told } from './in-registry.ts'
import type { Io } from './io.ts'
import type { Spoken } from './say.ts'

const verb: RegistryVerb = {
  command: {
    usage: ['candid call OPERATION [--input JSON|FILE|-]', 'candid call --list'],
    says: [
      'calls an operation of AWS IoT\'s control plane: candid call CreateThing --input \'{"thingName": "a"}\'',
      "prints AWS's output as JSON; what is a path, query, header or body field there is a key of the input here",
    ],
    flags: {
      input: {
        value: 'JSON|FILE|-',
        says: 'the input: JSON, a file that holds it, or - for stdin',
      },
      list: { says: 'names all operations that there are' },
    },
    takes: ['OPERATION?'],
  },
  async act({ given, call, io }) {
    if (given.has('list')) return listed(io)
    if (given.plain.length === 0) {
      return stopped([{ says: 'OPERATION is missing', hint: 'candid call --list' }])
    }
    const read = inputOf(given.value('input'), io)
    if ('problem' in read) return stopped([read.problem])
    const answer = await need(call(given.plain[0] ?? '', read.input))
    if ('stopped' in answer) return answer
    return { lines: JSON.stringify(answer.value, null, 2).split('\n'), output: answer.value }
  },
}

/** The name of the operation says whether it changes anything. */
export function run(args: string[], io: Io): Promise<number> {
  const reads = args.some(arg => /^(Describe|List|Get(?!Registration)|Test)[A-Z]/.test(arg))
  return runInRegistry({ ...verb, ...(reads && { reads }) }, 'candid call', args, io)
}

function listed({ world }: Io): Told {
  const account = () => defaultConfig().account
  const operations = operationNames(controlPlane(createRegistry({ world, account })))
  return { lines: operations, output: { operations } }
}

function inputOf(text: string | undefined, io: Io): { input: object } | { problem: Spoken } {
  if (text === undefined) return { input: {} }
  let json = text
  if (!text.trimStart().startsWith('{')) {
    try {
      json = readFileSync(text === '-' ? 0 : resolve(io.cwd, text), 'utf8')
    } catch (error) {
      const problem = fileProblem(error, text)
      if (!problem) throw error
      return { problem }
    }
  }
  try {
    const input: unknown = JSON.parse(json)
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { input }
  } catch {
    // Said below.
  }
  const says = `\`--input\`: ${shown(text)} is no JSON object`
  return { problem: { says, hint: '--input \'{"thingName": "sensor-1"}\'' } }
}
