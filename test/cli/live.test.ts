/** The broker from files, as `candid start` runs it: what is declared is taken over while it runs. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SecureVersion } from 'node:tls'
import mqtt from 'mqtt'
import t, { type Test } from 'tap'
import { startFromFiles } from '../../broker/cli/run-from-files.ts'
import { createWorld, runningClock } from '../../broker/world.ts'
import { afterServerFlight } from '../diagnosis/provoke/visitors.ts'
import { minted } from '../helpers/pki.ts'
import { AT_ONCE } from './running.ts'
import { type Sandbox, sandbox } from './sandbox.ts'

type Line = { event: string; [key: string]: unknown }

type Live = Sandbox & { port: number; line(matches: (line: Line) => boolean): Promise<Line> }

/** Starts in a folder of its own, and waits for log lines instead of time. */
async function live(
  t: Test,
  config = `log: json\n${AT_ONCE}`,
  files: { [name: string]: string } = {},
): Promise<Live> {
  const box = sandbox(t, Date.now())
  for (const [name, content] of Object.entries(files)) box.write(name, content)
  box.write('config.yaml', config)
  box.write('policies/device.json', ANYTHING)
  const lines: Line[] = []
  const waiting: { matches: (line: Line) => boolean; give: (line: Line) => void }[] = []
  const broker = await startFromFiles({
    configFile: join(box.dir, 'config.yaml'),
    overrides: { port: 0 },
    io: {
      ...box.io,
      world: createWorld(runningClock()),
      stdout: {
        write(text: string) {
          const line: Line = JSON.parse(text)
          const index = waiting.findIndex(({ matches }) => matches(line))
          const [waiter] = index < 0 ? [] : waiting.splice(index, 1)
          if (waiter) waiter.give(line)
          else lines.push(line)
        },
      },
    },
  })
  if ('problems' in broker) throw new Error(JSON.stringify(broker.problems))
  t.teardown(() => broker.stop())
  return {
    ...box,
    port: broker.port,
    line(matches) {
      const index = lines.findIndex(matches)
      const [line] = index < 0 ? [] : lines.splice(index, 1)
      return line ? Promise.resolve(line) : new Promise(give => waiting.push({ matches, give }))
    },
  }
}

const ANYTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }],
})

/** @returns the CONNACK's code, or undefined when the broker closes without one */
function connect(
  thing: string,
  { dir, port }: Live,
  options: { maxVersion?: SecureVersion } = {},
): Promise<number | undefined> {
  const file = (name: string) => readFileSync(join(dir, 'certs/devices', thing, name))
  const client = mqtt.connect({
    host: 'localhost',
    port,
    protocol: 'mqtts',
    ca: file('AmazonRootCA1.pem'),
    cert: file('certificate.pem.crt'),
    key: file('private.pem.key'),
    clientId: thing,
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...options,
  })
  return new Promise(resolve => {
    client.on('error', () => undefined)
    client.once('connect', ({ returnCode }) => {
      client.end(true)
      resolve(returnCode)
    })
    client.once('close', () => resolve(undefined))
  })
}

const isDeclared =
  (devices: number) =>
  (line: Line): boolean =>
    line.event === 'broker.declared' && line['devices'] === devices

t.test('a device created while the broker runs can connect; deactivated, it can not', async t => {
  const box = await live(t)
  await box.line(isDeclared(0))
  t.match(await box.line(({ event }) => event === 'broker.ready'), {
    port: box.port,
    ca: /certs\/server\/ca\.pem$/,
  })
  t.equal((await box.run('device', 'create', 'sensor-1')).code, 0)
  await box.line(isDeclared(1))
  t.equal(await connect('sensor-1', box), 0)

  const yaml = 'certs/devices/sensor-1/device.yaml'
  box.write(yaml, box.read(yaml).replace('ACTIVE', 'INACTIVE'))
  await box.line(isDeclared(1))
  t.equal(await connect('sensor-1', box), undefined)
  t.match(await box.line(line => line['code'] === 'REGISTRATION_INACTIVE'), {
    event: 'connection.closed',
    verdict: 'refused',
    thingName: 'sensor-1',
  })
})

