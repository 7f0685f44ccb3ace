/**
 * A diagnosis is a refusal, an ordinary end or a finding, as a value: a stable code, the evidence, and the sentences
 * made from that evidence. Rooms make diagnoses; only the close room shows one to the client.
 */

import { type Code, catalogue, type EvidenceOf } from './catalogue.ts'
import type { AwsView, Blame, Certainty, Entry, Room, Severity, Side } from './entry.ts'

export type Diagnosis = {
  code: Code
  room: Room
  severity: Severity
  blame: Blame
  side: Side
  certainty: Certainty
  says: string
  remedy: string
  evidence: Record<string, unknown>
  aws: AwsView
}

/** Something worth telling. Whether it refused depends on the room that made it. */
export type Finding = Diagnosis

/** What a room answers. Refusals are values; a throw means a bug. */
export type Verdict<T> =
  | { ok: true; value: T; findings: Finding[] }
  | { ok: false; refusal: Diagnosis; findings: Finding[] }

/**
 * Makes a diagnosis from its evidence.
 * @param code an entry of the catalogue
 * @param evidence what was seen; the sentences are built from it and from nothing else
 * @param certainty lowers what the entry claims, where this case carries less
 */
export function diagnose<C extends Code>(
  code: C,
  evidence: EvidenceOf<C>,
  certainty?: Certainty,
): Diagnosis {
  // The catalogue is typed entry by entry; seen through a variable code, the evidence type is lost and given back here.
  const entry = catalogue[code] as unknown as Entry<EvidenceOf<C>>
  return {
    code,
    room: entry.room,
    severity: typeof entry.severity === 'function' ? entry.severity(evidence) : entry.severity,
    blame: typeof entry.blame === 'function' ? entry.blame(evidence) : entry.blame,
    side: typeof entry.side === 'function' ? entry.side(evidence) : (entry.side ?? 'we'),
    certainty: certainty ?? claim(entry, evidence),
    says: entry.says(evidence),
    remedy: entry.remedy(evidence),
    evidence: evidence as Record<string, unknown>,
    aws: entry.aws,
  }
}

/** The TLS alert that such a refusal is shown by, before the handshake is done; undefined: none. */
export function alertFor({ code, evidence }: Diagnosis): number | undefined {
  const { alert } = catalogue[code] as unknown as Entry<Record<string, unknown>>
  return typeof alert === 'function' ? alert(evidence) : alert
}

function claim<E>(entry: Entry<E>, evidence: E): Certainty {
  return typeof entry.certainty === 'function' ? entry.certainty(evidence) : entry.certainty
}
