/** CONNECT and CONNACK: what is granted, who is let in, whose place is taken. */

import { packet, string } from '../bytes.ts'
import type { Case } from '../scene.ts'
import { connectBytes, publishBytes } from './bytes.ts'
import { ends } from './ends.ts'
import { lasting, resume } from './sessions.ts'

export const connect = {
  'a CONNECT is answered with one CONNACK, which tells what is granted': async ({
    t,
    id,
    dial,
  }) => {
    const a = await dial()
    a.connect({ clientId: id })
    const { bytes, properties } = await a.expect('connack', {
      reasonCode: 0,
      sessionPresent: false,
    })
    t.equal(bytes[2], 0, 'acknowledge flags')
    t.same(Object(properties), {
      sessionExpiryInterval: 0,
      receiveMaximum: 100,
      maximumQoS: 1,
      retainAvailable: true,
      maximumPacketSize: 149_504,
      topicAliasMaximum: 8,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: true,
      serverKeepAlive: 1200,
    })
    await a.silent()
  },
  'a CONNECT that asks for no response information is given none': async ({ t, id, dial }) => {
    for (const requestResponseInformation of [false, true]) {
      const a = await dial()
      a.connect({ clientId: id, properties: { requestResponseInformation } })
      const { properties } = await a.expect('connack', { reasonCode: 0 })
      t.equal(properties?.responseInformation, undefined)
      await a.leave()
    }
  },
  'the first packet that comes is the CONNACK, also where messages wait': async ({
    id,
    client,
    dial,
  }) => {
    const away = await client(lasting(id))
    await away.subscribe(id)
    await away.leave()
    const other = await client()
    await other.put(id, { payload: 'waits' })
    const { peer } = await resume(dial, id)
    await peer.gets('waits')
  },
  'the keep-alive that counts is told: AWS moves it to 30..1200 s': async ({ t, id, dial }) => {
    for (const [asked, given] of KEEP_ALIVES) {
      const a = await dial()
      a.connect({ clientId: id, keepalive: asked })
      const { properties } = await a.expect('connack', { reasonCode: 0 })
      t.equal(properties?.serverKeepAlive, given, `for ${asked}`)
      await a.leave()
    }
  },
  'without a client id one is given, another one each time': async ({ t, dial }) => {
    const given = new Set<unknown>()
    for (let count = 0; count < 3; count++) {
      const a = await dial()
      a.connect({ clientId: '' })
      const { properties } = await a.expect('connack', { reasonCode: 0, sessionPresent: false })
      t.match(properties?.assignedClientIdentifier, /^\$GEN\/.+/)
      given.add(properties?.assignedClientIdentifier)
    }
    t.equal(given.size, 3)
  },
  'the client id that was given is the session': async ({ t, id, dial, client }) => {
    const a = await dial()
    a.connect({ clientId: '' })
    const { properties } = await a.expect('connack', { reasonCode: 0 })
    const clientId = `${properties?.assignedClientIdentifier}`
    const other = await client()
    await a.subscribe(id)
    await other.put(id, { payload: 'x' })
    await a.gets('x')
    a.send([0xe0, 0])
    const record = await a.ended()
    t.equal(record.mqtt?.clientId, clientId)
  },
  'client ids of 1 to 23 letters and digits are taken': async ({ dial }) => {
    for (const clientId of ['0', 'zZ9', 'abcdefghijklmnopqrstuvw', 'ABCDEFGHIJKLMNOPQRSTUVW']) {
      const a = await dial()
      a.connect({ clientId })
      await a.expect('connack', { reasonCode: 0 })
      await a.leave()
    }
  },
  "a client id of AWS's own, or one that is too long, is refused with 0x85": async ({
    t,
    dial,
  }) => {
    for (const clientId of ['$GEN/mine', 'x'.repeat(129)]) {
      const a = await dial()
      a.connect({ clientId })
      const { sessionPresent } = await a.expect('connack', { reasonCode: 0x85 })
      t.equal(sessionPresent, false)
      await a.closed('CONNECT_CLIENT_ID_INVALID')
    }
  },
  'a CONNECT that the policy denies is refused with 0x87': async ({ t, dial }) => {
    const a = await dial()
    a.connect({ clientId: 'denied' })
    const { sessionPresent } = await a.expect('connack', { reasonCode: 0x87 })
    t.equal(sessionPresent, false)
    await a.closed('PERMISSION_CONNECT_DENIED')
  },
  'after a CONNECT that was refused nothing is acted on': async ({ id, client, dial }) => {
    const listener = await client()
    await listener.subscribe(id)
    const a = await dial()
    a.send(connectBytes('denied'), publishBytes(id, { payload: 'too late' }))
    await a.expect('connack', { reasonCode: 0x87 })
    await a.closed('PERMISSION_CONNECT_DENIED')
    await listener.nothing(await client())
  },
  'the same client id again: the older connection is told 0x8E and closed': async ({
    t,
    id,
    client,
    dial,
  }) => {
    const older = await client({ clientId: id, properties: { sessionExpiryInterval: 60 } })
    const newer = await dial()
    newer.connect({ clientId: id, clean: false, properties: { sessionExpiryInterval: 60 } })
    await newer.expect('connack', { reasonCode: 0, sessionPresent: true })
    const { properties } = await older.expect('disconnect', { reasonCode: 0x8e })
    t.equal(properties?.sessionExpiryInterval, undefined)
    await older.closed('CLOSE_DUPLICATE_CLIENT_ID')
    await newer.silent()
  },
  'a second CONNECT is a protocol error': async ({ id, client }) => {
    const a = await client()
    a.connect({ clientId: id })
    await ends(a, 0x82, 'TRAFFIC_PROTOCOL_ERROR')
  },
  'a first packet that is no CONNECT is not answered': async ({ id, dial }) => {
    for (const first of [publishBytes(id), Buffer.of(0xc0, 0), packet(0xe0), packet(0xf0)]) {
      const a = await dial()
      a.send(first)
      await a.closed('CONNECT_NOT_MQTT')
    }
  },
  'another protocol name or version is closed': async ({ t, id, dial }) => {
    for (const parts of [{ name: 'MQTX' }, { name: 'mqtt' }, { level: 6 }, { level: 0 }]) {
      const a = await dial()
      a.send(connectBytes(id, parts))
      const first = parts.level === undefined ? 'close' : 'connack'
      if (first === 'connack') await a.expect('connack')
      const record = await a.closed()
      t.match(record.code, /^CONNECT_(NOT_MQTT|PROTOCOL_UNSUPPORTED)$/, JSON.stringify(parts))
    }
  },
  'an authentication method is refused: AWS has no enhanced authentication': async ({
    t,
    id,
    dial,
  }) => {
    const a = await dial()
    a.connect({ clientId: id, properties: { authenticationMethod: 'SCRAM-SHA-1' } })
    const { properties } = await a.expect('connack', { reasonCode: 0x8c })
    t.equal(properties?.authenticationMethod, undefined)
    await a.closed('CONNECT_AUTH_UNSUPPORTED')
  },
  'a will of QoS 2 is refused with 0x9B': async ({ id, dial }) => {
    const a = await dial()
    const will = { topic: id, payload: Buffer.from('x'), qos: 2, retain: false } as const
    a.connect({ clientId: id, will })
    await a.expect('connack', { reasonCode: 0x9b, sessionPresent: false })
    await a.closed('CONNECT_WILL_QOS2')
  },
  'a topic of a will that can be none is refused with 0x90': async ({ id, dial }) => {
    for (const topic of [`${id}/#`, `+/${id}`]) {
      const a = await dial()
      a.connect({
        clientId: id,
        will: { topic, payload: Buffer.from('x'), qos: 1, retain: false },
      })
      await a.expect('connack', { reasonCode: 0x90 })
      await a.closed()
    }
  },
  'a user name and a password are taken, with or without the other': async ({ id, dial }) => {
    const [name, password] = [string('?SDK=PythonV2&Version=1'), string(Buffer.of(0, 255))]
    for (const [flags, payload] of [
      [0b1000_0010, name],
      [0b0100_0010, password],
      [0b1100_0010, Buffer.concat([name, password])],
    ] as const) {
      const a = await dial()
      a.send(connectBytes(id, { flags, payload }))
      await a.expect('connack', { reasonCode: 0 })
      await a.leave()
    }
  },
  'a Maximum Packet Size below 512 is refused': async ({ id, dial }) => {
    const a = await dial()
    a.connect({ clientId: id, properties: { maximumPacketSize: 511 } })
    await a.expect('connack', { reasonCode: 0x97, sessionPresent: false })
    await a.closed('CONNECT_PACKET_SIZE_TOO_SMALL')
  },
} satisfies { [name: string]: Case }

const KEEP_ALIVES = [
  [0, 1200],
  [1, 30],
  [30, 30],
  [60, 60],
  [1200, 1200],
  [65_535, 1200],
] as const
