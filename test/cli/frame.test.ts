import t from 'tap'
import { runCommand } from '../../broker/cli/frame.ts'
import { sandbox } from './sandbox.ts'

const mistakes: [args: string[], says: RegExp, hint: RegExp][] = [
  [['strat'], /^unknown command `strat`$/m, /^hint: did you mean `candid start`\?$/m],
  [['frobnicate'], /^unknown command `frobnicate`$/m, /^hint: candid --help$/m],
  [['--frobnicate'], /^unknown flag `--frobnicate`$/m, /^hint: candid --help$/m],
  [['constructor'], /^unknown command `constructor`$/m, /^hint: /m],
  [['evil\u001b[31m'], /^unknown command `evil\\u\{?0*1b\}?\[31m`$/m, /^hint: /m],
  [['start', '--prot', '1'], /^unknown flag `--prot`$/m, /^hint: did you mean `--port`\?$/m],
  [['start', '--port'], /^`--port` needs a value$/m, /^hint: --port N/m],
  [['start', '--port', '--json'], /^`--port` needs a value$/m, /^hint: --port N/m],
  [['start', '--port='], /^`--port` needs a value$/m, /^hint: --port N/m],
  [['start', '--port', '70000'], /^`--port`: `70000` is no port$/m, /^hint: --port 8883$/m],
  [['start', '--log', 'stroy'], /unknown form `stroy`/, /did you mean `story`\?/],
  [['start', '--log', 'xyz'], /unknown form `xyz`/, /--log story, --log json or --log cloudwatch/],
  [['start', '--log-level', 'inf'], /unknown level `inf`/, /--log-level info/],
  [['start', '--clock', 'tomorrow'], /`tomorrow` is no time/, /--clock 2049-12-31T23:59:00Z/],
  [['start', '--clock', '2026-01-01T00:00'], /is no time/, /--clock 2049/],
  [['start', 'here'], /^one argument too many: `here`$/m, /^hint: candid start /m],
  [['start', '--config', 'no.yaml'], /`no.yaml`: there is no such file/, /^hint: /m],
  [['init', '--json=yes'], /^`--json` takes no value$/m, /^hint: candid init --help$/m],
  [['device', 'crate'], /unknown command `device crate`/, /did you mean `candid device create`\?/],
  [['device', 'create'], /^THING is missing$/m, /^hint: candid device create THING/m],
  [['ca', 'regster'], /unknown command `ca regster`/, /did you mean `candid ca register`\?/],
  [['ca', 'create'], /^NAME is missing$/m, /^hint: candid ca create NAME/m],
  [['explain'], /^CODE or FILE is missing$/m, /^hint: candid explain --help$/m],
  [['explain', 'HELLO_NOT_TSL'], /unknown code `HELLO_NOT_TSL`/, /candid explain HELLO_NOT_TLS/],
]

for (const [args, says, hint] of mistakes) {
  t.test(`candid ${JSON.stringify(args.join(' '))} is invalid input`, async t => {
    const { code, out, err } = await sandbox(t).run(...args)
    t.equal(code, 3)
    t.match(err, says)
    t.match(err, hint)
    t.equal(out, '', 'stdout is for data')
  })
}

for (const verb of ['start', 'init', 'device', 'ca', 'explain']) {
  t.test(`candid ${verb} --help tells how to use it`, async t => {
    const box = sandbox(t)
    const asked = await box.run(verb, '--help')
    t.equal(asked.code, 0)
    t.match(asked.out, new RegExp(`^usage: candid ${verb}`))
    t.match(asked.out, /--json/)
    t.equal(asked.err, '')
    t.equal((await box.run('help', verb)).out, asked.out)
    const all = await box.run('--help')
    t.match(all.out, new RegExp(`candid ${verb} `))
  })
}

t.test('several mistakes are told at once', async t => {
  const { code, err } = await sandbox(t).run('start', '--port', 'x', '--log', 'y', '--clock', 'z')
  t.equal(code, 3)
  t.equal(err.match(/^hint: /gm)?.length, 3)
})

t.test('without a command the overview comes, as talk', async t => {
  const { code, out, err } = await sandbox(t).run()
  t.equal(code, 3)
  t.equal(out, '')
  t.match(err, /candid start/)
})

t.test('--version', async t => {
  const { code, out } = await sandbox(t).run('--version')
  t.equal(code, 0)
  t.match(out, /^\d+\.\d+\.\d+\n$/)
})

t.test('a bug says that it is one', async t => {
  const { io } = sandbox(t)
  let err = ''
  io.stderr = { write: text => (err += text) }
  io.stdout = {
    write() {
      throw new TypeError('oh dear')
    },
  }
  t.equal(await runCommand(['--version'], io), 1)
  t.match(err, /this is a bug in candid:\nTypeError: oh dear/)
  t.match(err, /hint: please report it/)
})

t.test('a bad config: every mistake with its line, nothing started', async t => {
  const box = sandbox(t)
  box.write('config.yaml', '# mine\nlistner:\n  port: 1\ntls:\n  groups: [x25519, secp256k1]\n')
  const { code, err } = await box.run('start')
  t.equal(code, 3)
  t.match(err, /^config\.yaml:2: listner: unknown key/m)
  t.match(err, /^hint: .*`listeners`/m)
  t.match(err, /^config\.yaml:5: tls\.groups/m)
})

t.test('mistakes are data too, with --json', async t => {
  const { code, json } = await sandbox(t).run('device', 'create', '--json')
  t.equal(code, 3)
  t.match(json().problems, [{ says: 'THING is missing' }])
})
