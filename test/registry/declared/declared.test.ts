import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig } from '../../../broker/config/load.ts'
import type { Config } from '../../../broker/config/shape.ts'
import { defaultConfig } from '../../../broker/config/shape.ts'
import { readDeclared } from '../../../broker/registry/declared/declared.ts'
import type { Declared } from '../../../broker/registry/declared/declared-shape.ts'
import { minted, pki, rsaKeys } from '../../helpers/pki.ts'

type Files = { [path: string]: string | Buffer | undefined }

const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }],
})
const brokenPolicy = '{\n  "Version": "2012-10-17",\n  "Statement": [{ "Effect": "Allow", }]\n}'
const ID = 'AWS::IoT::Certificate::Id'
const templateOf = (...policies: object[]) => ({
  Resources: {
    certificate: { Type: 'AWS::IoT::Certificate', Properties: { CertificateId: { Ref: ID } } },
    ...Object.fromEntries(policies.map((one, at) => [`policy${at}`, ofPolicy(one)])),
  },
})
const ofPolicy = (Properties: object) => ({ Type: 'AWS::IoT::Policy', Properties })
const template = JSON.stringify(templateOf({ PolicyName: 'device' }))

/** As in AWS's own example of a JITP template. */
const talkative = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 'iot:Publish',
      Resource: 'arn:aws:iot:us-east-1:123456789012:topic/a',
    },
  ],
})

const deviceYaml = (more = 'thing: sensor-1\npolicies: [device]\n') =>
  `certificate: certificate.pem.crt\n${more}`

/** A set-up where all is well: one of each kind, found in folders. */
const good = (): Files => ({
  'policies/device.json': policy,
  'policies/README.md': '# not a policy',
  'policies/templates/jitp.json': template,
  'certs/authorities/acme/ca.pem': pki().signer.pem,
  'certs/authorities/acme/authority.yaml': 'certificate: ca.pem\ntemplate: jitp\n',
  'certs/devices/sensor-1/certificate.pem.crt': pki().device.pem,
  'certs/devices/sensor-1/device.yaml': deviceYaml(),
})

async function write(folder: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path)
    if (content === undefined) await rm(file, { recursive: true })
    else {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content)
    }
  }
}

async function folderWith(t: Test, files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'declared-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await write(folder, files)
  return folder
}

function configOf(text: string): Config {
  const { config, problems } = loadConfig(text)
  if (!config) throw new Error(JSON.stringify(problems))
  return config
}

const outline = (declared: Declared) => ({
  policies: declared.policies.map(one => `${one.name} ${one.file}`),
  templates: declared.templates.map(one => `${one.name} ${one.file}`),
  authorities: declared.authorities.map(
    one =>
      `${one.name} ${one.status} ${one.autoRegistration} ${one.templateName} ${one.file} ${one.certificateFile}`,
  ),
  devices: declared.devices.map(
    one => `${one.thingName} ${one.status} [${one.policyNames}] ${one.file} ${one.certificateFile}`,
  ),
})

const goodOutline = {
  policies: ['device policies/device.json'],
  templates: ['jitp policies/templates/jitp.json'],
  authorities: [
    'acme ACTIVE ENABLE jitp certs/authorities/acme/authority.yaml certs/authorities/acme/ca.pem',
  ],
  devices: [
    'sensor-1 ACTIVE [device] certs/devices/sensor-1/device.yaml certs/devices/sensor-1/certificate.pem.crt',
  ],
}

t.test('an empty folder declares nothing', async t => {
  const folder = await folderWith(t, {})
  const { declared, problems } = await readDeclared(defaultConfig(), folder)
  t.strictSame(declared, {
    policies: [],
    templates: [],
    authorities: [],
    devices: [],
    thingTypes: [],
    groups: [],
  })
  t.strictSame(problems, [])
})

