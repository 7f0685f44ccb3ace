/**
 * What bare aedes 1.2.0 loses, each as one story that both brokers are told. `aedes` is what it answers: where that changes,
 * aedes has mended something, and what we do about it can be looked at again. `candid` is what must come.
 */

import type { Packet } from 'mqtt-packet'
import type { Peer } from './peer.ts'
import type { Rig } from './rigs.ts'

export type Loss = {
  /** Tells what was seen. */
  story(rig: Rig): Promise<unknown>
  aedes: unknown
  candid: unknown
}

export const losses: { [name: string]: Loss } = {
  'a message is thrown away where one with a higher number was faster': {
    async story(rig) {
      const { listener, speaker } = await pair(rig, ['t/#'])
      for (let pair = 0; pair < 20; pair++) {
        speaker.send(
          publish('t/kept', `kept ${pair}`, { retain: true }),
          publish('t/plain', `plain ${pair}`),
        )
        await speaker.ping()
      }
      speaker.send(publish('t/plain', 'end'))
      const { length } = await listener.until('end')
      return length === 40 ? 'all' : 'less'
    },
    aedes: 'less',
    candid: 'all',
  },

  'overlapping filters of a persistent session end its connection': {
    story: rig => persistent(rig, 'listener', ['t/#', 't/+'], () => 't/a'),
    aedes: 'connection lost',
    candid: { distinct: 40 },
  },

  'a delivery that is denied ends the connection of a persistent session': {
    story: rig =>
      persistent(rig, 'limited', ['t/#'], index => (index % 2 === 0 ? 't/a' : 't/denied')),
    aedes: 'connection lost',
    candid: { distinct: 20 },
  },

  'a PUBACK comes before its message is stored': {
    async story(rig) {
      const { listener: other, speaker } = await pair(rig, ['other'])
      rig.disk.hold()
      speaker.send(publish('t/kept', 'kept', { retain: true, qos: 1, messageId: 1 }))
      for (let turn = 0; turn < 5; turn++) await other.ping()
      const early = speaker.got('puback')
      rig.disk.release()
      await speaker.next('puback')
      return early ? 'before' : 'after'
    },
    aedes: 'before',
    candid: 'after',
  },

  'a filter that was refused receives after the next connect': {
    async story(rig) {
      const limited = await rig.connect('limited', { clean: false })
      limited.send(subscribe(1, 'open'))
      await limited.next('suback')
      limited.send(subscribe(2, 'open', 'secret/x'))
      // AWS closes a connection of 3.1.1.
      await Promise.race([limited.next('suback').catch(() => undefined), limited.closed])
      await limited.leave()
      const speaker = await rig.connect('speaker')
      speaker.send(publish('secret/x', 'secret', { qos: 1, messageId: 1 }))
      speaker.send(publish('open', 'end', { qos: 1, messageId: 2 }))
      await speaker.next('puback')
      await speaker.next('puback')
      const again = await rig.connect('limited', { clean: false })
      return again.until('end')
    },
    aedes: ['secret'],
    candid: [],
  },

  'a topic of the broker leaks to # after the next connect': {
    async story(rig) {
      const listener = await rig.connect('listener', { clean: false })
      listener.send(subscribe(1, '#'))
      await listener.next('suback')
      await listener.leave()
      const speaker = await rig.connect('speaker')
      speaker.send(publish('$aws/rules/r/x', 'leak', { qos: 1, messageId: 1 }))
      speaker.send(publish('open', 'end', { qos: 1, messageId: 2 }))
      await speaker.next('puback')
      await speaker.next('puback')
      const again = await rig.connect('listener', { clean: false })
      return again.until('end')
    },
    aedes: ['leak'],
    candid: [],
  },

  'QoS 1 becomes QoS 0 where another filter of the client takes the message too': {
    async story(rig) {
      const listener = await rig.connect('listener')
      listener.send(subscribeAt(1, { topic: 'a/#', qos: 0 }, { topic: 'a/b', qos: 1 }))
      await listener.next('suback')
      const speaker = await rig.connect('speaker')
      speaker.send(publish('a/b', 'x', { qos: 1, messageId: 1 }), publish('a/end', 'end'))
      await listener.until('end')
      return Math.max(
        ...listener.messages.filter(({ topic }) => topic === 'a/b').map(({ qos }) => qos),
      )
    },
    aedes: 0,
    candid: 1,
  },

  'who does not read makes others wait': {
    async story(rig) {
      const { listener, speaker } = await pair(rig, ['healthy'])
      const stuck = await rig.connect('stuck')
      stuck.send(subscribe(1, 'flood'))
      await stuck.next('suback')
      stuck.pause()
      // Small ones: aedes reads 64 KB at once, and works on no more than 100 messages at a time.
      const flood = Array.from({ length: 1000 }, () => publish('flood', Buffer.alloc(400)))
      const flooder = await rig.connect('flooder')
      for (let again = 0; again < 30; again++) flooder.send(...flood)
      let through = false
      void flooder.ping().then(
        () => {
          through = true
        },
        () => undefined,
      )
      const metronome = await rig.connect('metronome')
      for (let round = 1; !through; round++) {
        speaker.send(publish('healthy', `${round}`))
        for (let beat = 0; beat < 200 && listener.messages.length < round; beat++) {
          await metronome.ping()
        }
        if (listener.messages.length < round) return 'others wait'
      }
      return 'nobody waits'
    },
    aedes: 'others wait',
    candid: 'nobody waits',
  },

  'a length of 256 MiB is believed before anybody was let in': {
    async story(rig) {
      const stranger = await rig.dial()
      const head = Buffer.of(0x10, 0xff, 0xff, 0xff, 0x7f)
      const megabyte = Buffer.alloc(1 << 20, 0x61)
      await stranger.pour([head, ...Array.from({ length: 24 }, () => megabyte)])
      return stranger.open ? 'taken' : 'refused'
    },
    aedes: 'taken',
    candid: 'refused',
  },

  'an answer to nothing ends a session': {
    async story(rig) {
      const listener = await rig.connect('listener', { clean: false })
      listener.send({ cmd: 'puback', messageId: 77 }, publish('a', 'x'))
      listener.send({ cmd: 'pubrec', messageId: 77 })
      await listener.closed
      return rig.codeOf('listener')
    },
    aedes: undefined,
    // AWS has no QoS 2, so none of its packets: it ends ours too, and the record says why.
    candid: 'TRAFFIC_PROTOCOL_ERROR',
  },
}

