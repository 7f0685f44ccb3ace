/** The JSON files under policies/: a policy or a template each, named by its file. */

import { join, resolve } from 'node:path'
import { shown } from '../../config/words.ts'
import { type ParseOptions, type PolicyProblem, parsePolicy } from '../../policy/document.ts'
import { readJson } from '../../policy/json.ts'
import { compilePolicy } from '../../policy/policy.ts'
import { readTemplate } from '../../template/read.ts'
import type { TemplateProblem } from '../../template/template.ts'
import { namesIn, quotedPath, readText, type Site, shownPath } from './declared-files.ts'
import type { DeclaredPolicy, DeclaredProblem, DeclaredTemplate } from './declared-shape.ts'

/**
 * `broken` are the names whose file is there but has no good state; `folder` is where the files
 * are, for messages.
 */
export type Documents<T> = { good: T[]; broken: string[]; folder: string }

/** @param folder the policies folder, relative to the site */
export function readPolicies(
  folder: string,
  site: Site,
  previous: DeclaredPolicy[],
  options: ParseOptions,
): Promise<Documents<DeclaredPolicy>> {
  return readDocuments(folder, site, previous, {
    word: 'policy',
    // AWS: CreatePolicy, policyName: [\w+=,.@-]+, 1 to 128.
    names: /^[\w+=,.@-]{1,128}$/,
    characters: 'a-z A-Z 0-9 _ + = , . @ -',
    most: 128,
    read: (name, text, file, complain) => policyFrom(name, text, file, complain, options),
  })
}

/**
 * @param folder the policies folder, relative to the site; the templates are in templates/ below it
 */
export function readTemplates(
  folder: string,
  site: Site,
  previous: DeclaredTemplate[],
): Promise<Documents<DeclaredTemplate>> {
  return readDocuments(join(folder, 'templates'), site, previous, {
    word: 'template',
    // AWS: CreateProvisioningTemplate, templateName: [0-9A-Za-z_-]+, 1 to 36.
    names: /^[0-9A-Za-z_-]{1,36}$/,
    characters: 'a-z A-Z 0-9 _ -',
    most: 36,
    read: templateFrom,
  })
}

type Complaint = Omit<DeclaredProblem, 'file'>
type Kind<T> = {
  word: string
  names: RegExp
  characters: string
  most: number
  /** Undefined: what was complained of makes the file worthless. */
  read(name: string, text: string, file: string, complain: (one: Complaint) => void): T | undefined
}

async function readDocuments<T extends { name: string; file: string }>(
  folder: string,
  site: Site,
  previous: T[],
  kind: Kind<T>,
): Promise<Documents<T>> {
  const path = resolve(site.baseDir, folder)
  const shownFolder = shownPath(path, site)
  const names = await namesIn(path, 'file', site)
  if (!names) return { good: previous, broken: [], folder: shownFolder }
  const good: T[] = []
  const broken: string[] = []
  const files = new Map<string, string>()
  for (const fileName of names) {
    if (!/\.json$/i.test(fileName)) continue
    const name = fileName.slice(0, -'.json'.length)
    const file = shownPath(join(path, fileName), site)
    const complain = (one: Complaint) => site.report({ file, ...one })
    const twin = files.get(name)
    if (twin !== undefined) {
      const says = `a second file of ${kind.word} ${shown(name)}, which ${quotedPath(twin)} holds`
      complain({ severity: 'error', says, hint: 'remove one of the two, or rename it' })
      continue
    }
    files.set(name, file)
    if (!kind.names.test(name)) {
      const says = `${shown(name)} is no ${kind.word} name that AWS takes`
      const hint = `rename the file: 1 to ${kind.most} of the characters ${kind.characters}, then .json`
      complain({ severity: 'error', says, hint })
      continue
    }
    const read = await readText(join(path, fileName))
    if (!read.ok) complain({ severity: 'error', ...without(read) })
    const document = read.ok ? kind.read(name, read.text, file, complain) : undefined
    const kept = document ?? previous.find(one => one.file === file)
    if (kept) good.push(kept)
    else broken.push(name)
  }
  return { good, broken, folder: shownFolder }
}

function policyFrom(
  name: string,
  text: string,
  file: string,
  complain: (one: Complaint) => void,
  options: ParseOptions,
): DeclaredPolicy | undefined {
  const { document, problems } = parsePolicy(text, options)
  if (!document && hasKeys(text, ['Resources', 'Parameters'])) {
    const says = 'this is a provisioning template, not a policy'
    complain({ severity: 'error', says, hint: 'move the file to templates/, in the same folder' })
    return undefined
  }
  for (const problem of problems) complain(policyComplaint(problem))
  return document && { name, text, document, policy: compilePolicy(name, document), file }
}

function templateFrom(
  name: string,
  text: string,
  file: string,
  complain: (one: Complaint) => void,
): DeclaredTemplate | undefined {
  if (hasKeys(text, ['Statement'])) {
    const says = 'this is a policy, not a provisioning template'
    complain({ severity: 'error', says, hint: 'move the file one folder up' })
    return undefined
  }
  const { problems, template } = readTemplate(text)
  for (const problem of problems) complain(templateComplaint(problem))
  return template && { name, text, template, file }
}

/** A problem of a template as one of its file. */
export function templateComplaint(problem: TemplateProblem): Complaint {
  const { hint, line, parameter, resource, says, severity } = problem
  const where = [
    ...(parameter === undefined ? [] : [`parameter ${shown(parameter)}: `]),
    ...(resource === undefined ? [] : [`resource ${shown(resource)}: `]),
  ]
  return {
    severity,
    ...(line === undefined ? {} : { line }),
    says: `${where.join('')}${says}`,
    ...(hint === undefined ? {} : { hint }),
  }
}

/** A problem of a policy as one of its file. */
export function policyComplaint({
  severity,
  line,
  statement,
  element,
  says,
  hint,
}: PolicyProblem): Complaint {
  const named = element === undefined || says.includes(element) ? says : `\`${element}\` ${says}`
  return {
    severity,
    ...(line === undefined ? {} : { line }),
    says: statement === undefined ? named : `statement ${statement}: ${named}`,
    ...(hint === undefined ? {} : { hint }),
  }
}

function hasKeys(text: string, keys: string[]): boolean {
  const read = readJson(text)
  if (!read.ok || read.root.kind !== 'object') return false
  return read.root.members.some(member => keys.includes(member.key))
}

function without({ says, hint }: { says: string; hint?: string }): { says: string; hint?: string } {
  return hint === undefined ? { says } : { says, hint }
}
