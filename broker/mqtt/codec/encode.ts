/** Packets as bytes, in the form of the client's own protocol version. */

import { generate, type Packet } from 'mqtt-packet'
import type { Forwarded } from '../message.ts'

export type PublishFields = {
  topic: string
  payload: Buffer
  qos: 0 | 1
  retain: boolean
  dup: boolean
  messageId?: number
  properties?: Forwarded
  topicAlias?: number
  messageExpiryInterval?: number
}

export function encodePublish(fields: PublishFields, version: 4 | 5): Buffer {
  const { properties, topicAlias, messageExpiryInterval, ...rest } = fields
  const userProperties: Record<string, string[]> = {}
  for (const [name, value] of properties?.userProperties ?? []) {
    userProperties[name] = [...(userProperties[name] ?? []), value]
  }
  const { userProperties: _, payloadFormatIndicator, ...others } = properties ?? {}
  const packet = {
    cmd: 'publish',
    ...rest,
    ...(version === 5
      ? {
          properties: {
            ...others,
            ...(payloadFormatIndicator === undefined
              ? {}
              : { payloadFormatIndicator: payloadFormatIndicator === 1 }),
            ...(topicAlias === undefined ? {} : { topicAlias }),
            ...(messageExpiryInterval === undefined ? {} : { messageExpiryInterval }),
            ...(properties?.userProperties === undefined ? {} : { userProperties }),
          },
        }
      : {}),
  }
  return generate(packet as Packet, { protocolVersion: version })
}

export function encode(packet: Packet, version: 4 | 5): Buffer {
  return generate(packet, { protocolVersion: version })
}
