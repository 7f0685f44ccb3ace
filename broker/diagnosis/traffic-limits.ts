/**
 * What AWS's limits refuse, hold back or drop in a running session. Where AWS only says that something is throttled or
 * rejected, the note tells so, and docs/differences-from-aws.md what is done here.
 */

import type { Entries } from './entry.ts'
import { count, duration, lift, plain, quote } from './words.ts'

export type TrafficLimitEvidence = {
  TRAFFIC_PACKET_TOO_LARGE: {
    /** As announced by the packet's header. */
    bytes: number
    limit: number
  }
  TRAFFIC_PROPERTY_TOO_LARGE: {
    packet: 'PUBLISH' | 'SUBSCRIBE'
    part: 'content type' | 'correlation data' | 'user properties'
    bytes: number
    limit: number
    /** In `limits`. */
    name: string
  }
  TRAFFIC_RATE_EXCEEDED: {
    /** `account`: all connections of the broker together. */
    of: 'connection' | 'account'
    perSecond: number
    /** Of the first message that was too many. */
    topic: string
  }
  TRAFFIC_READING_DELAYED: { bytesPerSecond: number; ms: number }
  TRAFFIC_RECEIVE_MAXIMUM_EXCEEDED: { inflight: number; limit: number }
  TRAFFIC_TOO_MANY_SUBSCRIPTIONS: { filter: string; limit: number }
  TRAFFIC_SUBSCRIBE_THROTTLED: { filter: string; perSecond: number }
  TRAFFIC_RETAIN_LIMIT: {
    topic: string
    /** Retained publishes in a second to one topic, or to all; `stored`: retained messages that there are. */
    of: 'topic' | 'account' | 'stored'
    limit: number
    /** In `limits`. */
    name: string
  }
  TRAFFIC_SHARE_INVALID: { filter: string; why: string }
  TRAFFIC_SHARE_LIMIT: {
    filter: string
    of: 'groups' | 'members' | 'changes'
    limit: number
    /** In `limits`. */
    name: string
  }
  TRAFFIC_TOPIC_ALIAS_INVALID: { alias: number; limit: number }
  TRAFFIC_SUBSCRIPTION_IDENTIFIER: { identifier: number }
  /** As in the packet. */
  TRAFFIC_AUTH_UNSUPPORTED: { authReason: number }
  TRAFFIC_QUEUE_FULL: { topic: string; limit: number }
  TRAFFIC_DELIVERY_DROPPED: {
    topic: string
    perSecond: number
  }
  TRAFFIC_DELIVERY_TOO_LARGE: {
    topic: string
    payloadBytes: number
    /** The client's Maximum Packet Size. */
    limit: number
  }
}

