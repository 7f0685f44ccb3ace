/** Of room 9: a client's PUBLISH: AWS's rules, the policy, then a service of AWS's or the message broker. */

import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import { effectOf } from '../mqtt/effects.ts'
import type { Message } from '../mqtt/message.ts'
import type { PublishPacket } from '../mqtt/packet.ts'
import { publishRule } from '../mqtt/rules.ts'
import { acknowledge } from './acknowledge.ts'
import { ask } from './ask.ts'
import { tellDenied } from './denied.ts'
import type { House } from './house.ts'
import { request } from './services.ts'
import type { InTraffic, Refused } from './traffic.ts'

/** @returns why the connection is to end, if it is */
export function publish(
  packet: PublishPacket,
  visit: InTraffic,
  house: House,
): Refused | undefined {
  const named = withTopic(packet, visit)
  if (!('cmd' in named)) return { by: named }
  const refused =
    overRate(named, visit, house) ?? judge(named, visit) ?? overRetained(named, visit, house)
  if (refused) return refuse(refused, named, visit, house)
  const asked = request(named, visit, house)
  if (asked === 'taken') return undefined
  if (asked) return refuse(asked, named, visit, house)
  const { topic, payload, retain } = named
  const qos = named.qos === 0 ? 0 : 1
  if (house.journal.traffic) {
    const { clientId } = visit.mqtt.connect
    const facts = {
      connection: visit.id,
      clientId,
      topic,
      qos,
      retain,
      bytes: payload.length,
    } as const
    house.journal.write({ event: 'traffic.published', ...facts })
  }
  const before = house.mqtt.told()
  house.mqtt.route(messageOf(named, qos, visit, house))
  if (qos > 0) acknowledge(named, 0, visit, house.mqtt.durable(before))
  return undefined
}

/** MQTT 5 3.3.2.3.4: a topic alias stands for the topic that came with it before. */
function withTopic(
  packet: PublishPacket,
  { traffic, settings }: InTraffic,
): PublishPacket | Diagnosis {
  const alias = packet.properties?.topicAlias
  if (alias === undefined) {
    if (packet.topic !== '') return packet
    const why = 'it has neither a topic nor a topic alias'
    return diagnose('TRAFFIC_PROTOCOL_ERROR', { why, packet: 'PUBLISH' })
  }
  const { topicAliases } = settings.config.limits
  const known = traffic.aliases.get(alias)
  if (alias > topicAliases) {
    return diagnose('TRAFFIC_TOPIC_ALIAS_INVALID', { alias, limit: topicAliases })
  }
  if (packet.topic === '' && known === undefined) {
    const why = 'it has no topic, and its topic alias stands for none yet'
    return diagnose('TRAFFIC_PROTOCOL_ERROR', { why, packet: 'PUBLISH' })
  }
  if (packet.topic === '') return { ...packet, topic: known ?? '' }
  traffic.aliases.set(alias, packet.topic)
  return packet
}

/** AWS: of one connection in and out together, and of all. What is over is dropped. */
function overRate(
  { topic }: PublishPacket,
  { rate, settings }: InTraffic,
  { rates }: House,
): Diagnosis | undefined {
  const { publishesPerSecond, publishesInPerSecond } = settings.config.limits
  if (rate.take(publishesPerSecond) > 0) {
    const evidence = { of: 'connection', perSecond: publishesPerSecond, topic } as const
    return diagnose('TRAFFIC_RATE_EXCEEDED', evidence)
  }
  if (rates.publishesIn.take(publishesInPerSecond) === 0) return undefined
  const evidence = { of: 'account', perSecond: publishesInPerSecond, topic } as const
  return diagnose('TRAFFIC_RATE_EXCEEDED', evidence)
}

/** AWS: retained messages have rates of their own, and there may be so many. */
function overRetained(
  { topic, retain, payload }: PublishPacket,
  { settings }: InTraffic,
  { rates, mqtt }: House,
): Diagnosis | undefined {
  if (!retain) return undefined
  const { retainedPerSecondPerTopic, retainedPerSecond, retainedMessages } = settings.config.limits
  const over = (of: 'topic' | 'account' | 'stored', limit: number, name: string): Diagnosis =>
    diagnose('TRAFFIC_RETAIN_LIMIT', { topic, of, limit, name })
  if (rates.retainedOf.take(topic, retainedPerSecondPerTopic) > 0) {
    return over('topic', retainedPerSecondPerTopic, 'retainedPerSecondPerTopic')
  }
  if (rates.retained.take(retainedPerSecond) > 0) {
    return over('account', retainedPerSecond, 'retainedPerSecond')
  }
  // AWS: what takes one away is always taken.
  if (payload.length === 0 || mqtt.mayRetain(topic, retainedMessages)) return undefined
  return over('stored', retainedMessages, 'retainedMessages')
}

function judge(packet: PublishPacket, visit: InTraffic): Diagnosis | undefined {
  const broken = publishRule(packet, visit.settings.config.limits)
  if (broken) return diagnose(broken.code, broken.evidence as never)
  const { topic, qos } = packet
  const denied = ask('TRAFFIC_PUBLISH_DENIED', 'iot:Publish', 'topic', topic, qos, visit)
  if (denied || !packet.retain) return denied
  return ask('TRAFFIC_RETAIN_DENIED', 'iot:RetainPublish', 'topic', topic, qos, visit)
}

function refuse(
  by: Diagnosis,
  packet: PublishPacket,
  visit: InTraffic,
  house: House,
): Refused | undefined {
  const effect = effectOf(by, visit.session.protocol, { qos: packet.qos })
  if (effect.does === 'ack') {
    acknowledge(packet, effect.reasonCode, visit)
    tellDenied(
      by,
      { packet: 'PUBLISH', reasonCode: effect.reasonCode },
      visit,
      house,
      visit.traffic.denied,
    )
    return undefined
  }
  if (effect.does === 'silence') {
    tellDenied(by, { packet: 'PUBLISH' }, visit, house, visit.traffic.denied)
    return undefined
  }
  return { by, qos: packet.qos }
}

function messageOf(
  { topic, payload, retain, properties }: PublishPacket,
  qos: 0 | 1,
  visit: InTraffic,
  house: House,
): Message {
  const from = visit.mqtt.connect.clientId
  const message: Message = { topic, payload, qos, retain, from }
  if (properties === undefined) return message
  const { topicAlias, messageExpiryInterval, ...forwarded } = properties
  if (Object.keys(forwarded).length > 0) message.properties = forwarded
  if (messageExpiryInterval !== undefined) {
    // AWS: 0 is treated as 1, and a week is the most.
    const { messageExpirySeconds } = visit.settings.config.limits
    const seconds = Math.min(Math.max(1, messageExpiryInterval), messageExpirySeconds)
    message.expiresAt = house.world.clock.elapsed() + seconds * 1000
  }
  return message
}
