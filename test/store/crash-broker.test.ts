/** The real broker process, killed while commands come through its door and devices come for the first time (JITP). */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import mqtt from 'mqtt'
import t from 'tap'
import { loadConfig } from '../../broker/config/load.ts'
import { ask } from '../../broker/control/client.ts'
import { readDoorFile } from '../../broker/control/door-file.ts'
import { danglingReferences } from '../../broker/registry/consistency.ts'
import { readDeclared } from '../../broker/registry/declared/declared.ts'
import { openState } from '../../broker/registry/open-state.ts'
import { createWorld, runningClock } from '../../broker/world.ts'
import { mintedDevice, pki } from '../helpers/pki.ts'
import { plainJs } from '../helpers/plain-js.ts'
import { randomFrom } from './random.ts'
import { folderOf } from './scratch.ts'

const CONFIG = 'listeners: [{ host: 127.0.0.1, port: 0 }]\nlog: json\n'

t.setTimeout(300_000)

t.test('a killed broker has kept what it has told: through the door and to devices', async t => {
  const seed = Date.now() % 1e6
  t.comment(`seed ${seed}`)
  const random = randomFrom(seed)
  const js = plainJs([])
  t.teardown(() => rmSync(js, { recursive: true, force: true }))
  const dir = folderOf(t)
  writeFileSync(join(dir, 'config.yaml'), CONFIG)
  cpSync('policies', join(dir, 'policies'), { recursive: true })
  const ca = join(dir, 'certs/authorities/acme')
  mkdirSync(ca, { recursive: true })
  writeFileSync(join(ca, 'ca.pem'), pki().signer.pem)
  const declaration =
    'certificate: ca.pem\nstatus: ACTIVE\nautoRegistration: ENABLE\ntemplate: jitp\n'
  writeFileSync(join(ca, 'authority.yaml'), declaration)

  const things = new Set<string>()
  const tried = new Map<string, string>()
  const provisioned = new Set<string>()
  for (let round = 0; round < 3; round++) {
    const main = join(js, 'broker/cli/main.js')
    const stdio = ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit']
    const broker = spawn(process.execPath, [main, 'start'], { cwd: dir, stdio })
    const ended = once(broker, 'close')
    let alive = true
    const port = await new Promise<number>(resolve => {
      createInterface({ input: broker.stdout }).on('line', line => {
        const event = JSON.parse(line)
        if (event.event === 'broker.ready') resolve(event.port)
        if (event.event === 'provisioning.provisioned') provisioned.add(event.certificateId)
      })
    })
    const door = await readDoorFile(join(dir, 'state'))
    if (!door) throw new Error('the broker has no door')
    const commands = async (worker: number): Promise<void> => {
      for (let count = 0; alive; count++) {
        const thingName = `t-${round}-${worker}-${count}`
        const asking = { path: '/operations/CreateThing', input: { thingName }, by: 'test' }
        const reply = await ask(door, { method: 'POST', ...asking })
        if ('status' in reply && reply.status === 200) things.add(thingName)
      }
    }
    const devices = async (worker: number): Promise<void> => {
      for (let count = 0; alive; count++) {
        const name = `d-${round}-${worker}-${count}`
        const device = mintedDevice(name, pki().signer)
        tried.set(device.certificate.sha256, name)
        const client = mqtt.connect({
          host: '127.0.0.1',
          port,
          protocol: 'mqtts',
          rejectUnauthorized: false,
          cert: device.pem,
          key: device.keyPem,
          clientId: name,
          protocolVersion: 4,
          reconnectPeriod: 0,
        })
        client.on('error', () => undefined)
        await new Promise<void>(resolve => client.once('close', () => resolve()))
        client.end(true)
      }
    }
    const work = [commands(0), commands(1), devices(0), devices(1)]
    await new Promise(resolve => setTimeout(resolve, 500 + random(1500)))
    broker.kill('SIGKILL')
    alive = false
    await Promise.all([...work, ended])
  }

  const { config } = loadConfig(CONFIG)
  if (!config) throw new Error('the config is wrong')
  const parts = { world: createWorld(runningClock()), account: () => config.account }
  const opened = await openState({ folder: join(dir, 'state') }, parts, () => undefined)
  if ('problem' in opened) throw new Error(opened.problem.says)
  t.teardown(() => opened.close())
  const { registry } = opened
  registry.declare((await readDeclared(config, dir)).declared)
  t.same(
    [...things].filter(name => !registry.thing(name)),
    [],
    'no thing is lost',
  )
  t.same(
    [...provisioned].filter(id => !registry.certificate(id)),
    [],
    'no device is lost',
  )
  t.same(danglingReferences(registry.desk.view), [])
  for (const [id, name] of tried) {
    const status = registry.certificate(id)?.status
    const made = [status, registry.thingsOf(id), registry.policiesOf(id).names]
    const whole = status === undefined ? [undefined, [], []] : ['ACTIVE', [name], ['device']]
    t.same(made, whole, `${name} is there as a whole or not at all`)
  }
  t.comment(`${things.size} things and ${provisioned.size} devices were confirmed`)
  t.ok(things.size > 0 && provisioned.size > 0)
})
