/** Asks the policies about a packet, and makes the diagnosis of a denial. */

import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import { narrate } from '../policy/narrate.ts'
import type { ResourceType } from '../registry/arn.ts'
import type { InTraffic } from './traffic.ts'

export function ask(
  code: 'TRAFFIC_PUBLISH_DENIED' | 'TRAFFIC_RETAIN_DENIED' | 'TRAFFIC_SUBSCRIBE_DENIED',
  action: string,
  type: ResourceType,
  topic: string,
  qos: number,
  visit: InTraffic,
): Diagnosis | undefined {
  const decision = visit.authorize(action, type, topic)
  if (decision.outcome === 'ALLOWED') return undefined
  visit.traffic.denied = decision
  const { allowedUntil } = decision
  return diagnose(code, {
    action,
    resource: decision.resource,
    topic,
    outcome: decision.outcome,
    nearMisses: decision.nearMisses,
    policies: visit.principal.policies,
    narration: narrate(decision),
    qos,
    ...(allowedUntil === undefined ? {} : { allowedUntil }),
  })
}