t.test('folders and config.yaml are read together, in a fixed order', async t => {
  const folder = await folderWith(t, {
    ...good(),
    'other/stranger.der': pki().stranger.ca.der,
    'device2.der': pki().device2.der,
  })
  const config = configOf(
    [
      'authorities:',
      '- { certificate: other/stranger.der, status: INACTIVE, autoRegistration: DISABLE }',
      'devices:',
      '- { certificate: device2.der, status: REVOKED }',
    ].join('\n'),
  )
  const { declared, problems } = await readDeclared(config, folder)
  t.strictSame(problems, [])
  t.strictSame(outline(declared), {
    ...goodOutline,
    authorities: [
      ...goodOutline.authorities,
      'stranger INACTIVE DISABLE undefined config.yaml other/stranger.der',
    ],
    devices: [...goodOutline.devices, 'undefined REVOKED [] config.yaml device2.der'],
  })
  t.equal(declared.authorities[0]?.id, pki().signer.certificate.sha256)
  t.equal(declared.devices[0]?.certificateId, pki().device.certificate.sha256)
  t.equal(declared.devices[1]?.pem, pki().device2.pem, 'DER becomes PEM')
  t.equal(declared.templates[0]?.text, template)
  t.equal(declared.policies[0]?.policy.name, 'device')
})

/** [file, line, severity, says, hint]; what differs from the good set-up; what config.yaml says */
type Want = [file: string, line: number | undefined, severity: string, says: string, hint?: string]

