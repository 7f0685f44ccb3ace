/**
 * The handshake succeeds, and then the device's first read returns 0: that is all that AWS IoT lets a device see, whatever
 * was wrong. Three refusals that look alike from outside, and the record that says which it was.
 */

import t from 'tap'
import type { DeviceOptions } from '../../broker/main.ts'
import { allow } from '../helpers/device.ts'
import { connectPacket, publishPacket, readPackets } from '../helpers/mqtt-bytes.ts'
import { runDevice } from './device.ts'
import { local } from './local.ts'
import { sClient } from './openssl.ts'
import { deviceOrSkip, toolOrSkip } from './skip.ts'

const policy = allow(['iot:Connect', 'client/device'], ['iot:Publish', 'topic/own'])
const arn = 'arn:aws:iot:us-east-1:123456789012:'

type Case = {
  name: string
  device: DeviceOptions
  clientId: string
  /** The CONNACK comes, and only then the end. */
  connected: boolean
  record: object
}

const cases: Case[] = [
  {
    name: 'an inactive certificate',
    device: { policy, status: 'INACTIVE' },
    clientId: 'device',
    connected: false,
    record: {
      verdict: 'refused',
      code: 'REGISTRATION_INACTIVE',
      room: 'registration',
      phase: { client: 'CONNECT', broker: 'Finished' },
      evidence: { status: 'INACTIVE', thingName: 'device' },
      sent: { close: 'fin' },
    },
  },
  {
    name: 'a client id that the policy does not allow',
    device: { policy },
    clientId: 'somebody',
    connected: false,
    record: {
      verdict: 'refused',
      code: 'PERMISSION_CONNECT_DENIED',
      room: 'permission',
      phase: { client: 'CONNECT', broker: 'Finished' },
      clientId: 'somebody',
      decision: {
        action: 'iot:Connect',
        resource: `${arn}client/somebody`,
        outcome: 'IMPLICIT_DENY',
      },
      says: /client\/device/,
    },
  },
  {
    name: 'a publish that the policy does not allow',
    device: { policy },
    clientId: 'device',
    connected: true,
    record: {
      verdict: 'refused',
      code: 'TRAFFIC_PUBLISH_DENIED',
      room: 'traffic',
      evidence: { topic: 'else/where' },
      decision: {
        action: 'iot:Publish',
        resource: `${arn}topic/else/where`,
        outcome: 'IMPLICIT_DENY',
      },
      sent: { connack: 0 },
      says: /topic\/own/,
    },
  },
]

for (const { name, device: options, clientId, connected, record } of cases) {
  const told = { side: 'we', certainty: 'proof', tls: { version: 'TLSv1.3', alerts: [] } }

  t.test(`wolfssl: ${name}`, async t => {
    const program = await deviceOrSkip(t, 'wolfssl')
    if (!program) return
    const { broker, device } = await local(t)
    const { flags, id } = await device('device', options)
    const seen = await runDevice(program, {
      ...{ ...flags, clientId, min: 'tls13', publish: ['else/where:x:1'] },
      timeout: 10_000,
    })
    t.match(seen.event('handshake'), { ok: true, protocol: 'TLSv1.3' })
    t.match(seen.event('connack'), connected ? { code: 0 } : undefined)
    t.equal(seen.event('puback'), undefined)
    // Alert 0 is close_notify: an end, not a reason.
    t.match(seen.event('read'), { returned: 0, alert: 0, alertFrom: 'server' })
    t.match(seen.events.at(-1), { event: 'closed', by: 'broker' })
    t.match(await broker.closed(), { ...told, ...record, certificateId: id })
  })

  t.test(`openssl: ${name}`, async t => {
    if (!(await toolOrSkip(t, 'openssl'))) return
    const { broker, device } = await local(t)
    const { flags, id } = await device('device', options)
    const publish = publishPacket({ topic: 'else/where', qos: 1, payload: 'x' })
    const seen = await sClient({
      ...{ ...flags, tls: '1.3', holdMs: 10_000 },
      send: Buffer.concat([connectPacket({ clientId }), publish]),
    })
    t.match(seen.handshake, { ok: true, protocol: 'TLSv1.3', verification: 'OK' })
    t.same(
      readPackets(seen.stdout).map(({ cmd }) => cmd),
      connected ? ['connack'] : [],
    )
    t.equal(seen.alert, undefined)
    t.equal(seen.timedOut, false)
    t.match(await broker.closed(), { ...told, ...record, certificateId: id })
  })
}
