/** What AWS's limits refuse, hold back or drop in a running session. */

import type { TrafficLimitEvidence } from '../../../broker/diagnosis/traffic-limits.ts'
import type { StartOptions } from '../../../broker/main.ts'
import type { Store } from '../../../broker/store/store.ts'
import { memoryStore } from '../../helpers/memory-store.ts'
import { type ConnectOptions, publishPacket, subscribePacket } from '../../helpers/mqtt-bytes.ts'
import type { Provocation, Provocations } from './provocation.ts'
import { sending, surviving } from './traffic.ts'
import { session } from './visitors.ts'

/** Their clocks stand: no second goes by. */
const FEW: StartOptions = {
  clock: 'manual',
  limits: {
    connectsPerSecondPerClientId: 'off',
    subscriptionsPerConnection: 1,
    sharedGroups: 0,
    queuedMessages: 1,
  },
}
const SLOW: StartOptions = {
  clock: 'manual',
  limits: { connectsPerSecondPerClientId: 'off', publishesPerSecond: 1 },
}
const SLOWER: StartOptions = {
  clock: 'manual',
  limits: { connectsPerSecondPerClientId: 'off', subscribesPerSecond: 1, bytesPerSecond: 1000 },
}

const FIVE: ConnectOptions = { protocolVersion: 5 }
const five = { protocolVersion: 5 } as const

/** To go on with the method `x`. */
const AUTH = Buffer.of(0xf0, 6, 0x18, 4, 0x15, 0, 1, 0x78)

/** A disk that takes no retained message for now: its PUBACK waits. */
const heldUp = storeThatWaits('retained/')

export const trafficLimits: Provocations<TrafficLimitEvidence> = {
  // A PUBLISH that announces 149,505 bytes: no more of it is needed.
  TRAFFIC_PACKET_TOO_LARGE: sending(Buffer.from([0x30, 0x81, 0x90, 0x09, 0]), {
    bytes: 149_505,
    limit: 149_504,
  }),
  TRAFFIC_PROPERTY_TOO_LARGE: surviving(
    publishPacket({ ...five, topic: 'ok/x', qos: 1, properties: { contentType: 'x'.repeat(257) } }),
    { part: 'content type', bytes: 257, limit: 256 },
    { connect: FIVE },
  ),
  TRAFFIC_RATE_EXCEEDED: surviving(
    Buffer.concat([publishPacket({ topic: 'ok/x' }), publishPacket({ topic: 'ok/y' })]),
    { of: 'connection', perSecond: 1, topic: 'ok/y' },
    { options: SLOW },
  ),
  TRAFFIC_READING_DELAYED: surviving(
    publishPacket({ topic: 'ok/x', payload: Buffer.alloc(2000) }),
    { bytesPerSecond: 1000 },
    { options: SLOWER },
  ),
  TRAFFIC_RECEIVE_MAXIMUM_EXCEEDED: {
    options: { state: heldUp.store, limits: { inflightIn: 1 } },
    async act(broker) {
      const two = ['ok/x', 'ok/y'].map((topic, index) =>
        publishPacket({ ...five, topic, qos: 1, retain: true, payload: 'x', messageId: index + 1 }),
      )
      const saw = await session(broker, { connect: FIVE, script: Buffer.concat(two) })
      heldUp.release()
      return saw
    },
    verdict: 'refused',
    side: 'we',
    sent: { connack: 0, reasonCode: 0x93 },
    evidence: { inflight: 2, limit: 1 },
  },
  TRAFFIC_TOO_MANY_SUBSCRIPTIONS: surviving(
    subscribePacket(['ok/x', 'ok/y']),
    { filter: 'ok/y', limit: 1 },
    { options: FEW },
  ),
  TRAFFIC_SUBSCRIBE_THROTTLED: surviving(
    subscribePacket(['ok/x', 'ok/y']),
    { filter: 'ok/y', perSecond: 1 },
    { options: SLOWER },
  ),
  TRAFFIC_RETAIN_LIMIT: surviving(
    Buffer.concat(
      ['on', 'off'].map(payload => publishPacket({ topic: 'ok/x', retain: true, payload })),
    ),
    { topic: 'ok/x', of: 'topic', limit: 1, name: 'retainedPerSecondPerTopic' },
    { options: FEW },
  ),
  TRAFFIC_SHARE_INVALID: sending(subscribePacket(['$share/a+b/ok/x']), {
    filter: '$share/a+b/ok/x',
    why: 'the share name has a wildcard',
  }),
  TRAFFIC_SHARE_LIMIT: surviving(
    subscribePacket(['$share/a/ok/x']),
    { filter: '$share/a/ok/x', of: 'groups', limit: 0, name: 'sharedGroups' },
    { options: FEW },
  ),
  TRAFFIC_TOPIC_ALIAS_INVALID: sendingFive(
    publishPacket({ ...five, topic: 'ok/x', properties: { topicAlias: 9 } }),
    0x94,
    { alias: 9, limit: 8 },
  ),
  TRAFFIC_SUBSCRIPTION_IDENTIFIER: sendingFive(
    subscribePacket(['ok/x'], { ...five, properties: { subscriptionIdentifier: 7 } }),
    0xa1,
    { identifier: 7 },
  ),
  TRAFFIC_AUTH_UNSUPPORTED: sendingFive(AUTH, 0x82, { authReason: 0x18 }),
  TRAFFIC_QUEUE_FULL: surviving(
    Buffer.concat([
      subscribePacket(['ok/x']),
      publishPacket({ topic: 'ok/x', qos: 1, messageId: 1 }),
      publishPacket({ topic: 'ok/x', qos: 1, messageId: 2 }),
    ]),
    { topic: 'ok/x', limit: 1 },
    { options: FEW },
  ),
  TRAFFIC_DELIVERY_DROPPED: surviving(
    Buffer.concat([subscribePacket(['ok/x']), publishPacket({ topic: 'ok/x' })]),
    { topic: 'ok/x', perSecond: 1 },
    { options: SLOW },
  ),
  TRAFFIC_DELIVERY_TOO_LARGE: surviving(
    Buffer.concat([
      subscribePacket(['ok/x'], five),
      publishPacket({ ...five, topic: 'ok/x', payload: Buffer.alloc(600) }),
    ]),
    { topic: 'ok/x', payloadBytes: 600, limit: 512 },
    { connect: { ...FIVE, properties: { maximumPacketSize: 512 } } },
  ),
}

/** On MQTT 5: thrown out with this reason code. */
function sendingFive(bytes: Buffer, reasonCode: number, evidence: object): Provocation {
  return {
    act: broker => session(broker, { connect: FIVE, script: bytes }),
    verdict: 'refused',
    side: 'we',
    sent: { connack: 0, reasonCode },
    evidence,
  }
}

function storeThatWaits(kind: string): { store: Store; release(): void } {
  const store = memoryStore()
  let release: () => void = () => undefined
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const write: Store['write'] = async changes => {
    if (changes.some(({ key }) => key.startsWith(kind))) await released
    await store.write(changes)
  }
  return { store: { ...store, write }, release }
}
