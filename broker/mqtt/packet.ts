/** MQTT packets as the rooms see them. The codec is this folder's business alone. */

import type {
  Packet as AnyPacket,
  IConnectPacket,
  IPublishPacket,
  ISubscribePacket,
} from 'mqtt-packet'

export type Packet = AnyPacket
export type ConnectPacket = IConnectPacket
export type PublishPacket = IPublishPacket
export type SubscribePacket = ISubscribePacket
