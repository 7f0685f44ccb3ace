/** docs/commands.md against the command line: each verb is there, and what stands there runs, in that order. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { FLEET, liveProject } from '../cli/running.ts'
import { minted } from '../helpers/pki.ts'
import { requestPem } from '../helpers/request.ts'

const page = readFileSync('docs/commands.md', 'utf8')
const examples = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) =>
  block.trim().split('\n'),
)

t.test('each command and verb has an example', async t => {
  const box = liveProject(t)
  const overview = (await box.run('--help')).out
  const commands = [...overview.matchAll(/^ {2}candid ([a-z]+) /gm)].map(([, name = '']) => name)
  t.ok(commands.length > 8)
  t.ok(overview.split('\n').length < 24, 'candid --help is one screen')
  for (const command of commands) {
    t.match(page, `candid ${command}`)
    const { out } = await box.run(command, '--help')
    const verbs = new RegExp(`candid ${command} ([a-z][a-z-]*)(?= |$)`, 'gm')
    for (const [, verb = ''] of out.matchAll(verbs)) {
      t.match(page, new RegExp(`candid ${command} ${verb}\\b`), `candid ${command} ${verb}`)
    }
  }
})

for (const lines of examples.filter(([first]) => !first?.startsWith('candid init'))) {
  t.test(`${lines[0]} ... ${lines.at(-1)}`, async t => {
    const box = liveProject(t)
    const one = minted({ subject: [['CN', 'one']] })
    box.write('device.pem', one.pem)
    box.write('device.csr', requestPem())
    box.write('ca.pem', minted({ subject: [['CN', 'acme']], isCa: true }).pem)
    box.write('other.pem', minted({ subject: [['CN', 'other']], isCa: true }).pem)
    box.write('fleet.json', FLEET)
    box.write('narrow.json', box.read('policies/device.json'))
    let made = ''
    for (const line of lines) {
      const args = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(found =>
        found.slice(1).join(''),
      )
      const ran = await box.run(...args.slice(1).map(arg => (arg === 'CERT' ? made : arg)))
      t.equal(ran.code, 0, `${line}: ${ran.err}`)
      made = /^certificate ([0-9a-f]{64}) is made/.exec(ran.out)?.[1] ?? made
    }
  })
}
