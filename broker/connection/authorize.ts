/**
 * Asks the policy engine for one connection. What is known of the connection (the context) is worked out once; answers are
 * kept per action and resource until the registry changes, so that a changed policy acts on the very next packet.
 * AWS: its brokers take minutes to see a changed policy.
 */

import { type Decision, decide } from '../policy/policy.ts'
import type { Context } from '../policy/variables.ts'
import { arn } from '../registry/arn.ts'
import type { House } from './house.ts'
import type { Asked, Authorizer, Principal, Visit } from './visit.ts'

/** Topics are the client's to choose, so what is kept of an action has a limit. */
const KEPT_DECISIONS = 256

export function authorizer(visit: Visit & Asked & Principal, house: House): Authorizer {
  const { registry } = house
  const { certificateId } = visit.principal.registered
  const { account } = house.settings().config
  let revision = -1
  /** By action, then by name: a key put together would cost each message more than the answer. */
  let kept = new Map<string, Map<string, Decision>>()
  let known: { context: Context; reasons: Record<string, string> } = { context: {}, reasons: {} }
  return (action, type, name) => {
    if (registry.revision() !== revision) {
      revision = registry.revision()
      kept = new Map()
      known = contextOf(visit, house)
    }
    let decisions = kept.get(action)
    const before = decisions?.get(name)
    if (before) return before
    const { policies } = registry.policiesOf(certificateId)
    const decision = decide(policies, { action, resource: arn(account, type, name), ...known })
    if (decisions === undefined || decisions.size >= KEPT_DECISIONS) {
      decisions = new Map()
      kept.set(action, decisions)
    }
    decisions.set(name, decision)
    return decision
  }
}

/** AWS: thing variables resolve only where the client id is the name of a thing that the certificate is attached to. */
function contextOf(
  visit: Visit & Asked & Principal,
  house: House,
): { context: Context; reasons: Record<string, string> } {
  const { clientId } = visit.mqtt.connect
  const { certificate, certificateId } = visit.principal.registered
  const things = house.registry.thingsOf(certificateId)
  const attached = things.includes(clientId)
  const context: Context = {
    'iot:ClientId': clientId,
    'iot:CertificateId': certificateId,
    'aws:SourceIp': visit.wire.remote.address,
    'iot:DomainName': visit.hello?.parsed.sni,
    'iot:Connection.Thing.IsAttached': String(attached),
    'iot:Certificate.SerialNumber': certificate.serialNumber,
  }
  const names = [
    ['Subject', certificate.subjectAttributes, certificate.subjectAlternativeNames],
    ['Issuer', certificate.issuerAttributes, certificate.issuerAlternativeNames],
  ] as const
  for (const [whose, attributes, alternatives] of names) {
    for (const [name, values] of Object.entries(attributes)) {
      context[`iot:Certificate.${whose}.${name === 'StateName' ? 'State' : name}`] = values
    }
    for (const [name, values] of Object.entries(alternatives)) {
      context[`iot:Certificate.${whose}.AlternativeName.${name}`] = values
    }
  }
  const reasons: Record<string, string> = {}
  if (attached) {
    context['iot:Connection.Thing.ThingName'] = clientId
    for (const [name, value] of Object.entries(house.registry.thing(clientId)?.attributes ?? {})) {
      context[`iot:Connection.Thing.Attributes[${name}]`] = value
    }
  } else {
    reasons['iot:Connection.Thing.ThingName'] =
      things.length === 0
        ? 'the certificate is attached to no thing'
        : `the client id is \`${clientId}\`, and the certificate is attached to the thing \`${things.join('`, `')}\``
  }
  return { context, reasons }
}
