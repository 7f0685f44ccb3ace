/**
 * Warnings about templates that are right by the grammar and don't do what their writer wants. AWS tells nobody: the device
 * sees a closed connection.
 */

import { quote } from '../diagnosis/words.ts'
import { didYouMean, meant } from '../policy/did-you-mean.ts'
import { type ParseOptions, parsePolicy } from '../policy/document.ts'
import { compilePolicy, type Policy } from '../policy/policy.ts'
import { evaluate, type Scope } from './evaluate.ts'
import { type Expression, hasFunction, refsOf } from './expression.ts'
import { kindFailure } from './kind.ts'
import {
  certificateIdParameter,
  certificatePrefix,
  type Report,
  type Resource,
  subjectParameters,
  type Template,
  type TemplateKind,
  type TemplateProblem,
} from './template.ts'

export type RemarkOptions = {
  /** By whom it is used, where that is known. */
  kind?: TemplateKind
  /** The policies in files, by name; undefined for a broken one. Absent: names are not looked at. */
  policies?: ReadonlyMap<string, Policy | undefined>
  /** How inline documents are to be read. */
  parse?: ParseOptions
}

/** What will surprise in a template, in the order of its lines. With `kind`, also what this use doesn't allow, as errors. */
export function templateRemarks(template: Template, options: RemarkOptions): TemplateProblem[] {
  const problems: TemplateProblem[] = []
  const report: Report = problem => problems.push(problem)
  remarkKind(template, options.kind, report)
  remarkParameters(template, options.kind, report)
  remarkPolicies(template, options, report)
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
}

/** Whether it is for just-in-time provisioning, by what it asks of certificates; undefined where it may be for either. */
export function looksLike(template: Template): TemplateKind | undefined {
  const names = [...template.parameters.keys()]
  if (names.some(name => name.startsWith(certificatePrefix) && name !== certificateIdParameter)) {
    return 'JITP'
  }
  if (kindFailure(template, 'JITP')) return 'REGISTER_THING'
  const open = [...template.parameters].some(
    ([name, { fallback }]) => !name.startsWith(certificatePrefix) && fallback === undefined,
  )
  return open || template.sections.has('DeviceConfiguration') ? 'FLEET_PROVISIONING' : undefined
}

function remarkKind(template: Template, kind: TemplateKind | undefined, report: Report): void {
  const { certificate, sections } = template
  const refused = kind && kindFailure(template, kind)
  if (refused) {
    const at = { resource: certificate.name, ...lineOf(certificate) }
    report({ severity: 'error', ...at, says: refused.why })
  }
  if (kind !== 'JITP') return
  const status = certificate.properties.get('Status')
  if (status?.kind === 'value' && String(status.value).toUpperCase() === 'INACTIVE') {
    const says =
      'its certificates become INACTIVE, so that no device gets in after its first contact'
    const hint = 'write `"Status": "ACTIVE"`, or activate each one yourself'
    report({ severity: 'warning', resource: certificate.name, ...lineOf(status), says, hint })
  }
  if (sections.has('DeviceConfiguration')) {
    const says = '`DeviceConfiguration` is for fleet provisioning: with JITP nobody gets it'
    report({ severity: 'warning', says })
  }
  const user = resourcesOf(template).find(resource =>
    [...resource.properties.values()].some(hasFunction),
  )
  if (user) {
    const says =
      'aws documents functions for fleet provisioning; whether JITP takes them is not known'
    report({ severity: 'warning', resource: user.name, ...lineOf(user), says })
  }
}

function remarkParameters(
  template: Template,
  kind: TemplateKind | undefined,
  report: Report,
): void {
  const refs = expressionsOf(template).flatMap(refsOf)
  const used = new Set(refs.map(({ name }) => name))
  const known = subjectParameters.map(name => certificatePrefix + name)
  for (const [parameter, { fallback, line }] of template.parameters) {
    const at = { severity: 'warning', parameter, ...(line === undefined ? {} : { line }) } as const
    const ofCertificate = parameter.startsWith(certificatePrefix)
    const filled = parameter === certificateIdParameter || known.includes(parameter)
    if (ofCertificate && !filled) {
      const says = `aws fills in no such parameter${fallback === undefined ? ', so provisioning fails' : ''}`
      const near = didYouMean(parameter, [...known, certificateIdParameter])
      const hint = near
        ? meant(near)
        : { hint: `of a subject there are ${subjectParameters.join(', ')}` }
      report({ ...at, says, ...hint })
    } else if (!ofCertificate && kind === 'JITP' && fallback === undefined) {
      const says = 'no certificate carries it and it has no Default, so provisioning fails'
      const hint = `parameters of a certificate begin with \`${certificatePrefix}\``
      report({ ...at, says, hint })
    } else if (!used.has(parameter) && parameter !== certificateIdParameter) {
      const must = fallback === undefined && kind === 'JITP'
      const says = must
        ? 'is never used, and each certificate must carry it'
        : 'is declared and never used'
      report({ ...at, says })
    }
  }
  remarkRefs(template, refs, report)
}

