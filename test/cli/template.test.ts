import t from 'tap'
import { pki } from '../helpers/pki.ts'
import { CERTIFICATE, CN, ID, SERIAL } from '../template/sample.ts'
import { project, sandbox } from './sandbox.ts'

const S = { Type: 'String' }
const POLICY = { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'device' } }
const jitp = (more: object = {}) =>
  JSON.stringify({
    Parameters: { [CN]: S, [ID]: S },
    Resources: {
      thing: {
        Type: 'AWS::IoT::Thing',
        Properties: { ThingName: { Ref: CN }, AttributePayload: { a: '1' }, ThingGroups: ['wet'] },
        OverrideSettings: { AttributePayload: 'MERGE' },
      },
      certificate: CERTIFICATE,
      policy: POLICY,
    },
    ...more,
  })
const fleet = JSON.stringify({
  Parameters: { Serial: S },
  Resources: {
    thing: { Type: 'AWS::IoT::Thing', Properties: { ThingName: { Ref: 'Serial' } } },
    certificate: CERTIFICATE,
    policy: {
      Type: 'AWS::IoT::Policy',
      Properties: {
        PolicyDocument:
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}',
      },
    },
  },
  DeviceConfiguration: { Url: 'https://a.example', Retries: 3 },
})

t.test('template check: what it makes for a certificate', async t => {
  const box = project(t)
  const { device } = pki()
  box.write('t.json', jitp())
  box.write('device.pem', device.pem)
  t.match(await box.run('template', 'check', 't.json'), {
    code: 0,
    out: 't.json: fine, for just-in-time provisioning\nhint: candid template check t.json --certificate FILE shows what it makes\n',
    err: '',
  })
  const { code, out } = await box.run('template', 'check', 't.json', '--certificate', 'device.pem')
  t.equal(code, 0)
  t.equal(
    out,
    [
      't.json: fine, for just-in-time provisioning',
      '',
      't.json makes:',
      '  thing                   dev-1',
      '  attributes              a=1',
      '  thing groups            wet',
      '  where the thing exists  AttributePayload=MERGE, ThingTypeName=DO_NOTHING, ThingGroups=DO_NOTHING',
      '  policy                  device',
      '  certificate             ACTIVE, NON_EXCLUSIVE_THING',
      '',
    ].join('\n'),
  )
  const json = await box.run('template', 'check', 't.json', '--certificate', 'device.pem', '--json')
  t.match(json.json(), {
    for: 'JITP',
    good: true,
    problems: [],
    plan: { certificate: { source: { certificateId: device.certificate.sha256 } } },
  })
})

t.test('template check: what it makes for a device of a fleet', async t => {
  const box = project(t)
  box.write('f.json', fleet)
  const { code, out } = await box.run(
    'template',
    'check',
    'f.json',
    '--parameters',
    '{"Serial":"s-7"}',
  )
  t.equal(code, 0)
  t.match(out, /^f\.json: fine, for fleet provisioning\n/)
  t.match(out, / thing +s-7\n/)
  t.match(out, / policy +the document of `policy`\n/)
  t.match(out, / told to the device +Url=https:\/\/a\.example, Retries=3\n/)
})

type Refused = [
  name: string,
  files: { [file: string]: string },
  args: string[],
  code: number,
  out: RegExp,
]

const refused: Refused[] = [
  [
    'a template with errors',
    { 't.json': '{\n"Resources": {}\n}' },
    ['t.json'],
    2,
    /^t\.json:2: error: has no resource of type AWS::IoT::Certificate\nhint: /,
  ],
  [
    'a certificate that lacks an attribute',
    { 't.json': jitp({ Parameters: { [SERIAL]: S, [CN]: S } }), 'c.pem': pki().device.pem },
    ['t.json', '--certificate', 'c.pem'],
    2,
    /^t\.json: makes nothing: parameter `AWS::IoT::Certificate::SerialNumber`: the certificate does not carry it/m,
  ],
  [
    'a device that sends too little',
    { 'f.json': fleet },
    ['f.json', '--parameters', '{}'],
    2,
    /makes nothing: parameter `Serial`: the device did not send it/,
  ],
  [
    'the wrong use',
    { 'f.json': fleet.replace(`{"Ref":"${ID}"}`, '"x"') },
    ['f.json', '--for', 'fleet'],
    2,
    /error: resource `certificate`: a fleet provisioning template has/,
  ],
  [
    'warnings only',
    { 't.json': jitp({ Conditions: {} }) },
    ['t.json'],
    0,
    /^t\.json:1: warning: `Conditions` is of cloudformation/,
  ],
]

for (const [name, files, args, code, says] of refused) {
  t.test(`template check: ${name}`, async t => {
    const box = project(t)
    for (const [file, content] of Object.entries(files)) box.write(file, content)
    const ran = await box.run('template', 'check', ...args)
    t.match(ran.out, says)
    t.equal(ran.code, code)
  })
}

t.test('template: what can not be run', async t => {
  const box = sandbox(t)
  box.write('t.json', jitp())
  const table: [args: string[], says: string][] = [
    [[], 'usage: candid template check FILE'],
    [['chek'], 'unknown command `template chek`'],
    [['check'], 'FILE is missing'],
    [['check', 'none.json'], 'none.json'],
    [
      ['check', 't.json', '--for', 'all'],
      '`all` is no use of a template\nhint: there is jitp, fleet, register-thing',
    ],
    [['check', 't.json', '--parameters', '[]'], '`--parameters` is no json object'],
    [['check', 't.json', '--parameters', '{"a":1}'], 'parameter `a` is not a string'],
    [['check', 't.json', '--certificate', 't.json'], '`t.json`: '],
  ]
  for (const [args, says] of table) {
    const { code, err } = await box.run('template', ...args)
    t.equal(code, 3, args.join(' '))
    t.match(err, says)
  }
  t.match(await box.run('template', '--help'), { code: 0, out: 'usage: candid template check' })
})
