/** What holds of every policy: laws of the union, of order, and of time. */

import fc from 'fast-check'
import t from 'tap'
import { compilePattern, firstDifference, matches } from '../../broker/policy/pattern.ts'
import { decide, readPolicy } from '../../broker/policy/policy.ts'
import { type Asked, asked, compiled, documents, seedOf, statement } from './arbitrary.ts'
import type { PlainStatement } from './reference.ts'
import { head, policy } from './sample.ts'

const seed = seedOf()
t.comment(`seed ${seed}`)

function outcomeOf(lists: PlainStatement[][], { action, context, resource }: Asked) {
  return decide(compiled(lists), { action, resource, context, reasons: {} }).outcome
}

t.test('adding a Deny never widens', async t => {
  let allowed = 0
  fc.assert(
    fc.property(documents, statement, asked, (lists, one, question) => {
      const deny: PlainStatement = { ...one, Effect: 'Deny' }
      const before = outcomeOf(lists, question)
      const after = outcomeOf([...lists, [deny]], question)
      if (before === 'ALLOWED') allowed += 1
      return after === before || after === 'EXPLICIT_DENY'
    }),
    { seed, numRuns: 2000 },
  )
  t.ok(allowed > 0)
})

t.test('adding an Allow only turns implicit denials into permissions', async t => {
  fc.assert(
    fc.property(documents, statement, asked, (lists, one, question) => {
      const allow: PlainStatement = { ...one, Effect: 'Allow' }
      const before = outcomeOf(lists, question)
      const after = outcomeOf([...lists, [allow]], question)
      return after === before || (before === 'IMPLICIT_DENY' && after === 'ALLOWED')
    }),
    { seed, numRuns: 2000 },
  )
  t.pass()
})

t.test('a statement about something else changes nothing', async t => {
  const elsewhere = fc
    .tuple(statement, fc.constantFrom('Action', 'Resource'))
    .map(([one, what]): PlainStatement => {
      const { Action, NotAction, NotResource, Resource, ...rest } = one
      // Nobody asks for these.
      if (what === 'Action')
        return {
          ...rest,
          Action: 'iot:AssumeRoleWithCertificate',
          ...(Resource === undefined ? { NotResource: NotResource ?? [] } : { Resource }),
        }
      return {
        ...rest,
        ...(Action === undefined ? { NotAction: NotAction ?? [] } : { Action }),
        Resource: `${head}thing/nobody`,
      }
    })
  fc.assert(
    fc.property(documents, elsewhere, asked, (lists, one, question) => {
      return outcomeOf(lists, question) === outcomeOf([[one], ...lists], question)
    }),
    { seed, numRuns: 2000 },
  )
  t.pass()
})

t.test('the order of statements and of policies changes nothing', async t => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(documents, asked, (lists, question) => {
      const turned = lists.toReversed().map(list => list.toReversed())
      const outcome = outcomeOf(lists, question)
      seen.add(outcome)
      return (
        outcome === outcomeOf(turned, question) && outcome === outcomeOf([lists.flat()], question)
      )
    }),
    { seed, numRuns: 2000 },
  )
  t.equal(seen.size, 3)
})

/** Stars that a backtracking matcher would try in every combination. */
const hostile: [name: string, pattern: string, text: string][] = [
  ['*a*a*a... of nothing but a, and one b', '*a'.repeat(202_300), `${'a'.repeat(65_000)}b`],
  ['*ab*ab*ab... of a', '*ab'.repeat(134_866), 'a'.repeat(65_535)],
  ['*?*?*?...', '*?'.repeat(202_300), 'x'.repeat(65_535)],
  ['?????...', '?'.repeat(404_600), 'x'.repeat(65_535)],
  ['*****...', '*'.repeat(404_600), 'x'.repeat(65_535)],
  ['*?aaa...ab of a', `*?${'a'.repeat(32_000)}b*`, 'a'.repeat(65_535)],
  ['*a?a?a?...b of a', `*${'a?'.repeat(16_000)}b*`, 'a'.repeat(65_535)],
  ['*aaa...?aaa...b of a', `*${'a'.repeat(16_000)}?${'a'.repeat(15_999)}b*`, 'a'.repeat(65_535)],
  ['*aaa...ab of a', `*${'a'.repeat(400)}b`, 'a'.repeat(65_535)],
  [`\${\${\${...`, '${'.repeat(202_300), 'x'.repeat(65_535)],
]

for (const [name, pattern, text] of hostile)
  t.test(`${name}: time that grows with the length, not with its square`, async t => {
    const started = process.cpuUsage()
    const one = compilePattern(pattern)
    for (let round = 0; round < 3; round += 1) {
      matches(one, text, {})
      firstDifference(one, text)
    }
    const { user } = process.cpuUsage(started)
    t.comment(`${pattern.length} characters: ${(user / 1000).toFixed(0)} ms`)
    t.ok(user < 8_000_000, `${user} us`)
  })

t.test(
  'a hostile policy of 404,600 characters is read, refused a request, and told of',
  async t => {
    const frame = JSON.stringify({
      Statement: { Effect: 'Allow', Action: 'iot:Publish', Resource: `${head}topic/` },
    })
    const stars = '*a'.repeat((404_600 - frame.length) / 2)
    const text = frame.replace('topic/', `topic/${stars}`)
    const started = process.cpuUsage()
    const { policy: read } = readPolicy('hostile', text, { size: 'warning' })
    t.ok(read)
    const question = {
      action: 'iot:Publish',
      resource: `${head}topic/${'a'.repeat(250)}b`,
      context: {},
    }
    t.equal(decide(read ? [read] : [], question).outcome, 'IMPLICIT_DENY')
    const { user } = process.cpuUsage(started)
    t.comment(`${(user / 1000).toFixed(0)} ms`)
    t.ok(user < 8_000_000, `${user} us`)
  },
)

t.test('a request that is as long as can be', async t => {
  const one = policy('p', { Action: 'iot:Publish', Resource: `${head}topic/${'*a'.repeat(500)}` })
  const started = process.cpuUsage()
  for (let round = 0; round < 20; round += 1)
    decide([one], {
      action: 'iot:Publish',
      resource: `${head}topic/${'a'.repeat(65_000)}b`,
      context: {},
    })
  t.ok(process.cpuUsage(started).user < 8_000_000)
})
