/**
 * Room 7: iot:Connect by the policy engine, and what the will may do: its topic is authorised at CONNECT.
 * AWS: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html
 */

import { diagnose } from '../diagnosis/diagnosis.ts'
import { narrate } from '../policy/narrate.ts'
import type { Decision } from '../policy/policy.ts'
import type { ResourceType } from '../registry/arn.ts'
import { authorizer } from './authorize.ts'
import { tellConnectFailed } from './lifecycle.ts'
import { type Asked, type Permitted, type Principal, pass, type Room, refuse } from './visit.ts'

export const permission: Room<Asked & Principal, Permitted> = (visit, house) => {
  const authorize = authorizer(visit, house)
  const { clientId, will } = visit.mqtt.connect
  const wanted: [action: string, type: ResourceType, name: string][] = [
    ['iot:Connect', 'client', clientId],
  ]
  if (will) wanted.push(['iot:Publish', 'topic', will.topic])
  if (will?.retain) wanted.push(['iot:RetainPublish', 'topic', will.topic])
  let granted: Decision | undefined
  for (const [action, type, name] of wanted) {
    const decision = authorize(action, type, name)
    granted ??= decision
    if (decision.outcome === 'ALLOWED') continue
    Object.assign(visit, { decision })
    tellConnectFailed(visit, house)
    const { principal } = visit
    const [thingName] = house.registry.thingsOf(principal.registered.certificateId)
    return refuse(
      diagnose('PERMISSION_CONNECT_DENIED', {
        action,
        resource: decision.resource,
        outcome: decision.outcome,
        clientId,
        nearMisses: decision.nearMisses,
        policies: principal.policies,
        narration: narrate(decision),
        ...(thingName === undefined ? {} : { thingName }),
      }),
    )
  }
  // `wanted` is never empty, so there is a decision.
  return pass({ decision: granted as Decision, authorize })
}
