/** The resources of a template: which properties and override settings each type has, and the shape of their values. */

import { quote } from '../diagnosis/words.ts'
import { didYouMean, meant } from '../policy/did-you-mean.ts'
import type { JsonMember, JsonNode } from '../policy/json.ts'
import { type Expression, readExpression, type Tell } from './expression.ts'
import type { Override, Report, Resource } from './template.ts'

export type ResourceType = keyof typeof types

/** Undefined where it has an error that leaves nothing of it, which was told. */
export function readResource(
  { key: name, line, value }: JsonMember,
  report: Report,
): { type: ResourceType; resource: Resource } | undefined {
  const tell: Tell = problem => report({ ...problem, resource: name })
  const wrong = (at: number, says: string, hint?: { hint?: string }) =>
    tell({ severity: 'error', line: at, says, ...hint })
  if (value.kind !== 'object') return void wrong(line, 'is not a json object')
  const members = membersOf(value.members, ['Type', 'Properties', 'OverrideSettings'], tell)
  const type = members.get('Type')
  if (type?.value.kind !== 'string') {
    return void wrong(type?.line ?? line, 'has no `Type`', { hint: `write one of ${known()}` })
  }
  const given = type.value.value
  if (!isType(given)) {
    const near = meant(didYouMean(given, Object.keys(types)))
    const hint = near.hint === undefined ? { hint: `there is ${known()}` } : near
    return void wrong(type.line, `its type ${quote(given)} is not known`, hint)
  }
  const properties = readProperties(members.get('Properties'), given, tell)
  const override = readOverride(members.get('OverrideSettings'), given, tell)
  for (const problem of types[given].check(properties)) wrong(line, problem)
  return { type: given, resource: { name, line, properties, override } }
}

function readProperties(
  section: JsonMember | undefined,
  type: ResourceType,
  tell: Tell,
): Map<string, Expression> {
  const read = new Map<string, Expression>()
  const { properties, spellings } = types[type]
  for (const { key, line, value } of objectOf(section, tell)) {
    const name = Object.hasOwn(spellings, key) ? spellings[key]! : key
    const shape = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (shape === undefined) {
      const says = `unknown property ${quote(key)}, so it does nothing`
      const hint = meant(didYouMean(key, Object.keys(properties)))
      tell({ severity: 'warning', line, says, ...hint })
      continue
    }
    if (read.has(name)) {
      tell({ severity: 'error', line, says: `\`${name}\` stands here twice` })
      continue
    }
    const expression = readExpression(value, tell)
    // Kept although wrong, so that it is not told as missing too.
    read.set(name, expression ?? { kind: 'value', line, value: null })
    const problem = expression && shape(expression)
    if (problem) tell({ severity: 'error', line, says: `\`${name}\` ${problem}` })
  }
  return read
}

function readOverride(
  section: JsonMember | undefined,
  type: ResourceType,
  tell: Tell,
): Map<string, Override> {
  const read = new Map<string, Override>()
  const { override } = types[type]
  for (const { key, line, value } of objectOf(section, tell)) {
    // AWS: its prose writes ATTRIBUTE_PAYLOAD, its examples AttributePayload.
    const name = Object.keys(override).find(one => folded(one) === folded(key))
    if (name === undefined) {
      const none = Object.keys(override).length === 0
      const says = none ? `${type} has no override settings` : `unknown setting ${quote(key)}`
      const hint = meant(didYouMean(key, Object.keys(override)))
      tell({ severity: 'warning', line, says: `${says}, so it does nothing`, ...hint })
      continue
    }
    const allowed = override[name] ?? []
    const given = value.kind === 'string' ? value.value : undefined
    const found = allowed.find(one => one === given)
    if (found) read.set(name, found)
    else {
      const says = `\`${name}\` in \`OverrideSettings\` is ${shown(value)}`
      const hint =
        given === 'MERGE'
          ? '`MERGE` is for `AttributePayload` and `ThingGroups` only'
          : `aws takes ${allowed.map(one => `\`${one}\``).join(', ')}`
      tell({ severity: 'error', line, says, hint })
    }
  }
  return read
}

function membersOf(members: JsonMember[], keys: string[], tell: Tell): Map<string, JsonMember> {
  const read = new Map<string, JsonMember>()
  for (const member of members) {
    const { key, line } = member
    if (keys.includes(key)) {
      if (read.has(key)) tell({ severity: 'error', line, says: `\`${key}\` stands here twice` })
      read.set(key, member)
    } else if (CLOUD_FORMATION.includes(key)) {
      const says = `\`${key}\` is of cloudformation; aws iot knows it not, so it does nothing`
      tell({ severity: 'warning', line, says })
    } else {
      const says = `unknown key ${quote(key)}, so it does nothing`
      tell({ severity: 'warning', line, says, ...meant(didYouMean(key, keys)) })
    }
  }
  return read
}

