/**
 * Changes of what a file declares: they go into that file, since the file is the master. A running broker takes it over
 * before the command ends.
 */

import { readFile, realpath, rm } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { type Edit, editItem, type ItemPlace, valuesIn } from '../config/edit.ts'
import { fileProblem, writeFileWhole } from '../registry/files.ts'
import type { Outcome, Registry, Stop } from './in-registry.ts'
import { stopped } from './in-registry.ts'
import { exits } from './io.ts'
import { near } from './project.ts'

/** What is declared, in a file of its own or in a list of config.yaml. */
export type DeclaredItem = { file: string; certificateFile: string }

export type ListName = 'devices' | 'authorities'

/** @param done what is said when it is done: `certificate ... is INACTIVE` */
export async function editDeclared(
  item: DeclaredItem,
  list: ListName,
  edit: Edit,
  done: string,
  registry: Registry,
): Promise<Outcome> {
  const { project, io } = registry
  const path = resolve(project.baseDir, item.file)
  const failed = await edited(path, item, list, edit, registry)
  if (failed) return failed
  const took = await registry.takeOver()
  const where = near(path, io)
  return {
    lines: [`${done}, in ${where}`, took ? TAKEN : LATER],
    output: { file: where, takenOver: took },
  }
}

/** Takes a declaration away: its folder with all that is in it, or its entry in config.yaml. */
export async function removeDeclared(
  item: DeclaredItem,
  list: ListName,
  what: string,
  registry: Registry,
): Promise<Outcome> {
  const { given, project, io } = registry
  const folder = ownFolder(item, list, registry)
  if (folder === undefined) {
    return editDeclared(item, list, { kind: 'remove' }, `${what} is removed`, registry)
  }
  const where = near(folder, io)
  if (!given.has('yes')) {
    const says = `${what} is declared: \`${where}\` would go, with its keys`
    if (!io.ask) return stopped([{ says, hint: 'add --yes if you mean it' }], exits.refused)
    const answer = await io.ask(`${says}; remove it? (yes/no) `)
    if (!/^y(es)?$/i.test(answer.trim()))
      return stopped([{ says: 'nothing is removed' }], exits.refused)
  }
  try {
    await rm(folder, { recursive: true })
  } catch (error) {
    const problem = fileProblem(error, relative(project.baseDir, folder))
    if (!problem) throw error
    return stopped([problem], exits.failed)
  }
  const took = await registry.takeOver()
  return {
    lines: [`${what} is removed, with ${where}`, took ? TAKEN : LATER],
    output: { folder: where, takenOver: took },
  }
}

const TAKEN = 'the running broker has taken it over'
const LATER = 'a broker takes it over when it runs'

/** `certs/devices/NAME` of a declaration there. */
function ownFolder({ file }: DeclaredItem, list: ListName, { project }: Registry) {
  const folder = dirname(resolve(project.baseDir, file))
  const home = join(project.certsDir, list)
  const own = basename(file) === (list === 'devices' ? 'device.yaml' : 'authority.yaml')
  return own && dirname(folder) === home ? folder : undefined
}

async function edited(
  path: string,
  item: DeclaredItem,
  list: ListName,
  edit: Edit,
  { project, io }: Registry,
): Promise<{ stopped: Stop } | undefined> {
  const where = near(path, io)
  try {
    const text = await readFile(path, 'utf8')
    const place = placeOf(text, path, item, list, project.baseDir)
    const after = place === undefined ? undefined : editItem(text, place, edit)
    if (after === undefined) {
      const says = `\`${where}\` is written in a way that can't be changed here`
      return stopped([{ says, hint: `edit it: a running broker takes that over` }], exits.failed)
    }
    if (after !== text) await writeFileWhole(await realpath(path), { content: after }, io.world)
    return undefined
  } catch (error) {
    const problem = fileProblem(error, where)
    if (!problem) throw error
    return stopped([problem], exits.failed)
  }
}

function placeOf(
  text: string,
  path: string,
  { certificateFile }: DeclaredItem,
  list: ListName,
  baseDir: string,
): ItemPlace | undefined {
  if (/^(device|authority)\.yaml$/.test(basename(path))) return 'file'
  const wanted = resolve(baseDir, certificateFile)
  const index = valuesIn(text, list, 'certificate').findIndex(
    value => value !== undefined && resolve(dirname(path), value) === wanted,
  )
  return index < 0 ? undefined : { list, index }
}
