/**
 * Asks the policy engine for one connection. What is known of the connection (the context) is worked out once, and the
 * policies are bound to it; answers are kept per action and resource until the registry changes, so that a changed policy
 * acts on the very next packet. An answer that depends on the time of day is never kept.
 * AWS: its brokers take minutes to see a changed policy.
 */

import { type Bound, bindPolicies, dependsOnTime } from '../policy/bound.ts'
import { connectContext, contextOf, type Facts, thingOf, timeContext } from '../policy/context.ts'
import { type Decision, decide, type Policy } from '../policy/policy.ts'
import type { Context } from '../policy/variables.ts'
import { arn } from '../registry/arn.ts'
import { attachedThings, certificateFacts } from '../registry/policy-facts.ts'
import type { House } from './house.ts'
import type { Asked, Authorizer, Principal, Visit } from './visit.ts'

/** Topics are the client's to choose, so what is kept of an action has a limit. */
const KEPT_DECISIONS = 256

export function authorizer(visit: Visit & Asked & Principal, house: House): Authorizer {
  const { registry } = house
  const { account } = house.settings().config
  let revision = -1
  let known: Known | undefined
  return (action, type, name) => {
    if (known === undefined || registry.revision() !== revision) {
      revision = registry.revision()
      known = knownOf(visit, house)
    }
    // By action, then by name: a key put together would cost each message more than the answer.
    let decisions = known.kept.get(action)
    const before = decisions?.get(name)
    if (before) return before
    const { bound, context, policies, reasons } = known
    const resource = arn(account, type, name)
    if (known.timed(action)) {
      const now = timeContext(house.world.clock.now())
      const more = action === 'iot:Connect' ? connectFacts(visit, house) : {}
      return decide(policies, {
        action,
        resource,
        context: { ...context, ...now, ...more },
        reasons,
      })
    }
    const decision =
      action === 'iot:Connect'
        ? decide(policies, {
            action,
            resource,
            context: { ...context, ...connectFacts(visit, house) },
            reasons,
          })
        : bound(action, resource)
    if (decisions === undefined || decisions.size >= KEPT_DECISIONS) {
      decisions = new Map()
      known.kept.set(action, decisions)
    }
    decisions.set(name, decision)
    return decision
  }
}

/** What holds until the registry changes. */
type Known = {
  kept: Map<string, Map<string, Decision>>
  policies: Policy[]
  bound: Bound
  context: Context
  reasons: Record<string, string>
  timed(action: string): boolean
}

function knownOf(visit: Visit & Asked & Principal, house: House): Known {
  const { certificate, certificateId } = visit.principal.registered
  const sni = visit.hello?.parsed.sni
  const facts: Facts = {
    clientId: visit.mqtt.connect.clientId,
    certificateId,
    sourceIp: visit.wire.remote.address,
    ...(sni === undefined ? {} : { domainName: sni }),
    things: attachedThings(certificateId, house.registry),
    certificate: certificateFacts(certificate),
  }
  const { context, reasons } = contextOf(facts)
  const { policies } = house.registry.policiesOf(certificateId, thingOf(facts)?.thingName)
  const timed = new Map<string, boolean>()
  return {
    kept: new Map(),
    policies,
    bound: bindPolicies(policies, context, reasons),
    context,
    reasons,
    timed(action) {
      const before = timed.get(action)
      if (before !== undefined) return before
      const answer = dependsOnTime(policies, action)
      timed.set(action, answer)
      return answer
    },
  }
}

function connectFacts({ mqtt }: Visit & Asked, house: House): Context {
  const { clean, will } = mqtt.connect
  const { account } = house.settings().config
  return connectContext(clean === false, will && arn(account, 'topic', will.topic))
}
