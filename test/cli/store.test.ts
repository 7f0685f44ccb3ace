import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { start } from '../../broker/main.ts'
import { directly } from '../helpers/directly.ts'
import { project, type Sandbox } from './sandbox.ts'

/** A project whose broker has made two devices. */
async function used(t: Test): Promise<Sandbox> {
  const box = project(t)
  const broker = await start({ state: join(box.dir, 'state') })
  await broker.createDevice('sensor-1')
  await broker.createDevice('sensor-2')
  await broker.stop()
  return box
}

t.test('check: a store that is whole', async t => {
  const box = await used(t)
  const { code, out, err } = await box.run('store', 'check')
  t.equal(code, 0, err)
  t.match(out, /^the store in `state` is whole: \d+ records$/m)
  t.match(out, /^ {2}certificates 2$/m)
  t.match((await box.run('store', 'check', '--json')).json(), {
    kinds: { things: 2 },
    dangling: [],
  })
})

t.test('repair: a damaged store opens again, and a copy is kept', async t => {
  const box = await used(t)
  rmSync(join(box.dir, 'state/store/CURRENT'))
  const damaged = await box.run('store', 'check')
  t.equal(damaged.code, 2)
  t.match(
    damaged.err,
    /is damaged: its file `CURRENT` is missing\nhint: candid store repair --state /,
  )
  const { code, out } = await box.run('store', 'repair')
  t.equal(code, 0, 'it was stopped in order, so that nothing is missing can be known')
  t.match(
    out,
    /^nothing is missing: \d+ records\nthe store as it was is in `state\/store\.damaged-20260101T000000Z`$/m,
  )
  t.ok(existsSync(join(box.dir, 'state/store.damaged-20260101T000000Z')))
  t.equal((await box.run('store', 'check')).code, 0)
})

t.test('repair: how many records are lost is told', async t => {
  const box = await used(t)
  const files = readdirSync(join(box.dir, 'state/store')).filter(name => name.endsWith('.log'))
  for (const name of files) box.write(`state/store/${name}`, '')
  const { code, out } = await box.run('store', 'repair')
  t.equal(code, 2)
  t.match(out, /^in the store now: 0 records, of \d+$/m)
})

t.test('check: what leads nowhere is named', async t => {
  const box = project(t)
  const broker = await start({ state: join(box.dir, 'state') })
  const { certificateId } = await broker.createDevice('sensor-1')
  directly(broker.registry).attachPolicy(certificateId, 'device')
  directly(broker.registry).attachPolicy(certificateId, 'not-there')
  await broker.stop()
  const { code, err } = await box.run('store', 'check')
  t.equal(code, 2)
  const what = `policy \`not-there\` on \`cert/${certificateId}\``
  t.equal(
    err,
    `a policy is attached, which is not there: ${what}\n`,
    '`device` is a file of the project',
  )
})

t.test('export: a line of JSON for each record', async t => {
  const box = await used(t)
  const { code, out } = await box.run('store', 'export')
  t.equal(code, 0)
  const lines = out
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(
    lines.filter(({ key }) => key.startsWith('things/')),
    [
      { key: 'things/sensor-1', value: { thingName: 'sensor-1' } },
      { key: 'things/sensor-2', value: { thingName: 'sensor-2' } },
    ],
  )
  t.equal((await box.run('store', 'export', '--out', 'all.jsonl')).code, 0)
  t.equal(box.read('all.jsonl'), out)
  t.equal(box.mode('all.jsonl'), 0o600)
  const again = await box.run('store', 'export', '--out', 'all.jsonl')
  t.equal(again.code, 1)
  t.match(again.err, /`all\.jsonl` is there already/)
})

t.test('where there is no store, none is made', async t => {
  const box = project(t)
  for (const verb of ['check', 'repair', 'export']) {
    const { code, err } = await box.run('store', verb)
    t.not(code, 0)
    t.match(err, /there is no store in/)
  }
  t.notOk(existsSync(join(box.dir, 'state')))
  box.write('config.yaml', 'state: memory\n')
  t.match(await box.run('store', 'check'), { code: 3, err: /in memory: there is no store/ })
  t.match(await box.run('store', 'chek'), { code: 3, err: /did you mean `candid store check`/ })
})
