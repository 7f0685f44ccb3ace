/**
 * Policy documents: from JSON text to statements, or to everything that is wrong with it, each with line, statement and
 * element. AWS answers a bad document with "Policy document is Malformed" and no more.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html, grammar as in IAM's JSON policies
 */

import { quote } from '../diagnosis/words.ts'
import { operators, parseOperator, wrongValue } from './condition.ts'
import { didYouMean, meant } from './did-you-mean.ts'
import { type JsonMember, type JsonNode, readJson } from './json.ts'
import { lintStatement } from './lint.ts'
import { lintDocument } from './lint-document.ts'
import { type AwsRefusal, awsRefusal } from './malformed.ts'

export type PolicyDocument = { version?: string; statements: Statement[] }

export type Effect = 'Allow' | 'Deny'

export type Statement = {
  sid?: string
  effect: Effect
  /** `not`: NotAction. */
  action: Element
  /** `not`: NotResource. */
  resource: Element
  conditions: ConditionSource[]
  /** Counted from 1; missing where the document was not read from text. */
  line?: number
}

export type Element = { not: boolean; values: ElementValue[] }

export type ElementValue = { text: string; line?: number }

export type ConditionSource = { operator: string; key: string; values: string[]; line?: number }

export type PolicyProblem = {
  severity: 'error' | 'warning'
  /** Counted from 1. */
  line?: number
  /** Counted from 1. */
  statement?: number
  element?: string
  /** One line, lower case, no full stop. */
  says: string
  hint?: string
  /** The resource that is no ARN: AWS lists those. */
  invalidResource?: string
}

/** Where a problem is reported from within one element of one statement. */
export type Report = (problem: PolicyProblem) => void

export type ParseOptions = {
  /** Of a document over 2048 characters: AWS refuses it. Default `error`. */
  size?: 'error' | 'warning'
  /** Whose broker this is: ARNs of another account, region or partition are warned of. */
  account?: { id: string; region: string; partition?: string }
}

/**
 * Reads a policy document. Total: whatever the text, it answers.
 * @param text JSON
 * @returns the document if there is no error; errors and warnings, in the order of the text; where AWS would refuse the
 *   document, what it would say
 */
export function parsePolicy(
  text: string,
  { account, size = 'error' }: ParseOptions = {},
): {
  document?: PolicyDocument
  problems: PolicyProblem[]
  aws?: AwsRefusal
} {
  const problems: PolicyProblem[] = []
  // AWS: the API takes no longer text (CreatePolicy, policyDocument).
  if (text.length > 404_600)
    return refusedWhole({ severity: 'error', says: 'longer than 404600 characters' })
  const json = readJson(text)
  if (!json.ok) return refusedWhole({ severity: 'error', ...json.problem })
  const document = readDocument(json.root, problem => {
    problems.push(problem)
  })
  if (document && !problems.some(({ severity }) => severity === 'error'))
    lintDocument(document, account, problem => {
      problems.push(problem)
    })
  // AWS: 2048 characters, white space left out.
  const characters = text.replace(/\s/g, '').length
  if (characters > 2048)
    problems.push({
      severity: size,
      says: `has ${characters} characters without white space; aws takes 2048`,
      ...(size === 'error'
        ? { hint: 'split it into several policies, or set `policySize: warn` in config.yaml' }
        : {}),
    })
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  const aws = awsRefusal(problems, characters > 2048)
  const failed = !document || problems.some(problem => problem.severity === 'error')
  return { ...(failed ? {} : { document }), problems, ...(aws ? { aws } : {}) }
}

function refusedWhole(problem: PolicyProblem) {
  const aws = awsRefusal([problem], false)
  return { problems: [problem], ...(aws ? { aws } : {}) }
}

