/** What the policies, AWS's limits and the protocol forbid: the connection itself, and what comes after its CONNACK. */

import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'
import type { PermissionEvidence } from '../../../broker/diagnosis/permission.ts'
import type { TrafficEvidence } from '../../../broker/diagnosis/traffic.ts'
import type { Broker, StartOptions } from '../../../broker/main.ts'
import type { Store } from '../../../broker/store/store.ts'
import { allow } from '../../helpers/device.ts'
import { memoryStore } from '../../helpers/memory-store.ts'
import {
  type ConnectOptions,
  connectPacket,
  disconnectPacket,
  publishPacket,
  subscribePacket,
} from '../../helpers/mqtt-bytes.ts'
import type { Provocation, Provocations, Saw } from './provocation.ts'
import { connectVisit, session, sessionOf } from './visitors.ts'

export const permission: Provocations<PermissionEvidence> = {
  PERMISSION_CONNECT_DENIED: {
    async act(broker) {
      const device = await broker.createDevice('device', { policy: allow(['iot:Publish', '*']) })
      return connectVisit(broker, device)
    },
    verdict: 'refused',
    side: 'we',
    evidence: { action: 'iot:Connect', outcome: 'IMPLICIT_DENY' },
  },
}

const OWN = allow(
  ['iot:Connect', 'client/device'],
  ['iot:Publish', 'topic/ok/*'],
  ['iot:Subscribe', 'topicfilter/*'],
)

const RETAINING = allow(
  ['iot:Connect', 'client/device'],
  ['iot:Publish', 'topic/ok/*'],
  ['iot:RetainPublish', 'topic/ok/*'],
)

const CSR_TOPIC = '$aws/certificates/create-from-csr/json'
const KEYS_TOPIC = '$aws/certificates/create/json'

export const traffic: Provocations<TrafficEvidence> = {
  TRAFFIC_PUBLISH_DENIED: sending(publishPacket({ topic: 'secret' }), { topic: 'secret' }),
  TRAFFIC_SUBSCRIBE_DENIED: sending(
    subscribePacket(['x']),
    { topic: 'x' },
    allow(['iot:Connect', 'client/device']),
  ),
  TRAFFIC_RETAIN_DENIED: sending(publishPacket({ topic: 'ok/x', retain: true }), { topic: 'ok/x' }),
  TRAFFIC_RECEIVE_DENIED: {
    act: broker =>
      session(broker, {
        device: { policy: OWN },
        async script(socket, packets) {
          socket.write(subscribePacket(['ok/x']))
          socket.write(publishPacket({ topic: 'ok/x', qos: 1 }))
          while (!packets().includes('puback')) await once(socket, 'data')
          socket.end(disconnectPacket())
        },
      }),
    findingOf: 'CLOSE_BY_CLIENT',
    verdict: 'closed',
    side: 'client',
    sent: { connack: 0 },
    evidence: { action: 'iot:Receive', topic: 'ok/x' },
  },
  // Documented by AWS: no answer.
  TRAFFIC_QOS2: surviving(publishPacket({ topic: 'ok/x', qos: 2 }), { packet: 'PUBLISH' }),
  TRAFFIC_TOPIC_INVALID: sending(publishPacket({ topic: 'ok/2/3/4/5/6/7/8/9' }), {}),
  TRAFFIC_TOPIC_RESERVED: sending(publishPacket({ topic: '$SYS/x' }), { topic: '$SYS/x' }),
  TRAFFIC_PAYLOAD_TOO_LARGE: sending(
    publishPacket({ topic: 'ok/x', payload: Buffer.alloc(131_073) }),
    { bytes: 131_073, limit: 131_072 },
  ),
  TRAFFIC_TOO_MANY_FILTERS: sending(
    subscribePacket(Array.from({ length: 9 }, (_, index) => `ok/${index}`)),
    { filters: 9, limit: 8 },
  ),
  TRAFFIC_PROTOCOL_ERROR: sending(connectPacket(), { packet: 'CONNECT' }),
  TRAFFIC_SLOW_CONSUMER: {
    act: slowConsumer,
    findingOf: 'CLOSE_CONNECTION_LOST',
    verdict: 'closed',
    side: 'client',
    sent: { connack: 0 },
    evidence: { limit: 1024 * 1024, topic: 'flood' },
  },
  TRAFFIC_NOT_KEPT: {
    ...sending(publishPacket({ topic: 'ok/x', qos: 1, retain: true, payload: 'x' }), {}, RETAINING),
    options: { state: storeWithout('retained/') },
  },
  TRAFFIC_ANSWER_UNHEARD: {
    act: broker => asking(broker, KEYS_TOPIC),
    findingOf: 'CLOSE_BY_CLIENT',
    verdict: 'closed',
    side: 'client',
    sent: { connack: 0 },
    evidence: { topic: CSR_TOPIC, answerTopic: `${CSR_TOPIC}/rejected` },
  },
  TRAFFIC_REQUEST_REJECTED: {
    act: broker => asking(broker, CSR_TOPIC),
    findingOf: 'CLOSE_BY_CLIENT',
    verdict: 'closed',
    side: 'client',
    sent: { connack: 0 },
    evidence: { topic: CSR_TOPIC, statusCode: 400, errorCode: 'InvalidRequest' },
  },
}

