/** A throw is a bug of ours. It may end the connection it came from, never the broker. */

import { type Diagnosis, diagnose } from '../diagnosis/diagnosis.ts'
import { endVisit, type Visit } from './visit.ts'

export function bug(error: unknown): Diagnosis {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return diagnose('CLOSE_INTERNAL_ERROR', { error: text })
}

/** For callbacks of sockets and libraries, where a throw would reach the process: ends the visit instead. */
export function endByBug(visit: Visit): (error: unknown) => void {
  return error => endVisit(visit, bug(error))
}
