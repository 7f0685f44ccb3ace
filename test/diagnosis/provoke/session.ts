/** What goes wrong between a CONNECT and its CONNACK. */

import type { SessionEvidence } from '../../../broker/diagnosis/session.ts'
import { NOT_YET, type Provocations } from './provocation.ts'

export const session: Provocations<SessionEvidence> = {
  SESSION_CONNACK_NOT_AWAITED: NOT_YET,
}
