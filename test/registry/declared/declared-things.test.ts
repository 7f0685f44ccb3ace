/** Things as files declare them: type, attributes and kind of attachment; and what operations may do about declared records. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../../broker/config/load.ts'
import { readDeclared } from '../../../broker/registry/declared/declared.ts'
import { gives, testRegistry } from '../../helpers/desk.ts'
import { directly } from '../../helpers/directly.ts'
import { pki } from '../../helpers/pki.ts'
import { type Step, steps } from '../../helpers/steps.ts'

const { device, device2 } = pki()
const principal = `arn:aws:iot:eu-central-1:123456789012:cert/${device.certificate.sha256}`
const second = `arn:aws:iot:eu-central-1:123456789012:cert/${device2.certificate.sha256}`

async function declare(t: Test, yaml: string) {
  const { config, problems: wrong } = loadConfig(yaml)
  if (!config) return { wrong, problems: [] }
  const folder = t.testdir()
  writeFileSync(join(folder, 'device.pem'), device.pem)
  writeFileSync(join(folder, 'device2.pem'), device2.pem)
  mkdirSync(join(folder, 'policies'))
  const { declared, problems } = await readDeclared(config, folder)
  const one = await testRegistry()
  one.registry.declare(declared)
  return { wrong, problems, one }
}

const LAMP = `thingTypes:
  - { name: lamp, description: A lamp, searchableAttributes: [site] }
`
const DEVICE = `devices:
  - certificate: device.pem
    thing: lamp-1
`

t.test('type, attributes and attachment', async t => {
  const { problems, one } = await declare(
    t,
    `${LAMP}${DEVICE}    thingType: lamp
    attributes: { site: berlin, floor: 01, on: true }
    thingPrincipalType: EXCLUSIVE_THING
  - certificate: device2.pem
    thing: lamp-1
    attributes: { colour: red }
`,
  )
  t.match(problems, [{ severity: 'warning', says: 'thing `lamp-1` is declared twice' }])
  if (!one) return
  t.match(gives(one.aws.describeThing({ thingName: 'lamp-1' })), {
    thingTypeName: 'lamp',
    attributes: { site: 'berlin', floor: '01', on: 'true', colour: 'red' },
  })
  t.match(gives(one.aws.describeThingType({ thingTypeName: 'lamp' })), {
    thingTypeProperties: { thingTypeDescription: 'A lamp', searchableAttributes: ['site'] },
  })
  t.same(gives(one.aws.listPrincipalThingsV2({ principal })).principalThingObjects, [
    { thingName: 'lamp-1', thingPrincipalType: 'EXCLUSIVE_THING' },
  ])
  t.equal(one.registry.exclusiveThingOf(device.certificate.sha256), 'lamp-1')
  t.equal(one.registry.exclusiveThingOf(device2.certificate.sha256), undefined)
})

const four = 'attributes: { a: 1, b: 2, c: 3, d: 4 }'
const told: [name: string, yaml: string, line: number, says: string, hint?: string][] = [
  [
    'an unknown type',
    `${DEVICE}    thingType: lamp\n`,
    2,
    'unknown thing type `lamp`',
    'add `- name: lamp` to `thingTypes` in `config.yaml`',
  ],
  [
    'a misspelt type',
    `${LAMP}${DEVICE}    thingType: lmap\n`,
    4,
    'unknown thing type `lmap`',
    'did you mean `lamp`?',
  ],
  [
    'attributes of no thing',
    'devices:\n  - certificate: device.pem\n    attributes: { a: 1 }\n',
    2,
    '`attributes` says something of a thing, and there is no `thing`',
    'add `thing: NAME`',
  ],
  [
    'too many attributes',
    `${DEVICE}    ${four}\n`,
    2,
    '`attributes` holds 4 of them, and AWS takes 3 at most',
    'a thing with a `thingType` can have 50',
  ],
  [
    'a type twice',
    'thingTypes:\n  - { name: a }\n  - { name: a }\n',
    3,
    'thing type `a` is declared twice',
    'take one of the two out',
  ],
  [
    'two groups of a hierarchy',
    'groups:\n  - { name: a, things: [x] }\n  - { name: b, parent: a, things: [x] }\n',
    3,
    'thing `x` is in `a` of the same hierarchy',
    'AWS takes a thing into one group of a hierarchy only',
  ],
  [
    'eleven groups',
    `groups:\n${Array.from({ length: 11 }, (_, i) => `  - { name: g${i}, things: [x] }\n`).join('')}`,
    12,
    'thing `x` is in 10 groups already',
    'AWS takes 10 at most',
  ],
  [
    'groups that are too deep',
    `groups:\n  - { name: g0 }\n${Array.from({ length: 8 }, (_, i) => `  - { name: g${i + 1}, parent: g${i} }\n`).join('')}`,
    9,
    'thing group `g7` stands below 7 others',
    'AWS has hierarchies of 7 groups at most',
  ],
]
for (const [name, yaml, line, says, hint] of told)
  t.test(`told: ${name}`, async t => {
    const { wrong, problems } = await declare(t, yaml)
    t.same(wrong, [])
    t.equal(problems.length, 1)
    t.match(problems[0], { file: 'config.yaml', line, severity: 'error', says, hint })
  })

const refused: [name: string, yaml: string, line: number, path: string, says: string][] = [
  [
    'a bad attribute name',
    `${DEVICE}    attributes:\n      a b: 1\n`,
    5,
    'devices[0].attributes',
    '`a b` is no attribute name',
  ],
  [
    'a bad attribute value',
    `${DEVICE}    attributes:\n      a: 1\n      b: x y\n`,
    6,
    'devices[0].attributes',
    '`x y` is no attribute value',
  ],
  [
    'an empty attribute',
    `${DEVICE}    attributes:\n      a:\n`,
    5,
    'devices[0].attributes',
    '`` is no attribute value',
  ],
  [
    'an attribute twice',
    `${DEVICE}    attributes: { a: 1, "a": 2 }\n`,
    4,
    'devices[0].attributes',
    '`a` is written twice',
  ],
  [
    'attributes as a list',
    `${DEVICE}    attributes: [a]\n`,
    4,
    'devices[0].attributes',
    'must be a group',
  ],
  ['a bad type', `${DEVICE}    thingType: a/b\n`, 4, 'devices[0].thingType', '`a/b` is no name of'],
  [
    'an attachment that AWS does not know',
    `${DEVICE}    thingPrincipalType: EXCLUSIVE\n`,
    4,
    'devices[0].thingPrincipalType',
    'unknown value `EXCLUSIVE`',
  ],
  ['a type without a name', 'thingTypes:\n  - {}\n', 2, 'thingTypes[0].name', 'is missing'],
  [
    'too many searchable attributes',
    'thingTypes:\n  - { name: a, searchableAttributes: [a, b, c, d] }\n',
    2,
    'thingTypes[0].searchableAttributes',
    'holds 4 attributes',
  ],
  [
    'a group with three policies',
    'groups:\n  - { name: a, policies: [x, y, z] }\n',
    2,
    'groups[0].policies',
    'holds 3 policies',
  ],
]
for (const [name, yaml, line, path, says] of refused)
  t.test(`refused: ${name}`, async t => {
    const { wrong } = await declare(t, yaml)
    t.ok(wrong.length > 0)
    t.match(wrong[0], { line, path, says })
  })

t.test('what a file declares is changed in its file only', async t => {
  const { one } = await declare(
    t,
    `${LAMP}${DEVICE}    thingType: lamp
groups:
  - { name: all }
  - { name: lamps, parent: all, things: [lamp-1] }
`,
  )
  if (!one) throw new Error('is not read')
  const source = { kind: 'learned', how: 'a test' } as const
  directly(one.registry).registerCertificate({
    certificate: device2.certificate,
    status: 'ACTIVE',
    source,
  })
  const thingName = 'lamp-1'
  const declared: Step[2] = ['InvalidRequestException', /is declared in `config.yaml`$/]
  const list: Step[] = [
    ['updateThing', { thingName, attributePayload: { attributes: { a: '1' } } }, declared],
    ['deleteThing', { thingName }, declared],
    ['createThing', { thingName }, 'ResourceAlreadyExistsException'],
    ['createThing', { thingName, thingTypeName: 'lamp' }, { thingName }],
    ['updateThingType', { thingTypeName: 'lamp' }, declared],
    ['deprecateThingType', { thingTypeName: 'lamp' }, declared],
    ['deleteThingType', { thingTypeName: 'lamp' }, declared],
    ['updateThingGroup', { thingGroupName: 'lamps', thingGroupProperties: {} }, declared],
    ['deleteThingGroup', { thingGroupName: 'lamps' }, declared],
    ['deleteThingGroup', { thingGroupName: 'all' }, declared],
    ['removeThingFromThingGroup', { thingGroupName: 'lamps', thingName }, declared],
    ['updateThingGroupsForThing', { thingName, thingGroupsToRemove: ['lamps'] }, declared],
    ['detachThingPrincipal', { thingName, principal }, declared],
    ['createBillingGroup', { billingGroupName: 'house' }],
    ['addThingToBillingGroup', { billingGroupName: 'house', thingName }, declared],
    // What is learned may stand beside what is declared.
    ['attachThingPrincipal', { thingName, principal: second }],
    ['detachThingPrincipal', { thingName, principal: second }],
    ['createThingGroup', { thingGroupName: 'red', parentGroupName: 'lamps' }],
    ['createThing', { thingName: 'lamp-2', thingTypeName: 'lamp' }],
    ['addThingToThingGroup', { thingGroupName: 'lamps', thingName: 'lamp-2' }],
    ['listThingsInThingGroup', { thingGroupName: 'lamps' }, { things: ['lamp-1', 'lamp-2'] }],
    ['deleteThing', { thingName: 'lamp-2' }],
    ['listThings', {}, { things: [{ thingName, thingTypeName: 'lamp' }] }],
  ]
  await steps(t, one, list)
})
