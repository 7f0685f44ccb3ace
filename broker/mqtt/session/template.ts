/** One message encoded once for all its receivers: what is theirs alone is written into a copy, if anything is. */

import { type PublishTemplate, publishTemplate, type Stamp } from '../codec/encode-publish.ts'
import type { Message } from '../message.ts'

export type Template = {
  /** INVARIANT: nobody changes these bytes: several receivers may get the same buffer. */
  packet(version: 4 | 5, stamp: Stamp): Buffer
}

export function templateOf(message: Message): Template {
  let mqtt311: PublishTemplate | undefined
  let mqtt5: PublishTemplate | undefined
  return {
    packet(version, stamp) {
      if (version === 4) {
        mqtt311 ??= publishTemplate(message, 4)
        return mqtt311.packet(stamp)
      }
      mqtt5 ??= publishTemplate(message, 5)
      return mqtt5.packet(stamp)
    },
  }
}
