/** Sections 3.1 and 3.2: the CONNECT, field by field, and the CONNACK. Sessions and wills have files of their own. */

import { flag, packet, rawConnect, string, uint16 } from '../bytes.ts'
import type { Case } from '../scene.ts'

const { clean, will, username, password } = flag
const id = string('raw')

/** Section 3.1 says what is wrong with each of them. */
export const malformed: { [what: string]: Buffer } = {
  'no client id': rawConnect({ payload: [] }),
  'a client id that is cut off': rawConnect({ payload: [Buffer.of(0, 9, 0x61)] }),
  'the reserved flag': rawConnect({ flags: clean | flag.reserved }),
  'a will flag without a will': rawConnect({ flags: clean | will }),
  'a will flag and only a topic': rawConnect({ flags: clean | will, payload: [id, string('a')] }),
  'a will without its flag': rawConnect({ payload: [id, string('a'), string('b')] }),
  'a will QoS without a will': rawConnect({ flags: clean | flag.willQos1 }),
  'a will retain without a will': rawConnect({ flags: clean | flag.willRetain }),
  'a will with QoS 3': rawConnect({
    flags: clean | will | flag.willQos3,
    payload: [id, string('a'), string('b')],
  }),
  'a user name without its flag': rawConnect({ payload: [id, string('user')] }),
  'a user name flag without a user name': rawConnect({ flags: clean | username }),
  'a password without its flag': rawConnect({
    flags: clean | username,
    payload: [id, string('user'), string('secret')],
  }),
  'a password flag without a password': rawConnect({
    flags: clean | username | password,
    payload: [id, string('user')],
  }),
  'a password without a user name': rawConnect({
    flags: clean | password,
    payload: [id, string('secret')],
  }),
  'the fields in another order': rawConnect({
    flags: clean | username,
    // Read in the right order, the user name is cut off.
    payload: [Buffer.of(0, 200, 0x61), id],
  }),
  'no flags and no keep-alive': packet(0x10, string('MQTT'), [4]),
  'nothing at all': packet(0x10),
}

const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

