/**
 * What will surprise in the hooks of config.yaml, told when the file is read: without it a hook that nobody asks is noticed
 * by a device that gets in, and one that can not run by a device that is refused.
 */

import { access, constants } from 'node:fs/promises'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import type { HookItem } from '../config/shape.ts'
import { nearest, shown } from '../config/words.ts'

export type HookRemark = { line: number; says: string; hint: string }

/**
 * @param base the folder that paths are relative to, and where commands run
 * @param templates names of all that are there, declared or learned
 * @param path the PATH that programs are looked for in; without one they are not looked for
 */
export async function hookRemarks(
  items: readonly HookItem[],
  base: string,
  templates: readonly string[],
  path: string | undefined,
): Promise<HookRemark[]> {
  const remarks: HookRemark[] = []
  for (const { template, command, module, line } of items) {
    const tell = (says: string, hint: string) =>
      remarks.push({ line, says: `the hook of template ${shown(template)}: ${says}`, hint })
    if (!templates.includes(template))
      tell('there is no template of this name that can be used', meantBy(template, templates))
    if (module !== undefined && !(await isThere(resolve(base, module)))) {
      tell(`there is no module ${shown(module)}`, FILE_HINT)
    }
    const [program = '', script = ''] = command ?? []
    if (command && !(await isProgram(program, base, path))) {
      tell(`there is no program ${shown(program)} that can be run`, PROGRAM_HINT)
    }
    if (SCRIPT.test(script) && !(await isThere(resolve(base, script)))) {
      tell(`there is no file ${shown(script)}`, FILE_HINT)
    }
  }
  return remarks
}

/** The first argument of an interpreter: `node hook.mjs`. */
const SCRIPT = /^[^-].*\.(?:[cm]?[jt]s|py|rb|sh|pl)$/

const FILE_HINT =
  'its path starts at the folder of config.yaml; every RegisterThing is refused until it is there'
const PROGRAM_HINT =
  'give a program of the PATH, or a path from the folder of config.yaml; mode 755 where it is yours'

function meantBy(template: string, templates: readonly string[]): string {
  const near = nearest(template, templates)
  return near === undefined
    ? `nothing asks this hook: write policies/templates/${template}.json, or candid template list shows what is there`
    : `did you mean ${shown(near)}? nothing asks this hook`
}

async function isProgram(
  program: string,
  base: string,
  path: string | undefined,
): Promise<boolean> {
  if (program.includes('/') || isAbsolute(program)) {
    return isThere(resolve(base, program), constants.X_OK)
  }
  if (path === undefined) return true
  const folders = path.split(delimiter)
  const found = folders.map(folder => isThere(join(resolve(base, folder), program), constants.X_OK))
  return (await Promise.all(found)).includes(true)
}

function isThere(file: string, mode = constants.F_OK): Promise<boolean> {
  return access(file, mode).then(
    () => true,
    () => false,
  )
}
