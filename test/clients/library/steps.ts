/**
 * What each client library is tried with: what a device does with AWS IoT, what it is shown when it may not, and what the
 * record says of it. One broker for all of it, and one certificate: its policy takes any client id.
 */

import type { Test } from 'tap'
import type { Broker } from '../../../broker/main.ts'
import { allow } from '../../helpers/device.ts'
import { type Flags, local } from '../local.ts'
import type { Client, ConnectOptions, Hidden, Library, Message } from './library.ts'
import { openRelay } from './relay.ts'

/** Tries each of them, then lets two of different versions talk to each other. */
export async function tryLibraries(t: Test, libraries: Library[]): Promise<void> {
  // The same client ids come and go here faster than AWS lets them.
  const present = new Map<string, boolean>()
  const { broker, device } = await local(t, {
    limits: { connectsPerSecondPerClientId: 'off' },
    log(event) {
      if (event.event === 'connection.connected') present.set(event.clientId, event.sessionPresent)
    },
  })
  const setting = { broker, present }
  const { flags } = await device('fleet', { policy: POLICY })
  for (const library of libraries) {
    await t.test(library.name, async t => {
      for (const [name, step] of Object.entries({ ...steps, ...stepsOf[library.protocol] })) {
        await t.test(name, t => step(benchOf(t, library, setting, flags)))
      }
    })
  }
  const [one, other] = libraries
  if (one === undefined || other === undefined) return
  for (const [from, to] of [[one, other] as const, [other, one] as const]) {
    await t.test(`from ${from.name} to ${to.name}`, async t => {
      const bench = benchOf(t, from, setting, flags)
      const hears = await benchOf(t, to, setting, flags).connect('hears')
      await hears.subscribe(bench.topic('#'), 1)
      const speaks = await bench.connect('speaks')
      const message = {
        topic: bench.topic('news'),
        payload: 'hello',
        qos: 1,
        retain: false,
      } as const
      t.equal(await speaks.publish(message), 0)
      t.same(await hears.next(), message)
    })
  }
}

const POLICY = allow(
  ['iot:Connect', 'client/*'],
  ['iot:Publish', 'topic/open/*'],
  ['iot:RetainPublish', 'topic/open/*'],
  ['iot:Receive', 'topic/open/*'],
  ['iot:Subscribe', 'topicfilter/open/*'],
)

type Setting = {
  broker: Broker
  /** What the broker said in the last CONNACK of each client id. */
  present: ReadonlyMap<string, boolean>
}

type Bench = {
  t: Test
  broker: Broker
  topic(name: string): string
  clientId(role: string): string
  hides(what: Hidden): boolean
  /** What the broker said to it, which is what it shows, unless it hides that. */
  sessionPresent(role: string, client: Client): boolean | undefined
  /** A device with an id of its own in this step. It leaves when the step is over. */
  connect(role: string, more?: Partial<ConnectOptions>): Promise<Client>
  /** The same, on a network that `cut` takes away. */
  connectCuttable(
    role: string,
    more?: Partial<ConnectOptions>,
  ): Promise<{ client: Client; cut(): void }>
}

function benchOf(t: Test, library: Library, setting: Setting, flags: Flags): Bench {
  const { broker, present } = setting
  // The test's name has all that tells it from the others; a topic takes no more than 7 slashes, and no wildcards.
  const scope = t.fullname
    .split(' > ')
    .slice(1)
    .join('-')
    .replaceAll(/[^\w.]+/g, '-')
  const bench: Bench = {
    t,
    broker,
    topic: name => `open/${scope}/${name}`,
    clientId: role => `${scope}-${role}`,
    hides: what => library.hides?.includes(what) ?? false,
    sessionPresent(role, client) {
      const said = present.get(bench.clientId(role))
      if (!bench.hides('session present')) t.equal(client.sessionPresent, said)
      return said
    },
    async connect(role, more) {
      const client = await library.connect({ flags, clientId: bench.clientId(role), ...more })
      t.teardown(() => client.leave())
      return client
    },
    async connectCuttable(role, more) {
      const relay = await openRelay(t, broker.port)
      const client = await bench.connect(role, { flags: { ...flags, port: relay.port }, ...more })
      return { client, cut: relay.cut }
    },
  }
  return bench
}

type Step = (bench: Bench) => Promise<void>

