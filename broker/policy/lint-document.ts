/**
 * Warnings that take the whole document: policies that are right by the grammar and don't do what their writer wants. Each
 * is a trap that AWS's own pages set or describe.
 */

import { quote } from '../diagnosis/words.ts'
import { parseOperator } from './condition.ts'
import type { ParseOptions, PolicyDocument, PolicyProblem, Report, Statement } from './document.ts'
import { compilePattern, matches } from './pattern.ts'
import { compileStatement } from './statement.ts'
import { type Context, parseVariable } from './variables.ts'

/** Reports warnings about a document that was read without a broken statement, or with what is left of it. */
export function lintDocument(
  { statements }: PolicyDocument,
  account: ParseOptions['account'],
  report: Report,
): void {
  const numbered = statements.map((statement, index): Numbered => {
    const { actions } = compileStatement('', index + 1, statement)
    return { statement, actions, number: index + 1, allows: statement.effect === 'Allow' }
  })
  lintConnect(numbered, report)
  lintClientId(numbered, report)
  lintWill(numbered, report)
  lintClaim(numbered, report)
  lintDenyOfFilter(numbered, report)
  if (account) lintAccount(numbered, account, report)
}

type Numbered = { statement: Statement; actions: Set<string>; number: number; allows: boolean }

/** AWS: its page on JITP shows such a policy: devices that have it alone can't connect. DG/jit-provisioning */
function lintConnect(all: Numbered[], report: Report): void {
  const allowed = all.filter(({ allows }) => allows)
  if (allowed.some(({ actions }) => actions.has('iot:Connect'))) return
  const session = ['iot:Publish', 'iot:Subscribe', 'iot:Receive', 'iot:RetainPublish']
  const first = allowed.find(({ actions }) => session.some(action => actions.has(action)))
  if (first)
    warn(
      first,
      'Action',
      'no statement allows `iot:Connect`: a device with this policy alone is refused',
      'add a statement for `iot:Connect`, or attach a second policy that has one',
      report,
    )
}

/** AWS: `client/${iot:ClientId}` is true of any client id. DG/connect-policy */
function lintClientId(all: Numbered[], report: Report): void {
  for (const one of all) {
    const { actions, allows, statement } = one
    if (!allows || !actions.has('iot:Connect') || statement.resource.not) continue
    if (statement.conditions.length > 0) continue
    const loose = statement.resource.values.find(({ text }) =>
      /:client\/\$\{iot:ClientId\}$/i.test(text),
    )
    if (loose)
      warn(
        { ...one, line: loose.line },
        'Resource',
        `\`client/\${iot:ClientId}\` allows every client id, also that of another device`,
        `write \`client/\${iot:Connection.Thing.ThingName}\`, or add a condition`,
        report,
      )
  }
}

/** A ForAllValues on iot:ConnectAttributes without LastWill refuses each client that sets a will. DG/connect-policy */
function lintWill(all: Numbered[], report: Report): void {
  const connects = all.filter(({ actions, allows }) => allows && actions.has('iot:Connect'))
  const refusing = connects.map(({ statement }) =>
    statement.conditions.find(({ key, operator, values }) => {
      const { name, set } = parseOperator(operator)
      const attributes = parseVariable(key).name === 'iot:ConnectAttributes'
      return (
        attributes &&
        set === 'ForAllValues' &&
        (name === 'StringEquals' ? !values.includes('LastWill') : values.includes('LastWill')) &&
        (name === 'StringEquals' || name === 'StringNotEquals')
      )
    }),
  )
  if (refusing.some(condition => !condition)) return
  connects.forEach((one, index) => {
    const condition = refusing[index]
    if (!condition) return
    warn(
      { ...one, line: condition.line },
      'Condition',
      'refuses every client that sets a will, and aws says nothing to it but closes',
      'add `LastWill` to the values if devices of yours set one',
      report,
    )
  })
}

