/** PUBACK for a client's PUBLISH. */

import { encode } from '../mqtt/codec/encode.ts'
import type { PublishPacket } from '../mqtt/packet.ts'
import type { InTraffic } from './traffic.ts'

/** @param reasonCode of MQTT 5; 3.1.1 has none @param safe it waits until the message is */
export function acknowledge(
  { messageId = 0 }: PublishPacket,
  reasonCode: number,
  { session, traffic }: InTraffic,
  safe?: Promise<boolean>,
): void {
  const packet = { cmd: 'puback', messageId, reasonCode } as const
  traffic.acknowledgements.give(encode(packet, session.protocol), safe)
}