const faults: [name: string, change: () => Files, config: string, want: Want[]][] = [
  [
    'a policy with a mistake',
    () => ({ 'policies/other.json': brokenPolicy }),
    '',
    [['policies/other.json', 3, 'error', 'a comma before `}`', 'remove the comma']],
  ],
  [
    'a policy whose statement has a mistake',
    () => ({
      'policies/other.json': '{"Statement":\n{"Effect":"Alow","Action":[],"Resource":"*"}}',
    }),
    '',
    [
      [
        'policies/other.json',
        2,
        'error',
        'statement 1: `Effect` must be `Allow` or `Deny`, not `Alow`',
        'did you mean `Allow`?',
      ],
      ['policies/other.json', 2, 'error', 'statement 1: `Action` is an empty list'],
    ],
  ],
  [
    'a policy name that AWS refuses',
    () => ({ 'policies/my policy.json': policy }),
    '',
    [
      [
        'policies/my policy.json',
        undefined,
        'error',
        '`my policy` is no policy name that AWS takes',
        'rename the file: 1 to 128 of the characters a-z A-Z 0-9 _ + = , . @ -, then .json',
      ],
    ],
  ],
  [
    'two files of one policy',
    () => ({ 'policies/device.JSON': policy }),
    '',
    [
      [
        'policies/device.json',
        undefined,
        'error',
        'a second file of policy `device`, which `policies/device.JSON` holds',
        'remove one of the two, or rename it',
      ],
    ],
  ],
  [
    'a template among the policies, a policy among the templates',
    () => ({ 'policies/other.json': template, 'policies/templates/other.json': policy }),
    '',
    [
      [
        'policies/other.json',
        undefined,
        'error',
        'this is a provisioning template, not a policy',
        'move the file to templates/, in the same folder',
      ],
      [
        'policies/templates/other.json',
        undefined,
        'error',
        'this is a policy, not a provisioning template',
        'move the file one folder up',
      ],
    ],
  ],
  [
    'a template that is no JSON',
    () => ({ 'policies/templates/other.json': '{\n "Resources": {},\n // my things\n}' }),
    '',
    [
      [
        'policies/templates/other.json',
        3,
        'error',
        'expected a key in double quotes, found `/`',
        'json has no comments',
      ],
    ],
  ],
  [
    'a template with a mistake, and a CA that names it',
    () => ({ 'policies/templates/jitp.json': '{\n "Resources": {}\n}' }),
    '',
    [
      [
        'certs/authorities/acme/authority.yaml',
        undefined,
        'warning',
        'template `jitp` is broken, so no device can be provisioned by it',
        'correct its file first',
      ],
      [
        'policies/templates/jitp.json',
        2,
        'error',
        'has no resource of type AWS::IoT::Certificate',
        `add \`{ "CertificateId": { "Ref": "${ID}" } }\` as its properties`,
      ],
    ],
  ],
  [
    'a template that is no good for a CA',
    () => ({
      'policies/templates/jitp.json': template.replace(`{"Ref":"${ID}"}`, '"ab12"'),
    }),
    '',
    [
      [
        'certs/authorities/acme/authority.yaml',
        undefined,
        'error',
        `template \`jitp\` can not be the template of a CA: a JITP template has \`{ "Ref": "${ID}" }\` as its \`CertificateId\``,
        'mend `policies/templates/jitp.json`, or name another template',
      ],
    ],
  ],
  [
    'templates whose devices never get in',
    () => ({
      'policies/talk.json': talkative,
      'policies/templates/jitp.json': JSON.stringify(templateOf({ PolicyName: 'talk' })),
      'policies/templates/other.json': JSON.stringify(templateOf({ PolicyName: 'devise' })),
      'policies/templates/third.json': JSON.stringify(templateOf({ PolicyDocument: talkative })),
    }),
    '',
    [
      [
        'policies/talk.json',
        1,
        'warning',
        'statement 1: `Action` no statement allows `iot:Connect`: a device with this policy alone is refused',
        'add a statement for `iot:Connect`, or attach a second policy that has one',
      ],
      [
        'policies/templates/jitp.json',
        1,
        'warning',
        'resource `policy0`: its policy does not allow `iot:Connect`: what it provisions can not connect',
        'add a statement for `iot:Connect`, or a policy that has one',
      ],
      [
        'policies/templates/other.json',
        1,
        'warning',
        'resource `policy0`: no file holds the policy `devise`',
        'did you mean `device`?',
      ],
      [
        'policies/templates/third.json',
        1,
        'warning',
        'resource `policy0`: its policy does not allow `iot:Connect`: what it provisions can not connect',
        'add a statement for `iot:Connect`, or a policy that has one',
      ],
    ],
  ],
  [
    'text that is not UTF-8',
    () => ({
      'policies/a.json': Buffer.from(`\ufeff${policy}`, 'utf16le'),
      'policies/b.json': Buffer.from([0x7b, 0xff, 0x7d]),
      'policies/c.json': `\ufeff${policy}`,
    }),
    '',
    [
      ['policies/a.json', undefined, 'error', 'is UTF-16 text', 'save the file as UTF-8'],
      ['policies/b.json', undefined, 'error', 'is not UTF-8 text', 'save the file as UTF-8'],
    ],
  ],
  [
    'a file that is too large',
    () => ({ 'policies/other.json': Buffer.alloc(1024 * 1024 + 1, 0x20) }),
    '',
    [['policies/other.json', undefined, 'error', 'is larger than 1 MiB']],
  ],
  [
    'an unknown policy, near one that is known',
    () => ({ 'certs/devices/sensor-1/device.yaml': deviceYaml('policies: [devcie]\n') }),
    '',
    [
      [
        'certs/devices/sensor-1/device.yaml',
        undefined,
        'error',
        'unknown policy `devcie`',
        'did you mean `device`?',
      ],
    ],
  ],
  [
    'an unknown policy in config.yaml',
    () => ({ 'd.pem': pki().device2.pem }),
    'certs: certs\ndevices:\n- certificate: d.pem\n  policies: [admin]\n',
    [
      [
        'config.yaml',
        3,
        'error',
        'unknown policy `admin`',
        'write `policies/admin.json`, or choose `device`',
      ],
    ],
  ],
  [
    'a policy that was never good',
    () => ({ 'policies/device.json': brokenPolicy }),
    '',
    [
      [
        'certs/devices/sensor-1/device.yaml',
        undefined,
        'warning',
        'policy `device` is broken, so this works without it',
        'correct its file first',
      ],
      ['policies/device.json', 3, 'error', 'a comma before `}`', 'remove the comma'],
    ],
  ],
  [
    'an unknown template',
    () => ({ 'policies/templates/jitp.json': undefined }),
    '',
    [
      [
        'certs/authorities/acme/authority.yaml',
        undefined,
        'error',
        'unknown template `jitp`',
        'write `policies/templates/jitp.json`',
      ],
    ],
  ],
  [
    'mistakes in a device.yaml',
    () => ({
      'certs/devices/sensor-2/device.yaml': 'thing: sensor-2\nstatus: ACTIV\npolicy: [device]\n',
    }),
    '',
    [
      [
        'certs/devices/sensor-2/device.yaml',
        1,
        'error',
        'certificate: is missing',
        'add `certificate: FILE`: PEM or DER, its path relative to this file',
      ],
      [
        'certs/devices/sensor-2/device.yaml',
        2,
        'error',
        'status: unknown value `ACTIV`',
        'did you mean `ACTIVE`?',
      ],
      [
        'certs/devices/sensor-2/device.yaml',
        3,
        'error',
        'policy: unknown key',
        'did you mean `policies`?',
      ],
    ],
  ],
  [
    'a declaration under another name',
    () => ({ 'certs/devices/sensor-2/device.yml': deviceYaml() }),
    '',
    [
      [
        'certs/devices/sensor-2/device.yml',
        undefined,
        'warning',
        'is not read',
        'rename the file to `device.yaml`',
      ],
    ],
  ],
  [
    'a certificate that is not there, and a folder in its place',
    () => ({ 'certs/devices/sensor-2/device.yaml': deviceYaml('') }),
    'devices:\n- certificate: certs\n',
    [
      [
        'certs/devices/sensor-2/device.yaml',
        undefined,
        'error',
        '`certs/devices/sensor-2/certificate.pem.crt`: there is no such file',
        'check the path',
      ],
      ['config.yaml', 2, 'error', '`certs`: is a folder, not a file', 'name the file in it'],
    ],
  ],
  [
    'a path with control characters',
    () => ({}),
    'devices:\n- certificate: "a\\e[1m\\n.pem"\n',
    [
      [
        'config.yaml',
        2,
        'error',
        '`a\\u{1b}[1m\\u{a}.pem`: there is no such file',
        'check the path',
      ],
    ],
  ],
  [
    'a private key where a certificate should be',
    () => ({
      'certs/devices/sensor-2/certificate.pem.crt': pki().device2.keyPem,
      'certs/devices/sensor-2/device.yaml': deviceYaml(''),
    }),
    '',
    [
      [
        'certs/devices/sensor-2/device.yaml',
        undefined,
        'error',
        '`certs/devices/sensor-2/certificate.pem.crt`: this is a private key, where a certificate is wanted',
        'name the certificate: `certificate.pem.crt` or the like',
      ],
    ],
  ],
  [
    'a private key beside the certificate',
    () => ({ 'd.pem': pki().device2.pem + pki().device2.keyPem }),
    'devices:\n- certificate: d.pem\n',
    [
      [
        'config.yaml',
        2,
        'warning',
        '`d.pem` holds a private key too',
        'candid needs the certificate only: take the key out',
      ],
    ],
  ],
  [
    'one thing with two certificates',
    () => ({ 'd.pem': pki().device2.pem }),
    'devices:\n- { certificate: d.pem, thing: sensor-1 }\n',
    [
      [
        'config.yaml',
        2,
        'warning',
        'thing `sensor-1` is declared twice, first in `certs/devices/sensor-1/device.yaml`',
        'two certificates for one thing are possible; if that is not meant, rename one',
      ],
    ],
  ],
  [
    'one certificate with two devices, as PEM and as DER',
    () => ({ 'd.der': pki().device.der }),
    'devices:\n- { certificate: d.der, thing: other }\n',
    [
      [
        'config.yaml',
        2,
        'error',
        'the certificate in `d.der` is declared twice, first in `certs/devices/sensor-1/device.yaml`',
        'take one of the two out',
      ],
    ],
  ],
  [
    'CAs that are none, or too weak',
    () => ({
      'd.pem': pki().device.pem,
      'weak.pem': minted({ subject: [['CN', 'weak']], isCa: true }, rsaKeys(1024)).pem,
    }),
    'authorities:\n- certificate: d.pem\n- certificate: weak.pem\n',
    [
      [
        'config.yaml',
        2,
        'warning',
        '`d.pem` is not marked as a CA',
        'a CA certificate has basicConstraints CA:TRUE: is this a device certificate?',
      ],
      [
        'config.yaml',
        3,
        'error',
        '`weak.pem` has a key of 1024 bits',
        'AWS takes CAs with RSA keys of 2048 bits and more, or with EC keys',
      ],
    ],
  ],
]

