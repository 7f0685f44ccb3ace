/** `candid call`: through the door of a running broker, and in the state folder where none runs. */

import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runCommand } from '../../broker/cli/frame.ts'
import { liveProject, runningBroker } from './running.ts'

const thing = (name: string) => ['--input', JSON.stringify({ thingName: name })]

t.test('in the store; a broker that starts then has it, and what it learns stays', async t => {
  const box = liveProject(t)
  const made = await box.run('call', 'CreateThing', ...thing('a'))
  t.equal(made.code, 0, made.err)
  t.match(made.json(), { thingName: 'a', thingId: /^[0-9a-f-]{36}$/ })
  t.notOk('via' in made.json(), "AWS's output and nothing else")
  t.match((await box.run('call', 'ListThings', '--json')).json(), {
    things: [{ thingName: 'a' }],
    via: 'store',
  })

  const broker = await runningBroker(t, box)
  t.match((await box.run('call', 'ListThings', '--json')).json(), {
    things: [{ thingName: 'a' }],
    via: 'broker',
  })
  t.equal((await box.run('call', 'CreateThing', ...thing('b'))).code, 0)
  t.match(await broker.line(({ event }) => event === 'registry.changed'), {
    operation: 'CreateThing',
    by: 'candid call',
    resources: ['thing/b'],
  })
  await broker.stop()
  t.notOk(existsSync(join(box.dir, 'state/door.json')))
  t.match((await box.run('call', 'ListThings', '--json')).json(), {
    things: [{ thingName: 'a' }, { thingName: 'b' }],
    via: 'store',
  })
})

t.test('what files declare is in both answers', async t => {
  const box = liveProject(t)
  await box.run('device', 'create', 'sensor-1')
  const expected = { things: [{ thingName: 'sensor-1' }] }
  t.match((await box.run('call', 'ListThings')).json(), expected)
  t.notOk(existsSync(join(box.dir, 'state')), 'who only asks leaves no state behind')
  await runningBroker(t, box)
  t.match((await box.run('call', 'ListThings')).json(), expected)
})

t.test("AWS's exceptions, and mistakes of ours", async t => {
  const box = liveProject(t)
  const table: [args: string[], code: number, err: RegExp, hint: RegExp | undefined][] = [
    [['DescribeThing', ...thing('none')], 2, /^ResourceNotFoundException: /, undefined],
    [['DescribeThing', ...thing('a b')], 2, /^InvalidRequestException: 1 validation/, undefined],
    [['Nonsense'], 3, /^UnknownOperationException: /, /candid call --list/],
    [['CraeteThing'], 3, /^UnknownOperationException: /, /did you mean `CreateThing`/],
    [['CreateThing', '--input', '{'], 3, /`{` is no JSON object/, /--input '{/],
    [['CreateThing', '--input', 'no.json'], 3, /there is no such file/, /path/],
    [[], 3, /^OPERATION is missing/, /candid call --list/],
  ]
  const check = async (via: string) => {
    for (const [args, code, err, hint] of table) {
      const ran = await box.run('call', ...args)
      t.equal(ran.code, code, `${via}: ${args.join(' ')}`)
      t.match(ran.err, err)
      t.equal(ran.out, '')
      if (hint) t.match(ran.err.split('\n')[1], hint)
    }
    t.match((await box.run('call', 'DescribeThing', ...thing('none'), '--json')).json(), {
      exception: 'ResourceNotFoundException',
      message: /none/,
      via,
    })
  }
  await check('store')
  await runningBroker(t, box)
  await check('broker')
})

t.test(
  'a policy is judged as the config says, and RegisterThing is there, with a broker and without',
  async t => {
    const box = liveProject(t)
    const lines = 'log: json\nlisteners: [{ port: 0 }]\n'
    const Resource = `arn:aws:iot:us-east-1:123456789012:topic/${'x'.repeat(2100)}`
    const Statement = [{ Effect: 'Allow', Action: 'iot:Publish', Resource }]
    const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
    const create = async (policyName: string) =>
      (
        await box.run(
          'call',
          'CreatePolicy',
          '--input',
          JSON.stringify({ policyName, policyDocument }),
        )
      ).code
    const templateBody = '{"Resources":{}}'
    const check = async (via: string) => {
      const ran = await box.run(
        'call',
        'RegisterThing',
        '--input',
        JSON.stringify({ templateBody }),
      )
      t.match(ran.err, /^ResourceRegistrationFailureException: /, via)
      t.equal(await create(`large-${via}`), 0, `${via}: a large policy`)
    }
    t.equal(await create('large'), 2)
    box.write('config.yaml', `${lines}policySize: warn\n`)
    await check('store')
    await runningBroker(t, box)
    await check('broker')
  },
)

t.test('input from a file', async t => {
  const box = liveProject(t)
  box.write('in.json', '{"thingName":"from-file"}')
  t.match((await box.run('call', 'CreateThing', '--input', 'in.json')).json(), {
    thingName: 'from-file',
  })
})

t.test('a broker in memory has no door', async t => {
  const box = liveProject(t)
  box.write('config.yaml', 'listeners: [{ port: 0 }]\nlog: json\nstate: memory\n')
  const ran = await box.run('call', 'ListThings')
  t.equal(ran.code, 1)
  t.match(ran.err, /keeps its state in memory has no management door/)
  t.match(ran.err, /^hint: .*--state DIR/m)
  t.match((await box.run('call', 'ListThings', '--state', 'elsewhere')).json(), { things: [] })
})

t.test('a door that does not answer as one', { skip: process.platform === 'win32' }, async t => {
  const box = liveProject(t)
  await box.run('call', 'CreateThing', ...thing('a'))
  const path = join(box.dir, 'state/door.sock')
  const server = createServer((_, response) => response.writeHead(401).end('{}'))
  await new Promise<void>(done => server.listen(path, done))
  t.teardown(() => server.close())
  const file = { path, token: 'x', pid: 42, version: '0' }
  writeFileSync(join(box.dir, 'state/door.json'), JSON.stringify(file))
  const ran = await box.run('call', 'ListThings')
  t.equal(ran.code, 1)
  t.match(ran.err, /\(process 42\) does not answer at its door: it does not take the token/)
})

t.test('two commands at once take turns', async t => {
  const box = liveProject(t)
  const quiet = { ...box.io, stdout: { write: () => {} }, stderr: { write: () => {} } }
  const codes = await Promise.all(
    ['a', 'b', 'c'].map(name => runCommand(['call', 'CreateThing', ...thing(name)], quiet)),
  )
  t.same(codes, [0, 0, 0])
  t.match((await box.run('call', 'ListThings')).json(), { things: { length: 3 } })
})

t.test('--list names them all', async t => {
  const box = liveProject(t)
  const { out, code } = await box.run('call', '--list')
  t.equal(code, 0)
  t.match(out, /^CreateThing$/m)
  t.match((await box.run('call', '--list', '--json')).json(), {
    operations: out.trim().split('\n'),
  })
})

t.test('the input comes from stdin, too', t => {
  const box = liveProject(t)
  const main = fileURLToPath(new URL('../../broker/cli/main.ts', import.meta.url))
  const loader = import.meta.resolve('@tapjs/typescript/import')
  const args = ['--import', loader, main, 'call', 'CreateThing', '--input', '-']
  const options = { cwd: box.dir, input: '{"thingName":"piped"}', encoding: 'utf8' } as const
  t.match(JSON.parse(execFileSync(process.execPath, args, options)), { thingName: 'piped' })
  t.end()
})
