/** Provisioning templates and their versions: each operation, each of its exceptions, and the same after a restart. */

import t from 'tap'
import { okay, opened, play, refused, reopened, type Step } from '../../helpers/operations.ts'
import { pki } from '../../helpers/pki.ts'
import { naming } from '../../template/sample.ts'

const templateName = 'fleet'
const templateArn = `arn:aws:iot:us-east-1:123456789012:provisioningtemplate/${templateName}`
const provisioningRoleArn = 'arn:aws:iam::123456789012:role/provisioning'
const [a, b] = [naming('lamp-a'), naming('lamp-b')].map(one => JSON.stringify(one)) as [
  string,
  string,
]
const at = Date.UTC(2026, 0, 1) / 1000
const hook = { payloadVersion: '2020-04-01', targetArn: 'arn:aws:lambda:us-east-1:1:function:f' }
const create = (more: object = {}): Step => [
  'createProvisioningTemplate',
  { templateName, templateBody: a, provisioningRoleArn, ...more },
  { templateArn, templateName, defaultVersionId: 1 },
]
const refusedCreate = (more: object, expected: Step[2]): Step => [
  'createProvisioningTemplate',
  { templateName, templateBody: a, provisioningRoleArn, ...more },
  expected,
]
const createVersion = (versionId: number, setAsDefault?: boolean): Step => [
  'createProvisioningTemplateVersion',
  { templateName, templateBody: b, setAsDefault },
  { templateArn, templateName, versionId, isDefaultVersion: setAsDefault ?? false },
]
const update = (more: object, expected: Step[2] = {}): Step => [
  'updateProvisioningTemplate',
  { templateName, ...more },
  expected,
]
const described = {
  templateArn,
  templateName,
  creationDate: at,
  lastModifiedDate: Number,
  defaultVersionId: 1,
  templateBody: a,
  enabled: false,
  provisioningRoleArn,
  type: 'FLEET_PROVISIONING',
}
const describe = (more: object = {}): Step => [
  'describeProvisioningTemplate',
  { templateName },
  { ...described, ...more },
]
const none = refused('ResourceNotFoundException', 'Template fleet does not exist')
const noVersion = (id: number) =>
  refused('ResourceNotFoundException', `Version ${id} of template fleet does not exist`)

t.test('a template from its making to its end, and over a restart', async t => {
  const first = await opened()
  await play(t, first, [
    create(),
    describe(),
    update({ enabled: true, description: 'lamps', preProvisioningHook: hook }),
    describe({ enabled: true, description: 'lamps', preProvisioningHook: hook }),
    update({ removePreProvisioningHook: true }),
    describe({ enabled: true, description: 'lamps' }),
  ])
  t.match(first.registry.template(templateName), { json: JSON.parse(a) })
  first.clock.advance(7000)
  await play(t, first, [
    createVersion(2),
    createVersion(3, true),
    describe({
      enabled: true,
      description: 'lamps',
      defaultVersionId: 3,
      templateBody: b,
      lastModifiedDate: at + 7,
    }),
  ])
  t.match(first.registry.template(templateName), { json: JSON.parse(b) }, 'acts at once')
  const after = await reopened(first)
  t.match(after.registry.template(templateName), { json: JSON.parse(b) })
  await play(t, after, [
    [
      'listProvisioningTemplates',
      {},
      {
        templates: [
          {
            templateArn,
            templateName,
            description: 'lamps',
            creationDate: at,
            lastModifiedDate: at + 7,
            enabled: true,
            type: 'FLEET_PROVISIONING',
          },
        ],
      },
    ],
    [
      'describeProvisioningTemplateVersion',
      { templateName, versionId: 2 },
      { versionId: 2, creationDate: at + 7, templateBody: b, isDefaultVersion: false },
    ],
    update({ defaultVersionId: 1 }),
    [
      'listProvisioningTemplateVersions',
      { templateName, maxResults: 2 },
      {
        versions: [
          { versionId: 1, creationDate: at, isDefaultVersion: true },
          { versionId: 2, creationDate: at + 7, isDefaultVersion: false },
        ],
        nextToken: String,
      },
    ],
    ['deleteProvisioningTemplateVersion', { templateName, versionId: 3 }, {}],
    createVersion(4),
    ['deleteProvisioningTemplate', { templateName }, {}],
    ['listProvisioningTemplates', {}, { templates: [] }],
    create({ type: 'JITP', enabled: true }),
    describe({ type: 'JITP', enabled: true, creationDate: at + 7 }),
  ])
})