t.test('what is wrong is told with its place and remedy, and the rest works on', async t => {
  for (const [name, change, config, want] of faults) {
    t.test(name, async t => {
      const folder = await folderWith(t, good())
      await write(folder, change())
      const { declared, problems } = await readDeclared(configOf(config), folder)
      t.strictSame(
        problems.map(({ file, line, severity, says, hint }) =>
          hint === undefined ? [file, line, severity, says] : [file, line, severity, says, hint],
        ),
        want,
      )
      t.strictSame(
        declared.devices.slice(0, 1).map(one => one.certificateFile),
        ['certs/devices/sensor-1/certificate.pem.crt'],
      )
      t.equal(declared.authorities[0]?.name, 'acme')
    })
  }
})

t.test('a certificate that nobody can take apart is refused in one line', async t => {
  const spoiled = Buffer.from(pki().device2.der)
  spoiled.fill(0xff, 20, 60)
  for (const content of [spoiled, Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(500, 0x30)]) {
    const folder = await folderWith(t, { 'd.pem': content })
    const { declared, problems } = await readDeclared(
      configOf('devices:\n- certificate: d.pem\n'),
      folder,
    )
    t.strictSame(declared.devices, [])
    t.match(problems, [{ file: 'config.yaml', line: 2, severity: 'error', says: /^`d\.pem`: .+/ }])
    t.equal(problems.length, 1)
    t.notMatch(problems[0]?.says, /\n/)
  }
})

