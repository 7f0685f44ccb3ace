/** What a running session may not do: by policy, by AWS IoT's limits, or by the protocol. */

import { authors, type ChangeEvidence } from './change.ts'
import type { Entries, Entry } from './entry.ts'
import { count, lift, NO_POLICY, plain, quote, quotes } from './words.ts'

export type TrafficEvidence = {
  TRAFFIC_PUBLISH_DENIED: DeniedEvidence
  TRAFFIC_SUBSCRIBE_DENIED: DeniedEvidence
  TRAFFIC_RETAIN_DENIED: DeniedEvidence
  TRAFFIC_RECEIVE_DENIED: DeniedEvidence
  TRAFFIC_QOS2: { packet: 'PUBLISH' | 'SUBSCRIBE'; topic: string }
  TRAFFIC_TOPIC_INVALID: { topic: string; why: string }
  TRAFFIC_TOPIC_RESERVED: {
    /** Or the filter. */
    topic: string
    /** What was tried; `retain`: clients may publish there, but not with the retain flag. */
    use?: 'publish' | 'subscribe' | 'retain'
  }
  TRAFFIC_PAYLOAD_TOO_LARGE: { bytes: number; limit: number; topic?: string }
  TRAFFIC_TOO_MANY_FILTERS: { filters: number; limit: number }
  TRAFFIC_PROTOCOL_ERROR: {
    why: string
    packet?: string
    /** Of MQTT 5 for it, where it isn't 0x82. */
    reasonCode?: number
  }
  TRAFFIC_SLOW_CONSUMER: {
    /** Bytes that wait to be read by the client. */
    bytes: number
    limit: number
    /** Of a message that was dropped. */
    topic: string
  }
  TRAFFIC_NOT_KEPT: Record<string, never>
  TRAFFIC_ANSWER_UNHEARD: {
    /** Of the request. */
    topic: string
    answerTopic: string
  }
  TRAFFIC_REQUEST_REJECTED: {
    topic: string
    /** As the device was told. */
    statusCode: number
    errorCode: string
    /** One line about what is wrong, and one about what to do. */
    why: string
    remedy: string
    blame: 'device' | 'setup' | 'broker'
    template?: string
    parameter?: string
    resource?: string
  }
}

type DeniedEvidence = {
  action: string
  /** The ARN that was asked for. */
  resource: string
  /** The topic, or the filter. */
  topic: string
  outcome: string
  nearMisses: unknown[]
  policies: string[]
  narration: string
  qos?: number
  /** One of these changes, while it was connected, took the permission away. */
  allowedUntil?: ChangeEvidence[]
}

