/** One message encoded once for all who get the very same bytes: QoS 0 without anything of the receiver's own in it. */

import { encodePublish } from '../codec/encode.ts'
import type { Message } from '../message.ts'

export type Template = { qos0(version: 4 | 5, retain: boolean): Buffer }

export function templateOf(message: Message): Template {
  const made: (Buffer | undefined)[] = []
  return {
    qos0(version, retain) {
      const at = (version - 4) * 2 + (retain ? 1 : 0)
      const known = made[at]
      if (known) return known
      const packet = encodePublish({ ...message, qos: 0, retain, dup: false }, version)
      made[at] = packet
      return packet
    },
  }
}
