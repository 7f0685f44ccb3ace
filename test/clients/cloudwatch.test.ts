/** The log in the form of CloudWatch, as `candid start` writes it while mosquitto's programs come and go. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startFromFiles } from '../../broker/cli/run-from-files.ts'
import { createWorld, runningClock } from '../../broker/world.ts'
import { liveProject } from '../cli/running.ts'
import { mosquittoPub, mosquittoSub } from './mosquitto.ts'
import { toolOrSkip } from './skip.ts'

type Entry = { eventType: string; status: string; clientId?: string; [key: string]: unknown }

t.test('mosquitto, from its connect to a certificate that is deactivated', async t => {
  if (!(await toolOrSkip(t, 'mosquitto_pub'))) return
  const { entry, box, port, aside } = await running(t)
  const certs = join(box.dir, 'certs/devices/sensor-1')
  const device = {
    port,
    ca: join(certs, 'AmazonRootCA1.pem'),
    cert: join(certs, 'certificate.pem.crt'),
    key: join(certs, 'private.pem.key'),
    clientId: 'sensor-1',
  }
  t.match(aside(), /ready/)

  const own = { ...device, topic: 'sensor-1/up', message: 'x', qos: 1 } as const
  await mosquittoPub(own)
  const connected = await entry('Connect')
  const who = {
    clientId: 'sensor-1',
    principalId: connected['principalId'],
    sourceIp: /127.0.0.1|::1/,
  }
  t.match(connected, { status: 'Success', logLevel: 'INFO', protocol: 'MQTT', ...who })
  t.match(connected, {
    timestamp: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/,
    accountId: '123456789012',
  })
  t.match(
    connected['traceId'],
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  t.match(await entry('Publish-In'), { status: 'Success', topicName: 'sensor-1/up', ...who })
  t.match(await entry('Disconnect'), {
    status: 'Success',
    disconnectReason: 'CLIENT_INITIATED_DISCONNECT',
    ...who,
  })

  // With QoS 1 it would try again for ever.
  await mosquittoPub({ ...own, topic: 'others/up', qos: 0 })
  await entry('Connect')
  const denied = await entry('Publish-In')
  t.match(denied, {
    status: 'Failure',
    logLevel: 'ERROR',
    topicName: 'others/up',
    reason: 'AUTHORIZATION_FAILURE',
    candid: { code: 'TRAFFIC_PUBLISH_DENIED', says: /others\/up/ },
    ...who,
  })
  t.match(await entry('Disconnect'), {
    status: 'Failure',
    traceId: denied['traceId'],
    disconnectReason: 'AUTH_ERROR',
  })

  const older = mosquittoSub({ ...device, topic: 'sensor-1/#' })
  await older.saw(/received SUBACK/)
  await entry('Connect')
  t.match(await entry('Subscribe'), { status: 'Success', topicName: 'sensor-1/#', ...who })
  await mosquittoPub({ ...own, message: '' })
  t.match(await entry('Disconnect'), {
    status: 'Failure',
    reason: 'DUPLICATE_CLIENT_ID',
    details: 'A new connection was established with the same client ID',
    disconnectReason: 'DUPLICATE_CLIENTID',
    candid: { code: 'CLOSE_DUPLICATE_CLIENT_ID' },
  })
  await older.stop()
  await entry('Disconnect')

  await mosquittoPub({ ...own, clientId: 'another' })
  t.match(await entry('Connect', 'Failure'), {
    clientId: 'another',
    reason: 'AUTHORIZATION_FAILURE',
    details: 'Authorization Failure',
    candid: { code: 'PERMISSION_CONNECT_DENIED' },
  })

  await box.run('cert', 'deactivate', device.cert)
  await mosquittoPub({ ...own, qos: 0 })
  t.match(await entry('Connection.AuthNError'), {
    status: 'Failure',
    authenticationType: 'AWS_X509',
    serverNameIndication: 'localhost',
    targetPort: port,
    reason: 'DEVICE_CERTIFICATE_INACTIVE',
    details: 'Device certificate is not active',
    candid: { code: 'REGISTRATION_INACTIVE' },
    ...who,
  })
  const { ca, topic, message } = own
  await mosquittoPub({ port, ca, topic, message, clientId: 'nobody' })
  t.match(await entry('Connection.AuthNError'), {
    reason: 'NOT_AUTHENTICATED',
    candid: { code: 'CERTIFICATE_MISSING' },
  })
})

/** A broker that runs from files, with one device. Each entry is given once. */
async function running(t: Test) {
  const box = liveProject(t)
  box.write(
    'config.yaml',
    'log: cloudwatch\nlogLevel: info\nlisteners: [{ port: 0 }]\nlimits: { connectsPerSecondPerClientId: off }\n',
  )
  box.write('policies/device.json', readFileSync('policies/device.json', 'utf8'))
  t.equal((await box.run('device', 'create', 'sensor-1')).code, 0)
  const entries: Entry[] = []
  const waiting = new Set<() => void>()
  let aside = ''
  const stdout = {
    write(text: string) {
      entries.push(JSON.parse(text))
      for (const look of waiting) look()
    },
  }
  const stderr = {
    write(text: string) {
      aside += text
    },
  }
  const started = await startFromFiles({
    configFile: join(box.dir, 'config.yaml'),
    overrides: {},
    io: { ...box.io, world: createWorld(runningClock()), stdout, stderr },
  })
  if ('problems' in started) throw new Error(JSON.stringify(started.problems))
  t.teardown(() => started.stop())
  return {
    box,
    port: started.port,
    aside: () => aside,
    entry(eventType: string, status?: string): Promise<Entry> {
      return new Promise(give => {
        const look = (): void => {
          const at = entries.findIndex(
            one => one.eventType === eventType && (status === undefined || one.status === status),
          )
          const [found] = at < 0 ? [] : entries.splice(at, 1)
          if (found === undefined) return
          waiting.delete(look)
          give(found)
        }
        waiting.add(look)
        look()
      })
    },
  }
}