function readDocument(root: JsonNode, report: Report): PolicyDocument | undefined {
  const { line } = root
  if (root.kind !== 'object') {
    report({ severity: 'error', line, says: 'a policy document is a json object' })
    return undefined
  }
  const members = readMembers(root.members, ['Version', 'Id', 'Statement'], report)
  const version = members.get('Version')
  if (version && !isVersion(version.value))
    report({
      severity: 'error',
      line: version.line,
      element: 'Version',
      says: `unknown version ${show(version.value)}`,
      hint: 'write "2012-10-17"',
    })
  const statement = members.get('Statement')
  if (!statement) {
    report({ severity: 'error', line, says: 'has no `Statement`' })
    return undefined
  }
  const nodes = statement.value.kind === 'array' ? statement.value.items : [statement.value]
  if (nodes.length === 0)
    report({
      severity: 'warning',
      line: statement.line,
      says: 'has no statement, so it allows nothing',
    })
  const statements = nodes.flatMap((node, index) => readStatement(node, index + 1, report) ?? [])
  warnOfVariables(version, statements, report)
  warnOfTwins(statements, report)
  const known = version?.value.kind === 'string' ? { version: version.value.value } : {}
  return { ...known, statements }
}

function readStatement(
  node: JsonNode,
  statement: number,
  reportAny: Report,
): Statement | undefined {
  const { line } = node
  const report: Report = problem => reportAny({ statement, ...problem })
  const wrong = (says: string, at = line, element?: string, hint?: { hint?: string }) =>
    report({ severity: 'error', line: at, ...(element ? { element } : {}), says, ...hint })
  if (node.kind !== 'object') {
    wrong('a statement is a json object')
    return undefined
  }
  const members = readMembers(node.members, statementKeys, report)
  const sid = members.get('Sid')
  if (sid && sid.value.kind !== 'string') wrong('`Sid` must be a string', sid.line, 'Sid')
  const effect = members.get('Effect')
  const named = effect?.value.kind === 'string' ? effect.value.value : undefined
  if (!effect) wrong('has no `Effect`')
  else if (named !== 'Allow' && named !== 'Deny')
    wrong(
      `\`Effect\` must be \`Allow\` or \`Deny\`, not ${show(effect.value)}`,
      effect.line,
      'Effect',
      meant(didYouMean(named ?? '', ['Allow', 'Deny'])),
    )
  const action = readElement(members, 'Action', line, report)
  const resource = readElement(members, 'Resource', line, report)
  const condition = members.get('Condition')
  const conditions = condition ? readConditions(condition, report) : []
  const known = sid?.value.kind === 'string' ? { sid: sid.value.value } : {}
  // Linted even where something else is wrong, so that every mistake is told at once.
  const nothing = { not: true, values: [] }
  const elements = { action: action ?? nothing, resource: resource ?? nothing, conditions }
  lintStatement(elements, report)
  if (!action || !resource || (named !== 'Allow' && named !== 'Deny')) return undefined
  return { ...known, effect: named, ...elements, line }
}

function readElement(
  members: Map<string, JsonMember>,
  name: 'Action' | 'Resource',
  line: number,
  report: Report,
): Element | undefined {
  const plain = members.get(name)
  const negative = members.get(`Not${name}`)
  const member = plain ?? negative
  if (!member || (plain && negative)) {
    const says = member
      ? `has both \`${name}\` and \`Not${name}\``
      : `has no \`${name}\` and no \`Not${name}\``
    report({ severity: 'error', line: negative?.line ?? line, element: name, says })
    return undefined
  }
  const nodes = member.value.kind === 'array' ? member.value.items : [member.value]
  if (nodes.length === 0)
    report({ severity: 'error', line: member.line, element: member.key, says: 'is an empty list' })
  const values = nodes.flatMap(node => {
    if (node.kind === 'string') return [{ text: node.value, line: node.line }]
    const says = `must be a string or a list of strings, not ${show(node)}`
    report({ severity: 'error', line: node.line, element: member.key, says })
    return []
  })
  return { not: member === negative, values }
}

