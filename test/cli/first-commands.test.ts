import { join } from 'node:path'
import t from 'tap'
import { firstCommands } from '../../broker/cli/first-commands.ts'
import { project, type Sandbox, sandbox } from './sandbox.ts'

function where(box: Sandbox) {
  return {
    certsDir: join(box.dir, 'certs'),
    policiesDir: join(box.dir, 'policies'),
    host: '::',
    port: 18_883,
  }
}

t.test('a project without devices: make one, and connect it', async t => {
  const box = project(t)
  const { createDevice, publish } = await firstCommands(where(box), box.io)
  t.equal(createDevice, 'candid device create sensor-1')
  const made = await box.run('device', 'create', 'sensor-1', '--json')
  // The file says 8883; the broker listens where it was told to.
  t.equal(publish, String(made.json()['command']).replace('-p 8883', '-p 18883'))
})

t.test('with a device there, only the command that connects it', async t => {
  const box = project(t)
  await box.run('device', 'create', 'pump-7')
  box.write('certs/devices/broken/device.yaml', 'thing: broken\n')
  const { createDevice, publish } = await firstCommands(where(box), box.io)
  t.equal(createDevice, undefined)
  t.match(publish, /--cert certs\/devices\/pump-7\/certificate\.pem\.crt .* -i pump-7 /)
})

t.test('an empty folder needs its starter files first', async t => {
  const box = sandbox(t)
  const { createDevice } = await firstCommands(where(box), box.io)
  t.equal(createDevice, 'candid init && candid device create sensor-1')
  for (const command of (createDevice ?? '').split(' && ')) {
    const { code, err } = await box.run(...command.split(' ').slice(1))
    t.equal(code, 0, err)
  }
})

t.test('called through npm, the next command goes through it too', async t => {
  const box = project(t)
  const io = { ...box.io, env: { npm_command: 'run-script' } }
  const { createDevice } = await firstCommands(where(box), io)
  t.equal(createDevice, 'npx candid device create sensor-1')
})

t.test('another config file and another address are named', async t => {
  const box = project(t)
  const elsewhere = { ...where(box), configFlag: 'my lab/config.yaml', host: '192.0.2.7' }
  const { createDevice, publish } = await firstCommands(elsewhere, box.io)
  t.equal(createDevice, "candid device create sensor-1 --config 'my lab/config.yaml'")
  t.match(publish, /^mosquitto_pub -h 192\.0\.2\.7 -p 18883 /)
})
