/** What can go wrong with the first MQTT packet, or for want of it. */

import { type Candidate, silenceCertainty } from './candidate.ts'
import type { Entries } from './entry.ts'
import { OUTDATED_REMEDY } from './rejection.ts'
import { count, duration, lift, list, plain, quote } from './words.ts'

export type ConnectEvidence = {
  CONNECT_TIMEOUT: { afterMs: number; bytes: number; stack?: string }
  CONNECT_ABANDONED: {
    /** From the end of the handshake to the close. */
    afterMs: number
    bytes: number
    stack?: string
    tlsVersion?: string
    closeNotify: boolean
    /** Most likely first. */
    candidates: Candidate[]
  }
  CONNECT_NOT_MQTT: {
    /** Hex, 16 bytes at most. */
    firstBytes: string
    protocol?: string
    why: string
  }
  CONNECT_PROTOCOL_UNSUPPORTED: { protocol: string; level: number; accepted: string[] }
  CONNECT_CLIENT_ID_INVALID: { clientId: string; bytes: number; why: string; limit: number }
  CONNECT_CLIENT_ID_EMPTY: Record<string, never>
  CONNECT_WILL_INVALID: { topic: string; why: string }
  CONNECT_WILL_QOS2: { topic: string }
  CONNECT_TOO_LARGE: {
    /** `payload of the will`, `user properties`, ... */
    part: string
    bytes: number
    limit: number
    /** In `limits`. */
    name: string
  }
  CONNECT_PACKET_SIZE_TOO_SMALL: { bytes: number; limit: number }
  CONNECT_AUTH_UNSUPPORTED: { method: string }
  CONNECT_THROTTLED: {
    clientId: string
    /** `account`: all connections of the broker together. */
    of: 'client id' | 'account'
    perSecond: number
  }
  CONNECT_TOO_MANY_CONNECTIONS: { limit: number }
}