function objectOf(section: JsonMember | undefined, tell: Tell): JsonMember[] {
  if (!section) return []
  if (section.value.kind === 'object') return section.value.members
  const says = `\`${section.key}\` is not a json object`
  tell({ severity: 'error', line: section.line, says })
  return []
}

const CLOUD_FORMATION = ['DependsOn', 'Condition', 'Metadata', 'DeletionPolicy', 'UpdatePolicy']

/** What is wrong with the shape of a value; what comes of a `Ref` or a function is seen when it is planned. */
type Shape = (expression: Expression) => string | undefined

const text: Shape = ({ kind, ...rest }) =>
  kind === 'list' ||
  kind === 'object' ||
  (kind === 'value' && typeof (rest as { value: unknown }).value !== 'string')
    ? 'is not a string'
    : undefined

const texts: Shape = expression => {
  if (expression.kind === 'value' || expression.kind === 'object') return 'is not a list of strings'
  const items = expression.kind === 'list' ? expression.items : []
  return items.some(item => text(item)) ? 'is not a list of strings' : undefined
}

const attributes: Shape = expression => {
  if (expression.kind !== 'object') return 'is not a json object of attributes'
  const wrong = expression.members.find(([, value]) => text(value))
  if (!wrong) return undefined
  const [key, value] = wrong
  if (key.toLowerCase() === 'attributes' && value.kind === 'object') {
    return 'holds the attributes themselves, without a key `attributes` around them'
  }
  return `has an attribute ${quote(key)} that is not a string`
}

/** AWS: an escaped string; in examples of fleet templates an object. */
const document: Shape = expression =>
  expression.kind === 'list' || (expression.kind === 'value' && text(expression))
    ? 'is neither a string nor a json object'
    : undefined

const anything: Shape = () => undefined

type Type = {
  properties: { [name: string]: Shape }
  /** Other spellings that AWS's pages have. */
  spellings: { [spelling: string]: string }
  override: { [name: string]: readonly Override[] }
  check(properties: ReadonlyMap<string, Expression>): string[]
}

const plain: readonly Override[] = ['DO_NOTHING', 'REPLACE', 'FAIL']
const merging: readonly Override[] = [...plain, 'MERGE']

/** AWS: the ways to name a certificate; a template has one of them. */
const certificateSources = ['CertificateSigningRequest', 'CertificateId', 'CertificatePem'] as const

const types = {
  'AWS::IoT::Thing': {
    properties: {
      ThingName: text,
      AttributePayload: attributes,
      ThingTypeName: text,
      ThingGroups: texts,
      BillingGroup: text,
      PackageVersions: anything,
    },
    spellings: {},
    override: { AttributePayload: merging, ThingTypeName: plain, ThingGroups: merging },
    check: properties => (properties.has('ThingName') ? [] : ['has no `ThingName`']),
  },
  'AWS::IoT::Certificate': {
    properties: {
      CertificateSigningRequest: text,
      CertificateId: text,
      CertificatePem: text,
      CACertificatePem: text,
      Status: text,
      ThingPrincipalType: text,
    },
    spellings: { CertificateID: 'CertificateId', CaCertificatePem: 'CACertificatePem' },
    override: { Status: plain },
    check(properties) {
      const sources = certificateSources.filter(name => properties.has(name))
      const names = certificateSources.map(name => `\`${name}\``).join(', ')
      if (sources.length > 1) return [`has ${sources.length} of ${names}; aws takes one`]
      if (properties.has('CACertificatePem') && sources[0] !== 'CertificatePem') {
        return ['has a `CACertificatePem` without a `CertificatePem`']
      }
      return sources.length === 0 ? [`has none of ${names}`] : []
    },
  },
  'AWS::IoT::Policy': {
    properties: { PolicyName: text, PolicyDocument: document },
    spellings: {},
    override: {},
    check: properties =>
      properties.has('PolicyName') === properties.has('PolicyDocument')
        ? ['takes either `PolicyName` or `PolicyDocument`']
        : [],
  },
} satisfies { [type: string]: Type } as {
  [type in 'AWS::IoT::Thing' | 'AWS::IoT::Certificate' | 'AWS::IoT::Policy']: Type
}

function isType(given: string): given is ResourceType {
  return Object.hasOwn(types, given)
}

function known(): string {
  return Object.keys(types).join(', ')
}

function folded(name: string): string {
  return name.replaceAll('_', '').toLowerCase()
}

function shown(node: JsonNode): string {
  if (node.kind === 'string') return quote(node.value)
  if (node.kind === 'scalar') return quote(String(node.value))
  return node.kind === 'array' ? 'a list' : 'an object'
}
