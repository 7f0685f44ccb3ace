/**
 * What is wrong, or will surprise, inside the elements of one statement: misspelt actions, resources that are no ARN,
 * and patterns that are fine by the grammar and yet can never match.
 */

import { quote } from '../diagnosis/words.ts'
import { resourceTypes, spellings } from './actions.ts'
import { didYouMean, meant } from './did-you-mean.ts'
import type { Element, Report, Statement } from './document.ts'
import { compilePattern, matches } from './pattern.ts'
import { knownVariables, parseVariable } from './variables.ts'

type Elements = Pick<Statement, 'action' | 'conditions' | 'resource'>

/** Reports errors and warnings about the elements of one statement, each of which has the right shape. */
export function lintStatement(statement: Elements, report: Report): void {
  const actions = lintActions(statement.action, report)
  lintResources(statement.resource, report)
  lintConditions(statement, report)
  if (statement.resource.not || statement.action.not) return
  lintTypes(statement, actions, report)
  lintTopicWildcards(actions, statement.resource, report)
}

/** The actions of the data plane that the element covers. */
function lintActions(element: Element, report: Report): string[] {
  const name = element.not ? 'NotAction' : 'Action'
  const covered = new Set<string>()
  const names = [...resourceTypes.keys()]
  for (const { text, ...where } of element.values) {
    const pattern = compilePattern(text.toLowerCase())
    const hits = names.filter(action =>
      spellings(action).some(spelling => matches(pattern, spelling.toLowerCase(), {})),
    )
    for (const hit of hits) covered.add(hit)
    if (hits.length > 0) continue
    const near = didYouMean(text.includes(':') ? text : `iot:${text}`, names)
    const wellFormed = /^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$/.test(text)
    if (near !== undefined || !wellFormed)
      report({
        severity: 'error',
        ...where,
        element: name,
        says: `unknown action ${quote(text, 300)}`,
        ...meant(near),
      })
    else
      report({
        severity: 'warning',
        ...where,
        element: name,
        says: `${quote(text, 300)} is no action of the data plane, so it has no effect here`,
      })
  }
  return [...covered]
}

function lintResources(element: Element, report: Report): void {
  const name = element.not ? 'NotResource' : 'Resource'
  for (const { text, ...where } of element.values) {
    const say = (severity: 'error' | 'warning', says: string, hint?: string) =>
      report({
        severity,
        ...where,
        element: name,
        says,
        ...(hint === undefined ? {} : { hint }),
        ...(severity === 'error' ? { invalidResource: text } : {}),
      })
    if (/\$\{[^}]*$/.test(text)) say('error', `${quote(text, 300)} opens a \`\${\` without a \`}\``)
    lintVariables(text, (says, hint) => say('warning', says, hint))
    if (text === '*') continue
    const head = arnHead(text)
    if (!text.startsWith('arn:') && !text.startsWith('*'))
      say('error', `${quote(text, 300)} is no arn`, 'write `arn:aws:iot:REGION:ACCOUNT:TYPE/NAME`')
    else if (!head && !beforeVariable(text).includes('*'))
      say(
        'error',
        `${quote(text, 300)} has too few colons`,
        'write `arn:aws:iot:REGION:ACCOUNT:TYPE/NAME`',
      )
    if (!head) continue
    if (/^[a-z0-9-]+$/i.test(head.service) && head.service !== 'iot')
      say('warning', `${quote(text, 300)} is a resource of \`${head.service}\`, not of \`iot\``)
    if (!/^[A-Za-z]+$/.test(head.type) || types.includes(head.type)) continue
    const near = didYouMean(head.type, types)
    say('warning', `${quote(head.type)} is no type of resource`, meant(near).hint)
  }
}

function lintVariables(text: string, warn: (says: string, hint?: string) => void): void {
  for (const token of compilePattern(text).tokens) {
    if (token.kind !== 'variable') continue
    const { known, list, name, written } = token.variable
    if (!known)
      warn(
        `aws iot knows no variable ${quote(written)}, so this never matches`,
        meant(didYouMean(written, knownVariables())).hint,
      )
    else if (list) warn(`${quote(written)} works only in a condition`)
    else if (!written.startsWith(name))
      warn(`${quote(written)} is an old or unusual spelling`, `write ${quote(name)}`)
  }
}

function lintConditions({ conditions }: Elements, report: Report): void {
  for (const { key, line, values } of conditions) {
    const where = { ...(line === undefined ? {} : { line }), element: 'Condition' }
    const warn = (says: string, hint?: string) =>
      report({ severity: 'warning', ...where, says, ...(hint === undefined ? {} : { hint }) })
    if (!parseVariable(key).known)
      warn(
        `aws iot knows no condition key ${quote(key)}`,
        meant(didYouMean(key, knownVariables())).hint,
      )
    for (const value of values) lintVariables(value, warn)
  }
}

/** Actions for which no resource of the statement has the right type, and resources that serve no action. */
function lintTypes({ action, resource }: Elements, actions: string[], report: Report): void {
  const kinds = resource.values.map(value => ({ value, type: typeOf(value.text) }))
  const wanted = new Set<string | undefined>(actions.map(action => resourceTypes.get(action)))
  let told = false
  // Only actions that are named in full: `iot:*` is not meant to fit one type.
  for (const { text } of action.values) {
    const type = resourceTypes.get(text)
    if (
      type === undefined ||
      type === '*' ||
      kinds.some(kind => kind.type === undefined || kind.type === type)
    )
      continue
    const first = kinds[0]
    if (!first) continue
    told = true
    report({
      severity: 'warning',
      ...(first.value.line === undefined ? {} : { line: first.value.line }),
      element: 'Resource',
      says: `\`${text}\` is checked against \`${type}/\`, and no resource here is of that type: it never matches`,
      hint: `write \`${type}/\` instead of \`${first.type}/\`, or add a resource`,
    })
  }
  for (const { type, value } of told || actions.length === 0 ? [] : kinds)
    if (type !== undefined && !wanted.has(type))
      report({
        severity: 'warning',
        ...(value.line === undefined ? {} : { line: value.line }),
        element: 'Resource',
        says: `no action of this statement is checked against \`${type}/\`: ${quote(value.text, 300)} never matches`,
      })
}

/** A topic holds no `+` and no `#`, so a pattern of a topic that asks for one never matches. */
function lintTopicWildcards(actions: string[], element: Element, report: Report): void {
  if (actions.length === 0) return
  for (const { text, ...where } of element.values) {
    if (typeOf(text) !== 'topic' || !/[/](?:#|\+(?:\/|$))/.test(text)) continue
    report({
      severity: 'warning',
      ...where,
      element: 'Resource',
      says: `\`+\` and \`#\` are ordinary characters in a policy, and no topic holds one: ${quote(text, 300)} never matches`,
      hint: 'write `*`',
    })
  }
}

function typeOf(text: string): string | undefined {
  const type = arnHead(text)?.type
  return types.find(known => known === type)
}

function arnHead(text: string): { service: string; type: string } | undefined {
  const parts = /^arn:[^:$]*:([^:$]*):[^:$]*:[^:$]*:([^/$*?]*)(\/?)/.exec(text)
  if (!parts) return undefined
  // Without its slash the type may go on in what a wildcard stands for.
  return { service: parts[1]!, type: parts[3] === '/' ? parts[2]! : '' }
}

function beforeVariable(text: string): string {
  return text.split('${', 1)[0]!
}

const types = ['client', 'topic', 'topicfilter', 'thing', 'rolealias']
