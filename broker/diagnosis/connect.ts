/** What can go wrong with the first MQTT packet, or for want of it. */

import { type Candidate, silenceCertainty } from './candidate.ts'
import type { Entries } from './entry.ts'
import { OUTDATED_REMEDY } from './rejection.ts'
import { count, duration, list, plain, quote } from './words.ts'

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
  CONNECT_WILL_INVALID: { topic: string; why: string }
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
    aws: { note: 'AWS IoT closes without CONNACK on MQTT 3.1.1; counted as `Connect.ClientError`' },
    references: ['MQTT 3.1.1 3.1.3.1', 'AWS: iot-core limits', 'AWS: mqtt'],
    example: { clientId: '$GEN/1234', bytes: 9, why: 'it starts with $', limit: 128 },
  },

  CONNECT_WILL_INVALID: {
    room: 'connect',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'AWS IoT does not take this will',
    says: ({ topic, why }) => `the will for topic ${quote(topic)} is not allowed: ${plain(why)}`,
    remedy: () =>
      'send a will with QoS 0 or 1, on a topic without wildcards that does not start with `$`',
    aws: { note: 'AWS IoT closes without CONNACK on MQTT 3.1.1' },
    references: ['MQTT 3.1.1 3.1.2.5', 'AWS: mqtt'],
    example: { topic: 'devices/sensor-1/gone', why: 'QoS 2' },
  },
}
