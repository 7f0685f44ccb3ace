/**
 * `candid template check`: what is wrong with a provisioning template, what will surprise, and what it would make for a
 * certificate or for the parameters of a device. Nothing is made.
 */

import { basename, resolve } from 'node:path'
import { shown } from '../config/words.ts'
import type { Policy } from '../policy/policy.ts'
import { parseOptionsOf } from '../registry/arn.ts'
import { readDeclared } from '../registry/declared/declared.ts'
import { readDeclaredCertificate } from '../registry/declared/declared-certificate.ts'
import { templateComplaint } from '../registry/declared/declared-documents.ts'
import { certificateParameters, type Plan, type PlanResult, planFrom } from '../template/plan.ts'
import { readTemplate } from '../template/read.ts'
import { looksLike, templateRemarks } from '../template/remarks.ts'
import type { Template, TemplateKind, TemplateProblem } from '../template/template.ts'
import { certificateIdParameter } from '../template/template.ts'
import type { Command, Given } from './flags.ts'
import { inProject } from './in-project.ts'
import { exits, type Io } from './io.ts'
import { readTextFile } from './policy-files.ts'
import type { Project } from './project.ts'
import { complain, print, printJson, reject, type Spoken, spokenLines, table } from './say.ts'

const kinds: { [word: string]: TemplateKind } = {
  jitp: 'JITP',
  fleet: 'FLEET_PROVISIONING',
  'register-thing': 'REGISTER_THING',
}

export const command: Command = {
  usage: [
    'candid template check FILE [--certificate FILE] [--parameters JSON] [--for jitp|fleet|register-thing]',
  ],
  says: [
    'checks a provisioning template, and shows what it makes for a certificate or for parameters',
    'exit code 2 if it can not be used or fails, 0 if there are warnings at most',
  ],
  flags: {
    certificate: {
      value: 'FILE',
      says: "a device's certificate: its subject gives the parameters",
    },
    parameters: { value: 'JSON', says: 'parameters as a device sends them: {"SerialNumber":"7"}' },
    for: {
      value: 'USE',
      says: 'jitp, fleet or register-thing (default: by what the template asks)',
    },
    config: { value: 'FILE', says: 'the project with the policies (default: ./config.yaml)' },
  },
  takes: ['FILE'],
}

export function run(args: string[], io: Io): Promise<number> {
  return inProject(args, command, io, (given, project) => check(given, project, io))
}

async function check(given: Given, project: Project, io: Io): Promise<number> {
  const json = given.has('json')
  const [file = ''] = given.plain
  const use = given.value('for')
  if (use !== undefined && !Object.hasOwn(kinds, use)) {
    const says = `${shown(use)} is no use of a template`
    return reject({ says, hint: `there is ${Object.keys(kinds).join(', ')}` }, io, json)
  }
  const parameters = await parametersOf(given, io)
  if ('problem' in parameters) return complain([parameters.problem], exits.invalid, io, json)
  const text = await readTextFile(file, io)
  if (typeof text !== 'string') return complain([text.problem], exits.invalid, io, json)
  const { problems, template } = readTemplate(text)
  const certificate = given.has('certificate')
  const kind =
    (use === undefined ? undefined : kinds[use]) ??
    (certificate ? 'JITP' : undefined) ??
    (template ? looksLike(template) : undefined) ??
    'FLEET_PROVISIONING'
  const policies = await policiesOf(project)
  const parse = parseOptionsOf(project.config)
  const told = [
    ...problems,
    ...(template ? templateRemarks(template, { kind, policies, parse }) : []),
  ]
  const asked = certificate || given.has('parameters')
  const result = template && asked ? planFrom(template, kind, parameters.values) : undefined
  const good = told.every(({ severity }) => severity === 'warning')
  if (json) {
    const outcome = result && (result.ok ? { plan: result.plan } : { failure: result.failure })
    printJson({ file, for: kind, good, problems: told, ...outcome }, io)
  } else print(linesOf(file, kind, told, template, result), io)
  return good && result?.ok !== false ? exits.fine : exits.refused
}

