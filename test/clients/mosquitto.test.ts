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

t.test('a retained message waits for who comes later, and can be cleared', async t => {
  if (!(await toolOrSkip(t, 'mosquitto_pub'))) return
  const { lamp, button } = await pair(t)
  const topic = 'home/hall/light'
  const retain = { ...button, topic, qos: 1, retain: true } as const
  t.equal((await mosquittoPub({ ...retain, message: 'on' })).code, 0)
  const later = await mosquittoSub({ ...lamp, topic }).done
  t.same(messages(later.stdout), [`${topic} on`])
  t.match(later.stdout.toString(), /received PUBLISH \(d0, q0, r1/)

  t.equal((await mosquittoPub({ ...retain, message: '' })).code, 0)
  const fresh = mosquittoSub({ ...lamp, topic, count: 1 })
  await fresh.saw(/received SUBACK/)
  t.equal((await mosquittoPub({ ...button, topic, message: 'news' })).code, 0)
  t.same(messages((await fresh.done).stdout), [`${topic} news`], 'nothing old came before it')
})

t.test('a will is told when the device is killed, and not when it says goodbye', async t => {
  if (!(await toolOrSkip(t, 'mosquitto_pub'))) return
  const { broker, lamp, button } = await pair(t)
  const topic = 'home/button/gone'
  const listening = mosquittoSub({ ...lamp, topic, qos: 1 })
  await listening.saw(/received SUBACK/)
  const will = (words: string) => [
    '--will-topic',
    topic,
    '--will-qos',
    '1',
    '--will-payload',
    words,
  ]

  const polite = mosquittoSub({ ...button, topic: 'a', args: will('polite') })
  await polite.saw(/received SUBACK/)
  await polite.stop()
  t.match(await broker.closed({ clientId: 'button' }), { code: 'CLOSE_BY_CLIENT' })

  const killed = mosquittoSub({ ...button, topic: 'a', args: will('killed') })
  await killed.saw(/received SUBACK/)
  await killed.stop('SIGKILL')
  t.match(await broker.closed({ clientId: 'button' }), {
    verdict: 'closed',
    side: 'client',
    code: 'CLOSE_CONNECTION_LOST',
    mqtt: { will: { topic, qos: 1, retain: false, bytes: 6 } },
  })
  t.same(messages((await listening.done).stdout), [`${topic} killed`])
})

t.test('MQTT 5 is refused by name', async t => {
  if (!(await toolOrSkip(t, 'mosquitto_pub'))) return
  const { broker, button } = await pair(t)
  const five = await mosquittoPub({ ...button, topic: 'a', message: 'x', args: ['-V', 'mqttv5'] })
  t.not(five.code, 0)
  t.match(await broker.closed(), { code: 'CONNECT_PROTOCOL_UNSUPPORTED', evidence: { level: 5 } })
})

/** `-d` talks among the messages; those begin with the topic. */
function messages(stdout: Buffer): string[] {
  return stdout
    .toString()
    .split('\n')
    .filter(line => line.startsWith('home/'))
}
