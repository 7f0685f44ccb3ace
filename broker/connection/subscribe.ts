/** Of room 9: SUBSCRIBE and UNSUBSCRIBE. Each filter is judged by itself; on MQTT 3.1.1 one refusal ends the connection. */

import type { Limits } from '../config/limits.ts'
import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import type { AskedSubscription } from '../mqtt/broker.ts'
import { encode } from '../mqtt/codec/encode.ts'
import { effectOf } from '../mqtt/effects.ts'
import type { SubscribePacket, UnsubscribePacket } from '../mqtt/packet.ts'
import { filterRule, subscribeRule } from '../mqtt/rules.ts'
import { isShared } from '../mqtt/topic-names.ts'
import { ask } from './ask.ts'
import { tellDenied } from './denied.ts'
import type { House } from './house.ts'
import { tellSubscribed, tellUnsubscribed } from './lifecycle.ts'
import type { InTraffic, Refused } from './traffic.ts'

/** @returns why the connection is to end, if it is */
export function subscribe(
  packet: SubscribePacket,
  visit: InTraffic,
  house: House,
): Refused | undefined {
  const { session, traffic } = visit
  const broken = subscribeRule(packet, visit.settings.config.limits)
  if (broken) {
    const by = diagnose(broken.code, broken.evidence as never)
    if (effectOf(by, session.protocol, { packet: 'SUBSCRIBE' }).does !== 'silence') return { by }
    tellDenied(by, { packet: 'SUBSCRIBE' }, visit, house)
    return undefined
  }
  const before = house.mqtt.told()
  const granted: number[] = []
  const taken: { asked: AskedSubscription; hadBefore: boolean }[] = []
  for (const { topic: filter, qos, nl = false, rap = false, rh = 0 } of packet.subscriptions) {
    visit.traffic.denied = undefined
    const refused = judge(filter, qos, visit) ?? overLimit(filter, visit, house)
    const effect = refused && effectOf(refused, session.protocol, { packet: 'SUBSCRIBE' })
    if (refused && effect) {
      if (effect.does !== 'ack') {
        // The client gets no SUBACK for any of them.
        for (const { asked, hadBefore } of taken) {
          if (!hadBefore) house.mqtt.unsubscribe(session, asked.filter)
        }
        return { by: refused }
      }
      granted.push(effect.reasonCode)
      const shown = { packet: 'SUBSCRIBE', reasonCode: effect.reasonCode } as const
      tellDenied(refused, shown, visit, house, visit.traffic.denied)
      continue
    }
    const most = qos === 0 ? 0 : 1
    const asked = {
      filter,
      qos: most,
      noLocal: nl,
      retainAsPublished: rap,
      retainHandling: rh as 0,
    } as const
    taken.push({ asked, hadBefore: house.mqtt.subscribe(session, asked) })
    granted.push(most)
  }
  const suback = { cmd: 'suback', messageId: packet.messageId ?? 0, granted } as const
  traffic.acknowledgements.give(encode(suback, session.protocol), house.mqtt.durable(before))
  for (const { asked, hadBefore } of taken) house.mqtt.sendRetained(session, asked, hadBefore)
  const filters = taken.map(({ asked }) => asked.filter)
  if (filters.length > 0) tellSubscribed(visit, house, filters)
  if (house.journal.traffic) {
    const subscriptions = packet.subscriptions.map(({ topic }, index) => ({
      filter: topic,
      reasonCode: granted[index] ?? 0x80,
    }))
    const own = { connection: visit.id, clientId: visit.mqtt.connect.clientId }
    house.journal.write({ event: 'traffic.subscribed', ...own, subscriptions })
  }
  return undefined
}

export function unsubscribe(
  packet: UnsubscribePacket,
  visit: InTraffic,
  house: House,
): Refused | undefined {
  const { session, traffic } = visit
  const { limits } = visit.settings.config
  const before = house.mqtt.told()
  const filters = packet.unsubscriptions
  for (const filter of filters) {
    const was = house.mqtt.unsubscribe(session, filter)
    // It counts, and is never refused: a subscription that can't be left would be of no use.
    if (was && isShared(filter)) {
      house.rates.sharedChangesOf.take(filter, limits.sharedGroupChangesPerSecond)
    }
  }
  // AWS lists no 0x11 (no subscription existed) for UNSUBACK; 0x8F is for what is no filter.
  const granted = filters.map(filter => (filterRule(filter, limits) ? FILTER_INVALID : 0))
  const unsuback = { cmd: 'unsuback', messageId: packet.messageId ?? 0, granted } as const
  traffic.acknowledgements.give(encode(unsuback, session.protocol), house.mqtt.durable(before))
  tellUnsubscribed(visit, house, filters)
  if (house.journal.traffic) {
    const own = { connection: visit.id, clientId: visit.mqtt.connect.clientId }
    house.journal.write({ event: 'traffic.unsubscribed', ...own, filters })
  }
  return undefined
}

const FILTER_INVALID = 0x8f

/** AWS: so many subscriptions on a connection and in a second; groups of shared ones have limits of their own. */
function overLimit(
  filter: string,
  { session, settings }: InTraffic,
  { rates, mqtt }: House,
): Diagnosis | undefined {
  const { limits } = settings.config
  const perSecond = limits.subscribesPerSecond
  if (rates.subscribes.take(perSecond) > 0) {
    return diagnose('TRAFFIC_SUBSCRIBE_THROTTLED', { filter, perSecond })
  }
  if (session.subscriptions.has(filter)) return undefined
  const limit = limits.subscriptionsPerConnection
  if (session.subscriptions.size >= limit) {
    return diagnose('TRAFFIC_TOO_MANY_SUBSCRIPTIONS', { filter, limit })
  }
  return isShared(filter) ? overShared(filter, limits, mqtt.shared(filter), rates) : undefined
}

function overShared(
  filter: string,
  limits: Limits,
  { groups, members = 0 }: { groups: number; members: number | undefined },
  { sharedChangesOf }: House['rates'],
): Diagnosis | undefined {
  const over = (
    of: 'groups' | 'members' | 'changes',
    name: 'sharedGroups' | 'subscriptionsPerSharedGroup' | 'sharedGroupChangesPerSecond',
  ): Diagnosis => diagnose('TRAFFIC_SHARE_LIMIT', { filter, of, limit: limits[name], name })
  if (members === 0 && groups >= limits.sharedGroups) return over('groups', 'sharedGroups')
  if (members >= limits.subscriptionsPerSharedGroup) {
    return over('members', 'subscriptionsPerSharedGroup')
  }
  if (sharedChangesOf.take(filter, limits.sharedGroupChangesPerSecond) === 0) return undefined
  return over('changes', 'sharedGroupChangesPerSecond')
}

function judge(filter: string, qos: number, visit: InTraffic): Diagnosis | undefined {
  const broken = filterRule(filter, visit.settings.config.limits)
  if (broken) return diagnose(broken.code, broken.evidence as never)
  return ask('TRAFFIC_SUBSCRIBE_DENIED', 'iot:Subscribe', 'topicfilter', filter, qos, visit)
}
