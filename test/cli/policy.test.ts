import t from 'tap'
import { project, sandbox } from './sandbox.ts'

const head = 'arn:aws:iot:us-east-1:123456789012:'
const thing = `\${iot:Connection.Thing.ThingName}`
const allow = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource })
const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const sensors = document(
  allow('iot:Connect', `${head}client/${thing}`),
  allow('iot:Publish', `${head}topic/data/${thing}/*`),
)

const cases = `
principal: { thing: sensor-1 }
policies:
  sensors: { file: ../policies/sensors.json }
cases:
  - name: its own topic
    request: iot:Publish topic/data/sensor-1/temperature
    expect: ALLOWED
  - name: another topic
    request: iot:Publish topic/data/sensor-2/temperature
    expect: { outcome: IMPLICIT_DENY, nearest: { differsFrom: 2/temperature } }
`

t.test('policy test: cases that pass, and one that does not', async t => {
  const box = sandbox(t)
  box.write('policies/sensors.json', sensors)
  box.write('cases/sensors.cases.yaml', cases)
  t.match(await box.run('policy', 'test', 'cases/sensors.cases.yaml'), {
    code: 0,
    out: '2 passed, 0 failed\n',
    err: '',
  })
  box.write('wrong.cases.yaml', cases.replace('../', '').replace('ALLOWED', 'IMPLICIT_DENY'))
  const { code, out } = await box.run(
    'policy',
    'test',
    'cases/sensors.cases.yaml',
    'wrong.cases.yaml',
  )
  t.equal(code, 1)
  t.match(out, 'FAILED  wrong.cases.yaml:6  its own topic\n')
  t.match(out, '    outcome: expected `IMPLICIT_DENY`, got `ALLOWED`\n')
  t.match(out, '3 passed, 1 failed\n')
  const json = await box.run('policy', 'test', 'wrong.cases.yaml', '--json')
  t.equal(json.code, 1)
  t.match(json.json(), {
    passed: 1,
    failed: 1,
    files: [{ file: 'wrong.cases.yaml', cases: [{ line: 6, passed: false }, { passed: true }] }],
  })
  const verbose = await box.run('policy', 'test', 'cases/sensors.cases.yaml', '--verbose')
  t.match(verbose.out, 'ok  cases/sensors.cases.yaml:6  its own topic\n    `iot:Publish` on')
})

t.test('policy test: files that can not be run', async t => {
  const box = sandbox(t)
  box.write('broken.yaml', 'cases: [')
  box.write('shape.yaml', 'cases:\n  - name: a\n    requst: b\n')
  box.write('file.yaml', cases)
  const table: [file: string, says: string][] = [
    ['none.yaml', 'none.yaml'],
    ['broken.yaml', 'broken.yaml:1: a `[` is not closed'],
    ['shape.yaml', 'shape.yaml: cases[0]: unknown key `requst`, did you mean `request`?'],
    ['file.yaml', "can't read the file `../policies/sensors.json`"],
  ]
  for (const [file, says] of table) {
    const { code, err } = await box.run('policy', 'test', file)
    t.equal(code, 3, file)
    t.match(err, says)
  }
  t.match(await box.run('policy', 'test'), { code: 3, err: 'FILE is missing' })
})

t.test('policy simulate: a declared device', async t => {
  const box = project(t)
  box.write('policies/sensors.json', sensors)
  t.equal((await box.run('device', 'create', 'sensor-1', '--policy', 'sensors')).code, 0)
  const ask = (...args: string[]) => box.run('policy', 'simulate', '--thing', 'sensor-1', ...args)
  const good = await ask('--action', 'iot:Publish', '--resource', 'topic/data/sensor-1/x')
  t.equal(good.code, 0)
  t.equal(
    good.out,
    `ALLOWED
\`iot:Publish\` on \`topic/data/sensor-1/x\` is allowed by statement 2 of policy \`sensors\`
its resource is ${head}topic/data/${thing}/*, here ${head}topic/data/sensor-1/*
`,
  )
  const bad = await ask('--action', 'iot:Publish', '--resource', 'topic/data/sensor-2/x')
  t.equal(bad.code, 2)
  t.match(bad.out, 'IMPLICIT_DENY\nno statement allows `iot:Publish` on `topic/data/sensor-2/x`;')
  t.match(
    bad.out,
    `  allowed  topic/data/sensor-1/*
  asked    topic/data/sensor-2/x
                             ^
`,
  )
  const stranger = await ask(
    '--action',
    'iot:Connect',
    '--resource',
    'client/x',
    '--client-id',
    'x',
    '--json',
  )
  t.equal(stranger.code, 2)
  t.match(stranger.json(), {
    outcome: 'IMPLICIT_DENY',
    policies: ['sensors'],
    missingContextValues: ['iot:Connection.Thing.ThingName'],
    nearMisses: [
      { why: 'the client id is `x`, and the certificate is attached to the thing `sensor-1`' },
    ],
  })
})

