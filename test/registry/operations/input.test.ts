/** Input of operations: what is taken, and AWS's words for what isn't. */

import t from 'tap'
import { checkInput, type Rules } from '../../../broker/registry/operations/input.ts'

const rules: Rules = {
  thingName: { kind: 'string', required: true, min: 1, max: 8, pattern: /[a-z:-]+/ },
  mode: { kind: 'string', oneOf: ['A', 'B'] },
  size: { kind: 'integer', min: 1, max: 250 },
  merge: { kind: 'boolean' },
  groups: { kind: 'list', of: { kind: 'string', max: 3 }, max: 2 },
  payload: {
    kind: 'object',
    of: {
      attributes: {
        kind: 'map',
        key: { kind: 'string', pattern: /[a-z]+/ },
        value: { kind: 'string', max: 5 },
      },
    },
  },
}

t.test('what the rules name is taken, the rest is left out', async t => {
  const input = {
    thingName: 'a-thing',
    mode: 'A',
    size: 250,
    merge: false,
    groups: ['a', 'b'],
    payload: { attributes: { colour: 'red' }, other: 1 },
    unknown: 'x',
    nothing: null,
  }
  const { unknown: _, nothing: __, ...known } = input
  t.same(checkInput(input, rules), {
    ok: true,
    value: { ...known, payload: { attributes: { colour: 'red' } } },
  })
  t.same(checkInput({ thingName: 'a', size: null }, rules), { ok: true, value: { thingName: 'a' } })
})

const refused: [name: string, input: unknown, message: RegExp][] = [
  [
    'nothing at all',
    undefined,
    /^1 validation error detected: Value null at 'thingName' failed to satisfy constraint: Member must not be null$/,
  ],
  ['a list', [], /Value null at 'thingName'/],
  ['an inherited key', Object.create({ thingName: 'a' }), /Value null at 'thingName'/],
  ['another kind', { thingName: 5 }, /Value '5' at 'thingName' .* Member must be a string$/],
  ['too short', { thingName: '' }, /Member must have length greater than or equal to 1$/],
  ['too long', { thingName: 'aaaaaaaaa' }, /Member must have length less than or equal to 8$/],
  ['a character', { thingName: 'a b' }, /Value 'a b' .* regular expression pattern: \[a-z:-\]\+$/],
  ['a line end behind it', { thingName: 'a\n' }, /regular expression pattern/],
  ['no such value', { thingName: 'a', mode: 'C' }, /Member must satisfy enum value set: \[A, B\]$/],
  ['a number too small', { thingName: 'a', size: 0 }, /greater than or equal to 1$/],
  ['a number too large', { thingName: 'a', size: 251 }, /less than or equal to 250$/],
  ['a broken number', { thingName: 'a', size: 1.5 }, /Member must be an integer$/],
  ['a word for a boolean', { thingName: 'a', merge: 'true' }, /Member must be a boolean$/],
  ['a list too long', { thingName: 'a', groups: ['a', 'b', 'c'] }, /less than or equal to 2$/],
  ['an item of a list', { thingName: 'a', groups: ['a', 'long'] }, /at 'groups.2.member'/],
  [
    'a key of a map',
    { thingName: 'a', payload: { attributes: { B: 'x' } } },
    /Value 'B' at 'payload.attributes'/,
  ],
  [
    'a value of a map',
    { thingName: 'a', payload: { attributes: { b: 'xxxxxx' } } },
    /at 'payload.attributes.b.member'/,
  ],
  [
    'two things',
    { size: 0 },
    /^2 validation errors detected: Value null at 'thingName' .*; Value '0' at 'size'/,
  ],
]
for (const [name, input, message] of refused)
  t.test(`refused: ${name}`, async t => {
    t.match(checkInput(input, rules), {
      ok: false,
      refusal: { exception: 'InvalidRequestException', message },
    })
  })

t.test('a map may have any key without harm', async t => {
  const map: Rules = {
    m: { kind: 'map', key: { kind: 'string' }, value: { kind: 'string' } },
  }
  const checked = checkInput(JSON.parse('{"m":{"__proto__":"x","constructor":"y"}}'), map)
  t.ok(checked.ok)
  const { m } = checked.ok ? (checked.value as { m: object }) : { m: {} }
  t.same(Object.keys(m), ['__proto__', 'constructor'])
  t.equal(Object.getPrototypeOf(m), Object.prototype)
})
