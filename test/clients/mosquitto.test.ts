/** What the README promises: two devices made by `createDevice` talk to each other with mosquitto_pub and mosquitto_sub. */

import t, { type Test } from 'tap'
import type { StartOptions } from '../../broker/main.ts'
import { local } from './local.ts'
import { mosquittoPub, mosquittoSub } from './mosquitto.ts'
import { toolOrSkip } from './skip.ts'

async function pair(t: Test, tls: StartOptions['tls'] = {}) {
  const { broker, device } = await local(t, { tls })
  const [lamp, button] = [await device('lamp'), await device('button')]
  return {
    broker,
    lamp: { ...lamp.flags, clientId: 'lamp' },
    button: { ...button.flags, clientId: 'button' },
    ids: { lamp: lamp.id, button: button.id },
  }
}

// The policy chooses: mosquitto's own `--tls-version tlsv1.2` takes 1.3 all the same.
const policies = {
  'TLSv1.2': 'IoTSecurityPolicy_TLS12_1_2_2022_10',
  'TLSv1.3': 'IoTSecurityPolicy_TLS13_1_2_2022_10',
} as const

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  for (const qos of [0, 1] as const) {
    t.test(`QoS ${qos} on ${version}`, async t => {
      if (!(await toolOrSkip(t, 'mosquitto_pub'))) return
      const { broker, lamp, button, ids } = await pair(t, { securityPolicy: policies[version] })
      const listening = mosquittoSub({ ...lamp, topic: 'home/+/light', qos, count: 2 })
      await listening.saw(/received SUBACK/)
      for (const message of ['on', 'off']) {
        const said = await mosquittoPub({ ...button, topic: 'home/hall/light', qos, message })
        t.match(said, { code: 0, stderr: '' })
        const record = await broker.closed({ clientId: 'button' })
        t.match(record, {
          verdict: 'closed',
          code: 'CLOSE_BY_CLIENT',
          thingName: 'button',
          certificateId: ids.button,
          tls: { version, alerts: [] },
          sent: { connack: 0 },
          mqtt: { protocol: '3.1.1', clientId: 'button', packets: { in: 3, out: 1 + qos } },
        })
        t.same(record.also, [], 'nothing to remark on')
      }
      const heard = await listening.done
      t.equal(heard.code, 0)
      t.same(messages(heard.stdout), ['home/hall/light on', 'home/hall/light off'])
      t.match(await broker.closed({ clientId: 'lamp' }), {
        verdict: 'closed',
        code: 'CLOSE_BY_CLIENT',
        certificateId: ids.lamp,
      })
    })
  }
}

/** `-d` talks among the messages; those begin with the topic. */
function messages(stdout: Buffer): string[] {
  return stdout
    .toString()
    .split('\n')
    .filter(line => line.startsWith('home/'))
}
