/** Closing records for the tests of the journal: a diagnosis by its code, and the dossier around it. */

import { type Code, catalogue } from '../../broker/diagnosis/catalogue.ts'
import { diagnose } from '../../broker/diagnosis/diagnosis.ts'
import type { ClosingRecord } from '../../broker/journal/dossier.ts'

/** @param more whatever differs from a device that we refused with no more than a closed connection */
export function recordOf(code: Code, more: Partial<ClosingRecord> = {}): ClosingRecord {
  // Seen through a variable code the evidence type is lost; the example fits its own entry.
  const { severity, room, says, remedy, blame, certainty, evidence, aws } = diagnose(
    code,
    catalogue[code].example as never,
  )
  return {
    event: 'connection.closed',
    time: '2026-01-01T10:00:00.000Z',
    level: severity === 'error' ? 'error' : severity === 'warning' ? 'warn' : 'info',
    connection: 'c1',
    remote: { address: '192.0.2.7', port: 50_000 },
    listener: { port: 8883 },
    durationMs: 12,
    verdict: 'refused',
    side: 'we',
    phase: { client: 'ClientHello', broker: 'nothing' },
    room,
    code,
    says,
    remedy,
    blame,
    certainty,
    evidence,
    repeat: { count: 1, since: '2026-01-01T10:00:00.000Z' },
    also: [],
    aws,
    sent: { close: 'fin' },
    ...more,
  }
}
