/** Policies and their versions: each operation, each of its exceptions, and the same after a restart. */

import t from 'tap'
import { parsePolicy } from '../../../broker/policy/document.ts'
import { readPolicy } from '../../../broker/policy/policy.ts'
import { readTemplate } from '../../../broker/template/read.ts'
import { okay, opened, play, refused, reopened, type Step } from '../../helpers/operations.ts'
import { naming } from '../../template/sample.ts'

const head = 'arn:aws:iot:us-east-1:123456789012:'
const documentOf = (topic: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'iot:Publish', Resource: `${head}topic/${topic}` }],
  })
const [a, b] = [documentOf('a'), documentOf('b')]
const policyArn = `${head}policy/lamp`
const policyName = 'lamp'
const at = Date.UTC(2026, 0, 1) / 1000
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/
const create = (document: string, name = policyName): Step => [
  'createPolicy',
  { policyName: name, policyDocument: document },
  {
    policyName: name,
    policyArn: `${head}policy/${name}`,
    policyDocument: document,
    policyVersionId: '1',
  },
]
const createVersion = (policyVersionId: string, setAsDefault?: boolean): Step => [
  'createPolicyVersion',
  { policyName, policyDocument: b, setAsDefault },
  { policyArn, policyDocument: b, policyVersionId, isDefaultVersion: setAsDefault ?? false },
]
const deleteVersion = (policyVersionId: string): Step => [
  'deletePolicyVersion',
  { policyName, policyVersionId },
  {},
]
const noPolicy = refused('ResourceNotFoundException', 'Policy not found (name=lamp)')

t.test('a policy from its making to its end, and over a restart', async t => {
  const setting = await opened()
  await play(t, setting, [
    create(a),
    [
      'getPolicy',
      { policyName },
      {
        policyName,
        policyArn,
        policyDocument: a,
        defaultVersionId: '1',
        creationDate: at,
        lastModifiedDate: at,
        generationId: uuid,
      },
    ],
    ['listPolicies', {}, { policies: [{ policyName, policyArn }] }],
  ])
  setting.clock.advance(5000)
  await play(t, setting, [
    createVersion('2'),
    ['getPolicy', { policyName }, { ...got, defaultVersionId: '1', lastModifiedDate: at + 5 }],
    createVersion('3', true),
    ['getPolicy', { policyName }, { ...got, defaultVersionId: '3', policyDocument: b }],
    [
      'getPolicyVersion',
      { policyName, policyVersionId: '2' },
      {
        policyArn,
        policyName,
        policyDocument: b,
        policyVersionId: '2',
        isDefaultVersion: false,
        creationDate: at + 5,
        lastModifiedDate: at + 5,
        generationId: uuid,
      },
    ],
  ])
  const after = await reopened(setting)
  await play(t, after, [
    [
      'listPolicyVersions',
      { policyName },
      {
        policyVersions: [
          { versionId: '3', isDefaultVersion: true, createDate: at + 5 },
          { versionId: '2', isDefaultVersion: false, createDate: at + 5 },
          { versionId: '1', isDefaultVersion: false, createDate: at },
        ],
      },
    ],
    ['setDefaultPolicyVersion', { policyName, policyVersionId: '1' }, {}],
    ['getPolicy', { policyName }, { ...got, defaultVersionId: '1', policyDocument: a }],
    deleteVersion('3'),
    deleteVersion('2'),
    createVersion('4'),
    deleteVersion('4'),
    ['deletePolicy', { policyName }, {}],
    ['listPolicies', {}, { policies: [] }],
    create(b),
  ])
})

const got = {
  policyName,
  policyArn,
  policyDocument: String,
  defaultVersionId: String,
  creationDate: Number,
  lastModifiedDate: Number,
  generationId: uuid,
}

