/**
 * `candid init`: the starter files of a new project, the same that the package runs with itself.
 * Never overwrites.
 */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { errorCode, fileProblem } from '../registry/files.ts'
import { calledAs } from './first-commands.ts'
import { type Command, helpLines, readArguments } from './flags.ts'
import { exits, type Io } from './io.ts'
import { packageRoot } from './package-root.ts'
import { near, shellWord } from './project.ts'
import { complain, print, printJson } from './say.ts'

export const command: Command = {
  usage: ['candid init [DIR]'],
  says: [
    'writes config.yaml, policies/ and certs/ for a new project into DIR (default: here)',
    'files that are there already stay as they are',
  ],
  flags: {},
  takes: ['DIR?'],
}

export async function run(args: string[], io: Io): Promise<number> {
  const read = readArguments(args, command)
  if ('help' in read) return help(io)
  if ('problems' in read) return complain(read.problems, exits.invalid, io, args.includes('--json'))
  const json = read.given.has('json')
  const folder = resolve(io.cwd, read.given.plain[0] ?? '.')
  const written: string[] = []
  const kept: string[] = []
  for (const { name, content } of await starters()) {
    const path = join(folder, name)
    try {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content, { flag: 'wx' })
      written.push(near(path, io))
    } catch (error) {
      if (errorCode(error) === 'EEXIST' && (await isFile(path))) {
        kept.push(near(path, io))
        continue
      }
      const problem = fileProblem(error, near(path, io))
      if (!problem) throw error
      return complain([problem], exits.failed, io, json)
    }
  }
  if (json) printJson({ folder, written, kept }, io)
  else print(report(written, kept, folder, io), io)
  return exits.fine
}

function help(io: Io): number {
  print(helpLines(command), io)
  return exits.fine
}

function report(written: string[], kept: string[], folder: string, io: Io): string[] {
  const enter = folder === resolve(io.cwd) ? [] : [`  cd ${shellWord(near(folder, io))}`]
  return [
    ...written.map(name => `wrote ${name}`),
    ...kept.map(name => `kept  ${name}   it was there already`),
    '',
    'next:',
    ...enter,
    `  ${calledAs(io)} start`,
    `  ${calledAs(io)} device create sensor-1   in a second terminal`,
  ]
}

/** What a new project begins with, by its path in the project. */
async function starters(): Promise<{ name: string; content: string }[]> {
  const root = await packageRoot()
  const names = ['config.yaml', ...(await filesBelow(root, 'policies')), 'certs/README.md']
  const files = await Promise.all(
    names.map(async name => ({ name, content: await readFile(join(root, name), 'utf8') })),
  )
  // Private keys must not end up in somebody's repository. Written here: npm leaves .gitignore
  // files out of a package.
  return [...files, { name: 'certs/.gitignore', content: '*\n!.gitignore\n!README.md\n' }]
}

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const names: string[] = []
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const name = `${folder}/${entry.name}`
    if (entry.isDirectory()) names.push(...(await filesBelow(root, name)))
    else if (/\.(json|md|yaml)$/.test(entry.name)) names.push(name)
  }
  return names.sort()
}

/** EEXIST is said of folders too: a folder named config.yaml is nothing to keep quietly. */
async function isFile(path: string): Promise<boolean> {
  try {
    await readFile(path)
    return true
  } catch {
    return false
  }
}
