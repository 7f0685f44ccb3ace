/** Random policies and requests, from few words, so that they meet often enough. */

import fc from 'fast-check'
import { readPolicy } from '../../broker/policy/policy.ts'
import type { PlainContext, PlainStatement } from './reference.ts'
import { head } from './sample.ts'

export type Asked = { action: string; resource: string; context: PlainContext }

/** Printed, so that a failure can be had again: `CANDID_SEED=... npx tap FILE`. */
export function seedOf(): number {
  return Number(process.env['CANDID_SEED'] ?? Date.now() % 2 ** 31)
}

const cn = 'iot:Certificate.Subject.CommonName'
const thing = 'iot:Connection.Thing.ThingName'
const attribute = 'iot:Connection.Thing.Attributes[room]'

const action = fc.constantFrom(
  ...['iot:Connect', 'iot:Publish', 'iot:Publish', 'iot:Subscribe', 'iot:Receive'],
  ...['iot:*', '*', 'iot:*ublish', 'iot:?ublish', 'iot:publish'],
)

const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    'ab',
    '/',
    '/',
    '*',
    '*',
    '?',
    '+',
    '#',
    variable('*'),
    variable('?'),
    variable('$'),
    '😀',
  ],
  ...[
    variable('iot:ClientId'),
    variable(thing),
    variable(cn),
    variable(`${cn}.1`),
    variable(attribute),
  ],
)
const name = fc.array(piece, { maxLength: 5 }).map(parts => parts.join(''))
const type = fc.constantFrom('topic/', 'topic/', 'topic/', 'topicfilter/', 'client/', '*/')
const resource = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(type, name).map(([kind, rest]) => head + kind + rest) },
  { weight: 1, arbitrary: fc.constantFrom('*', 'arn:aws:iot:*:*:topic/a', `${head}*`) },
)

const word = fc.constantFrom('a', 'b', 'A', 'ab', 'a*', '*', '12', '3')
const value = fc.oneof(
  word,
  fc.constantFrom(variable('iot:ClientId'), variable(cn), `a${variable('*')}`, 'a?'),
)
const keys = ['iot:ClientId', 'iot:DomainName', 'iot:ConnectAttributes', cn, attribute]
const prefix = fc.constantFrom('', '', '', 'ForAllValues:', 'ForAnyValue:')
const suffix = fc.constantFrom('', '', 'IfExists')
const text = fc.constantFrom(
  ...['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike'],
  ...['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
)
const condition: fc.Arbitrary<NonNullable<PlainStatement['Condition']>> = fc.oneof(
  fc
    .tuple(prefix, text, suffix, fc.constantFrom(...keys), fc.array(value, { maxLength: 2 }))
    .map(([before, operator, after, key, values]) => ({
      [before + operator + after]: { [key]: values },
    })),
  fc
    .tuple(
      prefix,
      fc.constantFrom('NumericLessThan', 'NumericEquals', 'NumericNotEquals'),
      suffix,
      fc.constantFrom(...keys),
      fc.constantFrom('3', '10', '12.0'),
    )
    .map(([before, operator, after, key, number]) => ({
      [before + operator + after]: { [key]: number },
    })),
  fc
    .tuple(fc.constantFrom(...keys), fc.constantFrom('true', 'false'))
    .map(([key, answer]) => ({ Null: { [key]: answer } })),
  fc.tuple(suffix, fc.constantFrom('true', 'false')).map(([after, answer]) => ({
    [`Bool${after}`]: { 'iot:Connection.Thing.IsAttached': answer },
  })),
)

/** One statement, of any kind that the engine takes. */
export const statement: fc.Arbitrary<PlainStatement> = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    actions: fc.array(action, { minLength: 1, maxLength: 2 }),
    notAction: fc.integer({ min: 0, max: 7 }),
    resources: fc.array(resource, { minLength: 1, maxLength: 2 }),
    notResource: fc.integer({ min: 0, max: 7 }),
    Condition: fc.option(condition, { nil: undefined, freq: 2 }),
  })
  .map(({ actions, Condition, Effect, notAction, notResource, resources }) => ({
    Effect: Effect as PlainStatement['Effect'],
    ...(notAction === 0 ? { NotAction: actions } : { Action: actions }),
    ...(notResource === 0 ? { NotResource: resources } : { Resource: resources }),
    ...(Condition === undefined ? {} : { Condition }),
  }))

/** A few policies, as lists of statements. */
export const documents = fc.array(fc.array(statement, { maxLength: 3 }), { maxLength: 3 })

const known = fc.constantFrom('a', 'b', 'ab', 'A', '*', '+', '12', 'a=b', '')
const context: fc.Arbitrary<PlainContext> = fc.record(
  {
    'iot:ClientId': known,
    'iot:DomainName': known,
    [thing]: known,
    [attribute]: known,
    [cn]: fc.oneof(known, fc.array(known, { maxLength: 3 })),
    'iot:ConnectAttributes': fc.array(known, { maxLength: 2 }),
    'iot:Connection.Thing.IsAttached': fc.constantFrom('true', 'false'),
  },
  { requiredKeys: [] },
)

const askedName = fc
  .array(fc.constantFrom('a', 'b', 'ab', '/', '/', '+', '#', '*', '?', '$', '😀', 'a\\=b'), {
    maxLength: 5,
  })
  .map(parts => parts.join(''))

/** One request. */
export const asked: fc.Arbitrary<Asked> = fc.record({
  action: fc.constantFrom(
    'iot:Connect',
    'iot:Publish',
    'iot:Publish',
    'iot:Subscribe',
    'iot:Receive',
  ),
  resource: fc
    .tuple(fc.constantFrom('topic/', 'topic/', 'topicfilter/', 'client/'), askedName)
    .map(([kind, rest]) => head + kind + rest),
  context,
})

/** The documents as the engine has them. Throws where one doesn't load: then the generator is wrong. */
export function compiled(lists: PlainStatement[][]) {
  return lists.map((Statement, index) => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement })
    const { policy, problems } = readPolicy(`p${index}`, text, { size: 'warning' })
    if (!policy) throw new Error(`${text}: ${JSON.stringify(problems)}`)
    return policy
  })
}

function variable(name: string): string {
  return `\${${name}}`
}
