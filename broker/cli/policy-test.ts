/** `candid policy test`: runs case files: policies, who asks, what is asked, and what is to come of it. */

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { readYamlValue } from '../config/yaml-value.ts'
import { type CaseResult, runCases } from '../policy/cases.ts'
import { pointerLines } from '../policy/narrate.ts'
import type { Command, Given } from './flags.ts'
import { withArguments } from './in-project.ts'
import { exits, type Io } from './io.ts'
import { readTextFile } from './policy-files.ts'
import { complain, print, printJson, type Spoken } from './say.ts'

export const command: Command = {
  usage: ['candid policy test FILE...'],
  says: [
    'runs the cases of each FILE.cases.yaml; docs/policies.md says how to write one',
    'exit code 1 if a case fails',
  ],
  flags: { verbose: { says: 'name the cases that pass too, with the decision in words' } },
  takes: ['FILE...'],
}

export function run(args: string[], io: Io): Promise<number> {
  return withArguments(args, command, io, given => test(given, io))
}

type Ran = { file: string; lines: number[]; results: CaseResult[] }

async function test(given: Given, io: Io): Promise<number> {
  const json = given.has('json')
  const all: Ran[] = []
  for (const file of given.plain) {
    const ran = await runFile(file, io)
    if ('problems' in ran) return complain(ran.problems, exits.invalid, io, json)
    all.push(ran)
  }
  const results = all.flatMap(one => one.results)
  const failed = results.filter(({ passed }) => !passed).length
  if (json) {
    const files = all.map(({ file, lines, results }) => ({
      file,
      cases: results.map(({ index, ...one }) => ({ line: lines[index], ...one })),
    }))
    printJson({ passed: results.length - failed, failed, files }, io)
  } else {
    for (const one of all) print(linesOf(one, given.has('verbose')), io)
    print([`${results.length - failed} passed, ${failed} failed`], io)
  }
  return failed === 0 ? exits.fine : exits.failed
}

async function runFile(file: string, io: Io): Promise<Ran | { problems: Spoken[] }> {
  const text = await readTextFile(file, io)
  if (typeof text !== 'string') return { problems: [text.problem] }
  const yaml = readYamlValue(text)
  if ('problem' in yaml)
    return { problems: [{ says: `${file}:${yaml.problem.line}: ${yaml.problem.says}` }] }
  const folder = dirname(resolve(io.cwd, file))
  const ran = runCases(yaml.value, path => fileText(resolve(folder, path)))
  if ('mistakes' in ran)
    return { problems: ran.mistakes.map(mistake => ({ says: `${file}: ${mistake}` })) }
  return { file, lines: yaml.linesOf('cases'), results: ran.results }
}

function linesOf({ file, lines, results }: Ran, verbose: boolean): string[] {
  return results.flatMap(({ decision, failures, index, name, passed, says }) => {
    if (passed && !verbose) return []
    const head = `${passed ? 'ok' : 'FAILED'}  ${file}:${lines[index] ?? 1}  ${name}`
    const words = says === undefined ? [] : [`    ${says}`]
    const near = decision?.nearMisses[0]
    const pointer = near && !passed ? pointerLines(near).map(line => `      ${line}`) : []
    return [head, ...failures.map(failure => `    ${failure}`), ...words, ...pointer]
  })
}

function fileText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The case file's mistake names it.
    return undefined
  }
}
