/** Ordinary ends, and the one that is our own fault. */

import type { Entries } from './entry.ts'
import { duration, plain, quote, short } from './words.ts'

export type CloseEvidence = {
  /** A DISCONNECT came. */
  CLOSE_BY_CLIENT: { afterMs: number }
  CLOSE_CONNECTION_LOST: { reset: boolean; afterMs: number }
  CLOSE_KEEP_ALIVE_TIMEOUT: {
    /** As in force. */
    keepAliveSeconds: number
    /** As in the client's CONNECT, in seconds. */
    asked: number
    silentMs: number
  }
  CLOSE_DUPLICATE_CLIENT_ID: {
    clientId: string
    by: { connection: string; address: string; certificateId: string }
  }
  CLOSE_BY_BROKER: { why: string }
  CLOSE_TLS_BROKEN: {
    /** OpenSSL's code. */
    openssl: string
    /** The alert that the client sent, if it was one. */
    alert?: number
    alertName?: string
  }
  CLOSE_INTERNAL_ERROR: { error: string }
}

export const close: Entries<CloseEvidence> = {
  CLOSE_BY_CLIENT: {
    room: 'close',
    severity: 'info',
    blame: 'device',
    side: 'client',
    certainty: 'proof',
    title: 'The client said goodbye',
    says: ({ afterMs }) => `the client sent DISCONNECT after ${duration(afterMs)}`,
    remedy: () => 'nothing to do: an ordinary end',
    aws: { disconnectReason: 'CLIENT_INITIATED_DISCONNECT' },
    references: ['MQTT 3.1.1 3.14', 'AWS: life-cycle-events'],
    example: { afterMs: 5200 },
  },

  CLOSE_CONNECTION_LOST: {
    room: 'close',
    severity: 'info',
    blame: 'device',
    side: 'client',
    certainty: 'proof',
    title: 'The link ended without a DISCONNECT',
    says: ({ reset, afterMs }) =>
      `the link was ${reset ? 'reset' : 'closed'} after ${duration(afterMs)}, without a DISCONNECT`,
    remedy: () =>
      'send DISCONNECT before the socket is closed, if this was meant; otherwise look at the network and at restarts of the device',
    aws: { disconnectReason: 'CONNECTION_LOST' },
    references: ['MQTT 3.1.1 3.1.2.5', 'AWS: life-cycle-events'],
    example: { reset: true, afterMs: 61_000 },
  },

  CLOSE_KEEP_ALIVE_TIMEOUT: {
    room: 'close',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'Nothing came for one and a half times the keep-alive',
    says: ({ keepAliveSeconds, asked, silentMs }) =>
      `the client was silent for ${duration(silentMs)}, and its keep-alive is ${keepAliveSeconds} s${
        asked === keepAliveSeconds ? '' : ` (it asked for ${asked} s; AWS IoT takes 30 to 1200)`
      }`,
    remedy: ({ keepAliveSeconds }) =>
      `let the device send PINGREQ at least every ${keepAliveSeconds} s; look at sleep modes and at a loop that blocks`,
    aws: { reasonCode: 0x8d, disconnectReason: 'MQTT_KEEP_ALIVE_TIMEOUT' },
    references: ['MQTT 3.1.1 3.1.2.10 [MQTT-3.1.2-24]', 'AWS: iot-core limits'],
    example: { keepAliveSeconds: 30, asked: 10, silentMs: 45_000 },
  },

  CLOSE_DUPLICATE_CLIENT_ID: {
    room: 'close',
    severity: 'warning',
    blame: 'device',
    certainty: 'proof',
    title: 'Another connection took over this client id',
    says: ({ clientId, by }) =>
      `client id ${quote(clientId)} connected again: connection ${quote(by.connection)} from ${quote(by.address)} with certificate ${short(by.certificateId)} took over`,
    remedy: () =>
      'give each device and each process a client id of its own; if it is one device, this was its reconnect',
    aws: {
      reasonCode: 0x8e,
      disconnectReason: 'DUPLICATE_CLIENTID',
      logReason: 'DUPLICATE_CLIENT_ID',
    },
    references: ['MQTT 3.1.1 3.1.4 [MQTT-3.1.4-2]', 'AWS: life-cycle-events'],
    example: {
      clientId: 'sensor-1',
      by: { connection: 'c7', address: '192.0.2.7', certificateId: '3f2a'.repeat(16) },
    },
  },

  CLOSE_BY_BROKER: {
    room: 'close',
    severity: 'info',
    blame: 'broker',
    certainty: 'proof',
    title: 'The broker ended the connection',
    says: ({ why }) => `the broker ended the connection: ${plain(why)}`,
    remedy: () => 'nothing to do: let the device connect again',
    aws: { reasonCode: 0x8b, disconnectReason: 'SERVER_INITIATED_DISCONNECT' },
    references: ['AWS: life-cycle-events'],
    example: { why: 'it is stopping' },
  },

  CLOSE_TLS_BROKEN: {
    room: 'close',
    severity: 'error',
    blame: 'device',
    // An alert in its evidence is the client's: it ended TLS, not we.
    side: ({ alert }) => (alert === undefined ? 'we' : 'client'),
    certainty: 'proof',
    title: 'TLS broke after the handshake',
    says: ({ openssl, alert, alertName }) =>
      alert === undefined
        ? `TLS broke after the handshake: bytes came that are no valid TLS records of this connection (${quote(openssl)})`
        : `the client ended TLS after the handshake with alert ${alert} ${alertName ?? ''}`.trim(),
    remedy: ({ alert }) =>
      alert === undefined
        ? 'look for two tasks of the device that write to one connection, for plain bytes written past TLS, or for damaged bytes on the way'
        : "look at the device's own log of this moment",
    aws: { disconnectReason: 'CLIENT_ERROR' },
    references: ['RFC 8446 5.2', 'RFC 5246 6.2.3', 'AWS: life-cycle-events'],
    example: { openssl: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC' },
  },

  CLOSE_INTERNAL_ERROR: {
    room: 'close',
    severity: 'error',
    blame: 'broker',
    certainty: 'proof',
    title: 'A bug in the broker ended the connection',
    says: ({ error }) => `a bug in this broker ended the connection: ${quote(error, 300)}`,
    remedy: () =>
      "report it with this record in the project's issue tracker; the device did nothing wrong that we know of",
    aws: { disconnectReason: 'SERVER_ERROR' },
    references: ['AWS: life-cycle-events'],
    example: { error: "TypeError: can't read `length`" },
  },
}