/** Asks for a certificate without saying which, and leaves when the last of these has answered: it hears no other answer. */
function asking(broker: Broker, last: string): Promise<Saw> {
  return session(broker, {
    device: {},
    async script(socket, packets) {
      socket.write(subscribePacket([`${last}/rejected`]))
      socket.write(publishPacket({ topic: CSR_TOPIC, payload: '{}' }))
      if (last !== CSR_TOPIC) socket.write(publishPacket({ topic: last, payload: 'no json' }))
      while (!packets().includes('publish')) await once(socket, 'data')
      socket.end(disconnectPacket())
    },
  })
}

/** Sends this after its CONNACK, and is thrown out for it. */
export function sending(bytes: Buffer, evidence: object, policy: unknown = OWN): Provocation {
  return {
    act: broker => session(broker, { device: { policy }, script: bytes }),
    verdict: 'refused',
    side: 'we',
    sent: { connack: 0 },
    evidence,
  }
}

/** Sends this after its CONNACK, is told nothing or only by an answer, and leaves in peace. */
export function surviving(
  bytes: Buffer,
  evidence: object,
  { options, connect = {} }: { options?: StartOptions; connect?: ConnectOptions } = {},
): Provocation {
  return {
    ...(options && { options }),
    act: broker =>
      session(broker, {
        connect,
        script: socket => void socket.end(Buffer.concat([bytes, disconnectPacket()])),
      }),
    findingOf: 'CLOSE_BY_CLIENT',
    verdict: 'closed',
    side: 'client',
    sent: { connack: 0 },
    evidence,
  }
}

/** A store on which records of this kind can't be written. */
function storeWithout(kind: string): Store {
  const store = memoryStore()
  return {
    ...store,
    write: changes =>
      changes.some(({ key }) => key.startsWith(kind))
        ? Promise.reject(new Error('the disk is full'))
        : store.write(changes),
  }
}

/** Subscribes and reads no more, while another device publishes more than the system takes for it. */
async function slowConsumer(broker: Broker): Promise<Saw> {
  const sleeper = await broker.createDevice('sleeper')
  const speaker = await broker.createDevice('speaker')
  const payload = Buffer.alloc(128 * 1024)
  let asleep: Promise<Saw> = Promise.resolve({})
  await sessionOf(broker, speaker, async (speaking, heard) => {
    const falling = async (socket: TLSSocket, packets: () => string[]): Promise<void> => {
      socket.write(subscribePacket(['flood']))
      while (!packets().includes('suback')) await once(socket, 'data')
      socket.pause()
      for (let sent = 0; sent < 90; sent++)
        speaking.write(publishPacket({ topic: 'flood', payload }))
      speaking.write(publishPacket({ topic: 'last', qos: 1 }))
      while (!heard().includes('puback')) await once(speaking, 'data')
      socket.destroy()
    }
    asleep = sessionOf(broker, sleeper, falling)
    await asleep
    speaking.end(disconnectPacket())
  })
  return asleep
}
