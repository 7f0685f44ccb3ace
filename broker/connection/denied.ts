/** Tells of a refusal that the connection survives: an event, and a line in its closing record. */

import type { Diagnosis } from '../diagnosis/diagnosis.ts'
import type { LogEvent } from '../journal/journal.ts'
import type { Decision } from '../policy/decision.ts'
import type { House } from './house.ts'
import type { Asked, Principal, Visit } from './visit.ts'

export type Shown = { packet?: 'PUBLISH' | 'SUBSCRIBE' | 'UNSUBSCRIBE'; reasonCode?: number }

/** Once for each topic: the rest would bury it for a person. What the client gets is the same each time. */
export function tellDenied(
  denied: Diagnosis,
  shown: Shown,
  visit: Visit & Asked & Principal,
  house: House,
  decision?: Decision,
): void {
  const { code, says, remedy, evidence } = denied
  const { findings } = visit
  const subject = subjectOf(code, evidence)
  const isNew = !findings.some(
    one => one.code === code && subjectOf(one.code, one.evidence) === subject,
  )
  if (isNew && findings.length < FINDINGS_LIMIT) findings.push(denied)
  // AWS's log has each one: whoever wants an event for each packet gets these too.
  else if (!house.journal.traffic) return
  house.journal.write({
    event: 'traffic.denied',
    connection: visit.id,
    clientId: visit.mqtt.connect.clientId,
    ...(visit.principal.thingName === undefined ? {} : { thingName: visit.principal.thingName }),
    certificateId: visit.principal.registered.certificateId,
    ...shown,
    code,
    says,
    remedy,
    evidence,
    ...(decision === undefined ? {} : { decision }),
  } satisfies LogEvent)
}

/** Not what the message was about is the matter, but how many there were. */
const ONCE = new Set(['TRAFFIC_RATE_EXCEEDED', 'TRAFFIC_DELIVERY_DROPPED'])

function subjectOf(code: string, evidence: Record<string, unknown>): unknown {
  if (ONCE.has(code)) return undefined
  return evidence['topic'] ?? evidence['filter']
}

/** A device that is refused again and again must not make its own record grow without end. */
export const FINDINGS_LIMIT = 50
