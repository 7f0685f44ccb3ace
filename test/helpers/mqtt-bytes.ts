/** MQTT packets as bytes, and bytes as packets, for clients that know nothing of MQTT. 3.1.1 unless told. */

import {
  generate,
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type Packet,
  parser,
} from 'mqtt-packet'

export type ConnectOptions = Partial<Omit<IConnectPacket, 'cmd'>>

/** Client id `device`, clean, keep-alive 30 s, 3.1.1. */
export function connectPacket(options: ConnectOptions = {}): Buffer {
  const defaults = {
    clientId: 'device',
    clean: true,
    keepalive: 30,
    protocolId: 'MQTT',
    protocolVersion: 4,
  } as const
  return generate({ cmd: 'connect', ...defaults, ...options })
}

export type PublishOptions = Partial<Omit<IPublishPacket, 'cmd'>> & {
  topic: string
  protocolVersion?: 4 | 5
}

/** QoS 0 and empty unless told; a message id is needed above QoS 0 (1 unless told). */
export function publishPacket({ protocolVersion = 4, ...options }: PublishOptions): Buffer {
  const defaults = { payload: '', qos: 0, retain: false, dup: false } as const
  const id = options.qos ? { messageId: 1 } : {}
  return generate({ cmd: 'publish', ...defaults, ...id, ...options }, { protocolVersion })
}

export type SubscribeOptions = Partial<Omit<ISubscribePacket, 'cmd' | 'subscriptions'>> & {
  protocolVersion?: 4 | 5
}

/** @param filters subscribed at QoS 1, in this order */
export function subscribePacket(filters: string[], options: SubscribeOptions = {}): Buffer {
  const { protocolVersion = 4, ...rest } = options
  const subscriptions = filters.map(topic => ({ topic, qos: 1 as const }))
  return generate({ cmd: 'subscribe', messageId: 1, ...rest, subscriptions }, { protocolVersion })
}

export function disconnectPacket(): Buffer {
  return generate({ cmd: 'disconnect' })
}

/** The whole packets at the front of some bytes. Rubbish ends the list; it never throws. */
export function readPackets(bytes: Uint8Array, protocolVersion: 4 | 5 = 4): Packet[] {
  const packets: Packet[] = []
  const reader = parser({ protocolVersion })
  reader.on('packet', packet => packets.push(packet))
  reader.on('error', () => {})
  reader.parse(Buffer.from(bytes))
  return packets
}
