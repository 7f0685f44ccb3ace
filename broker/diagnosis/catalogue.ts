/**
 * Every reason that a connection can end with or be noted for, as data: one entry per code, one file per room. A code is
 * never renamed; to add one, see CONTRIBUTING.md.
 */

import { type CertificateEvidence, certificate } from './certificate.ts'
import { type ChainEvidence, chain } from './chain.ts'
import { type CloseEvidence, close } from './close.ts'
import { type ConnectEvidence, connect } from './connect.ts'
import type { Entries } from './entry.ts'
import { type HandshakeEvidence, handshake } from './handshake.ts'
import { type HelloEvidence, hello } from './hello.ts'
import { type PermissionEvidence, permission } from './permission.ts'
import { type RegistrationEvidence, registration } from './registration.ts'
import { type SessionEvidence, session } from './session.ts'
import { type TrafficEvidence, traffic } from './traffic.ts'
import { type TrafficLimitEvidence, trafficLimits } from './traffic-limits.ts'

type Evidence = HelloEvidence &
  HandshakeEvidence &
  CertificateEvidence &
  ChainEvidence &
  ConnectEvidence &
  RegistrationEvidence &
  PermissionEvidence &
  SessionEvidence &
  TrafficEvidence &
  TrafficLimitEvidence &
  CloseEvidence

export type Code = keyof Evidence

/** What has to be known in order to make this diagnosis. */
export type EvidenceOf<C extends Code> = Evidence[C]

/** In the order in which a connection passes the rooms. */
export const catalogue: Entries<Evidence> = {
  ...hello,
  ...handshake,
  ...certificate,
  ...chain,
  ...connect,
  ...registration,
  ...permission,
  ...session,
  ...traffic,
  ...trafficLimits,
  ...close,
}
