/** What can go wrong between a CONNECT that may come in and its CONNACK. */

import type { Entries } from './entry.ts'
import { lift, quote } from './words.ts'

export type SessionEvidence = {
  SESSION_CONNACK_NOT_AWAITED: {
    /** The packet that came too early, where it could be read. */
    packet?: string
  }
}

export const session: Entries<SessionEvidence> = {
  SESSION_CONNACK_NOT_AWAITED: {
    room: 'session',
    severity: 'error',
    blame: 'device',
    certainty: 'proof',
    title: 'The client did not wait for its CONNACK',
    says: ({ packet }) =>
      `${packet === undefined ? 'a packet' : quote(packet)} came before the CONNACK had gone out: AWS IoT wants clients to wait for it`,
    remedy: () =>
      `let the device send nothing after its CONNECT until the CONNACK is there; ${lift('packetsBeforeConnack', 'true')}`,
    aws: {
      note: 'AWS documents that clients have to wait; users report that the connection is closed. MQTT itself does not ask for it',
    },
    references: ['AWS: mqtt', 'MQTT 3.1.1 3.1.4'],
    example: { packet: 'SUBSCRIBE' },
  },
}
