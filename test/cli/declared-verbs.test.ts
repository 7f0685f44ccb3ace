/** Verbs on what files declare: they change the file, nothing else in it, and a running broker has taken it over by then. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { connected, keysOf, liveProject, runningBroker } from './running.ts'
import { sandbox } from './sandbox.ts'

const yaml = 'certs/devices/sensor-1/device.yaml'

t.test('a device is activated, deactivated, given policies, and its comments stay', async t => {
  const box = liveProject(t)
  await box.run('device', 'create', 'sensor-1')
  const before = box.read(yaml)
  t.match(before, /^status: ACTIVE # or INACTIVE/m)

  const broker = await runningBroker(t, box)
  const client = await connected(t, broker, keysOf(box, 'sensor-1'), 'sensor-1')
  if (!client) throw new Error('it is kept out')
  const closed = new Promise<void>(done => client.once('close', () => done()))

  const off = await box.run('device', 'deactivate', 'sensor-1')
  t.equal(off.code, 0, off.err)
  t.match(off.out, /^device `sensor-1` is INACTIVE, in certs\/devices\/sensor-1\/device\.yaml$/m)
  t.match(off.out, /^the running broker has taken it over$/m)
  t.equal(box.read(yaml), before.replace('status: ACTIVE', 'status: INACTIVE'))
  await closed
  t.match(await broker.line(({ event }) => event === 'connection.closed'), {
    code: 'REGISTRATION_INACTIVE',
  })
  t.equal(await connected(t, broker, keysOf(box, 'sensor-1'), 'sensor-1'), undefined)

  t.equal((await box.run('device', 'activate', 'sensor-1')).code, 0)
  t.equal(box.read(yaml), before)
  t.ok(await connected(t, broker, keysOf(box, 'sensor-1'), 'sensor-1'), 'it has been taken over')

  t.equal((await box.run('device', 'attach', 'sensor-1', 'sensors')).code, 0)
  t.match(box.read(yaml), /^policies: \["device", "sensors"\]$/m)
  t.equal((await box.run('device', 'detach', 'sensor-1', 'device')).code, 0)
  t.match(box.read(yaml), /^policies: \["sensors"\]$/m)
  const none = await box.run('device', 'attach', 'sensor-1', 'nonsense')
  t.equal(none.code, 2)
  t.match(none.err, /^ResourceNotFoundException: /)
})

t.test('its certificate is found by the beginning of its id, and by its file', async t => {
  const box = liveProject(t)
  const made = (await box.run('device', 'create', 'sensor-1', '--json')).json()
  const id = `${made['certificateId']}`
  const file = 'certs/devices/sensor-1/certificate.pem.crt'
  const json = (await box.run('cert', 'revoke', file, '--json')).json()
  t.same(json, { file: yaml, takenOver: false })
  t.match(box.read(yaml), /^status: REVOKED # /m)
  t.notOk(existsSync(join(box.dir, 'state')), 'a file was edited, and no state made')
  t.equal((await box.run('cert', 'activate', id.slice(0, 8))).code, 0)
  t.match(box.read(yaml), /^status: ACTIVE # /m)
})

t.test('a device of config.yaml: its entry is changed', async t => {
  const box = liveProject(t)
  await box.run('device', 'create', 'sensor-1')
  const config = (status: string) =>
    `log: json # mine\nlisteners: [{ port: 0 }]\ncerts: other\ndevices:\n  # the first\n  - thing: sensor-1\n${status}    certificate: certs/devices/sensor-1/certificate.pem.crt # here\n    policies: [device]\n`
  box.write('config.yaml', config(''))
  const off = await box.run('device', 'deactivate', 'sensor-1')
  t.equal(off.code, 0, off.err)
  t.match(box.read('config.yaml'), /# the first\n {2}- status: INACTIVE\n {4}thing: sensor-1\n/)
  t.equal((await box.run('device', 'delete', 'sensor-1')).code, 0)
  t.match(box.read('config.yaml'), /^devices: \[\]$/m)
  t.match(box.read('config.yaml'), /^log: json # mine$/m)
})

t.test('delete asks, since the keys go too', async t => {
  const box = liveProject(t)
  await box.run('device', 'create', 'sensor-1')
  const refused = await box.run('device', 'delete', 'sensor-1')
  t.equal(refused.code, 2)
  t.match(refused.err, /`certs\/devices\/sensor-1` would go, with its keys\nhint: add --yes/)
  box.io.ask = () => Promise.resolve('no')
  t.match(await box.run('device', 'delete', 'sensor-1'), { code: 2, err: 'nothing is removed\n' })
  t.ok(existsSync(join(box.dir, yaml)))
  box.io.ask = () => Promise.resolve('yes')
  t.equal((await box.run('device', 'delete', 'sensor-1')).code, 0)
  t.notOk(existsSync(join(box.dir, 'certs/devices/sensor-1')))
})

t.test('a CA: by name; deleting it takes its folder', async t => {
  const box = liveProject(t)
  await box.run('ca', 'create', 'factory', '--template', 'jitp')
  const file = 'certs/authorities/factory/authority.yaml'
  const broker = await runningBroker(t, box)
  t.equal((await box.run('ca', 'deactivate', 'factory')).code, 0)
  t.match(box.read(file), /^status: INACTIVE/m)
  t.match((await box.run('ca', 'describe', 'factory')).out, /^status +INACTIVE$/m)
  t.equal((await box.run('ca', 'disable-registration', 'factory')).code, 0)
  t.match(box.read(file), /^autoRegistration: DISABLE/m)
  t.match(
    (await box.run('ca', 'list')).out,
    /^[0-9a-f]{64} +factory +INACTIVE .* certs\/authorities/m,
  )
  t.equal((await box.run('ca', 'delete', 'factory', '--yes')).code, 0)
  t.notOk(existsSync(join(box.dir, 'certs/authorities/factory')))
  t.match((await box.run('ca', 'list')).out, /there are no CAs/)
  await broker.stop()
})

t.test('what can not be edited is left to the user', async t => {
  const box = liveProject(t)
  await box.run('device', 'create', 'sensor-1')
  const before = box.read(yaml).replace('policies: ["device"]', 'policies: device')
  box.write(yaml, before)
  const ran = await box.run('device', 'attach', 'sensor-1', 'sensors')
  t.equal(box.read(yaml), before)
  t.not(ran.code, 0)
})

t.test('a declared device that is missing', async t => {
  const box = sandbox(t)
  const ran = await box.run('device', 'activate', 'none')
  t.equal(ran.code, 2)
  t.match(ran.err, /^ResourceNotFoundException: /)
})