t.test('a policy file that is edited acts on the next packet of a connected device', async t => {
  const box = await live(t)
  await box.run('device', 'create', 'sensor-1')
  await box.line(isDeclared(1))
  const file = (name: string) => readFileSync(join(box.dir, 'certs/devices/sensor-1', name))
  const client = await mqtt.connectAsync({
    host: 'localhost',
    port: box.port,
    protocol: 'mqtts',
    ca: file('AmazonRootCA1.pem'),
    cert: file('certificate.pem.crt'),
    key: file('private.pem.key'),
    clientId: 'sensor-1',
    protocolVersion: 4,
    reconnectPeriod: 0,
  })
  t.teardown(() => client.end(true))
  await client.publishAsync('data/a', '1', { qos: 1 })
  const narrower = ANYTHING.replace('iot:*', 'iot:Connect')
  box.write('policies/device.json', narrower)
  const closed = new Promise<void>(resolve => client.once('close', () => resolve()))
  // Until the file is read it may still publish; the first packet after that ends it.
  const publishing = (async () => {
    while (client.connected)
      await Promise.race([client.publishAsync('data/a', '2', { qos: 1 }), closed])
  })()
  publishing.catch(() => undefined)
  t.match(await box.line(line => line.event === 'broker.declared' && 'changed' in line), {
    changed: {
      policies: ['device'],
      says: /next packet of every device; AWS IoT needs some minutes/,
    },
  })
  t.match(await box.line(({ event }) => event === 'connection.closed'), {
    code: 'TRAFFIC_PUBLISH_DENIED',
    says: /it is for `iot:Connect`, not for `iot:Publish`/,
  })
})

t.test('a device that connects as soon as it is created is known', async t => {
  const box = await live(t)
  for (const thing of ['sensor-1', 'sensor-2']) {
    await box.run('device', 'create', thing)
    t.equal(await connect(thing, box), 0, thing)
  }
})

t.test('a broken file is reported and its last good state kept', async t => {
  const box = await live(t)
  await box.run('device', 'create', 'sensor-1')
  await box.line(isDeclared(1))
  box.write('policies/device.json', '{ "Version": "2012-10-17", "Statement": [')
  t.match(await box.line(({ event }) => event === 'broker.warning'), {
    file: 'policies/device.json',
  })
  await box.line(isDeclared(1))
  t.equal(await connect('sensor-1', box), 0)
})

t.test('a config with a mistake changes nothing while the broker runs', async t => {
  const box = await live(t)
  await box.run('device', 'create', 'sensor-1')
  await box.line(isDeclared(1))
  box.write('config.yaml', 'log: json\nlistner: { port: 1 }\n')
  t.match(await box.line(({ event }) => event === 'broker.warning'), {
    says: /config\.yaml:2: .*listner/,
  })
  t.equal(await connect('sensor-1', box), 0)
})

t.test('a port that is taken is one clear line', async t => {
  const box = await live(t)
  const again = await startFromFiles({
    configFile: join(box.dir, 'config.yaml'),
    overrides: { port: box.port, state: 'memory' },
    io: { ...box.io, world: createWorld(runningClock()) },
  })
  t.match(again, { problems: [{ says: /port \d+ is taken/, hint: /--port/ }] })
})

t.test('the state is kept beside the config, by one broker at a time', async t => {
  const box = await live(t)
  const state = join(box.dir, 'state')
  t.match(await box.line(({ event }) => event === 'broker.ready'), { state })
  t.match(box.read('state/store/status.json'), `"pid":${process.pid}`)
  const again = await startFromFiles({
    configFile: join(box.dir, 'config.yaml'),
    overrides: { port: 0 },
    io: { ...box.io, world: createWorld(runningClock()) },
  })
  t.match(again, { problems: [{ says: /in use by process \d+/, hint: /--state DIR/ }] })
  box.write('config.yaml', 'log: json\nstate: elsewhere\n')
  t.match(await box.line(({ says }) => /`state` has changed/.test(String(says))), {
    hint: /start the broker again/,
  })
})

t.test('several listeners: told at the start, their rules taken over while it runs', async t => {
  const listeners = (second: string) =>
    `log: json\n${AT_ONCE}listeners:\n  - host: 127.0.0.1\n  - { host: 127.0.0.1, port: 0${second} }\n`
  const box = await live(t, listeners(', sni: required'))
  const ready = await box.line(({ event }) => event === 'broker.ready')
  t.match(ready, {
    port: box.port,
    listeners: [
      { host: '127.0.0.1', port: box.port, sni: 'optional', alpn: 'optional' },
      { host: '127.0.0.1', port: Number, sni: 'required', alpn: 'optional' },
    ],
  })
  const ports = (ready['listeners'] as { port: number }[]).map(({ port }) => port)
  await box.run('device', 'create', 'sensor-1')
  const second = { ...box, port: ports[1] ?? 0 }
  t.equal(await connect('sensor-1', second), 0)

  const changed = listeners(', securityPolicy: IoTSecurityPolicy_TLS13_1_3_2022_10')
  box.write('config.yaml', `${changed}authorities: [{ certificate: certs/server/ca.pem }]\n`)
  await box.line(line => line.event === 'broker.declared' && line['authorities'] === 1)
  t.equal(await connect('sensor-1', second, { maxVersion: 'TLSv1.2' }), undefined)
  t.match(await box.line(line => line['code'] === 'HELLO_VERSION_UNSUPPORTED'), {
    listener: { port: second.port },
  })
  t.equal(await connect('sensor-1', box, { maxVersion: 'TLSv1.2' }), 0)

  box.write('config.yaml', 'log: json\nlisteners: [{ port: 0 }]\n')
  t.match(await box.line(({ event }) => event === 'broker.warning'), {
    says: /host or port/,
    hint: /start the broker again/,
  })
  t.equal(await connect('sensor-1', second), 0)
})