export const trafficLimits: Entries<TrafficLimitEvidence> = {
  TRAFFIC_PACKET_TOO_LARGE: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'A packet is larger than AWS IoT takes',
    says: ({ bytes, limit }) =>
      `a packet announces ${count(bytes, 'byte')}, and the limit is ${count(limit, 'byte')}`,
    remedy: () => `send less in one packet; ${lift('packetBytes')}`,
    aws: {
      reasonCode: 0x95,
      disconnectReason: 'CLIENT_ERROR',
      note: 'which reason code AWS IoT sends is not known: its list has no 0x95, which the standard asks for',
    },
    references: ['MQTT 5 3.2.2.3.6', 'AWS: iot-core limits'],
    example: { bytes: 200_000, limit: 149_504 },
  },

  TRAFFIC_PROPERTY_TOO_LARGE: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'A property is larger than AWS IoT takes',
    says: ({ packet, part, bytes, limit }) =>
      `the ${part} of a ${packet} ${part === 'user properties' ? 'have' : 'has'} ${count(bytes, 'byte')}, and the limit is ${count(limit, 'byte')}`,
    remedy: ({ name }) => `put it into the payload, or make it shorter; ${lift(name)}`,
    aws: {
      reasonCode: 0x97,
      disconnectReason: 'CLIENT_ERROR',
      note: 'AWS IoT rejects it; how is not documented',
    },
    references: ['AWS: iot-core limits'],
    example: {
      packet: 'PUBLISH',
      part: 'user properties',
      bytes: 9000,
      limit: 8192,
      name: 'userPropertiesBytes',
    },
  },

  TRAFFIC_RATE_EXCEEDED: {
    room: 'traffic',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'More messages than AWS IoT takes in a second: what is over was dropped',
    says: ({ of, perSecond, topic }) =>
      of === 'connection'
        ? `over ${count(perSecond, 'message')} in a second on this connection, in and out together: a message for ${quote(topic)} was dropped`
        : `over ${count(perSecond, 'message')} in a second from all devices together: a message for ${quote(topic)} was dropped`,
    remedy: ({ of }) =>
      `publish less often, or put several readings into one message; ${lift(of === 'connection' ? 'publishesPerSecond' : 'publishesInPerSecond')}`,
    aws: {
      reasonCode: 0x97,
      note: 'AWS IoT discards what is over, without a PUBACK on MQTT 3.1.1; metrics `PublishIn.Throttle`, `Throttle.Exceeded`',
    },
    references: ['AWS: iot-core limits', 'AWS: metrics_dimensions'],
    example: { of: 'connection', perSecond: 100, topic: 'sensor-1/wave' },
  },

  TRAFFIC_READING_DELAYED: {
    room: 'traffic',
    severity: 'note',
    blame: 'device',
    certainty: 'proof',
    title: 'More bytes than AWS IoT reads in a second: the rest waits',
    says: ({ bytesPerSecond, ms }) =>
      `over ${count(bytesPerSecond, 'byte')} in a second on this connection: reading waited for ${duration(ms)}`,
    remedy: () => `nothing is lost, it only takes longer; ${lift('bytesPerSecond')}`,
    aws: { note: 'AWS IoT delays its reading too' },
    references: ['AWS: iot-core limits'],
    example: { bytesPerSecond: 524_288, ms: 250 },
  },

  TRAFFIC_RECEIVE_MAXIMUM_EXCEEDED: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'More messages without a PUBACK than AWS IoT takes',
    says: ({ inflight, limit }) =>
      `the client has ${count(inflight, 'message')} with QoS 1 that wait for their PUBACK, and the limit is ${limit}`,
    remedy: () =>
      `wait for PUBACKs before publishing more; an MQTT 5 client finds the limit as Receive Maximum in the CONNACK; ${lift('inflightIn')}`,
    aws: {
      reasonCode: 0x93,
      disconnectReason: 'CLIENT_ERROR',
      note: 'on MQTT 3.1.1 AWS IoT takes no more until a PUBACK has gone out',
    },
    references: ['MQTT 5 3.3.4 [MQTT-3.3.4-7]', 'AWS: iot-core limits'],
    example: { inflight: 101, limit: 100 },
  },

  TRAFFIC_TOO_MANY_SUBSCRIPTIONS: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'More subscriptions than AWS IoT gives one connection',
    says: ({ filter, limit }) =>
      `the connection has ${count(limit, 'subscription')} already, as many as it can have: ${quote(filter)} was refused`,
    remedy: () =>
      `subscribe with wildcards, and look at the codes of the SUBACK; ${lift('subscriptionsPerConnection')}`,
    aws: {
      reasonCode: 0x97,
      note: 'AWS IoT answers with 0x80 in the SUBACK on MQTT 3.1.1',
    },
    references: ['AWS: iot-core limits'],
    example: { filter: 'sensor-1/commands', limit: 50 },
  },

  TRAFFIC_SUBSCRIBE_THROTTLED: {
    room: 'traffic',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'More subscriptions in a second than AWS IoT takes',
    says: ({ filter, perSecond }) =>
      `over ${count(perSecond, 'subscription')} in a second from all devices together: filter ${quote(filter)} was refused`,
    remedy: () => `let the device subscribe again a little later; ${lift('subscribesPerSecond')}`,
    aws: {
      reasonCode: 0x97,
      note: 'metric `Subscribe.Throttle`; what an MQTT 3.1.1 client sees is not known',
    },
    references: ['AWS: iot-core limits', 'AWS: metrics_dimensions'],
    example: { filter: 'sensor-1/commands', perSecond: 3000 },
  },

  TRAFFIC_RETAIN_LIMIT: {
    room: 'traffic',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'More retained messages than AWS IoT takes: what is over was dropped',
    says: ({ topic, of, limit }) =>
      of === 'stored'
        ? `there are ${count(limit, 'retained message')}, as many as there can be: the one for ${quote(topic)} was dropped`
        : `over ${count(limit, 'retained message')} in a second ${of === 'topic' ? 'for one topic' : 'from all devices together'}: one for ${quote(topic)} was dropped`,
    remedy: ({ of, name }) =>
      `${of === 'stored' ? 'publish an empty retained message to topics that are not needed any more' : 'set the retain flag only where a state has changed, or publish less often'}; ${lift(name)}`,
    aws: {
      reasonCode: 0x97,
      note: 'AWS IoT throttles it; metric `PublishRetained.Throttle`. What an MQTT 3.1.1 client sees is not known',
    },
    references: ['AWS: iot-core limits', 'AWS: mqtt'],
    example: {
      topic: 'sensor-1/state',
      of: 'topic',
      limit: 1,
      name: 'retainedPerSecondPerTopic',
    },
  },

  TRAFFIC_SHARE_INVALID: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The filter of a shared subscription is not right',
    says: ({ filter, why }) =>
      `the shared subscription ${quote(filter)} is not allowed: ${plain(why)}`,
    remedy: () =>
      'write `$share/NAME/FILTER`: a name of at most 128 characters without `/`, `+` and `#`, then the filter',
    aws: {
      reasonCode: 0x8f,
      disconnectReason: 'CLIENT_ERROR',
      note: 'what an MQTT 3.1.1 client sees is not known',
    },
    references: ['MQTT 5 4.8.2 [MQTT-4.8.2-1] [MQTT-4.8.2-2]', 'AWS: mqtt'],
    example: { filter: '$share/a+b/jobs', why: 'the share name has a wildcard' },
  },

  TRAFFIC_SHARE_LIMIT: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'More of a shared subscription than AWS IoT takes',
    says({ filter, of, limit }) {
      const what = {
        groups: `there are ${count(limit, 'shared group')}, as many as there can be`,
        members: `the group has ${count(limit, 'subscription')}, as many as it can have`,
        changes: `over ${count(limit, 'change')} of the group in a second`,
      }[of]
      return `${what}: ${quote(filter)} was refused`
    },
    remedy: ({ of, name }) =>
      `${of === 'changes' ? 'let the device subscribe again a little later' : 'use fewer groups, or fewer members'}; ${lift(name)}`,
    aws: { reasonCode: 0x97, note: 'AWS IoT rejects it; how is not documented' },
    references: ['AWS: iot-core limits', 'AWS: mqtt'],
    example: {
      filter: '$share/workers/jobs',
      of: 'members',
      limit: 100,
      name: 'subscriptionsPerSharedGroup',
    },
  },

  TRAFFIC_TOPIC_ALIAS_INVALID: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The topic alias is over the limit',
    says: ({ alias, limit }) =>
      `topic alias ${alias} is over ${limit}, the Topic Alias Maximum of the CONNACK`,
    remedy: () =>
      `use topic aliases up to the Topic Alias Maximum of the CONNACK; ${lift('topicAliases')}`,
    aws: { reasonCode: 0x94, disconnectReason: 'CLIENT_ERROR' },
    references: ['MQTT 5 3.3.2.3.4 [MQTT-3.3.2-8] [MQTT-3.3.2-9]', 'AWS: iot-core limits'],
    example: { alias: 9, limit: 8 },
  },

  TRAFFIC_SUBSCRIPTION_IDENTIFIER: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'AWS IoT has no subscription identifiers',
    says: ({ identifier }) =>
      `a SUBSCRIBE has the subscription identifier ${identifier}: AWS IoT has none`,
    remedy: () => 'leave the subscription identifier out, and tell messages apart by their topics',
    aws: { reasonCode: 0xa1, disconnectReason: 'CLIENT_ERROR' },
    references: ['MQTT 5 3.2.2.3.12', 'AWS: mqtt'],
    example: { identifier: 1 },
  },

  TRAFFIC_AUTH_UNSUPPORTED: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'AWS IoT has no AUTH packet',
    says: () => 'the client sent an AUTH packet: AWS IoT has no enhanced authentication',
    remedy: () =>
      'leave enhanced authentication out: the client certificate is all that counts here',
    aws: {
      reasonCode: 0x82,
      disconnectReason: 'CLIENT_ERROR',
      note: 'AWS documents that AUTH is not supported; with which code it is refused is not known',
    },
    references: ['MQTT 5 4.12', 'AWS: mqtt'],
    example: { authReason: 0x19 },
  },

  TRAFFIC_QUEUE_FULL: {
    room: 'traffic',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'The session keeps as many messages as it can: a new one was dropped',
    says: ({ topic, limit }) =>
      `${count(limit, 'message')} wait for the client, as many as a session keeps: one for ${quote(topic)} was dropped`,
    remedy: () =>
      `let the device send its PUBACKs sooner, stay away for less long, or subscribe to less; ${lift('queuedMessages')}`,
    aws: {
      note: 'AWS IoT drops what it can not queue; how many messages a session keeps is not documented',
    },
    references: ['AWS: mqtt', 'AWS: iot-core limits'],
    example: { topic: 'sensor-1/commands', limit: 10_000 },
  },

  TRAFFIC_DELIVERY_DROPPED: {
    room: 'traffic',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'More messages for the client than it may get in a second: one with QoS 0 was dropped',
    says: ({ topic, perSecond }) =>
      `over ${count(perSecond, 'message')} in a second on this connection, in and out together: one with QoS 0 from ${quote(topic)} was not delivered`,
    remedy: () =>
      `subscribe to less, or with QoS 1: then messages wait; ${lift('publishesPerSecond')}`,
    aws: { note: 'AWS IoT discards what is over; metric `PublishOut.Throttle`' },
    references: ['AWS: iot-core limits', 'AWS: metrics_dimensions'],
    example: { topic: 'shared/wave', perSecond: 100 },
  },

  TRAFFIC_DELIVERY_TOO_LARGE: {
    room: 'traffic',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'A message is larger than the client said that it takes: it was not delivered',
    says: ({ topic, payloadBytes, limit }) =>
      `a message from ${quote(topic)} with ${count(payloadBytes, 'byte')} of payload makes a packet over the client's Maximum Packet Size of ${count(limit, 'byte')}: it was not delivered`,
    remedy: () =>
      "raise the client's Maximum Packet Size in its CONNECT, or publish smaller messages",
    aws: { note: 'AWS IoT honours the Maximum Packet Size of the client' },
    references: ['MQTT 5 3.1.2.11.4 [MQTT-3.1.2-24] [MQTT-3.1.2-25]', 'AWS: mqtt'],
    example: { topic: 'shared/picture', payloadBytes: 40_000, limit: 4096 },
  },
}
