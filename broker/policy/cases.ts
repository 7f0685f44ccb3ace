/**
 * Case files: policies, who asks, what is asked, and what is to come of it. Our own tests of the engine are such files, and
 * `candid policy test` runs those of users. What stands in a file arrives here as plain values: reading YAML and files is
 * the caller's business.
 */

import { quote } from '../diagnosis/words.ts'
import { type Case, type CaseFile, type Expected, readCaseFile } from './case-file.ts'
import { connectContext, contextOf, thingOf, timeContext } from './context.ts'
import type { AuthorizationRequest, Decision } from './decision.ts'
import type { PolicyProblem } from './document.ts'
import { groupPolicies } from './groups.ts'
import { narrate } from './narrate.ts'
import { decide, type Policy, readPolicy } from './policy.ts'

export type CaseResult = {
  name: string
  /** Its place in the file, counted from 0. */
  index: number
  passed: boolean
  /** One line each: what was expected and what came. */
  failures: string[]
  decision?: Decision
  /** The decision in words. */
  says?: string
  problems: PolicyProblem[]
}

/**
 * Runs a case file.
 * @param value the file's content as plain values
 * @param fileText gives the text of a file that a policy names, or undefined where there is none
 * @returns one result for each case, or what is wrong with the file itself
 */
export function runCases(
  value: unknown,
  fileText: (path: string) => string | undefined,
): { results: CaseResult[] } | { mistakes: string[] } {
  const read = readCaseFile(value, fileText)
  if ('mistakes' in read) return read
  return { results: read.file.cases.map((one, index) => runCase(one, index, read.file)) }
}

function runCase(one: Case, index: number, file: CaseFile): CaseResult {
  const policies: Policy[] = []
  const problems: PolicyProblem[] = []
  let aws: string | undefined
  const loaded = new Map<string, Policy>()
  for (const [name, text] of one.documents) {
    const read = readPolicy(name, text, {
      account: file.account,
      ...(one.size && { size: one.size }),
    })
    problems.push(...read.problems)
    aws ??= read.aws?.message
    if (read.policy) loaded.set(name, read.policy)
  }
  const { facts } = one
  const thing = thingOf(facts)
  const inherited = thing ? inheritedBy(thing.thingName, one.groups) : []
  for (const name of new Set([...one.attached, ...inherited])) {
    const policy = loaded.get(name)
    if (policy) policies.push(policy)
  }
  const failures = problemFailures(one.expected, problems, aws)
  if (!one.request)
    return { name: one.name, index, passed: failures.length === 0, failures, problems }
  const { context, reasons } = contextOf(facts)
  const { action, resource } = one.request
  const will = one.willTopic
  const request: AuthorizationRequest = {
    action,
    resource,
    context: {
      ...context,
      ...(one.now === undefined ? {} : timeContext(one.now)),
      ...(action === 'iot:Connect' ? connectContext(one.persistent, will) : {}),
      ...one.context,
    },
    reasons,
  }
  const decision = decide(policies, request)
  const says = narrate(decision)
  failures.push(...decisionFailures(one.expected, decision, says))
  const passed = failures.length === 0
  return { name: one.name, index, passed, failures, decision, says, problems }
}

function problemFailures(
  expected: Expected,
  problems: PolicyProblem[],
  aws: string | undefined,
): string[] {
  const failures: string[] = []
  const told = problems.map(problemLine)
  if (expected.problems) {
    const missing = expected.problems.filter(want => !told.some(line => line.includes(want)))
    for (const want of missing)
      failures.push(`expected a problem with ${quote(want, 300)}, got ${shown(told)}`)
    if (expected.problems.length !== told.length && missing.length === 0)
      failures.push(
        `expected ${expected.problems.length} problems, got ${told.length}: ${shown(told)}`,
      )
  } else {
    // A policy that doesn't load would make any denial look right.
    for (const { says, severity } of problems)
      if (severity === 'error') failures.push(`a policy does not load: ${says}`)
  }
  if (expected.aws !== undefined && expected.aws !== aws)
    failures.push(differing('aws', expected.aws, aws ?? 'nothing'))
  return failures
}

/** A problem as case files expect it: `warning: statement 1: Resource: ... hint: ...`. */
function problemLine({ element, hint, says, severity, statement }: PolicyProblem): string {
  const place = statement === undefined ? '' : `statement ${statement}: `
  const about = element === undefined ? '' : `${element}: `
  return `${severity}: ${place}${about}${says}${hint === undefined ? '' : `; hint: ${hint}`}`
}

function decisionFailures(expected: Expected, decision: Decision, says: string): string[] {
  const failures: string[] = []
  const compare = (name: string, want: unknown, got: unknown) => {
    if (want !== undefined && shown(want) !== shown(got)) failures.push(differing(name, want, got))
  }
  const contain = (name: string, want: string | undefined, got: string | undefined) => {
    if (want !== undefined && got?.includes(want) !== true)
      failures.push(differing(name, want, got))
  }
  compare('outcome', expected.outcome, decision.outcome)
  const { matched, nearMisses, statement } = decision
  compare(
    'statement',
    expected.statement,
    statement ? `${statement.policy} ${statement.index}` : 'none',
  )
  compare('missing', expected.missing, decision.missingContextValues)
  if (expected.misses !== undefined)
    compare(
      'misses',
      expected.misses,
      nearMisses.map(miss => `${miss.policy} ${miss.index}`),
    )
  contain('says', expected.says, says)
  if (expected.matched !== undefined)
    compare('matched', expected.matched, matched?.resolved ?? matched?.pattern)
  const { nearest } = expected
  if (nearest === undefined) return failures
  const [miss] = nearMisses
  if (nearest === 'none') {
    if (miss) failures.push(differing('nearest', 'none', `${miss.policy} ${miss.index}`))
    return failures
  }
  if (!miss) return [...failures, differing('nearest', nearest, 'none')]
  compare('nearest.statement', nearest.statement, `${miss.policy} ${miss.index}`)
  compare('nearest.element', nearest.element, miss.element)
  compare('nearest.pattern', nearest.pattern, withoutHead(miss.pattern))
  compare('nearest.resolved', nearest.resolved, miss.resolved && withoutHead(miss.resolved))
  compare('nearest.unresolved', nearest.unresolved, miss.unresolved)
  contain('nearest.why', nearest.why, miss.why)
  if (nearest.differsFrom !== undefined)
    compare(
      'nearest.differsFrom',
      nearest.differsFrom,
      miss.differsAt === undefined ? undefined : miss.asked.slice(miss.differsAt),
    )
  compare('nearest.asked', nearest.asked, withoutHead(miss.asked))
  return failures
}

function withoutHead(text: string): string {
  return /^arn:(?:[^:]*:){4}(.*)$/s.exec(text)?.[1] ?? text
}

function differing(name: string, want: unknown, got: unknown): string {
  return `${name}: expected ${quote(shown(want), 400)}, got ${quote(shown(got), 400)}`
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
}

function inheritedBy(thingName: string, groups: Case['groups']): string[] {
  const own = [...groups.values()].filter(({ things }) => things.includes(thingName))
  return groupPolicies(
    own.map(({ groupName }) => groupName),
    name => groups.get(name),
  )
}