function readConditions(condition: JsonMember, report: Report): ConditionSource[] {
  const element = 'Condition'
  const wrong = (line: number, says: string, hint?: { hint?: string }) =>
    report({ severity: 'error', line, element, says, ...hint })
  if (condition.value.kind !== 'object') {
    wrong(condition.line, 'must be an object of operators')
    return []
  }
  const read: ConditionSource[] = []
  for (const { key: operator, line, value } of condition.value.members) {
    const parsed = parseOperator(operator)
    if (!parsed.operator) {
      const near = operator.endsWith('NullIfExists')
        ? 'Null'
        : didYouMean(parsed.name, operators.keys())
      wrong(line, `unknown operator ${quote(operator)}`, meant(near))
      continue
    }
    if (!parsed.operator.confirmed || parsed.ifExists)
      report({
        severity: 'warning',
        line,
        element,
        says: `${quote(operator)} is an operator of iam; aws doesn't say whether iot policies take it`,
      })
    if (value.kind !== 'object') wrong(line, `${quote(operator)} must hold an object of keys`)
    for (const member of value.kind === 'object' ? value.members : []) {
      const nodes = member.value.kind === 'array' ? member.value.items : [member.value]
      const values = nodes.flatMap(node => {
        if (node.kind === 'string') return [node.value]
        if (node.kind === 'scalar' && node.value !== null) return [String(node.value)]
        wrong(node.line, `${quote(member.key)} must be compared with strings, not ${show(node)}`)
        return []
      })
      for (const text of values) {
        const says = wrongValue(parsed.operator.kind, text)
        if (says !== undefined) wrong(member.line, `${quote(text, 300)} is ${says}`)
      }
      read.push({ operator, key: member.key, values, line: member.line })
    }
  }
  return read
}

function readMembers(members: JsonMember[], keys: string[], report: Report) {
  const known = new Map<string, JsonMember>()
  for (const member of members) {
    const { key, line } = member
    const wrong = (says: string, hint?: { hint?: string }) =>
      report({ severity: 'error', line, element: key, says, ...hint })
    if (key === 'Principal' || key === 'NotPrincipal')
      wrong(`an iot policy has no \`${key}\``, {
        hint: 'the principal is the certificate that the policy is attached to',
      })
    else if (!keys.includes(key))
      wrong(`unknown element ${quote(key)}`, meant(didYouMean(key, keys)))
    else if (known.has(key)) wrong(`${quote(key)} stands here twice`)
    else known.set(key, member)
  }
  return known
}

// AWS: IAM takes `${...}` as plain text below version 2012-10-17; whether AWS IoT does is not documented.
function warnOfVariables(version: JsonMember | undefined, statements: Statement[], report: Report) {
  if (version?.value.kind === 'string' && version.value.value === '2012-10-17') return
  const user = statements.find(({ resource }) =>
    resource.values.some(({ text }) => text.includes('${')),
  )
  if (user?.line !== undefined)
    report({
      severity: 'warning',
      line: user.line,
      element: 'Version',
      says: 'uses variables without `"Version": "2012-10-17"`',
      hint: 'add the version: aws may take variables as plain text without it',
    })
}

function warnOfTwins(statements: Statement[], report: Report) {
  const seen = new Set<string>()
  for (const { line, sid } of statements) {
    if (sid !== undefined && seen.has(sid))
      report({
        severity: 'warning',
        ...(line === undefined ? {} : { line }),
        element: 'Sid',
        says: `two statements are called ${quote(sid)}`,
      })
    if (sid !== undefined) seen.add(sid)
  }
}

function isVersion(node: JsonNode): boolean {
  return node.kind === 'string' && (node.value === '2012-10-17' || node.value === '2008-10-17')
}

function show(node: JsonNode): string {
  if (node.kind === 'string') return quote(node.value)
  if (node.kind === 'scalar') return quote(String(node.value))
  return node.kind === 'array' ? 'a list' : 'an object'
}

const statementKeys = [
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]