export const traffic: Entries<TrafficEvidence> = {
  TRAFFIC_PUBLISH_DENIED: denied({
    severity: 'error',
    title: 'The policies do not allow this publish',
    does: 'publish to',
    action: 'iot:Publish',
    resource: 'topic/shared/alarm',
    note: 'AWS IoT closes an MQTT 3.1.1 connection without PUBACK; a client that repeats the message after each reconnect loops',
  }),

  TRAFFIC_SUBSCRIBE_DENIED: denied({
    severity: 'error',
    title: 'The policies do not allow this subscription',
    does: 'subscribe to',
    action: 'iot:Subscribe',
    resource: 'topicfilter/shared/#',
    note: 'AWS IoT closes an MQTT 3.1.1 connection without SUBACK',
  }),

  TRAFFIC_RETAIN_DENIED: denied({
    severity: 'error',
    title: 'The policies do not allow this retained publish',
    does: 'publish with the retain flag to',
    action: 'iot:RetainPublish',
    resource: 'topic/shared/status',
    note: 'AWS IoT closes, or drops the message: reports differ; metric `PublishRetained.AuthError`',
  }),

  TRAFFIC_RECEIVE_DENIED: denied({
    severity: 'warning',
    title: 'The policies do not allow this delivery: the message was dropped',
    does: 'receive from',
    action: 'iot:Receive',
    resource: 'topic/shared/alarm',
    note: 'AWS IoT drops the message silently; metric `PublishOut.AuthError`',
    stays: true,
  }),

  TRAFFIC_QOS2: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'AWS IoT has no QoS 2',
    says: ({ packet, topic }) =>
      `${packet} with QoS 2 for ${quote(topic)}: AWS IoT has only QoS 0 and 1`,
    remedy: () => 'use QoS 0 or 1',
    aws: {
      reasonCode: 0x9b,
      disconnectReason: 'CLIENT_ERROR',
      note: 'AWS documents silence (no PUBACK, no SUBACK) on MQTT 3.1.1; some users report a close',
    },
    references: ['MQTT 3.1.1 4.3', 'AWS: mqtt'],
    example: { packet: 'PUBLISH', topic: 'shared/alarm' },
  },

  TRAFFIC_TOPIC_INVALID: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The topic or filter breaks a rule',
    says: ({ topic, why }) => `topic ${quote(topic)} is not allowed: ${plain(why)}`,
    remedy: () =>
      'use at most 256 bytes and 7 slashes, and wildcards only in filters; `limits` in config.yaml has `topicBytes` and `topicSlashes`',
    aws: {
      disconnectReason: 'CLIENT_ERROR',
      reasonCode: 0x90,
      note: 'on MQTT 5 a SUBACK has 0x8F (Topic Filter invalid); what an MQTT 3.1.1 client sees on AWS IoT is not established',
    },
    references: ['MQTT 3.1.1 4.7', 'AWS: topics', 'AWS: iot-core limits'],
    example: { topic: 'a/b/c/d/e/f/g/h/i', why: 'it has 8 slashes, and the limit is 7' },
  },

  TRAFFIC_TOPIC_RESERVED: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The topic is reserved by AWS',
    says({ topic, use }) {
      if (use === 'retain') {
        return `topic ${quote(topic)} is reserved: no message is retained on a topic of AWS services`
      }
      const may = use === undefined ? '' : `, and clients may not ${use} to this one`
      return `topic ${quote(topic)} is reserved: \`$\` topics belong to AWS services${may}`
    },
    remedy: ({ use }) =>
      use === 'retain'
        ? 'publish without the retain flag'
        : 'use a topic that does not start with `$`, or one of those that AWS lists for clients',
    aws: {
      reasonCode: 0x90,
      disconnectReason: 'CLIENT_ERROR',
      note: 'AWS IoT may end the connection; on MQTT 5 a SUBACK has 0x8F (Topic Filter invalid), for a PUBLISH nothing is documented',
    },
    references: ['AWS: reserved-topics'],
    example: { topic: '$aws/things/sensor-1/unknown', use: 'publish' },
  },

  TRAFFIC_PAYLOAD_TOO_LARGE: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The payload is larger than AWS IoT takes',
    says: ({ bytes, limit, topic }) =>
      `a message${topic === undefined ? '' : ` for ${quote(topic)}`} has ${count(bytes, 'byte')}, and the limit is ${count(limit, 'byte')}`,
    remedy: () =>
      `split the message, or send large data by another way and publish only a link to it; ${lift('payloadBytes')}`,
    aws: {
      reasonCode: 0x97,
      disconnectReason: 'CLIENT_ERROR',
      note: 'which reason code AWS IoT sends is not known',
    },
    references: ['AWS: iot-core limits', 'AWS: life-cycle-events'],
    example: { bytes: 140_000, limit: 131_072, topic: 'shared/picture' },
  },

  TRAFFIC_TOO_MANY_FILTERS: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'Too many filters in one packet',
    says: ({ filters, limit }) =>
      `one packet holds ${count(filters, 'filter')}, and the limit is ${limit}`,
    remedy: ({ limit }) =>
      `send at most ${limit} filters in one SUBSCRIBE; look at automatic resubscription, which sends them all at once; ${lift('filtersPerSubscribe')}`,
    aws: {
      reasonCode: 0x97,
      disconnectReason: 'CLIENT_ERROR',
      note: 'AWS IoT closes without SUBACK on MQTT 3.1.1; what it sends on MQTT 5 is not known; metric `Subscribe.ClientError`',
    },
    references: ['AWS: iot-core limits'],
    example: { filters: 9, limit: 8 },
  },

  TRAFFIC_PROTOCOL_ERROR: {
    room: 'traffic',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'A packet breaks the MQTT protocol',
    says: ({ why, packet }) =>
      `${packet === undefined ? 'a packet' : quote(packet)} breaks the MQTT protocol: ${plain(why)}`,
    remedy: () =>
      'update or mend the MQTT library of the device; two tasks that write to one connection look like this too',
    aws: { reasonCode: 0x82, disconnectReason: 'CLIENT_ERROR' },
    references: ['MQTT 3.1.1 4.8', 'AWS: life-cycle-events'],
    example: { why: 'a second CONNECT on one connection', packet: 'CONNECT' },
  },

  TRAFFIC_SLOW_CONSUMER: {
    room: 'traffic',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'The client reads more slowly than its messages come',
    says: ({ bytes, limit, topic }) =>
      `a message with QoS 0 on ${quote(topic)} was dropped: ${count(bytes, 'byte')} wait to be read by the client, and from ${count(limit, 'byte')} on such messages are dropped`,
    remedy: () => 'let the device read while it works, subscribe to less, or subscribe with QoS 1',
    aws: { note: 'how AWS IoT treats a client that does not read is not known' },
    references: ['AWS: iot-core limits'],
    example: { bytes: 1_200_000, limit: 1_048_576, topic: 'plant/7/camera' },
  },

  TRAFFIC_NOT_KEPT: {
    room: 'traffic',
    severity: 'error',
    blame: 'setup',
    certainty: 'proof',
    title: 'A message or subscription could not be written to the state folder',
    says: () =>
      'a message or a subscription of the client could not be written to the state folder: it would not survive a crash of the broker, and was not acknowledged',
    remedy: () =>
      'a warning in the log says what failed: mend that (is the disk full?), then start the broker again; `--state memory` keeps nothing and confirms at once',
    aws: {
      disconnectReason: 'SERVER_ERROR',
      note: 'AWS IoT ends a connection so when it fails itself',
    },
    references: ['MQTT 5 2.4'],
    example: {},
  },

  TRAFFIC_ANSWER_UNHEARD: {
    room: 'traffic',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'The answer of a service went nowhere: the device has not subscribed to it',
    says: ({ topic, answerTopic }) =>
      `the request on ${quote(topic)} was answered, but nobody has heard it: the connection has not subscribed to ${quote(answerTopic)}`,
    remedy: ({ topic }) =>
      `subscribe to ${quote(`${topic}/accepted`)} and ${quote(`${topic}/rejected`)}, wait for the SUBACK, and only then publish the request`,
    aws: { note: 'AWS asks devices to subscribe first: otherwise the answer may not reach them' },
    references: ['AWS: fleet-provision-api', 'AWS: reserved-topics'],
    example: {
      topic: '$aws/certificates/create/json',
      answerTopic: '$aws/certificates/create/json/accepted',
    },
  },

  TRAFFIC_REQUEST_REJECTED: {
    room: 'traffic',
    severity: 'warning',
    blame: ({ blame }) => blame,
    certainty: 'proof',
    title: 'A service has rejected a request of the device',
    says: ({ topic, errorCode, why, parameter }) =>
      `the request that was published on ${quote(topic)} is rejected with ${quote(errorCode)}: ${
        parameter === undefined ? '' : `parameter ${quote(parameter)}: `
      }${plain(why)}`,
    remedy: ({ remedy }) => plain(remedy),
    aws: { note: 'AWS IoT tells the device on the topic that ends with `/rejected`' },
    references: ['AWS: fleet-provision-api', 'AWS: pre-provisioning-hook'],
    example: {
      topic: '$aws/provisioning-templates/fleet/provision/json',
      statusCode: 400,
      errorCode: 'InvalidCertificateOwnershipToken',
      why: 'the request has no `certificateOwnershipToken`',
      remedy: 'send the token that came with the certificate',
      blame: 'device',
    },
  },
}