const steps: { [name: string]: Step } = {
  async 'QoS 0 and 1'({ t, topic, connect }) {
    const hears = await connect('hears')
    t.equal(hears.sessionPresent, false)
    t.equal(await hears.subscribe(topic('zero'), 0), 0)
    t.equal(await hears.subscribe(topic('+/one'), 1), 1)
    const speaks = await connect('speaks')
    for (const [name, sent, got] of [
      ['zero', 0, 0],
      ['zero', 1, 0],
      ['a/one', 0, 0],
      ['a/one', 1, 1],
    ] as const) {
      const message = { topic: topic(name), payload: `${name} ${sent}`, retain: false }
      t.equal(await speaks.publish({ ...message, qos: sent }), 0)
      t.same(await hears.next(), { ...message, qos: got })
    }
  },

  async 'the will of one that died, and not of one that left'(bench) {
    const { t, broker, topic, clientId, connect, connectCuttable } = bench
    const watches = await connect('watches')
    await watches.subscribe(topic('gone'), 1)
    const will = (payload: string) => ({ topic: topic('gone'), payload, qos: 1 }) as const
    const polite = await connect('polite', { will: will('left') })
    await polite.leave()
    t.match(await broker.closed({ clientId: clientId('polite') }), { code: 'CLOSE_BY_CLIENT' })
    const { cut } = await connectCuttable('lost', { will: will('died') })
    cut()
    t.match(await broker.closed({ clientId: clientId('lost') }), {
      verdict: 'closed',
      code: 'CLOSE_CONNECTION_LOST',
      mqtt: { will: { topic: topic('gone'), qos: 1 } },
    })
    t.same(await watches.next(), { ...will('died'), retain: false })
  },

  async 'a retained message'({ t, topic, connect }) {
    const there = await connect('there')
    await there.subscribe(topic('status'), 1)
    const status = { topic: topic('status'), payload: 'on', qos: 1, retain: true } as const
    const speaks = await connect('speaks')
    t.equal(await speaks.publish(status), 0)
    t.same(await there.next(), { ...status, retain: false }, 'the flag is for who comes later')
    const later = await connect('later')
    await later.subscribe(topic('status'), 1)
    t.same(await later.next(), status)
  },

  async 'a persistent session'(bench) {
    const { t, broker, topic, clientId, connect, connectCuttable, sessionPresent } = bench
    const speaks = await connect('speaks')
    const say = async (payload: string): Promise<Message> => {
      const message = { topic: topic('mail'), payload, qos: 1, retain: false } as const
      t.equal(await speaks.publish(message), 0)
      return message
    }
    const first = await connect('away', { persistent: true })
    t.equal(sessionPresent('away', first), false)
    await first.subscribe(topic('mail'), 1)
    await first.leave()
    t.match(await broker.closed({ clientId: clientId('away') }), { code: 'CLOSE_BY_CLIENT' })
    const mail = [await say('one'), await say('two')]

    const { client: second, cut } = await connectCuttable('away', { persistent: true })
    t.equal(sessionPresent('away', second), true)
    t.same([await second.next(), await second.next()], mail, 'without another SUBSCRIBE')
    cut()
    t.match(await broker.closed({ clientId: clientId('away') }), { code: 'CLOSE_CONNECTION_LOST' })
    const after = await say('three')

    const third = await connect('away', { persistent: true })
    t.equal(sessionPresent('away', third), true)
    t.same(await nextBut(mail, third), after)
    await third.leave()
    const clean = await connect('away')
    t.equal(sessionPresent('away', clean), false, 'and a clean session ends it')
  },
}

/** QoS 1 is at least once: what was cut off before its PUBACK was sent comes again. */
async function nextBut(known: Message[], client: Client): Promise<Message> {
  for (;;) {
    const message = await client.next()
    if (!known.some(({ payload }) => payload === message.payload)) return message
  }
}

const stepsOf: { [protocol in Library['protocol']]: { [name: string]: Step } } = {
  '3.1.1': {
    async 'a refused publish: the connection goes'(bench) {
      const { t, broker, clientId, connect } = bench
      const device = await connect('device')
      void device.publish(SECRET).catch(() => undefined)
      await device.ended
      t.match(await broker.closed({ clientId: clientId('device') }), {
        verdict: 'refused',
        code: 'TRAFFIC_PUBLISH_DENIED',
        mqtt: { protocol: '3.1.1' },
      })
    },
    async 'a takeover: the older connection goes'({ t, broker, clientId, connect }) {
      const older = await connect('twin')
      await connect('twin')
      await older.ended
      const record = await broker.closed({ clientId: clientId('twin') })
      t.equal(record.code, 'CLOSE_DUPLICATE_CLIENT_ID')
    },
  },
  '5': {
    async 'properties there and back'({ t, topic, connect }) {
      const hears = await connect('hears')
      await hears.subscribe(topic('question'), 1)
      const speaks = await connect('speaks')
      const message: Message = {
        topic: topic('question'),
        payload: '{"how":"warm"}',
        qos: 1,
        retain: false,
        properties: {
          contentType: 'application/json',
          responseTopic: topic('answer'),
          correlationData: 'q-1',
          userProperties: [
            ['unit', 'celsius'],
            ['unit', 'kelvin'],
            ['colour', 'red'],
          ],
        },
      }
      t.equal(await speaks.publish(message), 0)
      t.same(await hears.next(), message)
    },
    async 'a refused publish: 0x87 in PUBACK, and it stays'(bench) {
      const { t, broker, topic, clientId, connect, hides } = bench
      const device = await connect('device')
      await device.subscribe(topic('after'), 1)
      t.equal(await device.publish(SECRET), hides('PUBACK') ? 0 : 0x87)
      const message = { topic: topic('after'), payload: 'here', qos: 1, retain: false } as const
      t.equal(await device.publish(message), 0)
      t.same(await device.next(), message)
      await device.leave()
      t.match(await broker.closed({ clientId: clientId('device') }), {
        verdict: 'closed',
        code: 'CLOSE_BY_CLIENT',
        mqtt: { protocol: '5' },
        also: [{ code: 'TRAFFIC_PUBLISH_DENIED' }],
      })
    },
    async 'a refused filter: 0x87 in SUBACK, and it stays'({ t, topic, connect }) {
      const device = await connect('device')
      t.equal(await device.subscribe('secret/#', 1), 0x87)
      t.equal(await device.subscribe(topic('a'), 1), 1)
    },
    async 'a takeover: 0x8e in DISCONNECT'({ t, broker, clientId, connect, hides }) {
      const older = await connect('twin')
      await connect('twin')
      t.equal(await older.ended, hides('DISCONNECT') ? undefined : 0x8e)
      t.match(await broker.closed({ clientId: clientId('twin') }), {
        code: 'CLOSE_DUPLICATE_CLIENT_ID',
        sent: { reasonCode: 0x8e },
      })
    },
  },
}

const SECRET = { topic: 'secret', payload: 'x', qos: 1, retain: false } as const