t.test('what is not there is not found, by any operation', async t => {
  await play(t, await opened(), [
    ['describeProvisioningTemplate', { templateName }, none],
    update({ enabled: true }, none),
    ['deleteProvisioningTemplate', { templateName }, none],
    ['createProvisioningTemplateVersion', { templateName, templateBody: a }, none],
    ['describeProvisioningTemplateVersion', { templateName, versionId: 1 }, none],
    ['deleteProvisioningTemplateVersion', { templateName, versionId: 1 }, none],
    ['listProvisioningTemplateVersions', { templateName }, none],
    create(),
    update({ defaultVersionId: 2 }, noVersion(2)),
    ['describeProvisioningTemplateVersion', { templateName, versionId: 2 }, noVersion(2)],
    ['deleteProvisioningTemplateVersion', { templateName, versionId: 2 }, noVersion(2)],
  ])
})

t.test('what AWS refuses', async t => {
  const broken = (why: RegExp) =>
    refused('InvalidRequestException', new RegExp(`^templateBody is not valid: .*${why.source}`))
  const certificateBy = (Properties: object) =>
    JSON.stringify({ Resources: { c: { Type: 'AWS::IoT::Certificate', Properties } } })
  await play(t, await opened(), [
    refusedCreate({ templateBody: '{' }, broken(/./)),
    refusedCreate({ templateBody: '{}' }, broken(/Resources/)),
    refusedCreate(
      { templateBody: certificateBy({ CertificatePem: 'x' }), type: 'JITP' },
      broken(/CertificateId/),
    ),
    refusedCreate(
      { type: 'JITP', preProvisioningHook: hook },
      refused('InvalidRequestException', 'A JITP template has no pre-provisioning hook'),
    ),
    refusedCreate({ templateName: 'a b' }, refused('InvalidRequestException', /'templateName'/)),
    refusedCreate(
      { provisioningRoleArn: undefined },
      refused('InvalidRequestException', /'provisioningRoleArn'/),
    ),
    refusedCreate(
      { templateBody: a + ' '.repeat(10_240) },
      refused('InvalidRequestException', /'templateBody'/),
    ),
    refusedCreate({ type: 'OTHER' }, refused('InvalidRequestException', /'type'/)),
    create(),
    refusedCreate(
      {},
      refused('ResourceAlreadyExistsException', 'Template with name fleet already exists'),
    ),
    update(
      { preProvisioningHook: hook, removePreProvisioningHook: true },
      refused('InvalidRequestException', /give one of them/),
    ),
    [
      'createProvisioningTemplateVersion',
      { templateName, templateBody: '{}' },
      broken(/Resources/),
    ],
    [
      'deleteProvisioningTemplateVersion',
      { templateName, versionId: 1 },
      refused('DeleteConflictException', 'Cannot delete the default version of template fleet'),
    ],
    ...[2, 3, 4, 5].map(number => createVersion(number)),
    [
      'createProvisioningTemplateVersion',
      { templateName, templateBody: b },
      refused(
        'VersionsLimitExceededException',
        'Template fleet already has the maximum number of versions (5)',
      ),
    ],
    ['deleteProvisioningTemplateVersion', { templateName, versionId: 2 }, {}],
    createVersion(6),
  ])
})

t.test('a template that a CA uses stays', async t => {
  const setting = await opened()
  const { operations } = setting.registry
  await play(t, setting, [create({ type: 'JITP' })])
  okay(
    operations.registerCACertificate({
      caCertificate: pki().signer.pem,
      certificateMode: 'SNI_ONLY',
      registrationConfig: { templateName },
    }),
  )
  await play(t, setting, [
    [
      'deleteProvisioningTemplate',
      { templateName },
      refused('DeleteConflictException', /in use by CA certificate/),
    ],
  ])
})

t.test('256 templates, in pages', async t => {
  const { registry } = await opened()
  const { operations } = registry
  const names = Array.from({ length: 256 }, (_, number) => `t${String(number).padStart(3, '0')}`)
  for (const name of names)
    okay(
      operations.createProvisioningTemplate({
        templateName: name,
        templateBody: a,
        provisioningRoleArn,
      }),
    )
  t.match(
    operations.createProvisioningTemplate({ templateName, templateBody: a, provisioningRoleArn }),
    { ok: false, refusal: { exception: 'LimitExceededException' } },
  )
  const seen: string[] = []
  for (let nextToken: string | undefined, page = 0; page === 0 || nextToken; page++) {
    const input = { maxResults: 100, ...(nextToken && { nextToken }) }
    const list = okay(operations.listProvisioningTemplates(input))
    seen.push(...list.templates.map(one => one.templateName))
    nextToken = list.nextToken
    okay(operations.deleteProvisioningTemplate({ templateName: seen.at(-1) ?? '' }))
  }
  t.same(seen, names)
})