/** The four operations that a policy can refuse differ only in their words. */
function denied(of: {
  severity: 'warning' | 'error'
  title: string
  does: string
  action: string
  resource: string
  note: string
  /** A delivery is dropped, and nothing ends. */
  stays?: true
}): Entry<DeniedEvidence> {
  return {
    room: 'traffic',
    severity: of.severity,
    blame: ({ policies }) => (policies.length === 0 ? 'setup' : 'device'),
    certainty: 'proof',
    title: of.title,
    says({ topic, policies, narration, outcome, allowedUntil }) {
      const until =
        allowedUntil === undefined
          ? ''
          : `, and could until ${authors(allowedUntil)} while it was connected`
      const what = `the client may not ${of.does} ${quote(topic)}${until}`
      if (policies.length === 0) return `${what}: no policy is attached to the certificate`
      return `${what} (${outcome === 'EXPLICIT_DENY' ? 'denied' : 'not allowed'} by ${quotes(policies, 4)}): ${plain(narration, 400)}`
    },
    remedy({ action, resource, outcome, policies }) {
      if (policies.length === 0) return NO_POLICY
      if (outcome === 'EXPLICIT_DENY') return 'change the statement that denies it, or the topic'
      return `allow ${quote(action)} on ${quote(resource, 200)}, or change the topic`
    },
    // Which of AUTH_ERROR and FORBIDDEN_ACCESS AWS gives is not established; the first is what its words say.
    aws: {
      ...(of.stays ? {} : { reasonCode: 0x87, disconnectReason: 'AUTH_ERROR' }),
      logReason: 'AUTHORIZATION_FAILURE',
      note: of.note,
    },
    references: ['AWS: iot-policy-actions', 'AWS: pub-sub-policy', 'AWS: cwl-format'],
    example: {
      action: of.action,
      resource: `arn:aws:iot:us-east-1:123456789012:${of.resource}`,
      topic: of.resource.slice(of.resource.indexOf('/') + 1),
      outcome: 'IMPLICIT_DENY',
      nearMisses: [{ policy: 'device', index: 1, effect: 'Allow', element: 'Resource' }],
      policies: ['device'],
      narration: `the nearest statement allows \`${of.resource.split('/')[0]}/sensor-1/*\``,
    },
  }
}