t.test('policy simulate: policies from files, the will, the session, the clock', async t => {
  const box = sandbox(t)
  const condition = (of: object) => document({ ...allow('iot:Connect', '*'), Condition: of })
  box.write('will.json', condition({ ArnEquals: { 'iot:LastWillTopic': `${head}topic/last` } }))
  box.write(
    'persistent.json',
    condition({ 'ForAnyValue:StringEquals': { 'iot:ConnectAttributes': 'PersistentConnect' } }),
  )
  box.write('until.json', condition({ DateLessThan: { 'aws:CurrentTime': '2026-02-01' } }))
  box.write('from.json', condition({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }))
  box.write('domain.json', condition({ StringEquals: { 'iot:DomainName': 'iot.example' } }))
  const table: [policy: string, flags: string[], code: number][] = [
    ['will.json', [], 2],
    ['will.json', ['--will', 'last'], 0],
    ['persistent.json', [], 2],
    ['persistent.json', ['--persistent'], 0],
    ['until.json', [], 0],
    ['until.json', ['--clock', '2026-02-01T00:00:00Z'], 2],
    ['from.json', [], 2],
    ['from.json', ['--source-ip', '192.0.2.1'], 0],
    ['domain.json', ['--domain-name', 'iot.example'], 0],
  ]
  for (const [policy, flags, code] of table) {
    const args = ['--thing', 'a', '--action', 'iot:Connect', '--resource', 'client/a']
    const ran = await box.run('policy', 'simulate', ...args, '--policy', policy, ...flags)
    t.equal(ran.code, code, `${policy} ${flags.join(' ')}`)
  }
})

t.test('policy simulate: what is missing or wrong', async t => {
  const box = project(t)
  const asked = ['--action', 'iot:Publish', '--resource', 'topic/a']
  box.write('bad.json', '{')
  const table: [args: string[], says: string][] = [
    [asked, '`--thing` is missing'],
    [['--thing', 'a', '--resource', 'topic/a'], '`--action` is missing'],
    [['--thing', 'a', ...asked], 'no device `a` in this project\nhint: candid device create a'],
    [['--thing', 'a', ...asked, '--policy', 'bad.json'], 'bad.json:1: error: expected a key'],
    [['--thing', 'a', ...asked, '--policy', 'none.json'], 'none.json'],
    [['--thing', 'a', ...asked, '--clock', 'noon'], '`noon` is no time'],
  ]
  for (const [args, says] of table) {
    const { code, err } = await box.run('policy', 'simulate', ...args)
    t.equal(code, 3, says)
    t.match(err, says)
  }
})

t.test('policy lint', async t => {
  const box = project(t)
  t.match(await box.run('policy', 'lint'), {
    code: 0,
    out: 'policies/device.json: fine\npolicies/sensors.json: fine\n',
  })
  box.write('bad.json', document(allow('iot:Conect', 'client/a')).replaceAll(',', ',\n'))
  const bad = await box.run('policy', 'lint', 'bad.json')
  t.equal(bad.code, 2)
  t.equal(
    bad.out,
    `bad.json:3: error: statement 1: \`Action\` unknown action \`iot:Conect\`
hint: did you mean \`iot:Connect\`?
bad.json:4: error: statement 1: \`Resource\` \`client/a\` is no arn
hint: write \`arn:aws:iot:REGION:ACCOUNT:TYPE/NAME\`
bad.json: aws answers: MalformedPolicyException: Policy document is Malformed: Invalid policy syntax.
`,
  )
  box.write('config.yaml', 'account: { id: "111122223333" }\npolicySize: warn\n')
  const long = Array.from({ length: 40 }, (_, index) => `${head}topic/some/long/name/${index}`)
  box.write(
    'long.json',
    document(allow('iot:*', '*'), { ...allow('iot:Publish', ''), Resource: long }),
  )
  const warned = await box.run('policy', 'lint', 'long.json', '--json')
  t.equal(warned.code, 0)
  const { files } = warned.json() as unknown as { files: { problems: { says: string }[] }[] }
  const says = files[0]?.problems.map(problem => problem.says) ?? []
  t.equal(says.length, 2)
  t.ok(says.some(one => one.includes('the account is `123456789012` here and `111122223333`')))
  t.ok(says.some(one => one.includes('aws takes 2048')))
  t.match(await box.run('policy', 'lint', 'none.json'), { code: 3 })
})

t.test('policy without a verb, and with a wrong one', async t => {
  const box = sandbox(t)
  t.match(await box.run('policy'), { code: 3, err: 'usage: candid policy test FILE...' })
  t.match(await box.run('policy', '--help'), { code: 0, out: 'candid policy simulate' })
  t.match(await box.run('policy', 'tset'), { code: 3, err: 'did you mean `candid policy test`?' })
})
