import t from 'tap'
import { type Edit, editItem, type ItemPlace, valuesIn } from '../../broker/config/edit.ts'

const set = (value: string): Edit => ({ kind: 'set', key: 'status', value })
const add = (value: string): Edit => ({ kind: 'add', key: 'policies', value })
const take = (value: string): Edit => ({ kind: 'take', key: 'policies', value })
const at = (index: number): ItemPlace => ({ list: 'devices', index })

const table: [
  what: string,
  place: ItemPlace,
  edit: Edit,
  before: string,
  after: string | undefined,
][] = [
  [
    'a value, its comment stays',
    'file',
    set('INACTIVE'),
    '# mine\nthing: "a"\nstatus: ACTIVE # or not\n',
    '# mine\nthing: "a"\nstatus: INACTIVE # or not\n',
  ],
  [
    'quotes go with the value',
    'file',
    set('REVOKED'),
    'status:   "ACTIVE"\na: 1\n',
    'status:   REVOKED\na: 1\n',
  ],
  [
    'a key that was not there',
    'file',
    set('INACTIVE'),
    '# c\nthing: a\n',
    '# c\nstatus: INACTIVE\nthing: a\n',
  ],
  [
    'a key in a list',
    at(1),
    set('INACTIVE'),
    'devices:\n  - certificate: a # one\n  - certificate: b\n',
    'devices:\n  - certificate: a # one\n  - status: INACTIVE\n    certificate: b\n',
  ],
  [
    'a key in braces',
    at(0),
    set('INACTIVE'),
    'devices: [{ certificate: a }]',
    'devices: [{ status: INACTIVE, certificate: a }]',
  ],
  [
    'to a list in brackets',
    'file',
    add('b'),
    'policies: ["a"] # x\n',
    'policies: ["a", "b"] # x\n',
  ],
  ['to an empty list', 'file', add('b'), 'policies: []\n', 'policies: ["b"]\n'],
  ['to no list', 'file', add('b'), 'thing: a\n', 'policies: ["b"]\nthing: a\n'],
  [
    'to a list of lines',
    'file',
    add('b'),
    'policies:\n  - a # x\nthing: t\n',
    'policies:\n  - a # x\n  - "b"\nthing: t\n',
  ],
  ['to a list of lines at the end', 'file', add('b'), 'policies:\n- a', 'policies:\n- a\n- "b"'],
  ['what is there', 'file', add('a'), 'policies: [a]\n', 'policies: [a]\n'],
  ['a number is no name', 'file', add('12'), 'policies: [a]\n', 'policies: [a, "12"]\n'],
  ['from brackets', 'file', take('a'), 'policies: [a, "b", c]\n', 'policies: ["b", c]\n'],
  ['the last from brackets', 'file', take('a'), 'policies: [ a ]\n', 'policies: []\n'],
  [
    'from lines',
    'file',
    take('a'),
    'policies:\n  - a # x\n  # of b\n  - b\nthing: t\n',
    'policies:\n  # of b\n  - b\nthing: t\n',
  ],
  [
    'the last from lines',
    'file',
    take('a'),
    'policies:\n  - a\nthing: t\n',
    'policies: []\nthing: t\n',
  ],
  ['what is not there', 'file', take('z'), 'policies: [a]\n', 'policies: [a]\n'],
  [
    'an item',
    at(0),
    { kind: 'remove' },
    'devices:\n  # of a\n  - certificate: a\n    policies:\n      - x\n  # of b\n  - certificate: b\n',
    'devices:\n  # of a\n  # of b\n  - certificate: b\n',
  ],
  [
    'the last item',
    at(0),
    { kind: 'remove' },
    'devices:\n  - certificate: a\n    status: ACTIVE\nlog: json\n',
    'devices: []\nlog: json\n',
  ],
  [
    'the last item, its comment stays',
    at(0),
    { kind: 'remove' },
    'devices: # all\n  # one\n\n  - certificate: a\nlog: json\n',
    'devices: [] # all\n  # one\n\nlog: json\n',
  ],
  [
    'an item in braces',
    at(0),
    { kind: 'remove' },
    'devices: [{ certificate: a }, { certificate: b }]\n',
    'devices: [{ certificate: b }]\n',
  ],
  ['no such item', at(7), set('INACTIVE'), 'devices: [{ certificate: a }]\n', undefined],
  ['no YAML', 'file', set('INACTIVE'), 'a: [\n', undefined],
  ['an alias', 'file', add('b'), 'x: &x [a]\npolicies: *x\n', undefined],
  ['a list that is none', 'file', add('b'), 'policies: a\n', undefined],
  [
    'Windows line ends',
    'file',
    set('INACTIVE'),
    'thing: a\r\nstatus: ACTIVE\r\n',
    'thing: a\r\nstatus: INACTIVE\r\n',
  ],
]

for (const [what, place, edit, before, after] of table) {
  t.test(`${edit.kind}: ${what}`, async t => {
    t.equal(editItem(before, place, edit), after)
  })
}

t.test('values of a list', async t => {
  t.same(
    valuesIn('devices: [{ certificate: a }, { certificate: 1 }, b]', 'devices', 'certificate'),
    ['a', undefined, undefined],
  )
  t.same(valuesIn('a: 1', 'devices', 'certificate'), [])
})