t.test('a server certificate of the user: told with its CA, mistakes and changes too', async t => {
  const own = (dnsName: string) => minted({ subject: [['CN', 'mine']], dnsNames: [dnsName] })
  const box = sandbox(t, Date.now())
  const [first, second] = [own('localhost'), own('elsewhere')]
  const config = `log: json\ntls:\n  serverCertificates:\n    - { certificate: my.pem, key: my.key, ca: my.pem }\n${AT_ONCE}`
  box.write('config.yaml', config)
  box.write('my.pem', first.pem)
  box.write('my.key', second.keyPem)
  const configFile = join(box.dir, 'config.yaml')
  const io = { ...box.io, world: createWorld(runningClock()) }
  const started = await startFromFiles({ configFile, overrides: { port: 0 }, io })
  t.match(started, { problems: [{ says: /^config\.yaml:4: `my\.key` is not the key of/ }] })

  const running = await live(t, config, { 'my.pem': first.pem, 'my.key': first.keyPem })
  t.match(await running.line(({ event }) => event === 'broker.ready'), { ca: /my\.pem$/ })
  await running.run('device', 'create', 'sensor-1')
  t.equal(running.read('certs/devices/sensor-1/AmazonRootCA1.pem'), first.pem)
  t.equal(await connect('sensor-1', running), 0)

  running.write('my.key', second.keyPem)
  t.match(await running.line(({ event }) => event === 'broker.warning'), {
    says: /`my\.key` is not the key/,
  })
  await running.line(({ says }) => /are not taken over/.test(`${says}`))
  t.equal(await connect('sensor-1', running), 0)
  running.write('my.pem', second.pem)
  t.match(await running.line(({ event }) => event === 'broker.warning'), {
    file: 'my.pem',
    says: /is for `elsewhere`, and this machine is known as/,
  })
  t.equal(await connect('sensor-1', running), undefined)
})

t.test('what is said of our certificate is true of the one that the client was shown', async t => {
  const own = (dnsName: string) => minted({ subject: [['CN', 'mine']], dnsNames: [dnsName] })
  const [shown, later] = [own('shown.local'), own('later.local')]
  const config =
    'log: json\ntls:\n  serverCertificates:\n    - { certificate: my.pem, key: my.key }\n'
  const running = await live(t, config, { 'my.pem': shown.pem, 'my.key': shown.keyPem })
  const taken = ({ event }: Line) => event === 'broker.declared'
  await running.line(taken)
  await afterServerFlight(running, async socket => {
    // It thinks about the certificate; meanwhile the user puts another one in its place.
    running.write('new.key', later.keyPem)
    running.write('new.pem', later.pem)
    running.write('config.yaml', config.replaceAll('my.', 'new.'))
    await running.line(({ says }) => /later\.local/.test(`${says}`))
    await running.line(taken)
    socket.end(Buffer.from('15030300020230', 'hex'))
  })
  t.match(await running.line(({ event }) => event === 'connection.closed'), {
    code: 'HANDSHAKE_SERVER_CERTIFICATE_REJECTED',
    evidence: { alert: 48, names: ['shown.local'] },
  })
})

t.test('--port is the first listener, and not the port of another', async t => {
  const box = sandbox(t, Date.now())
  box.write('config.yaml', 'listeners: [{ port: 8883 }, { port: 443 }]\n')
  const configFile = join(box.dir, 'config.yaml')
  const io = { ...box.io, world: createWorld(runningClock()) }
  const started = await startFromFiles({ configFile, overrides: { port: 443 }, io })
  t.match(started, { problems: [{ says: /`--port`: port 443/ }] })
})

t.test('a hook that nothing asks is told at the start, and again when it has changed', async t => {
  const hooks = (template: string) =>
    `log: json\nprovisioning:\n  hooks:\n    - template: ${template}\n      module: absent.mjs\n`
  const broker = await live(t, hooks('fleat'))
  const hook = (says: RegExp) => (line: Line) =>
    line.event === 'broker.warning' && says.test(String(line['says']))
  const at = { file: 'config.yaml', line: 4 }
  t.match(await broker.line(hook(/`fleat`: there is no template/)), { ...at, hint: /fleat\.json/ })
  t.match(await broker.line(hook(/`fleat`: there is no module/)), at)
  broker.write('config.yaml', hooks('other'))
  t.match(await broker.line(hook(/`other`: there is no template/)), at)
})