const malformed: [name: string, text: string, message: string, hint: RegExp][] = [
  ['no JSON', '{', 'Policy document is Malformed', /./],
  [
    'an unknown effect',
    a.replace('"Allow"', '"Perhaps"'),
    'Policy document is Malformed: Invalid policy syntax.',
    /^line 1: statement 1: .*Perhaps/,
  ],
  [
    'a resource that is none',
    a.replace(head, 'topic:'),
    'Policy document is Malformed: The following resources are invalid : topic:topic/a',
    /statement 1/,
  ],
  [
    'over 2048 characters',
    a.replace('topic/a', `topic/${'a'.repeat(2048)}`),
    'Policy document is Malformed',
    /aws takes 2048/,
  ],
]

for (const [name, policyDocument, message, hint] of malformed)
  t.test(`a malformed document is no policy and no version: ${name}`, async t => {
    const setting = await opened()
    const refusal = refused('MalformedPolicyException', message, hint)
    await play(t, setting, [
      ['createPolicy', { policyName, policyDocument }, refusal],
      create(a),
      ['createPolicyVersion', { policyName, policyDocument }, refusal],
    ])
  })

t.test('what is not there is not found, by any operation', async t => {
  const setting = await opened()
  const version = refused('ResourceNotFoundException', /^Policy version not found \(name=lamp/)
  await play(t, setting, [
    [
      'getPolicy',
      { policyName },
      refused('ResourceNotFoundException', 'Policy default version not found'),
    ],
    ['deletePolicy', { policyName }, noPolicy],
    ['createPolicyVersion', { policyName, policyDocument: a }, noPolicy],
    ['getPolicyVersion', { policyName, policyVersionId: '1' }, noPolicy],
    ['listPolicyVersions', { policyName }, noPolicy],
    ['setDefaultPolicyVersion', { policyName, policyVersionId: '1' }, noPolicy],
    ['deletePolicyVersion', { policyName, policyVersionId: '1' }, noPolicy],
    create(a),
    ['getPolicyVersion', { policyName, policyVersionId: '2' }, version],
    ['setDefaultPolicyVersion', { policyName, policyVersionId: '2' }, version],
    ['deletePolicyVersion', { policyName, policyVersionId: '2' }, version],
  ])
})

t.test('what AWS refuses is refused with its words', async t => {
  const setting = await opened()
  await play(t, setting, [
    create(a),
    [
      'createPolicy',
      { policyName, policyDocument: a },
      refused(
        'ResourceAlreadyExistsException',
        'Policy cannot be created - name already exists (name=lamp)',
      ),
    ],
    [
      'deletePolicyVersion',
      { policyName, policyVersionId: '1' },
      refused('DeleteConflictException', 'Cannot delete the default version of a policy'),
    ],
    ...['2', '3', '4', '5'].map(number => createVersion(number)),
    [
      'createPolicyVersion',
      { policyName, policyDocument: b, setAsDefault: true },
      refused(
        'VersionsLimitExceededException',
        'The policy lamp already has the maximum number of versions (5)',
      ),
    ],
    [
      'deletePolicy',
      { policyName },
      refused(
        'DeleteConflictException',
        'Cannot delete the policy because it has one or more policy versions attached to it (name=lamp)',
      ),
    ],
    deleteVersion('2'),
    // A number is never used again.
    createVersion('6'),
  ])
})

t.test('an input that is none is refused by its fields', async t => {
  const setting = await opened()
  const invalid = (field: string) =>
    refused('InvalidRequestException', new RegExp(`^1 validation error detected: .*'${field}'`))
  await play(t, setting, [
    ['createPolicy', { policyName: 'a b', policyDocument: a }, invalid('policyName')],
    ['createPolicy', { policyName }, invalid('policyDocument')],
    ['createPolicy', { policyName, policyDocument: {} }, invalid('policyDocument')],
    ['createPolicy', undefined, refused('InvalidRequestException', /^2 validation errors/)],
    ['getPolicyVersion', { policyName, policyVersionId: 'v1' }, invalid('policyVersionId')],
    ['listPolicies', { pageSize: 251 }, invalid('pageSize')],
    ['listPolicies', { marker: 'x' }, refused('InvalidRequestException', /token 'x'/)],
  ])
  // Names that objects have of their own are names like others.
  await play(t, setting, [
    create(a, '__proto__'),
    create(a, 'constructor'),
    ['deletePolicy', { policyName: '__proto__' }, {}],
  ])
})

for (const ascendingOrder of [true, false])
  t.test(`600 policies in pages, while some come and go, ascending: ${ascendingOrder}`, async t => {
    const { registry, clock } = await opened()
    const { operations } = registry
    const names = Array.from({ length: 600 }, (_, index) => `p${index}`)
    for (const name of names) {
      okay(operations.createPolicy({ policyName: name, policyDocument: a }))
      clock.advance(1)
    }
    const seen: string[] = []
    let marker: string | undefined
    do {
      const page = okay(
        operations.listPolicies({ ascendingOrder, pageSize: 100, ...(marker && { marker }) }),
      )
      seen.push(...page.policies.map(one => one.policyName))
      marker = page.nextMarker
      // The last one that was given goes, and a new one comes.
      okay(operations.deletePolicy({ policyName: seen.at(-1) ?? '' }))
      if (seen.length < 600)
        okay(operations.createPolicy({ policyName: `new${seen.length}`, policyDocument: a }))
      clock.advance(1)
    } while (marker !== undefined)
    t.same(
      seen.filter(name => !name.startsWith('new')),
      ascendingOrder ? names : [...names].reverse(),
      'each of the first 600 once and in order',
    )
    t.equal(new Set(seen).size, seen.length, 'nothing twice')
    t.equal(seen.length, ascendingOrder ? 605 : 600, 'what came later stands at the newer end')
  })

t.test('what a file declares is changed in that file, and the refusal names it', async t => {
  const setting = await opened()
  const text = documentOf('a')
  const { policy } = readPolicy('written', text)
  const { document } = parsePolicy(text)
  const template = JSON.stringify(naming('lamp'))
  const { template: read } = readTemplate(template)
  if (!policy || !document || !read) throw new Error('the sample is broken')
  setting.registry.declare({
    policies: [{ name: 'written', text, document, policy, file: 'policies/written.json' }],
    templates: [
      { name: 'fleet', text: template, template: read, file: 'policies/templates/fleet.json' },
    ],
    authorities: [],
    devices: [],
    thingTypes: [],
    groups: [{ groupName: 'hall', policyNames: ['written'], things: [], file: 'config.yaml' }],
  })
  const [written, fleet] = [{ policyName: 'written' }, { templateName: 'fleet' }]
  const by = (file: string) =>
    refused('InvalidRequestException', new RegExp(`declared in \`${file}\``), /change it in/)
  const policyFile = by('policies/written.json')
  const templateFile = by('policies/templates/fleet.json')
  await play(t, setting, [
    ['deletePolicy', written, policyFile],
    ['createPolicyVersion', { ...written, policyDocument: b }, policyFile],
    ['setDefaultPolicyVersion', { ...written, policyVersionId: '1' }, policyFile],
    ['deletePolicyVersion', { ...written, policyVersionId: '1' }, policyFile],
    ['detachPolicy', { ...written, target: `${head}thinggroup/hall` }, by('config.yaml')],
    ['updateProvisioningTemplate', { ...fleet, enabled: false }, templateFile],
    ['deleteProvisioningTemplate', fleet, templateFile],
    ['createProvisioningTemplateVersion', { ...fleet, templateBody: template }, templateFile],
    ['deleteProvisioningTemplateVersion', { ...fleet, versionId: 1 }, templateFile],
    [
      'createPolicy',
      { ...written, policyDocument: b },
      refused('ResourceAlreadyExistsException', /name=written/),
    ],
    ['listPolicies', {}, { policies: [{ policyName: 'written' }] }],
  ])
})
