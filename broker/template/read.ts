/**
 * Reads a provisioning template: JSON text to a `Template`, or to everything that is wrong with it, each with its line.
 * Total: whatever the text, it answers.
 * AWS: DG/provision-template. Sections Parameters, Mappings, Resources, DeviceConfiguration.
 */

import { count, quote } from '../diagnosis/words.ts'
import { didYouMean, meant } from '../policy/did-you-mean.ts'
import { type JsonMember, type JsonNode, readJson } from '../policy/json.ts'
import { type Expression, readExpression } from './expression.ts'
import { readResource } from './resource.ts'
import type {
  Mappings,
  Parameter,
  Report,
  Template,
  TemplateFailure,
  TemplateProblem,
} from './template.ts'

/** AWS: CreateProvisioningTemplate, templateBody: at most 10,240 characters. */
const LONGEST = 10_240

/**
 * @param text the body, or what AWS takes with a CA: `{"templateBody": "...", "roleArn": "..."}`
 * @returns the template where there is no error; the problems in the order of their lines
 */
export function readTemplate(text: string): { template?: Template; problems: TemplateProblem[] } {
  const problems: TemplateProblem[] = []
  const template = readText(text, problem => problems.push(problem))
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  if (template && problems.every(({ severity }) => severity === 'warning')) {
    return { template, problems }
  }
  return { problems }
}

/** The first error, as the reason why a template could not be used. */
export function failureOf(problems: TemplateProblem[]): TemplateFailure {
  const error = problems.find(({ severity }) => severity === 'error')
  if (!error) return { why: 'it could not be read' }
  const { line, parameter, resource, says } = error
  return {
    ...(parameter === undefined ? {} : { parameter }),
    ...(resource === undefined ? {} : { resource }),
    why: line === undefined || line === 1 ? says : `${says} (line ${line})`,
  }
}

function readText(text: string, report: Report): Template | undefined {
  const read = readJson(text)
  if (!read.ok) return void report({ severity: 'error', ...read.problem })
  const { root } = read
  const wrapped =
    root.kind === 'object' ? root.members.find(({ key }) => key === 'templateBody') : undefined
  if (!wrapped) {
    if (tooLong(text, report)) return undefined
    return readRoot(root, report)
  }
  if (wrapped.value.kind !== 'string') return readRoot(wrapped.value, report)
  const body = wrapped.value.value
  // Lines inside of a string are nobody's lines.
  const inside: Report = ({ line: _, ...problem }) => report(problem)
  if (tooLong(body, inside)) return undefined
  const inner = readJson(body)
  if (inner.ok) return readRoot(inner.root, inside)
  const { says, hint } = inner.problem
  inside({
    severity: 'error',
    says: `its \`templateBody\` is no json: ${says}`,
    ...(hint === undefined ? {} : { hint }),
  })
  return undefined
}

function tooLong(text: string, report: Report): boolean {
  if (text.length <= LONGEST) return false
  const says = `has ${count(text.length, 'character')}; aws takes ${count(LONGEST, 'character')}`
  report({
    severity: 'error',
    says,
    hint: 'leave out white space, or move policies to their files',
  })
  return true
}

function readRoot(root: JsonNode, report: Report): Template | undefined {
  if (root.kind !== 'object') {
    const says = 'a template is a json object'
    return void report({ severity: 'error', line: root.line, says })
  }
  const members = sectionsOf(root.members, report)
  const parameters = readParameters(members.get('Parameters'), report)
  const mappings = readMappings(members.get('Mappings'), report)
  const deviceConfiguration = readConfiguration(members.get('DeviceConfiguration'), report)
  const resources = readResources(root, members.get('Resources'), report)
  if (!resources) return undefined
  const sections = new Set(members.keys())
  return { parameters, mappings, ...resources, deviceConfiguration, sections }
}

/** Keys of CloudFormation's templates, which look alike. */
const CLOUD_FORMATION = ['Conditions', 'Outputs', 'Metadata', 'Rules', 'Transform']
/** Harmless, and found in templates that people share. */
const IGNORED = ['AWSTemplateFormatVersion', 'Description', 'Version']
const SECTIONS = ['Parameters', 'Mappings', 'Resources', 'DeviceConfiguration']

function sectionsOf(members: JsonMember[], report: Report): Map<string, JsonMember> {
  const known = new Map<string, JsonMember>()
  for (const member of members) {
    const { key, line } = member
    if (known.has(key)) {
      report({ severity: 'error', line, says: `${quote(key)} stands here twice` })
    } else if (SECTIONS.includes(key)) known.set(key, member)
    else if (CLOUD_FORMATION.includes(key)) {
      const says = `\`${key}\` is of cloudformation; aws iot knows no such section, so it does nothing`
      report({ severity: 'warning', line, says })
    } else if (!IGNORED.includes(key)) {
      const says = `unknown section ${quote(key)}, so it does nothing`
      report({ severity: 'warning', line, says, ...meant(didYouMean(key, SECTIONS)) })
    }
  }
  return known
}

