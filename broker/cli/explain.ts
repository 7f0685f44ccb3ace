/** `candid explain`: the catalogue's words, or the judgement on a certificate, without a broker. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { nearest, shown } from '../config/words.ts'
import { type Code, catalogue } from '../diagnosis/catalogue.ts'
import { diagnose } from '../diagnosis/diagnosis.ts'
import { explainCode } from '../diagnosis/explain.ts'
import { renderDiagnoses } from '../diagnosis/render.ts'
import { judgeCertificateFile } from './explain-certificate.ts'
import { explainHelloFile } from './explain-hello.ts'
import type { Command, Given } from './flags.ts'
import { withArguments } from './in-project.ts'
import { exits, type Io } from './io.ts'
import { print, printJson, reject } from './say.ts'

export const command: Command = {
  usage: [
    'candid explain CODE',
    'candid explain FILE [--chain FILE] [--ca FILE]',
    'candid explain --hello FILE',
    'candid explain --markdown',
  ],
  says: [
    'CODE: what a diagnosis means and what to do',
    'FILE: judges a device certificate, PEM or DER, in the words of the broker; exit code 2 if it is refused',
  ],
  flags: {
    chain: { value: 'FILE', many: true, says: 'further certificates that the device sends' },
    ca: {
      value: 'FILE',
      many: true,
      says: 'a CA that counts as registered, beside those of the project',
    },
    hello: {
      value: 'FILE',
      says: 'a ClientHello, as bytes or as hex: what it offers, and what the first listener would answer',
    },
    markdown: { says: 'the whole catalogue, as docs/diagnoses.md' },
    config: { value: 'FILE', says: 'the project whose CAs count (default: ./config.yaml)' },
  },
  takes: ['WHAT?'],
}

export function run(args: string[], io: Io): Promise<number> {
  return withArguments(args, command, io, given => explainGiven(given, io))
}

async function explainGiven(given: Given, io: Io): Promise<number> {
  const json = given.has('json')
  const what = given.plain[0]
  if (given.has('markdown')) {
    const markdown = renderDiagnoses()
    if (json) printJson({ markdown }, io)
    else io.stdout.write(markdown)
    return exits.fine
  }
  const hello = given.value('hello')
  if (hello !== undefined) return explainHelloFile(hello, given, io)
  if (what === undefined) {
    return reject({ says: 'CODE or FILE is missing', hint: 'candid explain --help' }, io, json)
  }
  if (isCode(what)) return explain(what, io, json)
  if (!looksLikeCode(what) || (await isThere(what, io))) return judgeCertificateFile(given, io)
  const near = nearest(what, Object.keys(catalogue))
  return reject(
    {
      says: `unknown code ${shown(what)}`,
      hint: near
        ? `did you mean \`candid explain ${near}\`?`
        : 'all codes: candid explain --markdown',
    },
    io,
    json,
  )
}

function explain(code: Code, io: Io, json: boolean): number {
  if (!json) {
    print(explainCode(code).trimEnd().split('\n'), io)
    return exits.fine
  }
  const { title, references, example } = catalogue[code]
  // Each example is of its own entry's type, which a code that isn't known yet can't name.
  const { certainty, aws, blame, room, severity, says, remedy } = diagnose(code, example as never)
  const shownExample = { evidence: example, says, remedy }
  printJson(
    { code, title, room, severity, blame, certainty, example: shownExample, aws, references },
    io,
  )
  return exits.fine
}

function isCode(what: string): what is Code {
  return Object.hasOwn(catalogue, what)
}

function looksLikeCode(what: string): boolean {
  return /^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/i.test(what)
}

async function isThere(file: string, io: Io): Promise<boolean> {
  try {
    await readFile(resolve(io.cwd, file))
    return true
  } catch {
    return false
  }
}