async function pair(rig: Rig, filters: string[]): Promise<{ listener: Peer; speaker: Peer }> {
  const listener = await rig.connect('listener')
  listener.send(subscribe(1, ...filters))
  await listener.next('suback')
  return { listener, speaker: await rig.connect('speaker') }
}

/** 40 messages with QoS 1, four at once. */
async function persistent(
  rig: Rig,
  clientId: string,
  filters: string[],
  topicOf: (index: number) => string,
): Promise<unknown> {
  const listener = await rig.connect(clientId, { clean: false })
  listener.send(subscribe(1, ...filters))
  await listener.next('suback')
  const speaker = await rig.connect('speaker')
  for (let index = 0; index < 40; index += 4) {
    const four = [0, 1, 2, 3].map(more => index + more)
    speaker.send(
      ...four.map(one => publish(topicOf(one), `m${one}`, { qos: 1, messageId: one + 1 })),
    )
    for (const _ of four) await speaker.next('puback')
  }
  speaker.send(publish('t/a', 'end', { qos: 1, messageId: 99 }))
  try {
    const before = await listener.until('end')
    return { distinct: new Set(before).size }
  } catch {
    return 'connection lost'
  }
}

function publish(
  topic: string,
  payload: string | Buffer,
  more: { qos?: 0 | 1; retain?: boolean; messageId?: number } = {},
): Packet {
  return { cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false, ...more }
}

function subscribe(messageId: number, ...filters: string[]): Packet {
  return subscribeAt(messageId, ...filters.map(topic => ({ topic, qos: 1 as const })))
}

function subscribeAt(messageId: number, ...subscriptions: { topic: string; qos: 0 | 1 }[]): Packet {
  return { cmd: 'subscribe', messageId, subscriptions }
}