function readParameters(
  section: JsonMember | undefined,
  report: Report,
): ReadonlyMap<string, Parameter> {
  const parameters = new Map<string, Parameter>()
  for (const { key, line, value } of objectOf(section, report)) {
    const wrong = (says: string, hint?: { hint?: string }) =>
      report({ severity: 'error', line, parameter: key, says, ...hint })
    if (parameters.has(key)) {
      wrong('stands here twice')
      continue
    }
    if (value.kind !== 'object') {
      wrong('is not a json object', { hint: 'write `{ "Type": "String" }`' })
      continue
    }
    const parameter: Parameter = { line }
    for (const member of value.members) {
      const text = member.value.kind === 'string' ? member.value.value : undefined
      if (member.key === 'Type') {
        if (text !== 'String') wrong('its `Type` is not `String`, the only one that aws has')
      } else if (member.key === 'Default') {
        if (text === undefined) wrong('its `Default` is not a string')
        else parameter.fallback = text
      } else {
        const says = `unknown key ${quote(member.key)}, so it does nothing`
        const hint = meant(didYouMean(member.key, ['Type', 'Default']))
        report({ severity: 'warning', line: member.line, parameter: key, says, ...hint })
      }
    }
    if (!value.members.some(member => member.key === 'Type')) {
      wrong('has no `Type`', { hint: 'add `"Type": "String"`' })
    }
    parameters.set(key, parameter)
  }
  return parameters
}

function readMappings(section: JsonMember | undefined, report: Report): Mappings {
  const nested = (member: JsonMember) => {
    if (member.value.kind === 'object') return member.value.members
    const says = `${quote(member.key)} in \`Mappings\` is not a json object`
    report({ severity: 'error', line: member.line, says, hint: 'it has two levels of keys' })
    return []
  }
  return new Map(
    objectOf(section, report).map(map => [
      map.key,
      new Map(
        nested(map).map(first => [
          first.key,
          new Map(nested(first).flatMap(second => literal(second, report))),
        ]),
      ),
    ]),
  )
}

function literal({ key, line, value }: JsonMember, report: Report): [string, string | string[]][] {
  if (value.kind === 'string') return [[key, value.value]]
  const items = value.kind === 'array' ? value.items : []
  const texts = items.flatMap(item => (item.kind === 'string' ? [item.value] : []))
  if (value.kind === 'array' && texts.length === items.length) return [[key, texts]]
  const says = `${quote(key)} in \`Mappings\` is neither a string nor a list of strings`
  report({ severity: 'error', line, says, hint: 'no `Ref` and no function may stand there' })
  return []
}

function readConfiguration(
  section: JsonMember | undefined,
  report: Report,
): ReadonlyMap<string, Expression> {
  const read = new Map<string, Expression>()
  for (const { key, line, value } of objectOf(section, report)) {
    const expression = readExpression(value, problem => report(problem))
    if (!expression) continue
    if (expression.kind === 'object') {
      const says = `${quote(key)} in \`DeviceConfiguration\` is an object; aws takes none there`
      report({ severity: 'error', line, says, hint: 'write its keys one level up' })
    } else read.set(key, expression)
  }
  return read
}

function readResources(
  root: JsonNode,
  section: JsonMember | undefined,
  report: Report,
): Pick<Template, 'thing' | 'certificate' | 'policies'> | undefined {
  if (!section) {
    const says = 'has no `Resources`'
    return void report({ severity: 'error', line: root.line, says })
  }
  const resources = objectOf(section, report).flatMap(member => readResource(member, report) ?? [])
  const [thing, ...things] = resources.filter(({ type }) => type === 'AWS::IoT::Thing')
  const [certificate, ...more] = resources.filter(({ type }) => type === 'AWS::IoT::Certificate')
  for (const { type, resource } of [...things, ...more]) {
    const { name, line } = resource
    const at = line === undefined ? {} : { line }
    report({ severity: 'error', ...at, resource: name, says: `a second resource of type ${type}` })
  }
  // Where a resource could not be read, its own problem is enough.
  if (!certificate && resources.length === objectOf(section, () => {}).length) {
    const says = 'has no resource of type AWS::IoT::Certificate'
    const hint =
      'add `{ "CertificateId": { "Ref": "AWS::IoT::Certificate::Id" } }` as its properties'
    report({ severity: 'error', line: section.line, says, hint })
  }
  if (!certificate) return undefined
  return {
    ...(thing && { thing: thing.resource }),
    certificate: certificate.resource,
    policies: resources
      .filter(({ type }) => type === 'AWS::IoT::Policy')
      .map(({ resource }) => resource),
  }
}

function objectOf(section: JsonMember | undefined, report: Report): JsonMember[] {
  if (!section) return []
  if (section.value.kind === 'object') return section.value.members
  const says = `\`${section.key}\` is not a json object`
  report({ severity: 'error', line: section.line, says })
  return []
}
