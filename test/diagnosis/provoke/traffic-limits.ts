/** What AWS's limits refuse, hold back or drop in a running session. */

import type { TrafficLimitEvidence } from '../../../broker/diagnosis/traffic-limits.ts'
import { subscribePacket } from '../../helpers/mqtt-bytes.ts'
import { NOT_YET, type Provocations } from './provocation.ts'
import { sending } from './traffic.ts'

export const trafficLimits: Provocations<TrafficLimitEvidence> = {
  // A PUBLISH that announces 149,505 bytes: no more of it is needed.
  TRAFFIC_PACKET_TOO_LARGE: sending(Buffer.from([0x30, 0x81, 0x90, 0x09, 0]), {
    bytes: 149_505,
    limit: 149_504,
  }),
  TRAFFIC_PROPERTY_TOO_LARGE: NOT_YET,
  TRAFFIC_RATE_EXCEEDED: NOT_YET,
  TRAFFIC_READING_DELAYED: NOT_YET,
  TRAFFIC_RECEIVE_MAXIMUM_EXCEEDED: NOT_YET,
  TRAFFIC_TOO_MANY_SUBSCRIPTIONS: NOT_YET,
  TRAFFIC_SUBSCRIBE_THROTTLED: NOT_YET,
  TRAFFIC_RETAIN_LIMIT: NOT_YET,
  TRAFFIC_SHARE_INVALID: sending(subscribePacket(['$share/a+b/ok/x']), {
    filter: '$share/a+b/ok/x',
    why: 'the share name has a wildcard',
  }),
  TRAFFIC_SHARE_LIMIT: NOT_YET,
  TRAFFIC_TOPIC_ALIAS_INVALID: NOT_YET,
  TRAFFIC_SUBSCRIPTION_IDENTIFIER: NOT_YET,
  TRAFFIC_AUTH_UNSUPPORTED: NOT_YET,
  TRAFFIC_QUEUE_FULL: NOT_YET,
  TRAFFIC_DELIVERY_DROPPED: NOT_YET,
  TRAFFIC_DELIVERY_TOO_LARGE: NOT_YET,
}