/** The parameters of the certificate and those that were written down. */
async function parametersOf(
  given: Given,
  io: Io,
): Promise<{ values: Map<string, string> } | { problem: Spoken }> {
  const values = new Map<string, string>([[certificateIdParameter, '0'.repeat(64)]])
  const file = given.value('certificate')
  if (file !== undefined) {
    const read = await readDeclaredCertificate(resolve(io.cwd, file))
    if (!read.ok) return { problem: { says: `${shown(file)}: ${read.says}`, ...hinted(read.hint) } }
    const { sha256, subjectAttributes } = read.certificate
    for (const [name, value] of certificateParameters(sha256, subjectAttributes)) {
      values.set(name, value)
    }
  }
  const text = given.value('parameters')
  if (text === undefined) return { values }
  const hint = `such as --parameters '{"SerialNumber":"7"}'`
  const json = parsed(text)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { problem: { says: '`--parameters` is no json object', hint } }
  }
  for (const [name, value] of Object.entries(json)) {
    if (typeof value !== 'string') {
      return { problem: { says: `parameter ${shown(name)} is not a string`, hint } }
    }
    values.set(name, value)
  }
  return { values }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function policiesOf(project: Project): Promise<Map<string, Policy>> {
  const { declared } = await readDeclared(project.config, project.baseDir)
  return new Map(declared.policies.map(({ name, policy }) => [name, policy]))
}

const uses: { [kind in TemplateKind]: string } = {
  JITP: 'just-in-time provisioning',
  FLEET_PROVISIONING: 'fleet provisioning',
  REGISTER_THING: 'RegisterThing',
}

function linesOf(
  file: string,
  kind: TemplateKind,
  problems: TemplateProblem[],
  template: Template | undefined,
  result: PlanResult | undefined,
): string[] {
  const name = shown(file).slice(1, -1)
  const told = problems.flatMap(problem => {
    const { hint, line, says, severity } = templateComplaint(problem)
    const place = line === undefined ? name : `${name}:${line}`
    return spokenLines({ says: `${place}: ${severity}: ${says}`, ...hinted(hint) })
  })
  const fine = told.length === 0 ? [`${name}: fine, for ${uses[kind]}`] : told
  if (!template) return fine
  if (!result) {
    const flag = kind === 'JITP' ? '--certificate FILE' : '--parameters JSON'
    return [...fine, `hint: candid template check ${name} ${flag} shows what it makes`]
  }
  if (result.ok) return [...fine, '', ...planLines(basename(name), result.plan)]
  const { parameter, resource, why } = result.failure
  const where = [
    ...(parameter === undefined ? [] : [`parameter ${shown(parameter)}: `]),
    ...(resource === undefined ? [] : [`resource ${shown(resource)}: `]),
  ]
  return [...fine, `${name}: makes nothing: ${where.join('')}${why}`]
}

function planLines(name: string, plan: Plan): string[] {
  const { certificate, deviceConfiguration, policies, thing } = plan
  const pairs = (of: object) =>
    Object.entries(of).map(
      ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
  const rows: [string, string][] = [
    ...(thing
      ? ([
          ['thing', thing.thingName],
          ['attributes', pairs(thing.attributes ?? {}).join(', ')],
          ['thing type', thing.thingTypeName ?? ''],
          ['thing groups', thing.thingGroups?.join(', ') ?? ''],
          ['billing group', thing.billingGroup ?? ''],
          ['where the thing exists', pairs(thing.override).join(', ')],
        ] as [string, string][])
      : []),
    ...policies.map((policy): [string, string] => [
      'policy',
      'name' in policy ? policy.name : `the document of \`${policy.resource}\``,
    ]),
    ['certificate', `${certificate.status}, ${certificate.thingPrincipalType}`],
    ['told to the device', pairs(deviceConfiguration).join(', ')],
  ]
  const filled = rows.filter(([, value]) => value !== '')
  return [`${name} makes:`, ...table(filled).map(line => `  ${line}`)]
}

function hinted(hint: string | undefined): { hint?: string } {
  return hint === undefined ? {} : { hint }
}