export const connect: Entries<ConnectEvidence> = {
  CONNECT_TIMEOUT: {
    room: 'connect',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'TLS was finished, and no CONNECT came in time',
    says: ({ afterMs, bytes }) =>
      `TLS was finished, and then ${
        bytes === 0 ? 'no byte' : `${count(bytes, 'byte')} but no complete CONNECT`
      } came for ${duration(afterMs)}`,
    remedy: () => 'let the device send its CONNECT packet right after the handshake',
    aws: { note: 'AWS IoT has a limit here too; its length is not known' },
    references: ['MQTT 3.1.1 3.1 [MQTT-3.1.0-1]'],
    example: { afterMs: 30_000, bytes: 0 },
  },

  CONNECT_ABANDONED: {
    room: 'connect',
    severity: 'warning',
    blame: ({ candidates: [first] }) => (first?.cause === 'outdated' ? 'setup' : 'device'),
    side: 'client',
    certainty: silenceCertainty,
    title: 'TLS was finished, and the client left before its CONNECT',
    says: ({ afterMs, bytes, candidates: [first] }) =>
      `TLS was finished, and the client left ${duration(afterMs)} later ${
        bytes === 0
          ? 'without a byte of MQTT'
          : `with ${count(bytes, 'byte')} and no complete CONNECT`
      }${first === undefined ? '' : `; perhaps ${first.why}`}`,
    remedy({ candidates: [first] }) {
      if (first?.cause === 'outdated') return OUTDATED_REMEDY
      return ['trust', 'name', 'clock'].includes(first?.cause ?? '')
        ? "check the device's CA and the host name that it dials; a health check or `openssl s_client` needs nothing"
        : "look at the device's own log of this moment; a health check or `openssl s_client` needs nothing"
    },
    aws: { note: 'AWS IoT logs nothing' },
    references: ['MQTT 3.1.1 3.1 [MQTT-3.1.0-1]', 'RFC 8446 6.1'],
    example: {
      afterMs: 2,
      bytes: 0,
      stack: 'OpenSSL',
      tlsVersion: 'TLSv1.2',
      closeNotify: true,
      candidates: [
        {
          cause: 'trust',
          why: 'it rejects our certificate (CA or host name): clients built on Node do so after the handshake on TLS 1.2',
        },
      ],
    },
  },

  CONNECT_NOT_MQTT: {
    room: 'connect',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The first bytes inside TLS are not an MQTT CONNECT',
    says: ({ protocol, why, firstBytes }) =>
      protocol === undefined || protocol === 'MQTT'
        ? `the first bytes inside TLS are not a CONNECT packet: ${plain(why)} (${quote(firstBytes)})`
        : `the client speaks ${quote(protocol)} inside TLS, not MQTT (${quote(firstBytes)})`,
    remedy: ({ protocol }) =>
      protocol === 'HTTP'
        ? 'speak MQTT on this port; AWS IoT has HTTPS on port 8443, and this broker has none yet'
        : 'let the client send CONNECT first, and nothing before its CONNACK has come',
    aws: { note: 'AWS IoT closes; `CLIENT_ERROR` is the likely reason' },
    references: ['MQTT 3.1.1 3.1 [MQTT-3.1.0-1]', 'MQTT 3.1.1 4.8'],
    example: {
      firstBytes: '474554202f20485454502f312e310d0a',
      protocol: 'HTTP',
      why: 'packet type 4',
    },
  },

  CONNECT_PROTOCOL_UNSUPPORTED: {
    room: 'connect',
    severity: 'error',
    blame: ({ level }) => (level === 5 ? 'broker' : 'device'),
    certainty: 'proof',
    title: 'This version of MQTT is not served',
    says: ({ protocol, level, accepted }) =>
      level === 5
        ? `the client speaks MQTT 5, and this broker serves MQTT ${list(accepted)} until MQTT 5 comes`
        : `the client asks for protocol ${quote(protocol)} level ${level}, and this broker serves MQTT ${list(accepted)}`,
    remedy: ({ accepted }) =>
      `set the client to MQTT ${list(accepted)} (mosquitto_pub: \`-V mqttv311\`; MQTT.js: \`protocolVersion: 4\`)`,
    aws: { note: 'AWS IoT serves MQTT 3.1.1 and 5; its answer to others is not established' },
    references: ['MQTT 3.1.1 3.1.2.2 [MQTT-3.1.2-2]', 'AWS: mqtt'],
    example: { protocol: 'MQTT', level: 5, accepted: ['3.1.1'] },
  },

  CONNECT_CLIENT_ID_INVALID: {
    room: 'connect',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'AWS IoT does not take this client id',
    says: ({ clientId, bytes, why, limit }) =>
      bytes > limit
        ? `the client id ${quote(clientId, 40)} has ${count(bytes, 'byte')}, and the limit is ${limit}`
        : `the client id ${quote(clientId, 40)} is not allowed: ${plain(why)}`,
    remedy: ({ limit }) =>
      `use a client id of 1 to ${limit} bytes that does not start with \`$\`; most simply the thing name`,
    aws: {
      reasonCode: 0x85,
      note: 'AWS IoT closes without CONNACK on MQTT 3.1.1; counted as `Connect.ClientError`',
    },
    references: ['MQTT 3.1.1 3.1.3.1', 'AWS: iot-core limits', 'AWS: mqtt'],
    example: { clientId: '$GEN/1234', bytes: 9, why: 'it starts with $', limit: 128 },
  },

  CONNECT_CLIENT_ID_EMPTY: {
    room: 'connect',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'A persistent session needs a client id',
    says: () =>
      'the client id is empty and cleanSession is 0: without a name nobody can come back to a session',
    remedy: () =>
      'give the device a client id of its own, most simply the thing name; or set cleanSession to 1',
    aws: {
      note: 'not known of AWS IoT on MQTT 3.1.1; CONNACK 2 is what MQTT says. MQTT 5 has no such rule',
    },
    references: ['MQTT 3.1.1 3.1.3.1', 'AWS: mqtt'],
    example: {},
  },

  CONNECT_WILL_INVALID: {
    room: 'connect',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'AWS IoT does not take this will',
    says: ({ topic, why }) => `the will for topic ${quote(topic)} is not allowed: ${plain(why)}`,
    remedy: () =>
      'send the will to a topic without wildcards that does not start with `$`, with at most 256 bytes and 7 slashes',
    aws: { reasonCode: 0x90, note: 'AWS IoT closes without CONNACK on MQTT 3.1.1' },
    references: ['MQTT 3.1.1 3.1.2.5', 'AWS: mqtt'],
    example: { topic: 'devices/+/gone', why: 'a topic to publish to has no wildcards' },
  },

  CONNECT_WILL_QOS2: {
    room: 'connect',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'AWS IoT has no will with QoS 2',
    says: ({ topic }) =>
      `the will for topic ${quote(topic)} has QoS 2: AWS IoT has only QoS 0 and 1`,
    remedy: () => 'use QoS 0 or 1 for the will',
    aws: { reasonCode: 0x9b, note: 'AWS IoT closes without CONNACK on MQTT 3.1.1' },
    references: ['MQTT 5 3.2.2.3.4', 'AWS: mqtt'],
    example: { topic: 'devices/sensor-1/gone' },
  },

  CONNECT_TOO_LARGE: {
    room: 'connect',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'A part of the CONNECT is larger than AWS IoT takes',
    says: ({ part, bytes, limit }) =>
      `the ${plain(part)} ${part.startsWith('user properties') ? 'have' : 'has'} ${count(bytes, 'byte')}, and the limit is ${count(limit, 'byte')}`,
    remedy: ({ name }) => `make it shorter; ${lift(name)}`,
    aws: { reasonCode: 0x97, note: 'AWS IoT rejects it; how is not documented' },
    references: ['AWS: iot-core limits'],
    example: {
      part: 'payload of the will',
      bytes: 140_000,
      limit: 131_072,
      name: 'payloadBytes',
    },
  },

  CONNECT_PACKET_SIZE_TOO_SMALL: {
    room: 'connect',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The Maximum Packet Size of the client is too small',
    says: ({ bytes, limit }) =>
      `the client takes packets of at most ${count(bytes, 'byte')} (Maximum Packet Size), and AWS IoT asks for ${limit} or more`,
    remedy: ({ limit }) =>
      `set Maximum Packet Size to ${limit} or more, or leave it out; ${lift('maximumPacketSizeLeast')}`,
    aws: {
      reasonCode: 0x97,
      note: 'AWS documents that such a client can not connect; with which code is not known',
    },
    references: ['MQTT 5 3.1.2.11.4', 'AWS: iot-core limits'],
    example: { bytes: 128, limit: 512 },
  },

  CONNECT_AUTH_UNSUPPORTED: {
    room: 'connect',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'AWS IoT has no enhanced authentication',
    says: ({ method }) =>
      `the client asks for the authentication method ${quote(method)}: AWS IoT has no enhanced authentication`,
    remedy: () =>
      'leave the authentication method out: the client certificate is all that counts here',
    aws: {
      reasonCode: 0x8c,
      note: 'AWS documents that AUTH is not supported; with which code it is refused is not known',
    },
    references: ['MQTT 5 4.12 [MQTT-4.12.0-1]', 'AWS: mqtt'],
    example: { method: 'SCRAM-SHA-256' },
  },

  CONNECT_THROTTLED: {
    room: 'connect',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'More CONNECTs in a second than AWS IoT takes',
    says: ({ clientId, of, perSecond }) =>
      of === 'client id'
        ? `client id ${quote(clientId)} sent over ${count(perSecond, 'CONNECT')} in a second`
        : `over ${count(perSecond, 'CONNECT')} in a second from all devices together`,
    remedy: ({ of }) =>
      of === 'client id'
        ? `wait before each reconnect, longer each time and by chance; two devices with one client id look like this too; ${lift('connectsPerSecondPerClientId')}`
        : `let devices connect one after the other; ${lift('connectsPerSecond')}`,
    aws: {
      reasonCode: 0x97,
      note: 'metrics `Connect.ClientIDThrottle`, `Connect.Throttle`; what the client sees is not documented',
    },
    references: ['AWS: iot-core limits', 'AWS: metrics_dimensions'],
    example: { clientId: 'sensor-1', of: 'client id', perSecond: 1 },
  },

  CONNECT_TOO_MANY_CONNECTIONS: {
    room: 'connect',
    severity: 'error',
    blame: 'setup',
    certainty: 'proof',
    title: 'As many connections as there can be',
    says: ({ limit }) => `${count(limit, 'client')} are connected, as many as there can be`,
    remedy: () => lift('connections'),
    aws: { reasonCode: 0x97, note: 'what the client sees is not documented' },
    references: ['AWS: iot-core limits'],
    example: { limit: 500_000 },
  },
}