/** AWS: a `Ref` names a parameter; a reference to another resource is not documented. */
function remarkRefs(
  template: Template,
  refs: { name: string; line?: number }[],
  report: Report,
): void {
  const told = new Set<string>()
  const resources = new Set(resourcesOf(template).map(({ name }) => name))
  for (const { name, line } of refs) {
    if (template.parameters.has(name) || name === certificateIdParameter || told.has(name)) continue
    told.add(name)
    const at = { severity: 'warning', ...(line === undefined ? {} : { line }) } as const
    if (resources.has(name)) {
      const says = `\`Ref\` names the resource ${quote(name)}; aws documents it for parameters only`
      report({ ...at, says, hint: 'policies, certificate and thing are attached without it' })
    } else {
      const says = `\`Ref\` names ${quote(name)}, which \`Parameters\` does not declare`
      report({ ...at, says, ...meant(didYouMean(name, template.parameters.keys())) })
    }
  }
}

function remarkPolicies(template: Template, options: RemarkOptions, report: Report): void {
  const { policies } = options
  const found: (Policy | undefined)[] = []
  for (const resource of template.policies) {
    const at = { resource: resource.name, ...lineOf(resource) }
    const name = resource.properties.get('PolicyName')
    if (!name) {
      found.push(inlinePolicy(template, resource, options, report))
    } else if (name.kind === 'value' && policies) {
      const text = String(name.value)
      found.push(policies.get(text))
      if (policies.has(text)) continue
      const near = didYouMean(text, policies.keys())
      const hint = near ? meant(near) : { hint: 'write its file, or create it in the registry' }
      report({
        severity: 'warning',
        ...at,
        says: `no file holds the policy ${quote(text)}`,
        ...hint,
      })
    } else found.push(undefined)
  }
  const [first] = template.policies
  if (!first) {
    const says = 'has no policy: what it provisions can not connect'
    const hint = 'add a resource of type AWS::IoT::Policy that allows `iot:Connect`'
    report({ severity: 'warning', says, hint })
    return
  }
  // AWS: its own JITP example is such a template. DG/jit-provisioning
  const known = found.every(policy => policy !== undefined)
  const connects = found.some(policy =>
    policy?.compiled.allow.some(({ actions }) => actions.has('iot:Connect')),
  )
  if (!known || connects) return
  const says = `${found.length === 1 ? 'its policy does not allow' : 'no policy of it allows'} \`iot:Connect\`: what it provisions can not connect`
  const hint = 'add a statement for `iot:Connect`, or a policy that has one'
  report({ severity: 'warning', resource: first.name, ...lineOf(first), says, hint })
}

/** The document with a sample for each parameter; its own warnings are told by `candid policy lint` where it is a file. */
function inlinePolicy(
  template: Template,
  resource: Resource,
  { parse }: RemarkOptions,
  report: Report,
): Policy | undefined {
  const document = resource.properties.get('PolicyDocument')
  if (!document) return undefined
  const names = [...template.parameters.keys(), ...refsOf(document).map(({ name }) => name)]
  const scope: Scope = {
    parameters: new Map(
      names.map(name => [name, template.parameters.get(name)?.fallback ?? 'sample']),
    ),
    absent: new Set(),
    mappings: template.mappings,
    made: 0,
  }
  const value = evaluate(document, scope)
  // With other parameters it may work out.
  if (value === undefined || scope.failure) return undefined
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const { document: policy, problems } = parsePolicy(text, parse)
  for (const { severity, says, statement, hint } of problems) {
    if (severity !== 'error' && says.includes('iot:Connect')) continue
    const where = statement === undefined ? '' : `statement ${statement}: `
    report({
      severity,
      resource: resource.name,
      ...lineOf(document),
      says: `its policy document: ${where}${says}`,
      ...(hint === undefined ? {} : { hint }),
    })
  }
  return policy && compilePolicy(resource.name, policy)
}

function resourcesOf({ thing, certificate, policies }: Template): Resource[] {
  return [...(thing ? [thing] : []), certificate, ...policies]
}

function expressionsOf(template: Template): Expression[] {
  return [
    ...resourcesOf(template).flatMap(({ properties }) => [...properties.values()]),
    ...template.deviceConfiguration.values(),
  ]
}

function lineOf({ line }: { line?: number }): { line?: number } {
  return line === undefined ? {} : { line }
}