/** `create/*` doesn't cover `create-from-csr/*`, by which devices that make their own key get a certificate. */
function lintClaim(all: Numbered[], report: Report): void {
  const create = '$aws/certificates/create/json'
  const fromRequest = '$aws/certificates/create-from-csr/json'
  const publishing = all.filter(({ actions, allows }) => allows && actions.has('iot:Publish'))
  const values = publishing.flatMap(one =>
    one.statement.resource.values.map(value => ({ one, value })),
  )
  if (values.some(({ value }) => covers(value.text, fromRequest))) return
  const found = values.find(({ value }) => covers(value.text, create))
  if (found)
    warn(
      { ...found.one, line: found.value.line },
      'Resource',
      'covers `$aws/certificates/create/`, and not `$aws/certificates/create-from-csr/`',
      'add it for devices that make their own key and send a csr',
      report,
    )
}

/** A subscription is compared as it is written, so that a wider filter walks around a Deny. DG/pub-sub-policy */
function lintDenyOfFilter(all: Numbered[], report: Report): void {
  const denials = all.filter(({ allows }) => !allows)
  const receiving = denials.filter(({ actions }) => actions.has('iot:Receive'))
  const kept = receiving.flatMap(({ statement }) => statement.resource.values)
  for (const one of denials) {
    const { actions, statement } = one
    if (!actions.has('iot:Subscribe') || statement.resource.not) continue
    for (const { line, text } of statement.resource.values) {
      const filter = /^[^$]*?:topicfilter\/(.+)$/.exec(text)?.[1]
      if (filter === undefined || filter === '*') continue
      const topic = text.replace(':topicfilter/', ':topic/')
      if (kept.some(other => other.text === '*' || covering(other.text, topic))) continue
      warn(
        { ...one, line },
        'Resource',
        `a client that subscribes to a wider filter, as \`#\`, still gets what ${quote(filter, 300)} is to keep from it`,
        `deny \`iot:Receive\` on ${quote(topic, 300)} too`,
        report,
      )
    }
  }
}

/** An ARN of another account or region matches nothing that this broker is asked for. */
function lintAccount(
  all: Numbered[],
  account: NonNullable<ParseOptions['account']>,
  report: Report,
) {
  // Once is enough: a policy that was pasted from elsewhere has it in every line.
  const told = new Set<string>()
  for (const one of all)
    for (const { line, text } of one.statement.resource.values) {
      const [start, partition = '', service, region = '', id = ''] = text.split(':', 5)
      if (start !== 'arn' || service !== 'iot') continue
      const parts = [
        ['partition', partition, account.partition],
        ['region', region, account.region],
        ['account', id, account.id],
      ] as const
      for (const [name, theirs, ours] of parts) {
        const key = `${name} ${theirs}`
        if (told.has(key) || ours === undefined || theirs.includes('${') || covered(theirs, ours))
          continue
        told.add(key)
        warn(
          { ...one, line },
          one.statement.resource.not ? 'NotResource' : 'Resource',
          `the ${name} is ${quote(theirs)} here and ${quote(ours)} at this broker: ${quote(text, 300)} never matches`,
          `write ${quote(ours)}, or set \`account\` in config.yaml`,
          report,
        )
      }
    }
}

function covers(pattern: string, topic: string): boolean {
  const name = /^(?:[^:]*:){5}topic\/(.*)$/s.exec(pattern)?.[1]
  // `*` alone is not meant for this topic.
  return name?.startsWith('$') === true && covered(name, topic)
}

/** Whether one pattern surely covers another. */
function covering(pattern: string, other: string): boolean {
  return pattern === other || (pattern.endsWith('*') && other.startsWith(pattern.slice(0, -1)))
}

function covered(pattern: string, text: string): boolean {
  return matches(compilePattern(pattern), text, nothing)
}

function warn(
  {
    statement,
    number,
    line = statement.line,
  }: Pick<Numbered, 'number' | 'statement'> & {
    line?: number | undefined
  },
  element: string,
  says: string,
  hint: string,
  report: (problem: PolicyProblem) => void,
): void {
  const where = line === undefined ? {} : { line }
  report({ severity: 'warning', ...where, statement: number, element, says, hint })
}

const nothing: Context = {}
