/**
 * mosquitto_pub and mosquitto_sub: each run is one visit, so they don't fit the vocabulary of the other libraries; what is
 * tried is the same. `session present` is in none of their words: the broker's own event tells it.
 */

import t, { type Test } from 'tap'
import type { Broker } from '../../../broker/main.ts'
import { allow } from '../../helpers/device.ts'
import { type Local, local } from '../local.ts'
import { type MosquittoOptions, mosquittoPub, mosquittoSub } from '../mosquitto.ts'
import { toolOrSkip } from '../skip.ts'
import type { Protocol } from './library.ts'

const versions: [Protocol, string][] = [
  ['3.1.1', 'mqttv311'],
  ['5', 'mqttv5'],
]

t.test('mosquitto', async t => {
  if (!(await toolOrSkip(t, 'mosquitto_sub'))) return
  const present: { [clientId: string]: boolean } = {}
  const here = await local(t, {
    limits: { connectsPerSecondPerClientId: 'off', retainedPerSecondPerTopic: 'off' },
    log(event) {
      if (event.event === 'connection.connected') present[event.clientId] = event.sessionPresent
    },
  })
  const { flags } = await here.device('fleet', { policy: POLICY })
  for (const [protocol, version] of versions) {
    await t.test(`MQTT ${protocol}`, t => {
      const scope = protocol === '5' ? 'five' : 'three'
      return tryVersion(t, here, present, scope, {
        ...flags,
        args: ['-V', version],
      })
    })
  }
})

const POLICY = allow(
  ['iot:Connect', 'client/*'],
  ['iot:Publish', 'topic/open/*'],
  ['iot:RetainPublish', 'topic/open/*'],
  ['iot:Receive', 'topic/open/*'],
  ['iot:Subscribe', 'topicfilter/open/*'],
)

type Shared = Omit<MosquittoOptions, 'topic'> & { args: string[] }

async function tryVersion(
  t: Test,
  { broker }: Local,
  present: { [clientId: string]: boolean },
  scope: string,
  shared: Shared,
): Promise<void> {
  const topicOf = (name: string): string => `open/${scope}/${name}`
  const sub = (clientId: string, name: string, more: string[] = [], count = 1) =>
    mosquittoSub({
      ...shared,
      clientId: `${scope}-${clientId}`,
      topic: topicOf(name),
      qos: 1,
      count,
      args: [...shared.args, '-F', '> %t %p %q %r', ...more],
    })
  const pub = (name: string, message: string, qos: 0 | 1, more: string[] = []) =>
    mosquittoPub({ ...shared, topic: topicOf(name), message, qos, args: [...shared.args, ...more] })

  await t.test('QoS 0 and 1', async t => {
    const hears = sub('hears', 'a/+', [], 2)
    await hears.saw(/received SUBACK/)
    t.match(await pub('a/zero', 'x', 0), { code: 0, stderr: '' })
    t.match(await pub('a/one', 'y', 1), { code: 0, stderr: '' })
    t.same(heard(await hears.done), [`${topicOf('a/zero')} x 0 0`, `${topicOf('a/one')} y 1 0`])
  })

  await t.test('the will of one that died, and not of one that left', async t => {
    const watches = sub('watches', 'gone')
    await watches.saw(/received SUBACK/)
    const will = (words: string): string[] => [
      ...['--will-topic', topicOf('gone'), '--will-payload', words, '--will-qos', '1'],
    ]
    // Not by SIGTERM: on MQTT 5 that is a DISCONNECT which asks for the will (0x04).
    t.equal((await sub('polite', 'b', [...will('left'), '-E']).done).code, 0)
    const left = await broker.closed({ clientId: `${scope}-polite` })
    t.equal(left.code, 'CLOSE_BY_CLIENT')
    const killed = sub('killed', 'b', will('died'))
    await killed.saw(/received SUBACK/)
    await killed.stop('SIGKILL')
    const lost = await broker.closed({ clientId: `${scope}-killed` })
    t.equal(lost.code, 'CLOSE_CONNECTION_LOST')
    t.same(heard(await watches.done), [`${topicOf('gone')} died 1 0`])
  })

  await t.test('a retained message', async t => {
    t.match(await pub('status', 'on', 1, ['-r']), { code: 0, stderr: '' })
    t.same(heard(await sub('later', 'status').done), [`${topicOf('status')} on 1 1`])
    t.match(await pub('status', '', 1, ['-r']), { code: 0, stderr: '' })
    const fresh = sub('fresh', 'status')
    await fresh.saw(/received SUBACK/)
    t.equal((await pub('status', 'news', 1)).code, 0)
    t.same(heard(await fresh.done), [`${topicOf('status')} news 1 0`], 'an empty one clears it')
  })

  await t.test('a persistent session', async t => {
    // -E leaves when SUBACK is here.
    const first = await sub('away', 'mail', ['-c', '-E']).done
    t.equal(first.code, 0)
    t.equal(present[`${scope}-away`], false)
    t.equal((await pub('mail', 'one', 1)).code, 0)
    t.same(heard(await sub('away', 'mail', ['-c']).done), [`${topicOf('mail')} one 1 0`])
    t.equal(present[`${scope}-away`], true)
  })

  if (scope === 'five') await t.test('what only MQTT 5 has', t => tryFive(t, broker, shared))
}

async function tryFive(t: Test, broker: Broker, shared: Shared): Promise<void> {
  const topic = 'open/five/question'
  const sub = (...more: string[]) =>
    mosquittoSub({ ...shared, clientId: 'five-ear', topic, args: [...shared.args, ...more] })

  await t.test('properties there and back', async t => {
    const hears = sub('-F', '> %p %C %R %D %P')
    await hears.saw(/received SUBACK/)
    const properties = [
      ['content-type', 'text/plain'],
      ['response-topic', 'open/five/answer'],
      ['correlation-data', 'q-1'],
      ['user-property', 'unit', 'celsius'],
      ['user-property', 'colour', 'red'],
    ].flatMap(property => ['-D', 'publish', ...property])
    const args = [...shared.args, ...properties]
    t.equal((await mosquittoPub({ ...shared, topic, message: 'how', args })).code, 0)
    const [line] = heard(await hears.done)
    t.match(line, 'how text/plain open/five/answer q-1')
    t.match(line, /unit:celsius.*colour:red/)
  })

  await t.test('a refused publish: 0x87 in PUBACK', async t => {
    const args = [...shared.args, '-d']
    const said = await mosquittoPub({ ...shared, topic: 'secret', message: 'x', qos: 1, args })
    t.match(said.stdout.toString() + said.stderr, /RC:135/)
  })

  await t.test('a takeover: 0x8e in DISCONNECT', async t => {
    const older = sub()
    await older.saw(/received SUBACK/)
    const newer = sub()
    await older.saw(/received DISCONNECT \(142\)/i)
    const record = await broker.closed({ clientId: 'five-ear', code: 'CLOSE_DUPLICATE_CLIENT_ID' })
    t.match(record, { sent: { reasonCode: 0x8e } })
    await Promise.all([older.stop(), newer.stop()])
  })
}

/** `-d` talks among the messages. */
function heard({ stdout }: { stdout: Buffer }): string[] {
  const lines = stdout.toString().split('\n')
  return lines.filter(line => line.startsWith('> ')).map(line => line.slice(2))
}