/** What changes in the good set-up, what of it stays, and how many errors are told. */
const changes: [
  name: string,
  change: () => Files,
  stays: (keyof typeof goodOutline)[],
  errors: number,
][] = [
  ['nothing', () => ({}), ['policies', 'templates', 'authorities', 'devices'], 0],
  [
    'all files break',
    () => ({
      'policies/device.json': brokenPolicy,
      'policies/templates/jitp.json': '{',
      'certs/authorities/acme/authority.yaml': 'certificat: ca.pem',
      'certs/devices/sensor-1/device.yaml': 'thing: [',
    }),
    ['policies', 'templates', 'authorities', 'devices'],
    4,
  ],
  [
    'the certificates break',
    () => ({
      'certs/authorities/acme/ca.pem': pki().signer.keyPem,
      'certs/devices/sensor-1/certificate.pem.crt': pki().device.pem.slice(0, 200),
    }),
    ['policies', 'templates', 'authorities', 'devices'],
    2,
  ],
  ['all files are removed', () => ({ policies: undefined, certs: undefined }), [], 0],
  [
    'the declarations are removed',
    () => ({
      'certs/authorities/acme/authority.yaml': undefined,
      'certs/devices/sensor-1/device.yaml': undefined,
    }),
    ['policies', 'templates'],
    0,
  ],
]

t.test('the last good state is kept while a file is broken, and goes with the file', async t => {
  for (const [name, change, stays, errors] of changes) {
    t.test(name, async t => {
      const folder = await folderWith(t, good())
      const before = await readDeclared(defaultConfig(), folder)
      t.strictSame(before.problems, [])
      await write(folder, change())
      const { declared, problems } = await readDeclared(defaultConfig(), folder, before.declared)
      const want = { policies: [], templates: [], authorities: [], devices: [] }
      for (const kind of stays) Object.assign(want, { [kind]: goodOutline[kind] })
      t.strictSame(outline(declared), want)
      t.equal(problems.filter(problem => problem.severity === 'error').length, errors)
      const fresh = await readDeclared(defaultConfig(), folder)
      t.equal(fresh.problems.filter(problem => problem.severity === 'error').length, errors)
    })
  }
})

t.test('a device can be revoked while its certificate file is broken', async t => {
  const folder = await folderWith(t, good())
  const before = await readDeclared(defaultConfig(), folder)
  await write(folder, {
    'certs/devices/sensor-1/certificate.pem.crt': '',
    'certs/devices/sensor-1/device.yaml': deviceYaml('status: REVOKED\n'),
  })
  const { declared } = await readDeclared(defaultConfig(), folder, before.declared)
  t.match(declared.devices, [
    { status: 'REVOKED', policyNames: [], certificateId: pki().device.certificate.sha256 },
  ])
})

t.test('items of config.yaml keep their last good certificate, each its own', async t => {
  const folder = await folderWith(t, { 'a.pem': pki().device.pem, 'b.pem': pki().device2.pem })
  const config = configOf('devices:\n- certificate: a.pem\n- certificate: b.pem\n')
  const before = await readDeclared(config, folder)
  await write(folder, { 'b.pem': 'nonsense' })
  const { declared, problems } = await readDeclared(config, folder, before.declared)
  t.strictSame(
    declared.devices.map(one => one.certificateId),
    [pki().device.certificate.sha256, pki().device2.certificate.sha256],
  )
  t.match(problems, [{ file: 'config.yaml', line: 3 }])
})

const root = process.getuid?.() === 0 && 'root may read everything'
t.test('a folder without permission is told, and keeps its things', { skip: root }, async t => {
  const folder = await folderWith(t, good())
  const before = await readDeclared(defaultConfig(), folder)
  await chmod(join(folder, 'policies'), 0)
  t.teardown(() => chmod(join(folder, 'policies'), 0o755))
  const { declared, problems } = await readDeclared(defaultConfig(), folder, before.declared)
  t.strictSame(outline(declared).policies, goodOutline.policies)
  t.match(problems, [
    { file: 'policies', severity: 'error', says: 'permission denied' },
    { file: 'policies/templates', severity: 'error', says: 'permission denied' },
  ])
})
