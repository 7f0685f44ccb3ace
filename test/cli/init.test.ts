import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../broker/config/load.ts'
import { sandbox } from './sandbox.ts'

t.test('a new project gets its files', async t => {
  const box = sandbox(t)
  const { code, out } = await box.run('init', 'mine')
  t.equal(code, 0)
  t.match(out, /^wrote mine\/config\.yaml$/m)
  t.match(out, /^ {2}cd mine$/m)
  t.same(loadConfig(box.read('mine/config.yaml')).problems, [])
  t.ok(JSON.parse(box.read('mine/policies/device.json')).Statement)
  t.match(box.read('mine/certs/.gitignore'), /^\*$/m, 'keys stay out of git')
  t.match(box.read('mine/certs/README.md'), /\w/)
})

t.test('what is there stays', async t => {
  const box = sandbox(t)
  box.write('config.yaml', '# my own\n')
  const { code, json } = await box.run('init', '--json')
  t.equal(code, 0)
  t.equal(box.read('config.yaml'), '# my own\n')
  t.match(json().kept, ['config.yaml'])
  t.ok(json().written.includes('policies/device.json'))
  const again = await box.run('init', '--json')
  t.same(again.json().written, [])
})

t.test('a new project can make a device at once', async t => {
  const box = sandbox(t)
  await box.run('init')
  t.equal((await box.run('device', 'create', 'sensor-1', '--key', 'ec')).code, 0)
})

t.test('a folder in the way of a file is told', async t => {
  const box = sandbox(t)
  mkdirSync(join(box.dir, 'config.yaml'))
  const { code, err } = await box.run('init')
  t.equal(code, 1)
  t.match(err, /`config\.yaml`: /)
})
