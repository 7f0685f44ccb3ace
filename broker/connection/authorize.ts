/**
 * Asks the policy engine for one connection. What is known of the connection (the context) is worked out once, and the
 * policies are bound to it; answers are kept per action and resource until something changes that they rest on, so that a
 * changed policy acts on the very next packet. An answer that depends on the time of day is never kept.
 * AWS: its brokers take minutes to see a changed policy.
 */

import { type Bound, bindPolicies, dependsOnTime } from '../policy/bound.ts'
import {
  type AttachedThing,
  connectContext,
  contextOf,
  type Facts,
  thingOf,
  timeContext,
} from '../policy/context.ts'
import { type Decision, decide, type Policy } from '../policy/policy.ts'
import type { Context } from '../policy/variables.ts'
import { arn } from '../registry/arn.ts'
import { attachedThings, certificateFacts } from '../registry/policy-facts.ts'
import type { AttachedPolicies } from '../registry/registry.ts'
import type { House } from './house.ts'
import { concern, type Told } from './live.ts'
import type { Answered, Asked, Authorizer, Principal, Visit } from './visit.ts'

/** Topics are the client's to choose, so what is kept of an action has a limit. */
const KEPT_DECISIONS = 256
/** Between two packets of a device there may be any number. */
const KEPT_CHANGES = 5

export function authorizer(visit: Visit & Asked & Principal, house: House): Authorizer {
  const { account } = house.settings().config
  let known: Known | undefined
  /** What held before the last change that made a difference. */
  let past: { known: Known; changes: Told[] } | undefined
  let stop = (): void => undefined
  let changes: Told[] = []
  visit.watches.push(() => stop())

  function renew(): Known {
    stop()
    const fresh = knownOf(visit, house)
    stop = house.live.watch(concern(fresh), told => {
      changes = [...changes, told].slice(-KEPT_CHANGES)
    })
    if (known) {
      if (sameAs(fresh, known)) fresh.kept = known.kept
      else past = { known: { ...known, kept: new Map() }, changes }
    }
    visit.principal = { ...visit.principal, policies: fresh.attached.names }
    changes = []
    known = fresh
    return fresh
  }

  return (action, type, name) => {
    const now = known === undefined || changes.length > 0 ? renew() : known
    // By action, then by name: a key put together would cost each message more than the answer.
    const before = now.kept.get(action)?.get(name)
    if (before) return before
    const resource = arn(account, type, name)
    let decision: Answered = decisionOf(now, action, resource, visit, house)
    if (decision.outcome !== 'ALLOWED' && past) {
      const then = decisionOf(past.known, action, resource, visit, house)
      if (then.outcome === 'ALLOWED') decision = { ...decision, allowedUntil: past.changes }
    }
    if (!now.timed(action)) keep(now.kept, action, name, decision)
    return decision
  }
}

function keep(kept: Known['kept'], action: string, name: string, decision: Answered): void {
  let decisions = kept.get(action)
  if (decisions === undefined || decisions.size >= KEPT_DECISIONS) {
    decisions = new Map()
    kept.set(action, decisions)
  }
  decisions.set(name, decision)
}

function decisionOf(
  { bound, context, policies, reasons, timed }: Known,
  action: string,
  resource: string,
  visit: Visit & Asked,
  house: House,
): Decision {
  const now = timed(action) ? timeContext(house.world.clock.now()) : undefined
  if (action !== 'iot:Connect' && now === undefined) return bound(action, resource)
  const more = action === 'iot:Connect' ? connectFacts(visit, house) : {}
  return decide(policies, { action, resource, context: { ...context, ...now, ...more }, reasons })
}

/** What holds until something changes that it rests on. */
type Known = {
  certificateId: string
  things: AttachedThing[]
  attached: AttachedPolicies
  kept: Map<string, Map<string, Answered>>
  policies: Policy[]
  bound: Bound
  context: Context
  reasons: Record<string, string>
  timed(action: string): boolean
}

/** Policies that did not change are the same objects. */
function sameAs(one: Known, other: Known): boolean {
  return (
    one.policies.length === other.policies.length &&
    one.policies.every((policy, index) => policy === other.policies[index]) &&
    JSON.stringify(one.context) === JSON.stringify(other.context)
  )
}

function knownOf(visit: Visit & Asked & Principal, house: House): Known {
  const { certificate, certificateId } = visit.principal.registered
  const sni = visit.hello?.parsed.sni
  const things = attachedThings(certificateId, house.registry)
  const facts: Facts = {
    clientId: visit.mqtt.connect.clientId,
    certificateId,
    sourceIp: visit.wire.remote.address,
    ...(sni === undefined ? {} : { domainName: sni }),
    things,
    certificate: certificateFacts(certificate),
  }
  const { context, reasons } = contextOf(facts)
  const attached = house.registry.policiesOf(certificateId, thingOf(facts)?.thingName)
  const { policies } = attached
  const timed = new Map<string, boolean>()
  return {
    certificateId,
    things,
    attached,
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