export const connect = {
  'a first packet that is no CONNECT closes the connection': async ({ dial }) => {
    const first = [packet(0xc0), packet(0x30, string('a')), packet(0xe0), packet(0x40, uint16(1))]
    for (const bytes of first) {
      const stranger = await dial()
      stranger.send(bytes)
      await stranger.closed('CONNECT_NOT_MQTT')
    }
  },
  'a second CONNECT closes the connection': async ({ client, id }) => {
    const a = await client()
    a.connect({ clientId: id })
    await a.closed('TRAFFIC_PROTOCOL_ERROR')
  },
  'a protocol name that is not MQTT closes the connection': async ({ dial }) => {
    for (const name of ['MQTX', 'mqtt', 'MQIsdp2', '']) {
      const stranger = await dial()
      stranger.send(rawConnect({ name }))
      await stranger.closed()
    }
  },
  'a level that is not served gets CONNACK 1, without a session, and the close': async ({
    t,
    dial,
  }) => {
    const older = [0, 1, 2, 3].map(level => rawConnect({ level }))
    for (const bytes of [rawConnect({ name: 'MQIsdp', level: 3 }), ...older]) {
      const stranger = await dial()
      stranger.send(bytes)
      const connack = await stranger.expect('connack')
      t.same(connack.bytes, Buffer.of(0x20, 2, 0, 1))
      await stranger.closed('CONNECT_PROTOCOL_UNSUPPORTED')
    }
    // Whoever speaks a later one knows the form of MQTT 5, and its code for the same.
    for (const level of [6, 127]) {
      const stranger = await dial(5)
      stranger.send(rawConnect({ level }))
      const connack = await stranger.expect('connack')
      t.same(connack.bytes, Buffer.of(0x20, 3, 0, 0x84, 0))
      await stranger.closed('CONNECT_PROTOCOL_UNSUPPORTED')
    }
  },
  'what follows a CONNECT that is refused is not looked at': async ({ dial, client, id }) => {
    const listener = await client()
    await listener.subscribe(`${id}/#`)
    const publish = packet(0x30, string(`${id}/x`), Buffer.from('smuggled'))
    const stranger = await dial()
    stranger.send(rawConnect({ level: 3 }), publish)
    await stranger.expect('connack', { returnCode: 1 })
    await stranger.closed()
    const other = await dial()
    other.send(rawConnect({ payload: [] }), publish)
    await other.closed()
    await listener.nothing(await client())
  },
  'a CONNECT that is not as section 3.1 says is closed without a CONNACK': async ({ t, dial }) => {
    for (const [what, bytes] of Object.entries(malformed)) {
      t.comment(what)
      const stranger = await dial()
      stranger.send(bytes)
      await stranger.closed()
    }
  },
  'a CONNECT with every field, in their order, is taken as it is': async ({
    t,
    client,
    dial,
    id,
  }) => {
    const listener = await client()
    await listener.subscribe(`${id}/will`)
    const a = await dial()
    a.send(
      rawConnect({
        flags: clean | will | flag.willQos1 | username | password,
        payload: [
          string(`${id}-whole`),
          string(`${id}/will`),
          string('the will'),
          string('the user'),
          string([0, 1, 0xff]),
        ],
      }),
    )
    await a.expect('connack', { returnCode: 0, sessionPresent: false })
    const { mqtt } = await a.drop()
    t.match(mqtt, { clientId: `${id}-whole`, username: 'the user', will: { topic: `${id}/will` } })
    await listener.gets('the will')
  },
  'a CONNECT that conforms gets CONNACK 0, and nothing else is needed': async ({ t, dial, id }) => {
    const a = await dial()
    a.send(rawConnect({ payload: [string(id)] }))
    const { bytes } = await a.expect('connack')
    t.same(bytes, Buffer.of(0x20, 2, 0, 0))
    await a.subscribe(id)
    a.publish(id, { payload: 'to itself' })
    await a.gets('to itself')
    await a.leave()
  },
  'client ids of 1 to 23 letters and digits are taken': async ({ t, dial }) => {
    const ids = ['a', 'Z', '0', ...(CHARACTERS.match(/.{1,23}/g) ?? [])]
    for (const clientId of ids) {
      const a = await dial()
      a.connect({ clientId })
      await a.expect('connack', { returnCode: 0 })
      const { mqtt } = await a.drop()
      t.equal(mqtt?.clientId, clientId)
    }
  },
  'an empty client id is given one of its own': async ({ t, dial, id }) => {
    const [a, b] = [await dial(), await dial()]
    for (const one of [a, b]) {
      one.connect({ clientId: '' })
      await one.expect('connack', { returnCode: 0, sessionPresent: false })
    }
    // Neither has put the other one out.
    await a.subscribe(id)
    await b.put(id, { payload: 'from b' })
    await a.gets('from b')
    const names = [(await a.drop()).mqtt?.clientId, (await b.drop()).mqtt?.clientId]
    t.match(names, [/^\$GEN\/./, /^\$GEN\/./])
    t.not(names[0], names[1])
  },
  'an empty client id without a clean session gets CONNACK 2 and the close': async ({
    t,
    dial,
  }) => {
    const a = await dial()
    a.send(rawConnect({ flags: 0, payload: [string('')] }))
    const { bytes } = await a.expect('connack')
    t.same(bytes, Buffer.of(0x20, 2, 0, 2))
    await a.closed('CONNECT_CLIENT_ID_EMPTY')
  },
  "AWS: a client id that it doesn't take is closed without a CONNACK": async ({ dial }) => {
    for (const clientId of ['$own', 'x'.repeat(129)]) {
      const a = await dial()
      a.connect({ clientId })
      await a.closed('CONNECT_CLIENT_ID_INVALID')
    }
  },
  'AWS: a CONNECT that the policy denies is closed without a CONNACK': async ({ dial }) => {
    const a = await dial()
    a.connect({ clientId: 'denied' })
    await a.closed('PERMISSION_CONNECT_DENIED')
  },
  'AWS: a packet that comes before the CONNACK was sent closes the connection': async ({
    dial,
    id,
  }) => {
    const a = await dial()
    a.send(rawConnect({ payload: [string(id)] }), packet(0xc0))
    await a.closed()
  },
  'with limits off, packets that come before the CONNACK was sent are handled after it':
    async scene => {
      const { id, dial } = await scene.standard()
      const a = await dial()
      const subscribe = packet(0x82, uint16(1), string(id), [0])
      const publish = packet(0x30, string(id), Buffer.from('early'))
      a.send(rawConnect({ payload: [string(id)] }), subscribe, publish)
      await a.expect('connack', { returnCode: 0 })
      await a.expect('suback')
      await a.gets('early')
    },
  'the first packet that comes is the CONNACK, also where messages wait': async ({
    client,
    id,
    t,
  }) => {
    const away = await client({ clientId: `${id}-away`, clean: false })
    await away.subscribe(`${id}/#`)
    await away.leave()
    const speaker = await client()
    await speaker.put(`${id}/x`, { payload: 'waits' })
    const back = await client({ clientId: `${id}-away`, clean: false })
    t.equal(back.clientId, `${id}-away`)
    await back.gets('waits')
  },
} satisfies { [name: string]: Case }
